package io.github.geneve4j.appliance;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The outer source addresses that the appliance serves; anyone else who reaches the tunnel port
 * could inject packets.
 *
 * <p>A set of IPv4 networks, merged and sorted, so that a lookup is a binary search over disjoint
 * ranges. Immutable and shared between workers. <b>Allocation:</b> none after construction.
 */
public final class OriginFilter {
    private static final int ADDRESS_BITS = 32;

    // Disjoint and ascending; addresses as unsigned 32-bit numbers in longs
    private final long[] firsts;
    private final long[] lasts;

    private OriginFilter(long[] firsts, long[] lasts) {
        this.firsts = firsts;
        this.lasts = lasts;
    }

    /**
     * {@return a filter for a comma-separated list of networks}
     *
     * @param networks such as {@code 10.0.1.0/24,10.0.2.17}; an address without a length is that
     *     one address; {@code 0.0.0.0/0} allows everyone
     * @throws IllegalArgumentException if the list is empty, or an entry is not an IPv4 network, or
     *     it has bits behind its length; the message names the entry
     */
    public static OriginFilter parse(String networks) {
        List<long[]> ranges = new ArrayList<>();
        for (String network : networks.split(",", -1)) {
            ranges.add(range(network.strip()));
        }
        ranges.sort(Comparator.comparingLong(range -> range[0]));
        List<long[]> merged = new ArrayList<>();
        for (long[] range : ranges) {
            long[] last = merged.isEmpty() ? null : merged.get(merged.size() - 1);
            if (last != null && range[0] <= last[1] + 1) {
                last[1] = Math.max(last[1], range[1]);
            } else {
                merged.add(range);
            }
        }
        return new OriginFilter(
                merged.stream().mapToLong(range -> range[0]).toArray(),
                merged.stream().mapToLong(range -> range[1]).toArray());
    }

    /**
     * {@return whether packets from this address are served}
     *
     * @param address IPv4, as a big-endian 32-bit number
     */
    public boolean allows(int address) {
        long value = Integer.toUnsignedLong(address);
        int low = 0;
        int high = firsts.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (value < firsts[middle]) {
                high = middle - 1;
            } else if (value > lasts[middle]) {
                low = middle + 1;
            } else {
                return true;
            }
        }
        return false;
    }

    /** Takes networks, as first and last address. */
    @FunctionalInterface
    public interface RangeConsumer {
        /**
         * Takes one.
         *
         * @param first IPv4, as a big-endian 32-bit number
         * @param last not below the first, unsigned
         */
        void range(int first, int last);
    }

    /**
     * Tells what is allowed, disjoint and ascending.
     *
     * @param consumer called for each range of addresses
     */
    public void forEachRange(RangeConsumer consumer) {
        for (int i = 0; i < firsts.length; i++) {
            consumer.range((int) firsts[i], (int) lasts[i]);
        }
    }

    private static long[] range(String network) {
        int slash = network.indexOf('/');
        long first = address(network, slash < 0 ? network : network.substring(0, slash));
        int bits =
                slash < 0
                        ? ADDRESS_BITS
                        : number(network, network.substring(slash + 1), ADDRESS_BITS);
        long hostMask = (1L << (ADDRESS_BITS - bits)) - 1;
        if ((first & hostMask) != 0) {
            throw new IllegalArgumentException(
                    "'" + network + "': has bits behind its length of " + bits);
        }
        return new long[] {first, first | hostMask};
    }

    private static long address(String network, String text) {
        String[] parts = text.split("\\.", -1);
        if (parts.length != 4) {
            throw notANetwork(network);
        }
        long address = 0;
        for (String part : parts) {
            address = address << 8 | number(network, part, 255);
        }
        return address;
    }

    private static int number(String network, String text, int max) {
        // Exactly what it means and nothing else: no sign, no leading zero (octal to some), no
        // space
        if (!text.matches("0|[1-9][0-9]{0,2}") || Integer.parseInt(text) > max) {
            throw notANetwork(network);
        }
        return Integer.parseInt(text);
    }

    private static IllegalArgumentException notANetwork(String network) {
        return new IllegalArgumentException(
                "'" + network + "': not an IPv4 network such as 10.0.1.0/24");
    }
}
