package io.github.geneve4j.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.PacketArbitraries;
import io.github.geneve4j.testkit.Packets;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class FiveTuplePropertyTest {
    @Property
    void readsWhatASlowReaderReads(@ForAll("packets") byte[] packet, @ForAll BufferKind kind) {
        BufferKind.Placed placed = kind.place(packet);
        FiveTuple tuple = new FiveTuple();
        assertThat(tuple.wrap(placed.buffer(), placed.offset(), placed.length()))
                .isEqualTo(FlowStatus.OK);
        assertThat(NaiveFlow.of(tuple)).isEqualTo(NaiveFlow.of(packet));
    }

    @Property(tries = 5000)
    void agreesWithASlowReaderOnDamagedPackets(@ForAll("damaged") byte[] packet) {
        FiveTuple tuple = new FiveTuple();
        FlowStatus status = tuple.wrap(Unpooled.wrappedBuffer(packet), 0, packet.length);
        NaiveFlow expected = NaiveFlow.of(packet);
        if (status == FlowStatus.OK) {
            assertThat(NaiveFlow.of(tuple)).isEqualTo(expected);
        } else {
            assertThat(expected).isEqualTo(new NaiveFlow("malformed"));
        }
    }

    @Property(tries = 200)
    void refusesEveryTruncation(@ForAll("packets") byte[] packet) {
        FiveTuple tuple = new FiveTuple();
        for (int length = 0; length < packet.length; length++) {
            byte[] cut = Packets.cut(packet, length);
            assertThat(tuple.wrap(Unpooled.wrappedBuffer(cut), 0, length))
                    .isNotEqualTo(FlowStatus.OK);
        }
    }

    @Property
    void keysPacketsTogetherThatASlowReaderDoes(
            @ForAll("packets") byte[] packet, @ForAll("packets") byte[] other) {
        FiveTuple one = Wrapped.flow(packet);
        FiveTuple two = Wrapped.flow(other);
        assertThat(one.isSameFlow(two))
                .isEqualTo(NaiveFlow.of(packet).key().equals(NaiveFlow.of(other).key()));
    }

    @Property
    void narrowerScopesMergeMore(@ForAll("packets") byte[] packet) {
        FiveTuple five = Wrapped.flow(packet);
        FiveTuple three = Wrapped.flow(FlowScope.THREE_TUPLE, packet);
        FiveTuple two = Wrapped.flow(FlowScope.TWO_TUPLE, packet);
        assertThat(NaiveFlow.of(three)).isEqualTo(NaiveFlow.of(five));
        assertThat(NaiveFlow.of(two)).isEqualTo(NaiveFlow.of(five));
        FiveTuple addresses =
                five.isIpv6()
                        ? new FiveTuple(FlowScope.TWO_TUPLE)
                                .setIpv6(
                                        five.destinationHigh(),
                                        five.destinationLow(),
                                        five.sourceHigh(),
                                        five.sourceLow(),
                                        0)
                        : new FiveTuple(FlowScope.TWO_TUPLE)
                                .setIpv4((int) five.destinationLow(), (int) five.sourceLow(), 0);
        assertThat(two.isSameFlow(addresses)).isTrue();
    }

    @Property
    void fieldsMakeTheSameFlow(@ForAll("packets") byte[] packet) {
        FiveTuple read = Wrapped.flow(packet);
        FiveTuple set = new FiveTuple();
        if (read.isIpv6()) {
            long sourceHigh = read.sourceHigh();
            long destinationHigh = read.destinationHigh();
            if (read.hasPorts()) {
                set.setIpv6(
                        sourceHigh,
                        read.sourceLow(),
                        destinationHigh,
                        read.destinationLow(),
                        read.protocol(),
                        read.sourcePort(),
                        read.destinationPort());
            } else {
                set.setIpv6(
                        sourceHigh,
                        read.sourceLow(),
                        destinationHigh,
                        read.destinationLow(),
                        read.protocol());
            }
        } else if (read.hasPorts()) {
            set.setIpv4(
                    (int) read.sourceLow(),
                    (int) read.destinationLow(),
                    read.protocol(),
                    read.sourcePort(),
                    read.destinationPort());
        } else {
            set.setIpv4((int) read.sourceLow(), (int) read.destinationLow(), read.protocol());
        }
        assertThat(set.isSameFlow(read)).isTrue();
        assertThat(set.isSourceLower()).isEqualTo(read.isSourceLower());
    }

    @Provide
    Arbitrary<byte[]> packets() {
        return PacketArbitraries.ip();
    }

    /** Damage anywhere, but mostly in the headers, where it changes what is read. */
    @Provide
    Arbitrary<byte[]> damaged() {
        Arbitrary<byte[]> headers =
                Combinators.combine(
                                PacketArbitraries.ip(),
                                Arbitraries.integers().between(0, 99),
                                Arbitraries.bytes())
                        .as(FiveTuplePropertyTest::withByte);
        Arbitrary<byte[]> noise =
                Combinators.combine(
                                Arbitraries.of((byte) 0x45, (byte) 0x46, (byte) 0x60, (byte) 0),
                                Arbitraries.bytes().array(byte[].class).ofMaxSize(120))
                        .as((first, rest) -> withByte(rest, 0, first));
        return Arbitraries.oneOf(PacketArbitraries.damaged(PacketArbitraries.ip()), headers, noise);
    }

    private static byte[] withByte(byte[] packet, int at, byte value) {
        byte[] damaged = Arrays.copyOf(packet, packet.length);
        if (at < damaged.length) {
            damaged[at] = value;
        }
        return damaged;
    }
}
