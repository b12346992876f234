package io.github.geneve4j.gwlb;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.EtherType;
import io.github.geneve4j.geneve.GeneveDecoder;
import io.github.geneve4j.geneve.tunnel.OuterDecoder;
import io.github.geneve4j.testkit.Allocations;
import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.Hex;
import io.github.geneve4j.testkit.KnownPackets;
import io.github.geneve4j.testkit.Packets;
import io.netty.buffer.ByteBuf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Nothing on the packet path allocates. */
class GwlbAllocationTest {
    private static final int OPERATIONS = 1_000_000;

    private static final String GENERAL_PATH =
            """
            0c 00 08 00  00 00 00 00
            01 08 03 01  98 ef 1b 00
            01 08 02 02  00 00 00 00 00 00 00 00
            01 08 04 02  00 00 00 00 00 00 00 00
            01 08 01 02  23 56 de 92 d3 89 83 9c
            01 08 03 00
            """;

    private static final String GOOGLE =
            """
            0a 00 08 00  00 00 00 00
            01 32 01 01  80 00 00 d5
            01 32 02 04  08 00 00 0d c0 a8 64 02 00 00 00 00 00 00 00 09
            01 32 03 02  00 00 00 00 00 00 12 34
            """;

    private final GeneveDecoder geneve = new GeneveDecoder();
    private final GwlbMetadata metadata = new GwlbMetadata();
    private int round;

    @ParameterizedTest
    @EnumSource(names = {"HEAP", "DIRECT"})
    void metadata(BufferKind kind) {
        ByteBuf[] packets = {
            kind.place(KnownPackets.awsDatagram()).buffer(),
            kind.place(Hex.bytes(GENERAL_PATH)).buffer(),
            kind.place(Hex.bytes(GOOGLE)).buffer(),
        };
        assertAllocatesNothing(
                () -> {
                    ByteBuf packet = packets[round++ % packets.length];
                    require(geneve.wrap(packet, 0, packet.capacity()) == DecodeStatus.OK);
                    require(metadata.read(geneve));
                    return metadata.endpointId() + metadata.flowCookie() + metadata.profileId();
                });
    }

    @ParameterizedTest
    @EnumSource(names = {"HEAP", "DIRECT"})
    void reply(BufferKind kind) {
        byte[] bytes =
                Packets.packet(
                        Packets.ethernet(), Packets.vlan(7), Packets.ip(KnownPackets.awsRequest()));
        ByteBuf frame = kind.place(bytes).buffer();
        ByteBuf broken = kind.place(Packets.cut(bytes, 60)).buffer();
        GwlbReply reply = new GwlbReply();
        assertAllocatesNothing(
                () -> {
                    require(reply.ethernet(frame, 0, bytes.length) == DecodeStatus.OK);
                    require(reply.ethernet(broken, 0, 60) == DecodeStatus.TRUNCATED_IP);
                    return frame.getInt(14);
                });
    }

    @ParameterizedTest
    @EnumSource(names = {"HEAP", "DIRECT"})
    void replyOfADecodedPacket(BufferKind kind) {
        byte[] bytes = KnownPackets.awsRequest();
        ByteBuf packet = kind.place(bytes).buffer();
        OuterDecoder outer = new OuterDecoder();
        GwlbReply reply = new GwlbReply();
        require(outer.wrap(packet, 0, bytes.length) == DecodeStatus.OK);
        assertAllocatesNothing(
                () -> {
                    reply.ipv4(outer);
                    return packet.getInt(12);
                });
    }

    /** From and to memory of the same and of the other kind. */
    @ParameterizedTest
    @EnumSource(names = {"HEAP", "DIRECT"})
    void replyHeader(BufferKind kind) {
        byte[] bytes = KnownPackets.awsRequest();
        ByteBuf request = kind.place(bytes).buffer();
        ByteBuf frame =
                kind.place(Packets.concat(new byte[68], KnownPackets.innerEchoRequest())).buffer();
        ByteBuf table = BufferKind.DIRECT.room(1024).buffer();
        GwlbReplyHeader own = new GwlbReplyHeader();
        GwlbReplyHeader stored = new GwlbReplyHeader();
        assertAllocatesNothing(
                () -> {
                    stored.wrap(table, round++ % 8 * 128, 128);
                    require(stored.capture(request, 0, bytes.length) == DecodeStatus.OK);
                    require(own.capture(request, 0, bytes.length) == DecodeStatus.OK);
                    return stored.write(frame, 68, 84) + own.write(frame, 68, 84);
                });
    }

    @ParameterizedTest
    @EnumSource(names = {"HEAP", "DIRECT"})
    void options(BufferKind kind) {
        ByteBuf room = kind.room(48).buffer();
        GwlbOptions aws = new GwlbOptions(GwlbDialect.AWS);
        GwlbOptions google = new GwlbOptions(GwlbDialect.GOOGLE);
        assertAllocatesNothing(
                () -> {
                    int value = round++;
                    aws.begin(room, 0, EtherType.IPV4)
                            .endpointId(value)
                            .attachmentId(0)
                            .flowCookie(value);
                    google.begin(room, 0, EtherType.IPV4)
                            .networkCookie(1, 1)
                            .endpointCookie(value, value)
                            .profileId(value);
                    return aws.headerLength() + google.headerLength();
                });
    }

    @ParameterizedTest
    @EnumSource(names = {"HEAP", "DIRECT"})
    void endpointIdText(BufferKind kind) {
        ByteBuf packet = kind.place(KnownPackets.awsDatagram()).buffer();
        StringBuilder line = new StringBuilder(100);
        assertAllocatesNothing(
                () -> {
                    line.setLength(0);
                    return EndpointId.append(line, packet.getLong(12)).charAt(21);
                });
    }

    private static void assertAllocatesNothing(Allocations.Operation operation) {
        assertThat(Allocations.of(OPERATIONS, operation)).isLessThanOrEqualTo(Allocations.SLACK);
    }

    private static void require(boolean expected) {
        if (!expected) {
            throw new AssertionError("the operation did not do its work");
        }
    }
}
