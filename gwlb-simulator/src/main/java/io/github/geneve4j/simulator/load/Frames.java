package io.github.geneve4j.simulator.load;

import io.github.geneve4j.geneve.Geneve;
import io.github.geneve4j.geneve.tunnel.InternetChecksum;
import io.github.geneve4j.gwlb.GwlbDialect;
import io.github.geneve4j.gwlb.GwlbOptions;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;

/**
 * Frames that are ready to be sent, in slots: all that a load balancer would write, with right
 * checksums. Before a slot is sent again, only its stamp changes.
 *
 * <p>Slot {@code i} belongs to flow {@code i % flows}.
 */
final class Frames {
    static final int ETHERNET = 0;
    static final int ETHER_TYPE = 12;
    static final int IP = 14;
    static final int UDP = IP + 20;
    static final int GENEVE = UDP + 8;
    static final int GENEVE_LENGTH = 40; // with the three options

    private static final int INNER = GENEVE + GENEVE_LENGTH;
    private static final int LINE = 64;

    // The outer header is as seen from load balancers: TTL 255, ID 0, DF clear.
    private static final int OUTER_TTL = 255;
    private static final int INNER_TTL = 64;
    private static final int PROTOCOL_TCP = 6;
    private static final int PROTOCOL_UDP = 17;
    private static final int DONT_FRAGMENT = 0x4000;
    private static final int IPV4_FIRST_WORD = 0x4500;
    private static final int IPV4_CHECKSUM = 10;
    private static final int IPV4_ADDRESSES = 12;
    private static final int IPV6_FIRST_WORD = 0x6000_0000;
    private static final int IPV6_ADDRESSES = 8;
    private static final int UDP_CHECKSUM = 6;
    private static final int TCP_CHECKSUM = 16;
    private static final int TCP_ACK = 0x5010; // five words of header
    private static final int FIRST_SOURCE_PORT = 49_152;
    private static final int SOURCE_PORTS = 1 << 14;
    private static final int INNER_PORT = 443;
    private static final long ENDPOINT = 0x0123_4567_89ab_cdefL;

    private final MemorySegment memory;
    private final ByteBuf buffer;
    private final Load load;
    private final Wire wire;
    private final int length;
    private final int stride;
    private final int stampOffset;

    /**
     * Writes the frames.
     *
     * @param slots how many; one for each packet that can be under way
     */
    Frames(Arena arena, Wire wire, Load load, int slots) {
        this.load = load;
        this.wire = wire;
        this.length = INNER + load.innerLength();
        // An odd number of cache lines, so that frames do not all fall into the same sets.
        this.stride = ((length + LINE - 1) / LINE | 1) * LINE;
        this.stampOffset = INNER + load.inner().headersLength();
        this.memory = arena.allocate((long) slots * stride, LINE);
        this.buffer = Unpooled.wrappedBuffer(memory.asByteBuffer());
        for (int slot = 0; slot < slots; slot++) {
            write(slot * stride, slot % load.flows(), new Random(slot));
        }
    }

    /** {@return all frames} */
    MemorySegment memory() {
        return memory;
    }

    /** {@return where a slot's frame begins} */
    long offset(int slot) {
        return (long) slot * stride;
    }

    /** {@return the bytes of a frame} */
    int length() {
        return length;
    }

    /** {@return where the stamp is, from the begin of the frame} */
    int stampOffset() {
        return stampOffset;
    }

    /** Gives the frame in a slot another number. */
    void stamp(int slot, long number) {
        Stamp.write(memory, offset(slot) + stampOffset, number);
    }

    private void write(int at, int flow, Random random) {
        setMac(at + ETHERNET, wire.applianceMac());
        setMac(at + ETHERNET + 6, wire.nodeMac());
        buffer.setShort(at + ETHER_TYPE, 0x0800);
        writeInner(at + INNER, flow, random);
        new GwlbOptions(GwlbDialect.AWS)
                .begin(buffer, at + GENEVE, load.inner().etherType())
                .endpointId(ENDPOINT)
                .attachmentId(0)
                .flowCookie(0xc00c_1e00 + flow);

        int udpLength = length - UDP;
        ipv4(at + IP, length - IP, 0, OUTER_TTL, PROTOCOL_UDP);
        buffer.setInt(at + IP + IPV4_ADDRESSES, wire.nodeAddress());
        buffer.setInt(at + IP + IPV4_ADDRESSES + 4, wire.applianceAddress());
        ipv4Checksum(at + IP);
        buffer.setShort(at + UDP, FIRST_SOURCE_PORT + flow / load.together() % SOURCE_PORTS);
        buffer.setShort(at + UDP + 2, Geneve.UDP_PORT);
        buffer.setShort(at + UDP + 4, udpLength);
        transportChecksum(
                at + UDP, udpLength, UDP_CHECKSUM, at + IP + IPV4_ADDRESSES, 8, PROTOCOL_UDP);
    }

    private void writeInner(int at, int flow, Random random) {
        InnerKind inner = load.inner();
        int protocol = inner.isTcp() ? PROTOCOL_TCP : PROTOCOL_UDP;
        int transport = at + inner.ipLength();
        int transportLength = load.innerLength() - inner.ipLength();
        int addresses = at + (inner.isIpv6() ? IPV6_ADDRESSES : IPV4_ADDRESSES);
        if (inner.isIpv6()) {
            buffer.setInt(at, IPV6_FIRST_WORD);
            buffer.setShort(at + 4, transportLength);
            buffer.setByte(at + 6, protocol);
            buffer.setByte(at + 7, INNER_TTL);
            buffer.setLong(addresses, 0x2001_0db8_0000_0001L);
            buffer.setLong(addresses + 8, flow);
            buffer.setLong(addresses + 16, 0x2001_0db8_0000_0002L);
            buffer.setLong(addresses + 24, 1);
        } else {
            ipv4(at, load.innerLength(), DONT_FRAGMENT, INNER_TTL, protocol);
            buffer.setInt(addresses, 0x0a01_0000 + flow);
            buffer.setInt(addresses + 4, 0x0a80_0001);
            ipv4Checksum(at);
        }
        buffer.setShort(transport, FIRST_SOURCE_PORT + flow % SOURCE_PORTS);
        buffer.setShort(transport + 2, INNER_PORT);
        if (inner.isTcp()) {
            buffer.setLong(transport + 4, 0x0000_0001_0000_0001L); // sequence, acknowledgment
            buffer.setShort(transport + 12, TCP_ACK);
            buffer.setShort(transport + 14, 0xffff); // window
            buffer.setInt(transport + TCP_CHECKSUM, 0);
        } else {
            buffer.setShort(transport + 4, transportLength);
        }
        int stamp = at + inner.headersLength();
        for (int i = stamp + Stamp.LENGTH; i < at + load.innerLength(); i++) {
            buffer.setByte(i, random.nextInt());
        }
        Stamp.write(memory, stamp, 0);
        transportChecksum(
                transport,
                transportLength,
                inner.isTcp() ? TCP_CHECKSUM : UDP_CHECKSUM,
                addresses,
                inner.isIpv6() ? 32 : 8,
                protocol);
    }

    private void setMac(int at, long mac) {
        buffer.setShort(at, (int) (mac >>> 32));
        buffer.setInt(at + 2, (int) mac);
    }

    /** All of an IPv4 header but the addresses and the checksum. */
    private void ipv4(int at, int totalLength, int fragment, int ttl, int protocol) {
        buffer.setShort(at, IPV4_FIRST_WORD);
        buffer.setShort(at + 2, totalLength);
        buffer.setShort(at + 4, 0);
        buffer.setShort(at + 6, fragment);
        buffer.setByte(at + 8, ttl);
        buffer.setByte(at + 9, protocol);
    }

    private void ipv4Checksum(int at) {
        buffer.setShort(at + IPV4_CHECKSUM, 0);
        long sum = InternetChecksum.sum(buffer, at, 20);
        buffer.setShort(at + IPV4_CHECKSUM, InternetChecksum.checksum(sum));
    }

    private void transportChecksum(
            int at, int length, int field, int addresses, int addressesLength, int protocol) {
        buffer.setShort(at + field, 0);
        long sum = InternetChecksum.sum(buffer, at, length);
        sum += InternetChecksum.sum(buffer, addresses, addressesLength) + protocol + length;
        int checksum = InternetChecksum.checksum(sum);
        buffer.setShort(at + field, checksum == 0 && protocol == PROTOCOL_UDP ? 0xffff : checksum);
    }
}
