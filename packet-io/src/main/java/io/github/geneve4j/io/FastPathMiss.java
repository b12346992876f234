package io.github.geneve4j.io;

import io.github.geneve4j.io.bpf.FastPathLayout.Miss;

/** Why a packet came up to its port although there is a {@link FastPath}. */
public enum FastPathMiss {
    /** Its outer source is none that the fast path was opened for. */
    ORIGIN(Miss.ORIGIN, "origin"),
    /**
     * Its outer headers or its tunnel header are not exactly what the load balancer sends: IPv4
     * without options, whole, and within the MTU; lengths that agree; Geneve with the endpoint's
     * option, the attachment's and the flow cookie's, in this order, and nothing reserved set.
     */
    OUTER(Miss.OUTER, "outer"),
    /** Its inner packet is not one whole TCP segment or UDP datagram without extension headers. */
    INNER(Miss.INNER, "inner"),
    /** It is a TCP segment with SYN, FIN or RST, without ACK, or with a broken header. */
    TCP_FLAGS(Miss.TCP_FLAGS, "tcp_flags"),
    /** Its flow, in this direction, is not on the fast path. */
    UNKNOWN(Miss.UNKNOWN, "unknown"),
    /** Its flow was judged by an earlier generation, or is suspended. */
    GENERATION(Miss.GENERATION, "generation"),
    /**
     * Its flow has passed as many packets or bytes as it may; or, rarely, other processors counted
     * its packets at the same instant, again and again.
     */
    LIMIT(Miss.LIMIT, "limit"),
    /** The owner of the fast path has not vouched for it for longer than the lease. */
    LEASE(Miss.LEASE, "lease");

    private final Miss miss;
    private final String label;

    FastPathMiss(Miss miss, String label) {
        this.miss = miss;
        this.label = label;
    }

    /** {@return where the program counts it} */
    int index() {
        return miss.ordinal();
    }

    /** {@return the name for metrics: lower case, with underscores} */
    public String label() {
        return label;
    }
}
