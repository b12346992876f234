package io.github.geneve4j.appliance.track;

import io.github.geneve4j.flow.FlowTable;

/**
 * Brings the flows of packets that are to come into the processor's caches, all at once: each step
 * is done for all of them before the next one, so that no packet's memory is waited for alone.
 *
 * <p>Packets are announced by their cookies, up to {@value #MOST} of them, and then looked at in
 * that order, some of them or others in between perhaps.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one.
 */
final class FlowsAhead {
    /** How many packets can be announced together; more are not noted. */
    static final int MOST = 16;

    private final FlowHints hints;
    private final FlowTable table;
    private final int[] cookies = new int[MOST];
    private final int[] flows = new int[MOST];
    private int count;
    private int next; // of those brought near, the first that has not been looked at
    private boolean brought = true;

    /**
     * Knows of no packet.
     *
     * @param hints where flows may lie
     * @param table that they lie in
     */
    FlowsAhead(FlowHints hints, FlowTable table) {
        this.hints = hints;
        this.table = table;
    }

    /** Notes that a packet with this cookie is to come. */
    void expect(int cookie) {
        if (brought) { // the last ones are of no interest any more
            brought = false;
            count = 0;
            next = 0;
        }
        if (count < MOST) {
            cookies[count++] = cookie;
        }
    }

    /** {@return the flow that had this cookie lately, or {@link ConnectionTracker#NONE}} */
    int flow(int cookie) {
        if (!brought) {
            bring();
        }
        for (int at = next; at < count; at++) {
            if (cookies[at] == cookie) {
                next = at + 1;
                return flows[at];
            }
        }
        return hints.flow(cookie);
    }

    private void bring() {
        brought = true;
        hints.flows(cookies, count, flows);
        table.bringNear(flows, count);
    }
}
