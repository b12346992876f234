package io.github.geneve4j.appliance.firewall;

import io.github.geneve4j.appliance.InspectedPacket;
import io.github.geneve4j.appliance.track.ConnectionEnd;
import io.github.geneve4j.flow.FiveTuple;
import java.util.Optional;

/**
 * What is known about a flow when it has ended, for a log: who talked to whom, by which rule, how
 * much, and when.
 *
 * @param flow addresses, protocol and ports, from the one that began it to the other side
 * @param endpointId where its packets came from, 0 if the load balancer did not say
 * @param rule name of the rule that allowed it when it began
 * @param end why it ended; empty if it was alive at the last
 * @param cookie the load balancer's latest one, 0 to 2^32 - 1, or -1 if it sent none
 * @param startNs when the first packet came, as {@link InspectedPacket#nowNs()}
 * @param lastNs when the last one came
 * @param byBeginner packets from the one that began it
 * @param byOther packets to that one
 */
public record FlowRecord(
        FiveTuple flow,
        long endpointId,
        String rule,
        Optional<ConnectionEnd> end,
        long cookie,
        long startNs,
        long lastNs,
        Traffic byBeginner,
        Traffic byOther) {

    /**
     * One direction of a flow, what the kernel returned by itself included.
     *
     * @param packets that belonged to the flow, 4,294,967,295 at most
     * @param bytes of them, IP headers included
     */
    public record Traffic(long packets, long bytes) {}
}
