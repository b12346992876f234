package io.github.geneve4j.packets;

import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowStatus;
import io.github.geneve4j.testkit.Allocations;
import io.github.geneve4j.testkit.BufferKind;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Making and mending: not a byte for each packet. */
class PacketsAllocationTest {
    private static final int OPERATIONS = 1_000_000;
    private static final int OPERATIONS_OF_A_ROUND = 8; // and more

    @ParameterizedTest
    @EnumSource(
            value = BufferKind.class,
            names = {"HEAP", "DIRECT"})
    void allocatesNothing(BufferKind kind) {
        byte[][] packets = {
            packet(ipv4("10.0.0.1", "10.0.0.2"), tcp(1, 2).options("020405b4")),
            packet(ipv6("2001:db8::1", "2001:db8::2"), udp(1, 2), payload(counting(99)))
        };
        ByteBuf made = Unpooled.buffer(2048);
        for (byte[] bytes : packets) {
            BufferKind.Placed placed = kind.place(bytes);
            BufferKind.Placed other = kind.place(bytes);
            FiveTuple tuple = new FiveTuple();
            FiveTuple old = new FiveTuple();
            assertThat(tuple.wrap(placed.buffer(), placed.offset(), placed.length()))
                    .isEqualTo(FlowStatus.OK);
            old.wrap(other.buffer(), other.offset(), other.length());
            assertThat(
                            Allocations.of(
                                    OPERATIONS / OPERATIONS_OF_A_ROUND,
                                    () -> work(tuple, placed, old, other, made)))
                    .isLessThanOrEqualTo(Allocations.SLACK);
            assertThat(placed.bytes()).isEqualTo(bytes);
        }
    }

    private static long work(
            FiveTuple tuple,
            BufferKind.Placed packet,
            FiveTuple old,
            BufferKind.Placed other,
            ByteBuf made) {
        ByteBuf buffer = packet.buffer();
        int at = packet.offset();
        long done = 0;
        if (TcpReset.mayAnswer(tuple, buffer, at)) {
            done += TcpReset.answer(tuple, buffer, at, made, 0);
            done += TcpReset.onward(tuple, buffer, at, made, 0);
            done += MaximumSegmentSize.clamp(tuple, buffer, 0xffff) ? 1 : 0;
        }
        if (IcmpError.mayAnswer(tuple, buffer, at)) {
            done += IcmpError.prohibited(tuple, buffer, at, made, 0);
            done += IcmpError.tooBig(tuple, buffer, at, 1400, made, 0);
        }
        LengthFields.writeUdp(tuple, buffer);
        InnerChecksums.mend(old, other.buffer(), other.offset(), tuple, buffer, at);
        InnerChecksums.write(tuple, buffer, at);
        return done;
    }
}
