package io.github.geneve4j.simulator.load;

/**
 * What to send.
 *
 * @param inner IP version and transport protocol of the inner packets
 * @param innerLength bytes of an inner packet, headers included
 * @param flows flows to send in turn, each with inner addresses and a cookie of its own; beyond
 *     16,384 they share outer source ports, as a load balancer's do
 */
public record Load(InnerKind inner, int innerLength, int flows) {
    /** Most flows: their frames, which lie ready, take up to 200 MB then. */
    public static final int MAX_FLOWS = 1 << 17;

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if an inner packet has no room for its stamp, or there are
     *     too few or too many flows
     */
    public Load {
        int least = inner.headersLength() + Stamp.LENGTH;
        if (innerLength < least || innerLength > 0xffff - 1000) {
            throw new IllegalArgumentException(
                    "inner length " + innerLength + ": " + inner + " needs " + least + " or more");
        }
        if (flows < 1 || flows > MAX_FLOWS) {
            throw new IllegalArgumentException("flows " + flows + ": not 1 to " + MAX_FLOWS);
        }
    }
}
