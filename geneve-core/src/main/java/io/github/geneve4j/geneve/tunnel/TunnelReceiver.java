package io.github.geneve4j.geneve.tunnel;

import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.GeneveDecoder;
import io.github.geneve4j.geneve.OptionCursor;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * The receiving end of tunnels: takes an outer IP packet, gives the inner packet, ready to forward
 * (RFC 8926).
 *
 * <p>In order: outer headers ({@link OuterDecoder}), port and UDP checksum ({@link
 * EndpointPolicy}), Geneve header ({@link GeneveDecoder}), options and O bit ({@code
 * EndpointPolicy} again), inner IP header, congestion marks ({@link Ecn}). The first violation is
 * the answer. After {@link DecodeStatus#OK} the ECN field that the inner IP header must have is
 * written into it, and with uniform models DSCP and TTL too; an inner IPv4 header checksum is
 * mended. The outer UDP checksum then no longer fits the packet: whoever sends the same bytes back
 * renews it.
 *
 * {@snippet :
 * switch (receiver.receive(buffer, 0, length)) {
 *     case OK -> forward(buffer, receiver.innerOffset(), receiver.innerLength());
 *     case CONTROL_PACKET -> control.queue(receiver.geneve());
 *     default -> drop();
 * }
 * }
 *
 * <p>Inner packets that are not IP, bare or in an Ethernet frame with up to two VLAN tags, have no
 * place for congestion marks, DSCP or TTL and pass as they are.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one. <b>Ownership:</b> borrows the
 * buffer until the next {@code receive}; moves none of its indices.
 */
public final class TunnelReceiver {
    private static final int DETACHED = -1;

    private final EndpointPolicy policy;
    private final OuterDecoder outer = new OuterDecoder();
    private final GeneveDecoder geneve = new GeneveDecoder();
    private final OptionCursor scratch = new OptionCursor();
    private int innerOffset = DETACHED;
    private int innerLength;
    private boolean unexpectedEcn;

    /**
     * Creates a receiver that holds no packet yet.
     *
     * @param policy what to accept; may be shared
     */
    public TunnelReceiver(EndpointPolicy policy) {
        this.policy = policy;
    }

    /**
     * Judges a packet and, if it is accepted, prepares its inner packet.
     *
     * @param buffer borrowed until the next call; the inner packet is changed in place
     * @param offset absolute index of the first byte of the outer IP header
     * @param length bytes available from {@code offset}
     * @return {@link DecodeStatus#OK}; {@link DecodeStatus#CONTROL_PACKET}, after which {@link
     *     #outer()} and {@link #geneve()} are readable and the inner packet is not offered; or the
     *     reason to drop the packet, after which nothing is readable
     * @throws IndexOutOfBoundsException if the range is not inside the buffer's capacity
     */
    public DecodeStatus receive(ByteBuf buffer, int offset, int length) {
        innerOffset = DETACHED;
        unexpectedEcn = false;
        boolean readable = false;
        try {
            DecodeStatus status = judge(buffer, offset, length);
            if (status == DecodeStatus.OK) {
                innerOffset = geneve.payloadOffset();
                innerLength = geneve.payloadLength();
            }
            readable = status == DecodeStatus.OK || status == DecodeStatus.CONTROL_PACKET;
            return status;
        } finally {
            if (!readable) {
                outer.detach();
                geneve.wrap(Unpooled.EMPTY_BUFFER, 0, 0);
            }
        }
    }

    /** {@return the outer headers; the same view for every packet} */
    public OuterDecoder outer() {
        return outer;
    }

    /** {@return the Geneve header; the same view for every packet} */
    public GeneveDecoder geneve() {
        return geneve;
    }

    /** {@return the absolute index of the inner packet} */
    public int innerOffset() {
        checkOffered();
        return innerOffset;
    }

    /** {@return the bytes of the inner packet, 0 if there is none} */
    public int innerLength() {
        checkOffered();
        return innerLength;
    }

    /**
     * {@return whether the last packet reached the congestion marks, and they were a pair that no
     * correct path produces; for a counter, see {@link Ecn#isUnexpected}}
     */
    public boolean hadUnexpectedEcn() {
        return unexpectedEcn;
    }

    private DecodeStatus judge(ByteBuf buffer, int offset, int length) {
        DecodeStatus status = outer.wrap(buffer, offset, length);
        if (status != DecodeStatus.OK) {
            return status;
        }
        status = policy.check(outer);
        if (status != DecodeStatus.OK) {
            return status;
        }
        status = geneve.wrap(buffer, outer.payloadOffset(), outer.payloadLength());
        if (status != DecodeStatus.OK) {
            return status;
        }
        status = policy.check(geneve, scratch);
        if (status != DecodeStatus.OK) {
            return status;
        }
        int ip =
                InnerPacket.findIp(
                        buffer,
                        geneve.payloadOffset(),
                        geneve.payloadLength(),
                        geneve.protocolType());
        return switch (ip) {
            case InnerPacket.NOT_IP -> DecodeStatus.OK;
            case InnerPacket.INCOMPLETE -> DecodeStatus.BAD_INNER_PACKET;
            default -> merge(buffer, ip);
        };
    }

    /** Brings into the inner IP header what the outer one has to say. */
    private DecodeStatus merge(ByteBuf buffer, int ip) {
        int trafficClass = Ip.trafficClass(buffer, ip);
        int arrivedEcn = trafficClass & Ip.ECN_MASK;
        unexpectedEcn = Ecn.isUnexpected(arrivedEcn, outer.ecn());
        int ecn = Ecn.decapsulate(arrivedEcn, outer.ecn());
        if (ecn == Ecn.DROP) {
            return DecodeStatus.ECN_NOT_CAPABLE;
        }
        int dscp = policy.dscp().onExit(trafficClass >>> Ip.ECN_BITS, outer.dscp());
        int merged = dscp << Ip.ECN_BITS | ecn;
        if (merged != trafficClass) {
            Ip.setTrafficClass(buffer, ip, merged);
        }
        int arrivedTtl = Ip.ttl(buffer, ip);
        int ttl = policy.ttl().onExit(arrivedTtl, outer.ttl());
        if (ttl != arrivedTtl) {
            Ip.setTtl(buffer, ip, ttl);
        }
        return DecodeStatus.OK;
    }

    private void checkOffered() {
        if (innerOffset == DETACHED) {
            throw new IndexOutOfBoundsException(
                    "no inner packet: receive() was not called or did not return OK");
        }
    }
}
