package io.github.geneve4j.geneve.tunnel;

/**
 * Whether a tunnel has a traffic class of its own or shows that of the packet inside (RFC 2983,
 * preferred by RFC 8926 §4.4.2: the pipe).
 *
 * @param isUniform true: the inner DSCP is copied out on entry and the outer one in on exit; false:
 *     a pipe, whose inner DSCP nobody touches
 * @param outer the outer DSCP of a pipe, 0 to 63; of a uniform tunnel, that of inner packets
 *     without a DSCP, such as ARP
 */
public record DscpModel(boolean isUniform, int outer) {
    private static final int MAX_DSCP = 63;

    /**
     * Checks the range.
     *
     * @throws IllegalArgumentException if the DSCP is out of its range
     */
    public DscpModel {
        if (outer < 0 || outer > MAX_DSCP) {
            throw new IllegalArgumentException("DSCP " + outer + ": not 0 to " + MAX_DSCP);
        }
    }

    /**
     * {@return a tunnel with a traffic class of its own}
     *
     * @param outer DSCP of all outer headers, 0 to 63
     * @throws IllegalArgumentException if the DSCP is out of its range
     */
    public static DscpModel pipe(int outer) {
        return new DscpModel(false, outer);
    }

    /** {@return a tunnel that shows the traffic class of the packet inside, 0 if it has none} */
    public static DscpModel uniform() {
        return new DscpModel(true, 0);
    }

    /**
     * {@return the outer DSCP for an IP packet that enters the tunnel}
     *
     * @param inner its own DSCP, 0 to 63
     */
    public int onEntry(int inner) {
        return isUniform ? inner : outer;
    }

    /**
     * {@return the DSCP of an IP packet that leaves the tunnel}
     *
     * @param inner its own DSCP as it arrived, 0 to 63
     * @param arrivedOuter the DSCP of the outer header, 0 to 63
     */
    public int onExit(int inner, int arrivedOuter) {
        return isUniform ? arrivedOuter : inner;
    }
}
