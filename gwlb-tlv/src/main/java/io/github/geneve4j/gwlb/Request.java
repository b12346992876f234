package io.github.geneve4j.gwlb;

import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.GeneveDecoder;
import io.github.geneve4j.geneve.tunnel.OuterDecoder;
import io.netty.buffer.ByteBuf;

/**
 * A packet that may be answered: both decoders, and the checks for who has no policy of his own.
 */
final class Request {
    final OuterDecoder outer = new OuterDecoder();
    final GeneveDecoder geneve = new GeneveDecoder();

    private final int port;

    Request(int port) {
        Ranges.check("UDP port", port, 1, 0xffff);
        this.port = port;
    }

    /** Decodes an IPv4 packet. {@return OK, or why there is no reply to it} */
    DecodeStatus wrap(ByteBuf packet, int offset, int length) {
        DecodeStatus status = outer.wrap(packet, offset, length);
        if (status != DecodeStatus.OK) {
            return status;
        }
        if (outer.isIpv6()) {
            return DecodeStatus.BAD_IP_HEADER;
        }
        if (outer.destinationPort() != port) {
            return DecodeStatus.WRONG_UDP_PORT;
        }
        return wrapUdpPayload(packet, outer.payloadOffset(), outer.payloadLength());
    }

    /** Decodes a Geneve packet. {@return OK, or why there is no reply to it} */
    DecodeStatus wrapUdpPayload(ByteBuf payload, int offset, int length) {
        DecodeStatus status = geneve.wrap(payload, offset, length);
        if (status != DecodeStatus.OK) {
            return status;
        }
        if (geneve.hasCriticalOption()) {
            return DecodeStatus.UNKNOWN_CRITICAL_OPTION; // no load balancer's option is critical
        }
        return geneve.isControl() ? DecodeStatus.CONTROL_PACKET : DecodeStatus.OK;
    }

    /** Refuses a decoded packet that cannot have come from a load balancer. */
    static void checkIpv4(OuterDecoder outer) {
        if (outer.isIpv6()) {
            throw new IllegalArgumentException(
                    "outer header is IPv6: a load balancer's packets are IPv4 outside");
        }
    }
}
