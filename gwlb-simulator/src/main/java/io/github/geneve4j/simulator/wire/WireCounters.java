package io.github.geneve4j.simulator.wire;

import io.github.geneve4j.simulator.fault.FaultCounters;

/**
 * What happened to packets at this host, where neither load balancer nor appliance is to blame.
 *
 * @param notSent datagrams to targets that the kernel refused
 * @param bySocket datagrams to targets of a node with {@code io: af_xdp} that its sockets sent, as
 *     they were too long for its link, or no neighbour was known; not the one of each second by
 *     which the kernel looks after a neighbour
 * @param overrun replies that there was no room for: the simulator is too slow, or they too long
 * @param notTaken packets that left an endpoint, and that nobody took there
 * @param groups packets to multicast groups, which are routed into no endpoint
 * @param unreadable frames of capture files that are no whole IP packet
 * @param lost datagrams that were lost on purpose, by chance or as too many had to wait
 * @param duplicated datagrams that arrived twice on purpose
 * @param corrupted datagrams that got a bit turned over on purpose
 * @param reordered datagrams that had to wait for others on purpose
 * @param silenced datagrams to and from targets that were killed
 */
public record WireCounters(
        long notSent,
        long bySocket,
        long overrun,
        long notTaken,
        long groups,
        long unreadable,
        long lost,
        long duplicated,
        long corrupted,
        long reordered,
        long silenced) {
    /** Of the host, without {@code overrun}, and of its faults. */
    static WireCounters of(
            long notSent,
            long bySocket,
            long notTaken,
            long groups,
            long unreadable,
            FaultCounters faults) {
        return new WireCounters(
                notSent,
                bySocket,
                0,
                notTaken,
                groups,
                unreadable,
                faults.lost(),
                faults.duplicated(),
                faults.corrupted(),
                faults.reordered(),
                faults.silenced());
    }

    WireCounters withOverrun(long replies) {
        return new WireCounters(
                notSent,
                bySocket,
                replies,
                notTaken,
                groups,
                unreadable,
                lost,
                duplicated,
                corrupted,
                reordered,
                silenced);
    }
}
