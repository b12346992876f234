package io.github.geneve4j.simulator.load;

/**
 * What to send.
 *
 * @param inner IP version and transport protocol of the inner packets
 * @param innerLength bytes of an inner packet, headers included
 * @param flows flows to send in turn, each with inner addresses and a cookie of its own; beyond
 *     16,384 outer source ports they share them, as a load balancer's do
 * @param together neighbouring flows that share an outer source port, a power of two that divides
 *     the flows: their packets are handed to the kernel as one, which cuts it (UDP segmentation).
 *     That costs the sender, and the receiver of a virtual cable, a fraction of the work; the
 *     interface must leave checksums, scattered data and segmentation to software. 1: each alone
 */
public record Load(InnerKind inner, int innerLength, int flows, int together) {
    /** Most flows: their frames, which lie ready, take up to 200 MB then. */
    public static final int MAX_FLOWS = 1 << 17;

    /** Most packets to be handed to the kernel as one. */
    public static final int MAX_TOGETHER = 64;

    private static final int MOST_BYTES = 0xffff - 1000;

    /**
     * A load whose packets are sent each alone.
     *
     * @param inner IP version and transport protocol of the inner packets
     * @param innerLength bytes of an inner packet, headers included
     * @param flows flows to send in turn
     * @throws IllegalArgumentException as for all components
     */
    public Load(InnerKind inner, int innerLength, int flows) {
        this(inner, innerLength, flows, 1);
    }

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if an inner packet has no room for its stamp, there are too
     *     few or too many flows, or so many packets are not to be had together
     */
    public Load {
        int least = inner.headersLength() + Stamp.LENGTH;
        if (innerLength < least || innerLength > MOST_BYTES) {
            throw new IllegalArgumentException(
                    "inner length " + innerLength + ": " + inner + " needs " + least + " or more");
        }
        if (flows < 1 || flows > MAX_FLOWS) {
            throw new IllegalArgumentException("flows " + flows + ": not 1 to " + MAX_FLOWS);
        }
        if (together < 1
                || together > mostTogether(innerLength, flows)
                || Integer.bitCount(together) != 1) {
            throw new IllegalArgumentException(
                    "together "
                            + together
                            + (": not a power of two to " + mostTogether(innerLength, flows))
                            + (", of " + flows + " flows and " + innerLength + " bytes"));
        }
    }

    /**
     * {@return how many packets can be handed to the kernel as one, at most: a power of two}
     *
     * @param innerLength bytes of an inner packet
     * @param flows flows to send in turn, 1 or more
     */
    public static int mostTogether(int innerLength, int flows) {
        int together = Math.min(MAX_TOGETHER, Integer.lowestOneBit(flows));
        while (together > 1 && together * (innerLength + Frames.GENEVE_LENGTH) > MOST_BYTES) {
            together /= 2;
        }
        return together;
    }
}
