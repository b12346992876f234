package io.github.geneve4j.appliance.inspect;

import io.github.geneve4j.appliance.InspectedPacket;
import io.github.geneve4j.appliance.Inspector;
import io.github.geneve4j.appliance.Verdict;
import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowStatus;
import io.github.geneve4j.flow.IpProtocol;

/**
 * Drops packets from or to given transport ports, in either direction of a flow.
 *
 * <p>It fails closed: a malformed inner packet is dropped, and so is a fragment of TCP or UDP,
 * whose ports it cannot know; otherwise anyone could reach a closed port by cutting packets up.
 * Protocols without ports pass. An ICMP error is judged by the flow that it quotes.
 */
public final class DropPorts implements Inspector {
    private final long[] closed = new long[0x1_0000 / Long.SIZE]; // one bit for each port

    /**
     * Creates an inspector.
     *
     * @param ports each 0 to 65535
     * @throws IllegalArgumentException if one is out of its range
     */
    public DropPorts(int... ports) {
        for (int port : ports) {
            if (port < 0 || port > 0xffff) {
                throw new IllegalArgumentException("port " + port + ": not 0 to 65535");
            }
            closed[port / Long.SIZE] |= 1L << port;
        }
    }

    @Override
    public Verdict inspect(InspectedPacket packet) {
        if (packet.flowStatus() != FlowStatus.OK) {
            return Verdict.DROP;
        }
        FiveTuple flow = packet.flow();
        if (!IpProtocol.hasPorts(flow.protocol())) {
            return Verdict.PASS;
        }
        return flow.hasPorts() && isOpen(flow.sourcePort()) && isOpen(flow.destinationPort())
                ? Verdict.PASS
                : Verdict.DROP;
    }

    private boolean isOpen(int port) {
        return (closed[port / Long.SIZE] & 1L << port) == 0;
    }
}
