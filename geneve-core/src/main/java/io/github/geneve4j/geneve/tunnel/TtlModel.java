package io.github.geneve4j.geneve.tunnel;

/**
 * Whether a tunnel counts as one hop or as its real number of hops (RFC 2003 §3.1, preferred by RFC
 * 8926 §4.4.2: one hop, the pipe).
 *
 * <p>TTL stands for IPv6's hop limit too. The hop that forwarding into or out of the tunnel costs
 * is the router's to subtract, not the tunnel's.
 *
 * @param isUniform true: the inner TTL is copied out on entry and the smaller of both goes in on
 *     exit; false: a pipe, whose inner TTL nobody touches
 * @param outer the outer TTL of a pipe, 1 to 255; of a uniform tunnel, that of inner packets
 *     without a TTL, such as ARP
 */
public record TtlModel(boolean isUniform, int outer) {
    /** The outer TTL where nothing else is asked for (IANA, IP Option Numbers: IP TTL). */
    public static final int DEFAULT_TTL = 64;

    private static final int MAX_TTL = 255;

    /**
     * Checks the range.
     *
     * @throws IllegalArgumentException if the TTL is out of its range
     */
    public TtlModel {
        if (outer < 1 || outer > MAX_TTL) {
            throw new IllegalArgumentException("TTL " + outer + ": not 1 to " + MAX_TTL);
        }
    }

    /**
     * {@return a tunnel that counts as one hop}
     *
     * @param outer TTL of all outer headers, 1 to 255
     * @throws IllegalArgumentException if the TTL is out of its range
     */
    public static TtlModel pipe(int outer) {
        return new TtlModel(false, outer);
    }

    /** {@return a tunnel that counts as its real number of hops} */
    public static TtlModel uniform() {
        return new TtlModel(true, DEFAULT_TTL);
    }

    /**
     * {@return the outer TTL for an IP packet that enters the tunnel, at least 1: no packet is sent
     * with 0 (RFC 1122 §3.2.1.7)}
     *
     * @param inner its own TTL, 0 to 255
     */
    public int onEntry(int inner) {
        return isUniform ? Math.max(inner, 1) : outer;
    }

    /**
     * {@return the TTL of an IP packet that leaves the tunnel; never more than it had, so that no
     * loop can keep a packet alive}
     *
     * @param inner its own TTL as it arrived, 0 to 255
     * @param arrivedOuter the TTL of the outer header, 0 to 255
     */
    public int onExit(int inner, int arrivedOuter) {
        return isUniform ? Math.min(inner, arrivedOuter) : inner;
    }
}
