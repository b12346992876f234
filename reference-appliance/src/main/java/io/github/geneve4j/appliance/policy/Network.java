package io.github.geneve4j.appliance.policy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/**
 * Addresses with a common prefix, in the numbers in which {@link io.github.geneve4j.flow.FiveTuple}
 * has addresses.
 *
 * @param ipv6 whether they are IPv6
 * @param high the upper half of the first one; 0 in IPv4
 * @param low the lower half; in IPv4 all of it, unsigned
 * @param length bits of the prefix, 0 to 32 or 128; all bits behind it are 0
 */
public record Network(boolean ipv6, long high, long low, int length) {
    private static final int IPV4_BITS = 32;
    private static final int IPV6_BITS = 128;

    /** Checks the length, and that nothing is behind it. */
    public Network {
        int bits = ipv6 ? IPV6_BITS : IPV4_BITS;
        if (length < 0 || length > bits) {
            throw new IllegalArgumentException("prefix length " + length + ": not 0 to " + bits);
        }
        if (!ipv6 && (high != 0 || low >>> IPV4_BITS != 0)) {
            throw new IllegalArgumentException(
                    "IPv4 address " + high + ", " + low + ": more than 32 bits");
        }
        if ((high & hostHigh(ipv6, length)) != 0 || (low & hostLow(ipv6, length)) != 0) {
            throw new IllegalArgumentException(
                    text(ipv6, high, low) + "/" + length + ": has bits behind its length");
        }
    }

    /**
     * {@return the network of an address}
     *
     * @param address IPv4 or IPv6
     * @param length bits of the prefix; those of the address behind it have to be 0
     */
    public static Network of(InetAddress address, int length) {
        ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
        return bytes.capacity() == Integer.BYTES
                ? new Network(false, 0, Integer.toUnsignedLong(bytes.getInt()), length)
                : new Network(true, bytes.getLong(), bytes.getLong(), length);
    }

    /** {@return the upper half of the last address} */
    public long lastHigh() {
        return high | hostHigh(ipv6, length);
    }

    /** {@return the lower half of the last address} */
    public long lastLow() {
        return low | hostLow(ipv6, length);
    }

    /**
     * {@return whether an address is one of these}
     *
     * @param ofIpv6 whether the address is IPv6
     * @param ofHigh its upper half; 0 in IPv4
     * @param ofLow its lower half; in IPv4 all of it, unsigned
     */
    public boolean contains(boolean ofIpv6, long ofHigh, long ofLow) {
        return ipv6 == ofIpv6
                && (ofHigh & ~hostHigh(ipv6, length)) == high
                && (ofLow & ~hostLow(ipv6, length)) == low;
    }

    /**
     * {@return whether all addresses of the other are among these}
     *
     * @param other a network
     */
    public boolean contains(Network other) {
        return length <= other.length && contains(other.ipv6, other.high, other.low);
    }

    /** {@return {@code 10.0.0.0/8}} */
    @Override
    public String toString() {
        return text(ipv6, high, low) + "/" + length;
    }

    private static long hostHigh(boolean ipv6, int length) {
        return !ipv6 || length >= Long.SIZE ? 0 : -1L >>> length;
    }

    private static long hostLow(boolean ipv6, int length) {
        int bits = ipv6 ? length - Long.SIZE : length + IPV4_BITS;
        return bits <= 0 ? -1L : bits >= Long.SIZE ? 0 : -1L >>> bits;
    }

    /** {@return an address as it is written} */
    static String text(boolean ipv6, long high, long low) {
        ByteBuffer bytes =
                ipv6
                        ? ByteBuffer.allocate(2 * Long.BYTES).putLong(high).putLong(low)
                        : ByteBuffer.allocate(Integer.BYTES).putInt((int) low);
        try {
            return InetAddress.getByAddress(bytes.array()).getHostAddress();
        } catch (UnknownHostException e) {
            throw new AssertionError(e); // both lengths are right
        }
    }
}
