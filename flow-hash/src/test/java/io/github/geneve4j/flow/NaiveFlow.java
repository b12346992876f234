package io.github.geneve4j.flow;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A second reader of packets, slow and written to be obviously right, to compare {@link FiveTuple}
 * with: it takes fields off the front of a buffer and lets the buffer complain if there is none.
 *
 * @param text as {@link #of(FiveTuple)} gives it; starts with {@code malformed} if nothing can be
 *     known
 */
record NaiveFlow(String text) {
    private static final Set<Integer> WITH_PORTS = Set.of(6, 17, 33, 132, 136);
    private static final Set<Integer> EXTENSIONS = Set.of(0, 43, 44, 51, 60, 135, 139, 140);

    static NaiveFlow of(FiveTuple tuple) {
        boolean v6 = tuple.isIpv6();
        return flow(
                v6,
                address(v6, tuple.sourceHigh(), tuple.sourceLow()),
                address(v6, tuple.destinationHigh(), tuple.destinationLow()),
                tuple.protocol(),
                tuple.hasPorts() ? List.of(tuple.sourcePort(), tuple.destinationPort()) : List.of(),
                (tuple.isFragment() ? " fragment" : "")
                        + (tuple.isQuoted() ? " quoted" : "")
                        + (tuple.isIcmpError() ? " error" : ""));
    }

    static NaiveFlow of(byte[] packet) {
        try {
            return whole(ByteBuffer.wrap(packet));
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            return new NaiveFlow("malformed");
        }
    }

    /** The flow and its reverse read alike; so this is a key by five fields. */
    String key() {
        String[] word = text.split(" ");
        Set<String> ends = new TreeSet<>(List.of(word[1], word[2]));
        return word[0] + ends;
    }

    private static NaiveFlow whole(ByteBuffer in) {
        Ip ip = header(in, true);
        in.limit(ip.end);
        List<Integer> ports = List.of();
        String kind = "";
        if (ip.fragment) {
            kind = " fragment";
        } else if (WITH_PORTS.contains(ip.protocol)) {
            ports = List.of(u16(in), u16(in));
            skip(
                    in,
                    switch (ip.protocol) {
                        case 6 -> 16;
                        case 17, 136 -> 4;
                        default -> 8;
                    });
        } else if (ip.protocol == (ip.v6 ? 58 : 1)) {
            int type = u8(in);
            skip(in, 3);
            int lengthAt = in.position() + (ip.v6 ? 0 : 1);
            if (isEcho(ip.v6, type)) {
                int id = u16(in);
                skip(in, 2);
                ports = List.of(id, id);
            } else if (ip.v6 ? type < 128 : Set.of(3, 4, 5, 11, 12).contains(type)) {
                skip(in, 4);
                kind = " error";
                int words = in.get(lengthAt) & 0xff;
                boolean stated =
                        words != 0 && (ip.v6 ? Set.of(1, 3) : Set.of(3, 11, 12)).contains(type);
                ByteBuffer quote = in.slice();
                if (stated) {
                    quote.limit(Math.min(quote.limit(), words * (ip.v6 ? 8 : 4)));
                }
                if (stated && quote.limit() >= 6) {
                    int own =
                            ip.v6 ? 40 + (quote.getShort(4) & 0xffff) : quote.getShort(2) & 0xffff;
                    quote.limit(Math.min(quote.limit(), own));
                }
                NaiveFlow quoted = quoted(quote, ip.v6);
                if (quoted != null) {
                    return quoted;
                }
            }
        }
        return flow(ip.v6, ip.source, ip.destination, ip.protocol, ports, kind);
    }

    private static NaiveFlow quoted(ByteBuffer in, boolean v6) {
        Ip ip;
        try {
            ip = header(in, false);
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            return null;
        }
        if (ip.v6 != v6) {
            return null;
        }
        List<Integer> ports = List.of();
        try {
            if (ip.fragment || ip.cut) {
                ports = List.of();
            } else if (WITH_PORTS.contains(ip.protocol)) {
                int source = u16(in);
                ports = List.of(u16(in), source);
            } else if (ip.protocol == (v6 ? 58 : 1)) {
                int type = u8(in);
                skip(in, 3);
                int id = u16(in);
                ports = isEcho(v6, type) ? List.of(id, id) : List.of();
            }
        } catch (BufferUnderflowException e) {
            ports = List.of();
        }
        return flow(v6, ip.destination, ip.source, ip.protocol, ports, " quoted error");
    }

    private static boolean isEcho(boolean v6, int type) {
        return v6 ? type == 128 || type == 129 : type == 8 || type == 0;
    }

    private static Ip header(ByteBuffer in, boolean whole) {
        int first = u8(in);
        if (first >> 4 == 4) {
            int words = first & 15;
            skip(in, 1);
            int total = u16(in);
            skip(in, 2);
            int fragment = u16(in) & 0x3fff;
            skip(in, 1);
            int protocol = u8(in);
            skip(in, 2);
            byte[] source = take(in, 4);
            byte[] destination = take(in, 4);
            if (words < 5 || whole && (total < words * 4 || total > in.limit())) {
                throw new IllegalArgumentException();
            }
            boolean cut = in.remaining() < words * 4 - 20;
            if (!cut) {
                skip(in, words * 4 - 20);
            }
            return new Ip(false, source, destination, protocol, fragment != 0, cut, total);
        }
        if (first >> 4 != 6) {
            throw new IllegalArgumentException();
        }
        skip(in, 3);
        int length = u16(in);
        int next = u8(in);
        skip(in, 1);
        byte[] source = take(in, 16);
        byte[] destination = take(in, 16);
        int end = whole ? 40 + length : in.limit();
        if (end > in.limit()) {
            throw new IllegalArgumentException();
        }
        in.limit(end);
        for (int headers = 1; EXTENSIONS.contains(next); headers++) {
            try {
                if (headers > 16) {
                    throw new IllegalArgumentException();
                }
                ByteBuffer header = in.duplicate();
                int after = u8(header);
                int units = u8(header);
                int rest = u16(header);
                skip(header, 4);
                if (next == 44 && (rest & 0xfff9) != 0) {
                    skip(in, 8);
                    return new Ip(true, source, destination, after, true, false, end);
                }
                int size = next == 44 ? 8 : next == 51 ? 8 + 4 * units : 8 + 8 * units;
                if (size > in.remaining()) {
                    throw new BufferUnderflowException();
                }
                if (after == 59 && (next == 135 || next == 139)) {
                    break;
                }
                skip(in, size);
                next = after;
            } catch (BufferUnderflowException | IllegalArgumentException e) {
                if (whole) {
                    throw e;
                }
                return new Ip(true, source, destination, next, false, true, end);
            }
        }
        return new Ip(true, source, destination, next, false, false, end);
    }

    private static NaiveFlow flow(
            boolean v6,
            byte[] source,
            byte[] destination,
            int protocol,
            List<Integer> ports,
            String kind) {
        HexFormat hex = HexFormat.of();
        String from = hex.formatHex(source) + (ports.isEmpty() ? "" : ":" + ports.get(0));
        String to = hex.formatHex(destination) + (ports.isEmpty() ? "" : ":" + ports.get(1));
        return new NaiveFlow((v6 ? "v6/" : "v4/") + protocol + " " + from + " " + to + kind);
    }

    private static byte[] address(boolean v6, long high, long low) {
        return v6
                ? ByteBuffer.allocate(16).putLong(high).putLong(low).array()
                : Arrays.copyOfRange(ByteBuffer.allocate(8).putLong(low).array(), 4, 8);
    }

    private static int u8(ByteBuffer in) {
        return in.get() & 0xff;
    }

    private static int u16(ByteBuffer in) {
        return in.getShort() & 0xffff;
    }

    private static byte[] take(ByteBuffer in, int length) {
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }

    private static void skip(ByteBuffer in, int length) {
        take(in, length);
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Ip(
            boolean v6,
            byte[] source,
            byte[] destination,
            int protocol,
            boolean fragment,
            boolean cut,
            int end) {}
}
