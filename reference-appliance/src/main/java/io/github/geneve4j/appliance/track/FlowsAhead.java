package io.github.geneve4j.appliance.track;

import io.github.geneve4j.flow.FlowTable;

/**
 * Brings the flows of packets that are to come into the processor's caches, all at once: each step
 * is done for all of them before the next one, so that no packet's memory is waited for alone.
 *
 * <p>Packets are announced by their cookies, up to {@value #MOST} of them, and then looked at in
 * that order, some of them or others in between perhaps; or none, if they are dropped before.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one.
 */
final class FlowsAhead {
    /** How many packets can be announced together; of more, the last ones are noted. */
    static final int MOST = 16; // a power of two, as many as ports announce

    private static final int MASK = MOST - 1;

    private final FlowHints hints;
    private final FlowTable table;
    private final int[] cookies = new int[MOST];
    private final int[] flows = new int[MOST];
    private int noted; // each in the place of the one MOST before
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
            noted = 0;
        } else if (noted == 2 * MOST) {
            noted = MOST; // at the same place
        }
        cookies[noted++ & MASK] = cookie;
    }

    /** {@return the flow that had this cookie lately, or {@link ConnectionTracker#NONE}} */
    int flow(int cookie) {
        if (!brought) {
            bring();
        }
        for (int at = next; at < noted; at++) {
            if (cookies[at & MASK] == cookie) {
                next = at + 1;
                int flow = flows[at & MASK];
                return flow == ConnectionTracker.NONE ? hints.flow(cookie) : flow; // may be new
            }
        }
        return hints.flow(cookie);
    }

    private void bring() {
        brought = true;
        int count = Math.min(noted, MOST);
        next = noted - count;
        hints.flows(cookies, count, flows);
        table.bringNear(flows, count);
    }
}
