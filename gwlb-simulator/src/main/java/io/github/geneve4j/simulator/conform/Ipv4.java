package io.github.geneve4j.simulator.conform;

import io.github.geneve4j.geneve.tunnel.InternetChecksum;

/** Fields of an IPv4 header (RFC 791 §3.1), at their offsets. */
final class Ipv4 {
    static final int TOS_OFFSET = 1;
    static final int TOTAL_LENGTH_OFFSET = 2;
    static final int ID_OFFSET = 4;
    static final int FRAGMENT_OFFSET = 6; // reserved:1 DF:1 MF:1 offset:13
    static final int TTL_OFFSET = 8;
    static final int PROTOCOL_OFFSET = 9;
    static final int CHECKSUM_OFFSET = 10;
    static final int SOURCE_OFFSET = 12;
    static final int DESTINATION_OFFSET = 16;
    static final int HEADER_LENGTH = 20;

    static final int DONT_FRAGMENT = 0x4000;
    static final int MORE_FRAGMENTS = 0x2000;
    static final int FRAGMENT_MASK = 0x3fff;

    static final int ICMP = 1;
    static final int TCP = 6;
    static final int UDP = 17;

    private Ipv4() {}

    /** {@return a header, with its checksum, for a packet of that much data} */
    static byte[] header(
            int source, int destination, int protocol, int ttl, byte[] options, int dataLength) {
        byte[] header = new byte[HEADER_LENGTH + options.length];
        header[0] = (byte) (4 << 4 | header.length / 4);
        Bytes.put16(header, TOTAL_LENGTH_OFFSET, header.length + dataLength);
        header[TTL_OFFSET] = (byte) ttl;
        header[PROTOCOL_OFFSET] = (byte) protocol;
        Bytes.put32(header, SOURCE_OFFSET, source);
        Bytes.put32(header, DESTINATION_OFFSET, destination);
        System.arraycopy(options, 0, header, HEADER_LENGTH, options.length);
        return withChecksum(header);
    }

    /** Puts the right checksum into a packet. {@return the packet} */
    static byte[] withChecksum(byte[] packet) {
        Bytes.put16(packet, CHECKSUM_OFFSET, 0);
        long sum = Bytes.sum(packet, 0, headerLength(packet));
        Bytes.put16(packet, CHECKSUM_OFFSET, InternetChecksum.checksum(sum));
        return packet;
    }

    /** {@return bytes of the header, as it says itself} */
    static int headerLength(byte[] packet) {
        return (packet[0] & 0xf) * 4;
    }

    /** {@return whether there is a header, whole, and its checksum right} */
    static boolean isIntact(byte[] packet) {
        if (packet.length < HEADER_LENGTH || Bytes.u8(packet, 0) >>> 4 != 4) {
            return false;
        }
        int length = headerLength(packet);
        return length >= HEADER_LENGTH
                && length <= packet.length
                && InternetChecksum.isValid(Bytes.sum(packet, 0, length));
    }

    static boolean isFragment(byte[] packet) {
        return (Bytes.u16(packet, FRAGMENT_OFFSET) & FRAGMENT_MASK) != 0;
    }

    /** {@return the sum of the pseudo header that UDP and TCP checksums cover} */
    static long pseudoSum(int source, int destination, int protocol, int length) {
        return (source >>> 16)
                + (source & 0xffffL)
                + (destination >>> 16)
                + (destination & 0xffffL)
                + protocol
                + length;
    }
}
