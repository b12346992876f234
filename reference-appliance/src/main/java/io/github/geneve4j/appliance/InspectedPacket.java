package io.github.geneve4j.appliance;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowStatus;
import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.EtherType;
import io.github.geneve4j.geneve.GeneveDecoder;
import io.github.geneve4j.geneve.OptionCursor;
import io.github.geneve4j.geneve.tunnel.EndpointPolicy;
import io.github.geneve4j.gwlb.GwlbMetadata;
import io.netty.buffer.ByteBuf;

/**
 * One packet as an inspector sees it: the tunnel header, the load balancer's options, the flow, and
 * the bytes.
 *
 * <p>One view for each worker, pointed at one packet after another. Everything it hands out is a
 * view too, and valid during one {@link Inspector#inspect} only.
 */
public final class InspectedPacket {
    private final GeneveDecoder geneve = new GeneveDecoder();
    private final OptionCursor options = new OptionCursor();
    private final GwlbMetadata metadata = new GwlbMetadata();
    private final FiveTuple flow = new FiveTuple();
    private FlowStatus flowStatus = FlowStatus.EMPTY_PACKET;

    InspectedPacket() {}

    /**
     * {@return a packet to try an inspector with, without an appliance around it}
     *
     * @param buffer holds the datagram; borrowed as long as the packet is used
     * @param offset absolute index of the first Geneve byte
     * @param length bytes of the datagram
     * @throws IllegalArgumentException if no appliance would show it to an inspector
     */
    public static InspectedPacket of(ByteBuf buffer, int offset, int length) {
        InspectedPacket packet = new InspectedPacket();
        DecodeStatus status = packet.wrap(buffer, offset, length, EndpointPolicy.builder().build());
        if (status != DecodeStatus.OK) {
            throw new IllegalArgumentException("a packet that is dropped: " + status);
        }
        return packet;
    }

    /** Points this view at a datagram. {@code OK} means that an inspector may see it. */
    DecodeStatus wrap(ByteBuf buffer, int offset, int length, EndpointPolicy policy) {
        DecodeStatus status = geneve.wrap(buffer, offset, length);
        if (status != DecodeStatus.OK) {
            return status;
        }
        status = policy.check(geneve, options);
        if (status != DecodeStatus.OK) {
            return status;
        }
        metadata.read(geneve);
        flowStatus = readFlow(buffer);
        return DecodeStatus.OK;
    }

    /** Reads the flow of an inner packet that is IP of the version that the tunnel header names. */
    private FlowStatus readFlow(ByteBuf buffer) {
        int protocolType = geneve.protocolType();
        boolean ip = protocolType == EtherType.IPV4 || protocolType == EtherType.IPV6;
        FlowStatus status =
                flow.wrap(buffer, geneve.payloadOffset(), ip ? geneve.payloadLength() : 0);
        if (!ip) {
            return FlowStatus.UNSUPPORTED_IP_VERSION;
        }
        if (status == FlowStatus.OK && flow.isIpv6() != (protocolType == EtherType.IPV6)) {
            flow.wrap(buffer, geneve.payloadOffset(), 0); // not to be read as what it is not
            return FlowStatus.UNSUPPORTED_IP_VERSION;
        }
        return status;
    }

    /** {@return the Geneve header} */
    public GeneveDecoder geneve() {
        return geneve;
    }

    /** {@return what the load balancer says: endpoint, attachment, cookie, as far as present} */
    public GwlbMetadata metadata() {
        return metadata;
    }

    /**
     * {@return whether the inner packet's flow is known, or why not; {@code UNSUPPORTED_IP_VERSION}
     * too for an inner packet that is not IP, or not of the version that the tunnel header names}
     */
    public FlowStatus flowStatus() {
        return flowStatus;
    }

    /** {@return the flow of the inner packet; readable when {@link #flowStatus()} is OK} */
    public FiveTuple flow() {
        return flow;
    }

    /** {@return the buffer that holds the packet, and others; use absolute indices} */
    public ByteBuf buffer() {
        return geneve.buffer();
    }

    /** {@return the absolute index of the inner packet} */
    public int innerOffset() {
        return geneve.payloadOffset();
    }

    /** {@return the bytes of the inner packet} */
    public int innerLength() {
        return geneve.payloadLength();
    }
}
