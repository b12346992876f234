package io.github.geneve4j.appliance;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowStatus;
import io.github.geneve4j.flow.IpProtocol;
import io.github.geneve4j.geneve.Geneve;
import io.github.geneve4j.io.PacketPort;
import io.github.geneve4j.io.ReturnPath;
import io.github.geneve4j.packets.IcmpError;
import io.github.geneve4j.packets.PacketCopy;
import io.github.geneve4j.packets.TcpReset;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Turns a packet that is not sent back into the answer to its sender, in place and under its own
 * tunnel header: the answer is the load balancer's flow's, and carries its endpoint and latest
 * cookie.
 *
 * <p><b>Threads:</b> the worker's.
 */
final class Answers {
    /** ICMP errors in a second, if nothing else is said. */
    static final int DEFAULT_ICMP_RATE = 1_000;

    private static final int MAX_HEADER_LENGTH = Geneve.HEADER_LENGTH + Geneve.MAX_OPTIONS_LENGTH;

    private final PacketPort port;
    private final RateLimit icmpErrors;
    private final ReturnPath path = new ReturnPath();
    private final ByteBuf made =
            Unpooled.buffer(MAX_HEADER_LENGTH + IcmpError.MAX_IPV6_LENGTH); // room for either
    private int length;

    Answers(PacketPort port, int icmpErrorsPerSecond) {
        this.port = port;
        this.icmpErrors = new RateLimit(icmpErrorsPerSecond);
    }

    /** {@return the bytes of the datagram that now is the answer, if it {@link Answer#isSent}} */
    int length() {
        return length;
    }

    /** Answers a packet, which is as it came, with a reset or an error. */
    Answer reject(InspectedPacket packet) {
        if (packet.flowStatus() != FlowStatus.OK) {
            return Answer.NOT_ALLOWED;
        }
        FiveTuple flow = packet.flow();
        if (flow.transportProtocol() == IpProtocol.TCP && !flow.isFragment()) {
            return reset(packet, flow);
        }
        return icmp(packet, flow, Answer.ICMP_PROHIBITED, 0);
    }

    /** Answers a packet that has become too long, after making it what it was. */
    Answer tooBig(InspectedPacket packet) {
        int mtu = packet.mostInnerLength() - Math.max(0, packet.growth());
        packet.restore();
        if (packet.flowStatus() != FlowStatus.OK) {
            return Answer.NOT_ALLOWED;
        }
        return icmp(packet, packet.flow(), Answer.ICMP_TOO_BIG, mtu);
    }

    /**
     * Sends a reset to a packet's receiver; the packet, which is as it came, stays so.
     *
     * @return false if it is not one for that
     */
    boolean resetOnward(InspectedPacket packet) {
        if (packet.flowStatus() != FlowStatus.OK) {
            return false;
        }
        FiveTuple flow = packet.flow();
        ByteBuf buffer = packet.buffer();
        int ip = packet.innerOffset();
        if (!TcpReset.mayAnswer(flow, buffer, ip)
                || !TcpReset.concernsReceiver(flow)
                || resetLength(flow) > packet.innerRoom()) {
            return false;
        }
        int header = packet.geneve().headerLength();
        PacketCopy.copy(buffer, ip - header, made, 0, header);
        int reset = TcpReset.onward(flow, buffer, ip, made, header);
        try {
            port.returnPath(path);
            port.send(path, made, 0, header + reset);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // the port is closed or broken: the loop ends
        }
        return true;
    }

    private Answer reset(InspectedPacket packet, FiveTuple flow) {
        ByteBuf buffer = packet.buffer();
        int ip = packet.innerOffset();
        if (!TcpReset.mayAnswer(flow, buffer, ip)) {
            return Answer.NOT_ALLOWED;
        }
        if (resetLength(flow) > packet.innerRoom()) {
            return Answer.NO_ROOM;
        }
        int header = packet.geneve().headerLength();
        length = header + TcpReset.answer(flow, buffer, ip, buffer, ip);
        return Answer.TCP_RESET;
    }

    private static int resetLength(FiveTuple flow) {
        return flow.isIpv6() ? TcpReset.IPV6_LENGTH : TcpReset.IPV4_LENGTH;
    }

    private Answer icmp(InspectedPacket packet, FiveTuple flow, Answer kind, int mtu) {
        ByteBuf buffer = packet.buffer();
        int ip = packet.innerOffset();
        if (!IcmpError.mayAnswer(flow, buffer, ip)) {
            return Answer.NOT_ALLOWED;
        }
        int error =
                kind == Answer.ICMP_TOO_BIG
                        ? IcmpError.tooBig(flow, buffer, ip, mtu, made, 0)
                        : IcmpError.prohibited(flow, buffer, ip, made, 0);
        if (error > packet.innerRoom()) {
            return Answer.NO_ROOM;
        }
        if (!icmpErrors.take(System.nanoTime())) {
            return Answer.LIMITED;
        }
        PacketCopy.copy(made, 0, buffer, ip, error);
        length = packet.geneve().headerLength() + error;
        return kind;
    }
}
