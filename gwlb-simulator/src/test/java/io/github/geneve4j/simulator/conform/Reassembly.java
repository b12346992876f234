package io.github.geneve4j.simulator.conform;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Puts fragments together, as firewalls do that want to read them. */
final class Reassembly {
    private static final int IPV6_FRAGMENT = 44;
    private static final int IPV6_DATA_OFFSET = 48; // behind header and fragment header

    private final boolean sorts;
    private final Map<String, List<Piece>> waiting = new HashMap<>();

    /**
     * Begins without any.
     *
     * @param sorts whether data goes where its offset says, not where it comes in
     */
    Reassembly(boolean sorts) {
        this.sorts = sorts;
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Piece(int offset, boolean last, byte[] head, byte[] data) {}

    /** {@return bytes before a fragment's, or -1 if it is none} */
    static int offset(byte[] inner) {
        if (inner.length < Ipv4.HEADER_LENGTH) {
            return -1;
        }
        if (isIpv6(inner)) {
            boolean fragment = inner.length >= IPV6_DATA_OFFSET && inner[6] == IPV6_FRAGMENT;
            return fragment ? Bytes.u16(inner, 42) & 0xfff8 : -1;
        }
        int field = Bytes.u16(inner, Ipv4.FRAGMENT_OFFSET) & Ipv4.FRAGMENT_MASK;
        return field == 0 ? -1 : (field & 0x1fff) * 8;
    }

    /** {@return the packet that a fragment completes, or null} */
    byte @Nullable [] add(byte[] inner) {
        Piece piece = isIpv6(inner) ? ipv6(inner) : ipv4(inner);
        int addresses = isIpv6(inner) ? 8 : Ipv4.SOURCE_OFFSET;
        int identification = isIpv6(inner) ? Bytes.s32(inner, 44) : Bytes.u16(inner, 4);
        String key = Bytes.hex(Arrays.copyOfRange(inner, addresses, 20)) + "/" + identification;
        List<Piece> pieces = waiting.computeIfAbsent(key, k -> new ArrayList<>());
        pieces.add(piece);
        int total = pieces.stream().mapToInt(p -> p.data().length).sum();
        if (pieces.stream().noneMatch(p -> p.last() && p.offset() + p.data().length == total)) {
            return null;
        }
        waiting.remove(key);
        if (sorts) {
            pieces.sort(Comparator.comparingInt(Piece::offset));
        }
        byte[] data = Bytes.concat(pieces.stream().map(Piece::data).toArray(byte[][]::new));
        byte[] whole = Bytes.concat(piece.head(), data);
        if (isIpv6(whole)) {
            Bytes.put16(whole, 4, data.length);
            return whole;
        }
        Bytes.put16(whole, Ipv4.TOTAL_LENGTH_OFFSET, whole.length);
        Bytes.put16(whole, Ipv4.FRAGMENT_OFFSET, 0);
        return Ipv4.withChecksum(whole);
    }

    private static boolean isIpv6(byte[] inner) {
        return Bytes.u8(inner, 0) >>> 4 == 6;
    }

    private static Piece ipv4(byte[] inner) {
        int from = Ipv4.headerLength(inner);
        boolean last = (Bytes.u16(inner, Ipv4.FRAGMENT_OFFSET) & Ipv4.MORE_FRAGMENTS) == 0;
        return new Piece(
                offset(inner),
                last,
                Arrays.copyOf(inner, from),
                Arrays.copyOfRange(inner, Math.min(from, inner.length), inner.length));
    }

    private static Piece ipv6(byte[] inner) {
        byte[] head = Arrays.copyOf(inner, 40);
        head[6] = inner[40];
        return new Piece(
                offset(inner),
                (inner[43] & 1) == 0,
                head,
                Arrays.copyOfRange(inner, IPV6_DATA_OFFSET, inner.length));
    }
}
