package io.github.geneve4j.flow;

import io.netty.buffer.ByteBuf;

/**
 * Flows as text for people and as JSON for programs; never throws for what the bytes say.
 *
 * <p>For the cold path: it allocates.
 */
public final class FlowFormat {
    /** The seed of the hash in JSON: fixed, so that output of different runs can be compared. */
    public static final long HASH_SEED = 0;

    private static final int GROUPS = 8;
    private static final int GROUPS_OF_HALF = 4;
    private static final int GROUP_BITS = 16;
    private static final int GROUP_MASK = 0xffff;
    private static final long IPV4_MAPPED = 0xffff;

    private FlowFormat() {}

    /**
     * {@return one line such as {@code tcp 10.1.21.101:43210 > 54.230.62.60:443}, in the direction
     * of the packet}
     *
     * <p>A fragment's line ends in {@code fragment}, that of an ICMP error in {@code quoted}.
     *
     * @param tuple wrapped, or set
     */
    public static String text(FiveTuple tuple) {
        StringBuilder out = new StringBuilder(IpProtocol.name(tuple.protocol())).append(' ');
        appendEndpoint(out, tuple, sourceAddress(tuple), tuple.sourcePort());
        appendEndpoint(
                out.append(" > "), tuple, destinationAddress(tuple), tuple.destinationPort());
        if (tuple.isFragment()) {
            out.append(" fragment");
        }
        if (tuple.isQuoted()) {
            out.append(" quoted");
        }
        return out.toString();
    }

    /**
     * {@return the flow of a packet as one JSON object on one line}
     *
     * @param buffer holds the packet; not changed
     * @param offset absolute index of the first byte of the IP header
     * @param length bytes available
     */
    public static String json(ByteBuf buffer, int offset, int length) {
        StringBuilder out = new StringBuilder();
        appendJson(out, buffer, offset, length, length, FlowHash.seeded(HASH_SEED));
        return out.toString();
    }

    /**
     * Appends the object of {@link #json}: {@code {"source":"10.1.21.101",
     * "destination":"54.230.62.60","protocol":6,"sourcePort":43210,"destinationPort":443,
     * "fragment":false,"quoted":false,"hash":"0x…","communityId":"1:…"}}, without the spaces, or
     * {@code {"status":"truncated_tcp_header"}} for a malformed packet.
     *
     * <p>The fields are those of a {@link FiveTuple} of five fields; ports are 0 where there are
     * none. The Community ID has the default seed, and of an ICMP error is its own, not that of the
     * quoted flow.
     *
     * @param out grows
     * @param buffer holds the packet; not changed
     * @param offset absolute index of the first byte of the IP header
     * @param length bytes available
     * @param wireLength bytes that the packet had before a capture cut it, not fewer
     * @param hash gives {@code "hash"}; {@link #json} takes the one under {@link #HASH_SEED}
     */
    public static void appendJson(
            StringBuilder out,
            ByteBuf buffer,
            int offset,
            int length,
            int wireLength,
            FlowHash hash) {
        FiveTuple tuple = new FiveTuple();
        FlowStatus status = tuple.wrap(buffer, offset, length, wireLength);
        if (status != FlowStatus.OK) {
            out.append("{\"status\":\"").append(status.label()).append("\"}");
            return;
        }
        out.append("{\"source\":\"").append(sourceAddress(tuple));
        out.append("\",\"destination\":\"").append(destinationAddress(tuple));
        out.append("\",\"protocol\":").append(tuple.protocol());
        out.append(",\"sourcePort\":").append(tuple.sourcePort());
        out.append(",\"destinationPort\":").append(tuple.destinationPort());
        out.append(",\"fragment\":").append(tuple.isFragment());
        out.append(",\"quoted\":").append(tuple.isQuoted());
        out.append(",\"hash\":\"").append(hash(hash.hash(tuple)));
        out.append("\",\"communityId\":\"").append(new CommunityId().compute(tuple).text());
        out.append("\"}");
    }

    /**
     * {@return the sender's address as text, without port}
     *
     * @param tuple wrapped, or set
     */
    public static String sourceAddress(FiveTuple tuple) {
        return address(tuple, tuple.sourceHigh(), tuple.sourceLow());
    }

    /**
     * {@return the receiver's address as text, without port}
     *
     * @param tuple wrapped, or set
     */
    public static String destinationAddress(FiveTuple tuple) {
        return address(tuple, tuple.destinationHigh(), tuple.destinationLow());
    }

    /**
     * {@return an address such as {@code 10.1.21.101}}
     *
     * @param address most significant byte first
     */
    public static String ipv4(int address) {
        return (address >>> 24)
                + "."
                + (address >>> 16 & 0xff)
                + "."
                + (address >>> 8 & 0xff)
                + "."
                + (address & 0xff);
    }

    /**
     * {@return an address such as {@code 2001:db8::a}, in the form that RFC 5952 recommends; an
     * IPv4-mapped one as {@code ::ffff:10.1.21.101}}
     *
     * @param high network half
     * @param low interface half
     */
    public static String ipv6(long high, long low) {
        if (high == 0 && low >>> Integer.SIZE == IPV4_MAPPED) {
            return "::ffff:" + ipv4((int) low);
        }
        int gap = longestRunOfZeros(high, low);
        int gapEnd = gap + runOfZeros(high, low, gap);
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < GROUPS; i++) {
            if (i == gap) {
                out.append("::");
                i = gapEnd;
                if (i == GROUPS) {
                    break;
                }
            } else if (i > 0) {
                out.append(':');
            }
            out.append(Integer.toHexString(group(high, low, i)));
        }
        return out.toString();
    }

    /**
     * {@return a hash as {@code 0x} and 16 hexadecimal digits}
     *
     * @param hash any
     */
    public static String hash(long hash) {
        String digits = Long.toHexString(hash);
        return "0x" + "0".repeat(Long.SIZE / 4 - digits.length()) + digits;
    }

    private static void appendEndpoint(
            StringBuilder out, FiveTuple tuple, String address, int port) {
        if (!tuple.hasPorts()) {
            out.append(address);
        } else if (tuple.isIpv6()) {
            out.append('[').append(address).append("]:").append(port);
        } else {
            out.append(address).append(':').append(port);
        }
    }

    private static String address(FiveTuple tuple, long high, long low) {
        return tuple.isIpv6() ? ipv6(high, low) : ipv4((int) low);
    }

    /** {@return where the first of the longest runs of two or more zero groups is, or GROUPS} */
    private static int longestRunOfZeros(long high, long low) {
        int best = GROUPS;
        int bestLength = 1;
        for (int i = 0; i < GROUPS; i++) {
            int length = runOfZeros(high, low, i);
            if (length > bestLength) {
                best = i;
                bestLength = length;
            }
        }
        return best;
    }

    private static int runOfZeros(long high, long low, int from) {
        int at = from;
        while (at < GROUPS && group(high, low, at) == 0) {
            at++;
        }
        return at - from;
    }

    private static int group(long high, long low, int index) {
        long half = index < GROUPS_OF_HALF ? high : low;
        int shift = (GROUPS_OF_HALF - 1 - index % GROUPS_OF_HALF) * GROUP_BITS;
        return (int) (half >>> shift) & GROUP_MASK;
    }
}
