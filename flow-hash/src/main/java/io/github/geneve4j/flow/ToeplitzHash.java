package io.github.geneve4j.flow;

/**
 * The hash by which network cards spread packets over queues (Microsoft, "RSS Hashing Functions"),
 * to predict or reproduce their choice. It is not symmetric, unless the key makes it so.
 *
 * <p>The value is the XOR of one 32-bit window of the key for each set bit of the input, which is
 * source address, destination address, and perhaps source port and destination port, most
 * significant bit first. Whether a card takes ports, and for which protocols, is its configuration.
 *
 * <p>Not for tables: the function is linear and its keys are well known, so whoever wants a
 * collision computes one. Use {@link FlowHash}.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> any, it is immutable.
 */
public final class ToeplitzHash {
    /** The least length of a key in bytes: what the longest input takes, and 32 bits more. */
    public static final int LEAST_KEY_LENGTH = 40;

    private static final int IPV4_LENGTH = 4;
    private static final int IPV6_HALF_LENGTH = 8;
    private static final int PORTS_LENGTH = 4;
    private static final int LONGEST_INPUT = 4 * IPV6_HALF_LENGTH + PORTS_LENGTH;

    private static final int BYTE_VALUES = 1 << Byte.SIZE;
    private static final int BYTE_MASK = 0xff;

    private static final byte[] MICROSOFT_KEY = {
        0x6d,
        0x5a,
        0x56,
        (byte) 0xda,
        0x25,
        0x5b,
        0x0e,
        (byte) 0xc2,
        0x41,
        0x67,
        0x25,
        0x3d,
        0x43,
        (byte) 0xa3,
        (byte) 0x8f,
        (byte) 0xb0,
        (byte) 0xd0,
        (byte) 0xca,
        0x2b,
        (byte) 0xcb,
        (byte) 0xae,
        0x7b,
        0x30,
        (byte) 0xb4,
        0x77,
        (byte) 0xcb,
        0x2d,
        (byte) 0xa3,
        (byte) 0x80,
        0x30,
        (byte) 0xf2,
        0x0c,
        0x6a,
        0x42,
        (byte) 0xb7,
        0x3b,
        (byte) 0xbe,
        (byte) 0xac,
        0x01,
        (byte) 0xfa,
    };

    /** What each value of each input byte contributes. */
    private final int[] contributions = new int[LONGEST_INPUT * BYTE_VALUES];

    /**
     * Prepares a key; the tables take 36 KiB.
     *
     * @param key at least {@value #LEAST_KEY_LENGTH} bytes, of which the first {@value
     *     #LEAST_KEY_LENGTH} count; copied
     * @throws IllegalArgumentException if it is shorter
     */
    public ToeplitzHash(byte[] key) {
        if (key.length < LEAST_KEY_LENGTH) {
            throw new IllegalArgumentException(
                    "key of " + key.length + " bytes: fewer than " + LEAST_KEY_LENGTH);
        }
        for (int at = 0; at < LONGEST_INPUT; at++) {
            for (int value = 0; value < BYTE_VALUES; value++) {
                contributions[at * BYTE_VALUES + value] = contribution(key, at, value);
            }
        }
    }

    /** {@return the hash under the key of Microsoft's verification suite, which many cards use} */
    public static ToeplitzHash microsoft() {
        return new ToeplitzHash(MICROSOFT_KEY);
    }

    /**
     * {@return the hash under 0x6d5a repeated, which is the same for both directions (Woo and Park,
     * KAIST 2012)}
     *
     * <p>A key with a period of 16 bits makes both halves of every value equal: there are only
     * 65,536 values. That serves for up to some hundred queues. It is useless as a 32-bit key or
     * for a large table, and mirrored addresses with equal ports all collide.
     */
    public static ToeplitzHash symmetric() {
        byte[] key = new byte[LEAST_KEY_LENGTH];
        for (int i = 0; i < key.length; i += 2) {
            key[i] = MICROSOFT_KEY[0];
            key[i + 1] = MICROSOFT_KEY[1];
        }
        return new ToeplitzHash(key);
    }

    /**
     * {@return the hash of a flow in the direction of its packet: with the ports of TCP, UDP and
     * SCTP, else of its addresses}
     *
     * <p>As on a card, the identifier of an echo is no port, and fragments have none even when a
     * {@link FragmentTracker} joined them.
     *
     * @param tuple wrapped, or set; of a quoted flow the addresses are hashed, which are not those
     *     that a card saw
     */
    public int hash(FiveTuple tuple) {
        boolean withPorts = hasCardPorts(tuple);
        int sourcePort = tuple.sourcePort();
        int destinationPort = tuple.destinationPort();
        if (tuple.isIpv6()) {
            int addresses =
                    ipv6(
                            tuple.sourceHigh(),
                            tuple.sourceLow(),
                            tuple.destinationHigh(),
                            tuple.destinationLow());
            return withPorts
                    ? addresses ^ ports(4 * IPV6_HALF_LENGTH, sourcePort, destinationPort)
                    : addresses;
        }
        int addresses = ipv4((int) tuple.sourceLow(), (int) tuple.destinationLow());
        return withPorts
                ? addresses ^ ports(2 * IPV4_LENGTH, sourcePort, destinationPort)
                : addresses;
    }

    /**
     * {@return the hash of two IPv4 addresses}
     *
     * @param source address, most significant byte first
     * @param destination address
     */
    public int ipv4(int source, int destination) {
        return word(0, source) ^ word(IPV4_LENGTH, destination);
    }

    /**
     * {@return the hash of two IPv4 addresses and ports}
     *
     * @param source address, most significant byte first
     * @param destination address
     * @param sourcePort 0 to 65535
     * @param destinationPort 0 to 65535
     */
    public int ipv4(int source, int destination, int sourcePort, int destinationPort) {
        return ipv4(source, destination) ^ ports(2 * IPV4_LENGTH, sourcePort, destinationPort);
    }

    /**
     * {@return the hash of two IPv6 addresses}
     *
     * @param sourceHigh network half of the address
     * @param sourceLow interface half
     * @param destinationHigh network half of the address
     * @param destinationLow interface half
     */
    public int ipv6(long sourceHigh, long sourceLow, long destinationHigh, long destinationLow) {
        return half(0, sourceHigh)
                ^ half(IPV6_HALF_LENGTH, sourceLow)
                ^ half(2 * IPV6_HALF_LENGTH, destinationHigh)
                ^ half(3 * IPV6_HALF_LENGTH, destinationLow);
    }

    /**
     * {@return the hash of two IPv6 addresses and ports}
     *
     * @param sourceHigh network half of the address
     * @param sourceLow interface half
     * @param destinationHigh network half of the address
     * @param destinationLow interface half
     * @param sourcePort 0 to 65535
     * @param destinationPort 0 to 65535
     */
    public int ipv6(
            long sourceHigh,
            long sourceLow,
            long destinationHigh,
            long destinationLow,
            int sourcePort,
            int destinationPort) {
        return ipv6(sourceHigh, sourceLow, destinationHigh, destinationLow)
                ^ ports(4 * IPV6_HALF_LENGTH, sourcePort, destinationPort);
    }

    private int ports(int at, int source, int destination) {
        return word(at, source << Short.SIZE | destination);
    }

    private int half(int at, long value) {
        return word(at, (int) (value >>> Integer.SIZE)) ^ word(at + Integer.BYTES, (int) value);
    }

    private int word(int at, int value) {
        int base = at * BYTE_VALUES;
        return contributions[base + (value >>> 24)]
                ^ contributions[base + BYTE_VALUES + (value >>> 16 & BYTE_MASK)]
                ^ contributions[base + 2 * BYTE_VALUES + (value >>> 8 & BYTE_MASK)]
                ^ contributions[base + 3 * BYTE_VALUES + (value & BYTE_MASK)];
    }

    /** {@return whether the packet shows ports that network cards hash} */
    private static boolean hasCardPorts(FiveTuple tuple) {
        if (!tuple.hasPorts() || tuple.isFragment() || tuple.isQuoted()) {
            return false;
        }
        int protocol = tuple.protocol();
        return protocol == IpProtocol.TCP
                || protocol == IpProtocol.UDP
                || protocol == IpProtocol.SCTP;
    }

    private static int contribution(byte[] key, int at, int value) {
        long window = 0; // the 40 bits of the key that begin at this byte
        for (int i = 0; i < 5; i++) {
            window = (window << Byte.SIZE) | (key[at + i] & BYTE_MASK);
        }
        int sum = 0;
        for (int bit = 0; bit < Byte.SIZE; bit++) {
            if ((value & 0x80 >>> bit) != 0) {
                sum ^= (int) (window >>> (Byte.SIZE - bit));
            }
        }
        return sum;
    }
}
