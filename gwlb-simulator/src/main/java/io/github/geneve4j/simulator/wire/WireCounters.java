package io.github.geneve4j.simulator.wire;

/**
 * What happened to packets at this host, where no load balancer is to blame.
 *
 * @param notSent datagrams to targets that the kernel refused
 * @param overrun replies that there was no room for: the simulator is too slow, or they too long
 * @param notTaken packets that left an endpoint, and that nobody took there
 * @param groups packets to multicast groups, which are routed into no endpoint
 * @param unreadable frames of capture files that are no whole IP packet
 */
public record WireCounters(
        long notSent, long overrun, long notTaken, long groups, long unreadable) {
    WireCounters withOverrun(long replies) {
        return new WireCounters(notSent, replies, notTaken, groups, unreadable);
    }
}
