package io.github.geneve4j.appliance;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowStatus;
import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.EtherType;
import io.github.geneve4j.geneve.GeneveDecoder;
import io.github.geneve4j.geneve.OptionCursor;
import io.github.geneve4j.geneve.tunnel.EndpointPolicy;
import io.github.geneve4j.gwlb.GwlbMetadata;
import io.github.geneve4j.packets.InnerChecksums;
import io.github.geneve4j.packets.LengthFields;
import io.github.geneve4j.packets.MaximumSegmentSize;
import io.github.geneve4j.packets.PacketCopy;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * One packet as an inspector sees it: the tunnel header, the load balancer's options, the flow, and
 * the bytes.
 *
 * <p>One view for each worker, pointed at one packet after another. Everything it hands out is a
 * view too, and valid during one {@link Inspector#inspect} only.
 *
 * <p>An inspector that wants to change the inner packet calls {@link #edit} before it writes the
 * first byte, {@link #resize} if the packet becomes longer or shorter, and returns {@link
 * Verdict#REWRITE}:
 *
 * {@snippet :
 * ByteBuf inner = packet.edit();
 * inner.setByte(packet.innerOffset() + TTL_OFFSET, 64);
 * return Verdict.REWRITE; // which mends the checksums
 * }
 *
 * <p>Until then the packet is kept as it came, so that a failure can be undone, and answers are to
 * what the sender knows.
 */
public final class InspectedPacket {
    /**
     * The longest inner packet that the load balancer takes back, in bytes; it says nothing about
     * those that it drops (AWS, Gateway Load Balancers, "Network MTU").
     */
    public static final int MAX_INNER_LENGTH = 8500;

    private static final int MAX_LENGTH = 0xffff;
    private static final int IPV4_HEADER_LENGTH = 20;
    private static final int IPV6_HEADER_LENGTH = 40;

    private final GeneveDecoder geneve = new GeneveDecoder();
    private final OptionCursor options = new OptionCursor();
    private final GwlbMetadata metadata = new GwlbMetadata();
    private final FiveTuple flow = new FiveTuple();
    private final int maxDatagramLength;
    private FlowStatus flowStatus = FlowStatus.EMPTY_PACKET;
    private long nowNs = System.nanoTime();
    private int innerLength;

    // The inner packet as it came, if it was edited
    private final ByteBuf original = Unpooled.buffer(MAX_LENGTH);
    private final FiveTuple originalFlow = new FiveTuple();
    private int originalLength;
    private boolean edited;
    private boolean changing; // edited, and not mended since
    private boolean resized;

    /** For datagrams of this length at most, as the port has it. */
    InspectedPacket(int maxDatagramLength) {
        this.maxDatagramLength = maxDatagramLength;
    }

    /**
     * {@return a packet to try an inspector with, without an appliance around it}
     *
     * @param buffer holds the datagram; borrowed as long as the packet is used
     * @param offset absolute index of the first Geneve byte
     * @param length bytes of the datagram
     * @throws IllegalArgumentException if no appliance would show it to an inspector
     */
    public static InspectedPacket of(ByteBuf buffer, int offset, int length) {
        InspectedPacket packet = new InspectedPacket(MAX_LENGTH);
        DecodeStatus status = packet.wrap(buffer, offset, length, EndpointPolicy.builder().build());
        if (status != DecodeStatus.OK) {
            throw new IllegalArgumentException("a packet that is dropped: " + status);
        }
        return packet;
    }

    /**
     * {@return whether a datagram may pass at all} To be {@linkplain #wrap wrapped} before an
     * inspector sees it.
     */
    DecodeStatus check(ByteBuf buffer, int offset, int length, EndpointPolicy policy) {
        DecodeStatus status = geneve.wrap(buffer, offset, length);
        return status == DecodeStatus.OK ? policy.check(geneve, options) : status;
    }

    /** Points this view at a datagram. {@code OK} means that an inspector may see it. */
    DecodeStatus wrap(ByteBuf buffer, int offset, int length, EndpointPolicy policy) {
        DecodeStatus status = check(buffer, offset, length, policy);
        if (status != DecodeStatus.OK) {
            return status;
        }
        metadata.read(geneve);
        flowStatus = readFlow(buffer);
        innerLength = geneve.payloadLength();
        edited = false;
        return DecodeStatus.OK;
    }

    /** Reads the flow of an inner packet that is IP of the version that the tunnel header names. */
    private FlowStatus readFlow(ByteBuf buffer) {
        return readFlow(flow, buffer, geneve.payloadOffset(), geneve.payloadLength());
    }

    private FlowStatus readFlow(FiveTuple flow, ByteBuf buffer, int offset, int length) {
        int protocolType = geneve.protocolType();
        boolean ip = protocolType == EtherType.IPV4 || protocolType == EtherType.IPV6;
        FlowStatus status = flow.wrap(buffer, offset, ip ? length : 0);
        if (!ip) {
            return FlowStatus.UNSUPPORTED_IP_VERSION;
        }
        if (status == FlowStatus.OK && flow.isIpv6() != (protocolType == EtherType.IPV6)) {
            flow.wrap(buffer, offset, 0); // not to be read as what it is not
            return FlowStatus.UNSUPPORTED_IP_VERSION;
        }
        return status;
    }

    /** Says when the packets came that this view will be pointed at. */
    void at(long nowNs) {
        this.nowNs = nowNs;
    }

    /**
     * {@return when the packet came, by {@link System#nanoTime}, as exactly as the loop knows: when
     * it asked the port for packets}
     */
    public long nowNs() {
        return nowNs;
    }

    /** {@return the Geneve header} */
    public GeneveDecoder geneve() {
        return geneve;
    }

    /** {@return what the load balancer says: endpoint, attachment, cookie, as far as present} */
    public GwlbMetadata metadata() {
        return metadata;
    }

    /** {@return the endpoint that the packet comes from; 0 if the load balancer does not say} */
    public long endpointId() {
        return metadata.hasEndpointId() ? metadata.endpointId() : 0;
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

    /** {@return the bytes of the inner packet, as {@link #resize} says if it was called} */
    public int innerLength() {
        return innerLength;
    }

    /**
     * Begins to change the inner packet, which is to be called before its first byte is written to;
     * doing it again does nothing. From now on the verdict must not be {@link Verdict#PASS}.
     *
     * <p>{@link #flow()} says what it said before, until the packet is mended.
     *
     * @return the {@link #buffer()}, to be written to from {@link #innerOffset()} on
     */
    public ByteBuf edit() {
        ByteBuf buffer = geneve.buffer();
        if (!edited) {
            originalLength = innerLength;
            PacketCopy.copy(buffer, innerOffset(), original, 0, originalLength);
            resized = false;
            edited = true;
        }
        changing = true;
        return buffer;
    }

    /**
     * Makes the inner packet longer or shorter, which begins to change it if that has not been
     * done. Bytes stay where they are; those behind the old end are anything. The length fields of
     * IP and UDP are written when the packet is mended.
     *
     * @param length bytes of the inner packet, 1 to 65,535
     * @return whether the port has room for them; if not, nothing behind the old end may be written
     *     to, and {@link Verdict#REWRITE} tells the sender that the packet is too big
     * @throws IllegalArgumentException if the length is out of its range
     */
    public boolean resize(int length) {
        if (length < 1 || length > MAX_LENGTH) {
            throw new IllegalArgumentException("length " + length + ": not 1 to " + MAX_LENGTH);
        }
        edit();
        innerLength = length;
        resized = true;
        return length <= innerRoom();
    }

    /** {@return the most bytes that the inner packet can have for this port, under its header} */
    public int innerRoom() {
        int datagram = Math.min(maxDatagramLength, buffer().capacity() - geneve.offset());
        return datagram - geneve.headerLength();
    }

    /**
     * Lowers the maximum segment size that a TCP SYN announces, see {@link MaximumSegmentSize}; a
     * change is one that {@link #edit} has begun.
     *
     * @param most bytes of TCP payload, 1 to 65,535
     * @return whether the packet was changed, and the verdict has to be {@link Verdict#REWRITE}
     * @throws IllegalArgumentException if the size is out of its range
     */
    public boolean clampSegmentSize(int most) {
        return flowStatus == FlowStatus.OK
                && MaximumSegmentSize.exceeds(flow, buffer(), most)
                && MaximumSegmentSize.clamp(flow, edit(), most);
    }

    /** {@return whether the inner packet is not, or may not be, what it was when it came} */
    boolean isEdited() {
        return edited;
    }

    /** {@return the longest inner packet that can be sent back under this header} */
    int mostInnerLength() {
        return Math.min(MAX_INNER_LENGTH, innerRoom());
    }

    /** {@return whether the packet has become too long to be sent back} */
    boolean isTooLong() {
        return edited && innerLength > mostInnerLength();
    }

    /** {@return by how many bytes the packet is longer than it came; below 0 if it is shorter} */
    int growth() {
        return edited ? innerLength - originalLength : 0;
    }

    /**
     * Refuses a packet that was changed at all.
     *
     * @throws IllegalStateException if it was edited since it came
     */
    void checkNotEdited() {
        if (edited) {
            throw new IllegalStateException("a verdict of PASS after edit()");
        }
    }

    /**
     * Refuses a packet that was changed without saying so.
     *
     * @throws IllegalStateException if it was edited since it came, or was last mended
     */
    void checkNotChanging() {
        if (edited && changing) {
            throw new IllegalStateException("a verdict of PASS after edit()");
        }
    }

    /**
     * Writes lengths and checksums of a packet that was changed and is not too long, and reads its
     * flow again. Does nothing if that was done since the last change.
     *
     * @throws IllegalStateException if nothing was changed, or what it has become is no IP packet
     */
    void mend() {
        if (!edited) {
            throw new IllegalStateException("a verdict of REWRITE without edit()");
        }
        if (!changing) {
            return;
        }
        ByteBuf buffer = geneve.buffer();
        int ip = innerOffset();
        boolean ipv6 = geneve.protocolType() == EtherType.IPV6;
        if (resized && innerLength >= (ipv6 ? IPV6_HEADER_LENGTH : IPV4_HEADER_LENGTH)) {
            LengthFields.writeIp(ipv6, buffer, ip, innerLength);
        }
        point(buffer, innerLength);
        if (flowStatus != FlowStatus.OK) {
            throw new IllegalStateException("a verdict of REWRITE, and a packet that is malformed");
        }
        if (resized) {
            LengthFields.writeUdp(flow, buffer);
        }
        if (readFlow(originalFlow, original, 0, originalLength) == FlowStatus.OK) {
            InnerChecksums.mend(originalFlow, original, 0, flow, buffer, ip);
        } else {
            InnerChecksums.write(flow, buffer, ip);
        }
        changing = false;
    }

    /** Makes the inner packet what it was when it came. */
    void restore() {
        if (edited) {
            ByteBuf buffer = geneve.buffer();
            PacketCopy.copy(original, 0, buffer, innerOffset(), originalLength);
            point(buffer, originalLength);
            edited = false;
        }
    }

    /** Points the views at an inner packet of another length. */
    private void point(ByteBuf buffer, int length) {
        innerLength = length;
        geneve.wrap(buffer, geneve.offset(), geneve.headerLength() + length);
        flowStatus = readFlow(buffer);
    }
}
