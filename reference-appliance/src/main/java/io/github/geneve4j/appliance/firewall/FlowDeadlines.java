package io.github.geneve4j.appliance.firewall;

import java.util.Arrays;

/**
 * Flows in the order of what time they have, so that a worker that looks in now and then looks at
 * those alone that are due: a binary heap, with at most one entry for each flow.
 *
 * <p><b>Memory:</b> 16 bytes for each flow that there may be. <b>Allocation:</b> none after
 * construction. <b>Threads:</b> one.
 */
final class FlowDeadlines {
    /** No flow is due. */
    static final int NONE = -1;

    private final int[] heap; // flows, the earliest first
    private final int[] positions; // in the heap, of each flow
    private final long[] deadlines; // of each flow in the heap
    private int size;

    /**
     * Creates one without flows.
     *
     * @param capacity above every flow's number
     */
    FlowDeadlines(int capacity) {
        this.heap = new int[capacity];
        this.positions = new int[capacity];
        this.deadlines = new long[capacity];
        Arrays.fill(positions, NONE);
    }

    /** Sets when a flow is due, unless it is due before. */
    void add(int flow, long atNs) {
        int position = positions[flow];
        if (position == NONE) {
            deadlines[flow] = atNs;
            rise(size++, flow);
        } else if (atNs - deadlines[flow] < 0) {
            deadlines[flow] = atNs;
            rise(position, flow);
        }
    }

    /** Forgets when a flow is due, if it is at all. */
    void remove(int flow) {
        int position = positions[flow];
        if (position == NONE) {
            return;
        }
        positions[flow] = NONE;
        int last = heap[--size];
        if (last != flow) {
            rise(position, last);
            sink(positions[last], last);
        }
    }

    /** {@return a flow that is due, the earliest, which is not due any more; or NONE} */
    int takeDue(long nowNs) {
        if (size == 0 || nowNs - deadlines[heap[0]] < 0) {
            return NONE;
        }
        int flow = heap[0];
        remove(flow);
        return flow;
    }

    /** {@return how many flows will be due} */
    int size() {
        return size;
    }

    private void rise(int from, int flow) {
        int position = from;
        while (position > 0) {
            int parent = (position - 1) / 2;
            if (!isBefore(flow, heap[parent])) {
                break;
            }
            put(position, heap[parent]);
            position = parent;
        }
        put(position, flow);
    }

    private void sink(int from, int flow) {
        int position = from;
        while (2 * position + 1 < size) {
            int child = 2 * position + 1;
            if (child + 1 < size && isBefore(heap[child + 1], heap[child])) {
                child++;
            }
            if (!isBefore(heap[child], flow)) {
                break;
            }
            put(position, heap[child]);
            position = child;
        }
        put(position, flow);
    }

    private void put(int position, int flow) {
        heap[position] = flow;
        positions[flow] = position;
    }

    private boolean isBefore(int flow, int other) {
        return deadlines[flow] - deadlines[other] < 0;
    }
}
