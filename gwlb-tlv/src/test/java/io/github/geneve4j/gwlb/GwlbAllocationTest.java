package io.github.geneve4j.gwlb;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.EtherType;
import io.github.geneve4j.geneve.GeneveDecoder;
import io.github.geneve4j.geneve.tunnel.OuterDecoder;
import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.Hex;
import io.github.geneve4j.testkit.KnownPackets;
import io.github.geneve4j.testkit.Packets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.management.ManagementFactory;
import java.util.function.IntConsumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Nothing on the packet path allocates. */
class GwlbAllocationTest {
    private static final int WARM_UP = 50_000;
    private static final int OPERATIONS = 1_000_000;
    private static final long MEASURING_ITSELF = 1024;

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
    private long checksum; // keeps results alive

    @ParameterizedTest
    @EnumSource(names = {"HEAP", "DIRECT"})
    void metadata(BufferKind kind) {
        ByteBuf[] packets = {
            kind.place(KnownPackets.awsDatagram()).buffer(),
            kind.place(Hex.bytes(GENERAL_PATH)).buffer(),
            kind.place(Hex.bytes(GOOGLE)).buffer(),
        };
        assertAllocatesNothing(
                i -> {
                    ByteBuf packet = packets[i % 3];
                    if (geneve.wrap(packet, 0, packet.capacity()) == DecodeStatus.OK
                            && metadata.read(geneve)) {
                        checksum += metadata.flowCookie() + metadata.profileId();
                    }
                });
        assertThat(checksum).isNotZero();
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
                i -> {
                    checksum += reply.ethernet(frame, 0, bytes.length) == DecodeStatus.OK ? 1 : 0;
                    checksum += reply.ethernet(broken, 0, 60) == DecodeStatus.OK ? 0 : 1;
                });
        assertThat(checksum).isEqualTo(2L * (WARM_UP + OPERATIONS));
    }

    @ParameterizedTest
    @EnumSource(names = {"HEAP", "DIRECT"})
    void replyOfADecodedPacket(BufferKind kind) {
        byte[] bytes = KnownPackets.awsRequest();
        ByteBuf packet = kind.place(bytes).buffer();
        OuterDecoder outer = new OuterDecoder();
        GwlbReply reply = new GwlbReply();
        assertThat(outer.wrap(packet, 0, bytes.length)).isEqualTo(DecodeStatus.OK);
        assertThat(geneve.wrap(packet, 28, bytes.length - 28)).isEqualTo(DecodeStatus.OK);
        assertAllocatesNothing(i -> reply.ipv4(outer, geneve));
        assertThat(packet.getInt(12)).isNotZero();
    }

    /** From and to memory of the same and of the other kind. */
    @ParameterizedTest
    @EnumSource(names = {"HEAP", "DIRECT"})
    void replyHeader(BufferKind kind) {
        byte[] bytes = KnownPackets.awsRequest();
        ByteBuf request = kind.place(bytes).buffer();
        ByteBuf frame =
                kind.place(Packets.concat(new byte[68], KnownPackets.innerEchoRequest())).buffer();
        ByteBuf table = Unpooled.directBuffer(1024).setZero(0, 1024);
        GwlbReplyHeader own = new GwlbReplyHeader();
        GwlbReplyHeader stored = new GwlbReplyHeader();
        assertAllocatesNothing(
                i -> {
                    stored.wrap(table, i % 8 * 128, 128);
                    stored.capture(request, 0, bytes.length);
                    checksum += stored.write(frame, 68, 84);
                    own.capture(request, 0, bytes.length);
                    checksum += own.write(frame, 68, 84) + 1;
                });
        assertThat(checksum).isEqualTo(WARM_UP + OPERATIONS);
        table.release();
    }

    @ParameterizedTest
    @EnumSource(names = {"HEAP", "DIRECT"})
    void options(BufferKind kind) {
        ByteBuf room = kind.room(48).buffer();
        GwlbOptions aws = new GwlbOptions(GwlbDialect.AWS);
        GwlbOptions google = new GwlbOptions(GwlbDialect.GOOGLE);
        assertAllocatesNothing(
                i -> {
                    aws.begin(room, 0, EtherType.IPV4).endpointId(i).attachmentId(0).flowCookie(i);
                    google.begin(room, 0, EtherType.IPV4)
                            .networkCookie(i, 1)
                            .endpointCookie(i, i)
                            .profileId(i);
                    checksum += google.headerLength();
                });
        assertThat(checksum).isEqualTo(48L * (WARM_UP + OPERATIONS));
    }

    private static void assertAllocatesNothing(IntConsumer operation) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        for (int i = 0; i < WARM_UP; i++) {
            operation.accept(i);
        }
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < OPERATIONS; i++) {
            operation.accept(i);
        }
        assertThat(threads.getCurrentThreadAllocatedBytes() - before)
                .isLessThanOrEqualTo(MEASURING_ITSELF);
    }
}
