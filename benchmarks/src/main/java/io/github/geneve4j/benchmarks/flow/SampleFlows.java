package io.github.geneve4j.benchmarks.flow;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;

/** Packets of many flows, in memory laid out as a socket's ring. */
final class SampleFlows {
    static final int FRAME_LENGTH = 128;
    static final int RING_LENGTH = 1024 * FRAME_LENGTH;

    private static final String TCP = "c0de01bb 00000001 00000002 50100400 00000000";
    private static final String IPV4_ADDRESSES = "0a011565 36e63e3c";
    private static final String IPV6_ADDRESSES =
            "20010db8 00000000 00000000 0000000a 20010db8 00000000 00000000 0000000b";

    private SampleFlows() {}

    /** {@return a packet by its name} */
    static byte[] packet(String name) {
        String hex =
                switch (name) {
                    case "ipv4-tcp" -> "45000028 00004000 40060000" + IPV4_ADDRESSES + TCP;
                    case "ipv4-udp-options" ->
                            "47000030 00004000 40110000"
                                    + IPV4_ADDRESSES
                                    + "94040000 01010100"
                                    + "c0de0035 00140000 000000000000000000000000";
                    case "ipv6-tcp" -> "60000000 00140640" + IPV6_ADDRESSES + TCP;
                    case "ipv6-extensions" ->
                            "60000000 00240040"
                                    + IPV6_ADDRESSES
                                    + "3c000104 00000000"
                                    + "06000104 00000000"
                                    + TCP;
                    case "icmp-error" ->
                            "45000044 00000000 40010000"
                                    + IPV4_ADDRESSES
                                    + "0b000000 00000000"
                                    + "45000028 00004000 01060000"
                                    + IPV4_ADDRESSES
                                    + TCP;
                    default -> throw new IllegalArgumentException(name);
                };
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    /** Fills a ring with copies of a packet, each with other addresses and ports. */
    static void fill(ByteBuf ring, byte[] template) {
        boolean ipv6 = template[0] >>> 4 == 6;
        int header = template.length - 20;
        Random random = new Random(1);
        ring.setZero(0, RING_LENGTH);
        for (int at = 0; at < RING_LENGTH; at += FRAME_LENGTH) {
            byte[] packet = Arrays.copyOf(template, template.length);
            vary(packet, ipv6 ? 8 : 12, ipv6 ? 40 : 20, random);
            vary(packet, header, header + 4, random);
            ring.setBytes(at, packet);
        }
    }

    private static void vary(byte[] packet, int from, int to, Random random) {
        for (int i = from; i < to; i++) {
            packet[i] = (byte) random.nextInt();
        }
    }
}
