package io.github.geneve4j.flow;

/**
 * For how long a flow may be idle before a table forgets it. The table should not forget before the
 * load balancer does, nor long after: hence the ranges, which are the load balancer's.
 *
 * <p>A TCP connection that is not established yet has TCP's timeout too; against floods of those a
 * table evicts. Flows of {@link FlowScope#TWO_TUPLE}, which may hold TCP, have TCP's timeout. Only
 * flows of the five-tuple are ever closed.
 *
 * @param tcpSeconds of TCP, {@value #LEAST} to {@value #MOST}: the load balancer's setting
 * @param otherSeconds of everything else, {@value #LEAST} to {@value #MOST}; the load balancer's is
 *     fixed at 120
 * @param closedSeconds of a TCP connection that was reset, or closed from both sides, 1 to {@value
 *     #MOST}
 */
public record FlowTimeouts(int tcpSeconds, int otherSeconds, int closedSeconds) {
    /** The least idle timeout in seconds, as of AWS Gateway Load Balancer. */
    public static final int LEAST = 60;

    /** The greatest idle timeout in seconds, as of AWS Gateway Load Balancer. */
    public static final int MOST = 6000;

    /** The load balancer's own: 350 s for TCP, 120 s for the rest; 30 s after a close. */
    public static final FlowTimeouts DEFAULT = new FlowTimeouts(350, 120, 30);

    /** Checks the ranges. */
    public FlowTimeouts {
        Ranges.within("tcpSeconds", tcpSeconds, LEAST, MOST);
        Ranges.within("otherSeconds", otherSeconds, LEAST, MOST);
        Ranges.within("closedSeconds", closedSeconds, 1, MOST);
    }

    /**
     * {@return these, with another timeout for TCP}
     *
     * @param seconds {@value #LEAST} to {@value #MOST}
     */
    public FlowTimeouts withTcpSeconds(int seconds) {
        return new FlowTimeouts(seconds, otherSeconds, closedSeconds);
    }
}
