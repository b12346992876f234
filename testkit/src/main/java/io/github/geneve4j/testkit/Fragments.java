package io.github.geneve4j.testkit;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Splits whole IP packets into fragments, as a router or a sender does. */
public final class Fragments {
    private Fragments() {}

    /**
     * {@return the fragments of an IPv4 packet, first one first}
     *
     * @param packet with or without header options, which every fragment repeats
     * @param size data bytes in each fragment but the last, a multiple of 8
     */
    public static List<byte[]> ipv4(byte[] packet, int size) {
        int headerLength = (packet[0] & 0xf) * 4;
        byte[] header = Arrays.copyOf(packet, headerLength);
        int flags = ByteBuffer.wrap(packet).getShort(Ipv4Layer.FRAGMENT_OFFSET);
        List<byte[]> fragments = new ArrayList<>();
        for (Piece piece : pieces(packet, headerLength, size)) {
            Checksums.put(header, Ipv4Layer.TOTAL_LENGTH_OFFSET, headerLength + piece.bytes.length);
            int more = piece.last ? 0 : Ipv4Layer.MORE_FRAGMENTS;
            Checksums.put(header, Ipv4Layer.FRAGMENT_OFFSET, flags | more | piece.offset / 8);
            Checksums.put(header, Ipv4Layer.CHECKSUM_OFFSET, 0);
            Checksums.put(header, Ipv4Layer.CHECKSUM_OFFSET, Checksums.internet(header));
            fragments.add(Packets.concat(header, piece.bytes));
        }
        return fragments;
    }

    /**
     * {@return the fragments of an IPv6 packet, first one first}
     *
     * @param packet whose extension headers, if any, all belong to the part that is split
     * @param identification the same in all of them
     * @param size data bytes in each fragment but the last, a multiple of 8
     */
    public static List<byte[]> ipv6(byte[] packet, int identification, int size) {
        byte[] header = Arrays.copyOf(packet, Ipv6Layer.HEADER_LENGTH);
        int nextHeader = header[Ipv6Layer.NEXT_HEADER_OFFSET];
        header[Ipv6Layer.NEXT_HEADER_OFFSET] = Ipv6ExtensionLayer.FRAGMENT;
        List<byte[]> fragments = new ArrayList<>();
        for (Piece piece : pieces(packet, Ipv6Layer.HEADER_LENGTH, size)) {
            byte[] extended =
                    Packets.packet(
                            Packets.fragment(piece.offset, !piece.last, identification)
                                    .nextHeader(nextHeader),
                            Packets.payload(piece.bytes));
            Checksums.put(header, Ipv6Layer.PAYLOAD_LENGTH_OFFSET, extended.length);
            fragments.add(Packets.concat(header, extended));
        }
        return fragments;
    }

    private static List<Piece> pieces(byte[] packet, int from, int size) {
        if (size <= 0 || size % 8 != 0) {
            throw new IllegalArgumentException("fragments of " + size + " bytes: no multiple of 8");
        }
        List<Piece> pieces = new ArrayList<>();
        for (int at = from; at < packet.length; at += size) {
            int end = Math.min(packet.length, at + size);
            pieces.add(
                    new Piece(
                            at - from, Arrays.copyOfRange(packet, at, end), end == packet.length));
        }
        return pieces;
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Piece(int offset, byte[] bytes, boolean last) {}
}
