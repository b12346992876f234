package io.github.geneve4j.geneve.tunnel;

/**
 * The UDP source ports of a tunnel, which spread flows over a network's parallel paths (RFC 8926
 * §3.3).
 *
 * @param first smallest port, 0 to 65535
 * @param last largest port, not below {@code first}, up to 65535
 */
public record SourcePortRange(int first, int last) {
    /** The dynamic ports, 49152 to 65535 (RFC 6335 §6). */
    public static final SourcePortRange DYNAMIC = new SourcePortRange(49152, 65535);

    /** All 65,536 ports: the most entropy (RFC 8926 §3.3). */
    public static final SourcePortRange ALL = new SourcePortRange(0, 65535);

    private static final int MAX_PORT = 65535;

    /**
     * Checks the range.
     *
     * @throws IllegalArgumentException if a port is out of its range, or there is none
     */
    public SourcePortRange {
        if (first < 0 || last > MAX_PORT || first > last) {
            throw new IllegalArgumentException(
                    "ports " + first + " to " + last + ": not a range inside 0 to " + MAX_PORT);
        }
    }

    /**
     * {@return a port of this range, always the same one for the same hash}
     *
     * @param flowHash any hash of the inner packet's flow; also one whose entropy is in a few bits
     */
    public int port(long flowHash) {
        long size = last - first + 1L;
        long fraction = FlowEntropy.mix(flowHash) >>> Integer.SIZE; // of 2^32
        return first + (int) ((fraction * size) >>> Integer.SIZE);
    }
}
