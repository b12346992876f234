package io.github.geneve4j.geneve.tunnel;

import io.netty.buffer.ByteBuf;

/** Where the fields of a UDP header stand (RFC 768), and what its checksum covers besides. */
final class Udp {
    static final int PROTOCOL = 17;

    static final int SOURCE_PORT_OFFSET = 0; // 16 bits
    static final int DESTINATION_PORT_OFFSET = 2; // 16 bits
    static final int LENGTH_OFFSET = 4; // 16 bits, header included
    static final int CHECKSUM_OFFSET = 6; // 16 bits, 0 = none
    static final int HEADER_LENGTH = 8;

    /** What is sent in place of a computed checksum of 0, which would mean "none" (RFC 768). */
    static final int CHECKSUM_ZERO_SENT_AS = 0xffff;

    private Udp() {}

    /** {@return the sum of the pseudo header (RFC 768, RFC 8200 §8.1)} */
    static long pseudoHeaderSum(ByteBuf buffer, int ip, boolean ipv6, int udpLength) {
        long addresses =
                ipv6
                        ? InternetChecksum.sum(
                                buffer, ip + Ip.V6_SOURCE_OFFSET, 2 * Ip.V6_ADDRESS_LENGTH)
                        : InternetChecksum.sum(
                                buffer, ip + Ip.V4_SOURCE_OFFSET, 2 * Ip.V4_ADDRESS_LENGTH);
        return addresses + PROTOCOL + udpLength;
    }
}
