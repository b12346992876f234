package io.github.geneve4j.simulator;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowScope;
import io.github.geneve4j.flow.FlowStatus;
import io.github.geneve4j.flow.FragmentTracker;
import io.github.geneve4j.flow.IpProtocol;
import io.github.geneve4j.flow.TcpFlags;
import io.netty.buffer.ByteBuf;

/**
 * Says which flow an inner packet belongs to, as the load balancer has it: ports count for TCP and
 * UDP only, fragments belong to their datagram, ICMP errors to the packet that they quote.
 */
final class InnerFlow {
    private final FragmentTracker fragments;
    private final boolean portsOfTcpAndUdpOnly;
    private final FiveTuple packet;
    private final FiveTuple withoutPorts = new FiveTuple();
    private FiveTuple key = withoutPorts;
    private boolean joined;

    InnerFlow(FlowScope scope, FragmentTracker fragments) {
        this.packet = new FiveTuple(scope);
        this.fragments = fragments;
        this.portsOfTcpAndUdpOnly = scope == FlowScope.FIVE_TUPLE;
    }

    /** Reads a packet; the rest is readable after OK. */
    FlowStatus read(long endpointId, ByteBuf buffer, int offset, int length, long nowNanos) {
        FlowStatus status = packet.wrap(buffer, offset, length);
        if (status == FlowStatus.OK) {
            joined = fragments.join(endpointId, packet, nowNanos);
            settleKey();
        }
        return status;
    }

    /**
     * Reads the packet again as a fragment that is known by its addresses alone: so were those that
     * came before the first.
     *
     * @return whether that makes a difference
     */
    boolean readApart(ByteBuf buffer, int offset, int length) {
        if (!joined || packet.wrap(buffer, offset, length) != FlowStatus.OK) {
            return false;
        }
        joined = false;
        settleKey();
        return true;
    }

    private void settleKey() {
        key = packet;
        if (portsOfTcpAndUdpOnly && packet.hasPorts() && !isTcpOrUdp(packet.protocol())) {
            key = withoutPorts;
            if (packet.isIpv6()) {
                key.setIpv6(
                        packet.sourceHigh(),
                        packet.sourceLow(),
                        packet.destinationHigh(),
                        packet.destinationLow(),
                        packet.protocol());
            } else {
                key.setIpv4(
                        (int) packet.sourceLow(), (int) packet.destinationLow(), packet.protocol());
            }
        }
    }

    private static boolean isTcpOrUdp(int protocol) {
        return protocol == IpProtocol.TCP || protocol == IpProtocol.UDP;
    }

    /** {@return what names the flow} */
    FiveTuple key() {
        return key;
    }

    /** {@return the packet itself} */
    FiveTuple packet() {
        return packet;
    }

    /**
     * {@return whether it is an ICMP error about the flow, to which it belongs, but which it does
     * not keep alive}
     */
    boolean isQuoted() {
        return packet.isQuoted();
    }

    /** {@return whether it belongs to a TCP connection, and is no ICMP error about one} */
    boolean isTcp() {
        return !packet.isQuoted() && packet.protocol() == IpProtocol.TCP;
    }

    /** {@return whether its TCP header can be read: of a fragment it is not} */
    boolean hasTcpHeader() {
        return packet.transportProtocol() == IpProtocol.TCP && !packet.isFragment();
    }

    /** {@return whether it opens a TCP connection} */
    boolean isSyn() {
        return (packet.tcpFlags() & TcpFlags.CONTROL) == TcpFlags.SYN;
    }

    /** {@return whether it resets a TCP connection} */
    boolean isReset() {
        return (packet.tcpFlags() & TcpFlags.RST) != 0;
    }
}
