package io.github.geneve4j.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.testkit.Fragments;
import io.github.geneve4j.testkit.PacketArbitraries;
import io.github.geneve4j.testkit.Packets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class FlowHashPropertyTest {
    @Property
    void packetAndItsReverseHashAlike(@ForAll("packets") byte[] packet, @ForAll long seed) {
        FlowHash hash = FlowHash.seeded(seed);
        FiveTuple there = Wrapped.flow(packet);
        FiveTuple back = Wrapped.flow(reversed(packet, there));
        assertThat(hash.hash(back)).isEqualTo(hash.hash(there));
        assertThat(back.isSameFlow(there)).isTrue();
        if (there.sourceLow() != there.destinationLow()) {
            assertThat(back.isSourceLower()).isNotEqualTo(there.isSourceLower());
        }
    }

    @Property
    void differentFlowsHashDifferently(
            @ForAll("packets") byte[] one, @ForAll("packets") byte[] other, @ForAll long seed) {
        FiveTuple a = Wrapped.flow(one);
        FiveTuple b = Wrapped.flow(other);
        FlowHash hash = FlowHash.seeded(seed);
        assertThat(hash.hash(a) == hash.hash(b)).isEqualTo(a.isSameFlow(b));
    }

    @Property
    void flowAndItsIcmpErrorHashAlike(@ForAll("quotable") byte[] packet, @ForAll long seed) {
        FiveTuple tuple = Wrapped.flow(packet);
        Assume.that(tuple.transportProtocol() != IpProtocol.ICMP);
        byte[] quote = Packets.cut(packet, Math.min(packet.length, 500));
        byte[] error =
                tuple.isIpv6()
                        ? Packets.packet(
                                Packets.ipv6("2001:db8::ffff", FlowFormat.sourceAddress(tuple)),
                                Packets.icmpv6(1, 0),
                                Packets.payload(quote))
                        : Packets.packet(
                                Packets.ipv4("203.0.113.1", FlowFormat.sourceAddress(tuple)),
                                Packets.icmp(3, 1),
                                Packets.payload(quote));
        FiveTuple quoted = Wrapped.flow(error);
        FlowHash hash = FlowHash.seeded(seed);
        assertThat(quoted.isQuoted()).isTrue();
        assertThat(quoted.isMisdirected()).isFalse();
        assertThat(hash.hash(quoted)).isEqualTo(hash.hash(tuple));
        assertThat(FlowFormat.destinationAddress(quoted))
                .isEqualTo(FlowFormat.sourceAddress(tuple));
    }

    @Property
    void allFragmentsHashAlike(@ForAll("whole") byte[] packet, @ForAll long seed) {
        boolean v6 = packet[0] >>> 4 == 6;
        List<byte[]> fragments = v6 ? Fragments.ipv6(packet, 7, 16) : Fragments.ipv4(packet, 16);
        Assume.that(fragments.size() > 1);
        FlowHash hash = FlowHash.seeded(seed);
        Set<Long> values = new HashSet<>();
        for (byte[] fragment : fragments) {
            FiveTuple tuple = Wrapped.flow(fragment);
            assertThat(tuple.isFragment()).isTrue();
            values.add(hash.hash(tuple));
        }
        assertThat(values).hasSize(1);
    }

    @Provide
    Arbitrary<byte[]> packets() {
        return PacketArbitraries.ip();
    }

    @Provide
    Arbitrary<byte[]> whole() {
        return Arbitraries.oneOf(PacketArbitraries.ipv4(), PacketArbitraries.ipv6());
    }

    @Provide
    Arbitrary<byte[]> quotable() {
        return Arbitraries.oneOf(
                PacketArbitraries.ipv4(), PacketArbitraries.ipv6(), PacketArbitraries.fragments());
    }

    /** The packet with its endpoints changed round, and those of a quoted packet too. */
    private static byte[] reversed(byte[] packet, FiveTuple tuple) {
        byte[] reverse = swapped(packet, 0);
        int at = tuple.transportOffset();
        if (tuple.isQuoted()) {
            reverse = swapped(reverse, at + 8);
            FiveTuple inner = new FiveTuple();
            byte[] quote = Arrays.copyOfRange(packet, at + 8, packet.length);
            FlowStatus status =
                    inner.wrap(
                            io.netty.buffer.Unpooled.wrappedBuffer(quote), 0, quote.length, 65535);
            if (status == FlowStatus.OK && inner.hasPorts()) {
                swapPorts(reverse, inner, at + 8 + inner.transportOffset());
            } else if (tuple.hasPorts()) {
                // As much of the quote as ports need, and less than its transport header
                int ports = quotedTransport(quote);
                swapPorts(reverse, tuple, at + 8 + ports);
            }
        } else if (tuple.hasPorts()) {
            swapPorts(reverse, tuple, at);
        }
        return reverse;
    }

    private static int quotedTransport(byte[] quote) {
        if (quote[0] >>> 4 == 4) {
            return (quote[0] & 15) * 4;
        }
        int at = 40;
        int next = quote[6];
        while (next == 0 || next == 43 || next == 60 || next == 51) {
            int size = next == 51 ? (quote[at + 1] + 2) * 4 : (quote[at + 1] + 1) * 8;
            next = quote[at];
            at += size;
        }
        return at;
    }

    private static void swapPorts(byte[] packet, FiveTuple tuple, int at) {
        if (tuple.protocol() != IpProtocol.ICMP && tuple.protocol() != IpProtocol.ICMPV6) {
            swap(packet, at, at + 2, 2);
        }
    }

    private static byte[] swapped(byte[] packet, int at) {
        byte[] reverse = packet.clone();
        if (packet[at] >>> 4 == 4) {
            swap(reverse, at + 12, at + 16, 4);
        } else {
            swap(reverse, at + 8, at + 24, 16);
        }
        return reverse;
    }

    private static void swap(byte[] bytes, int one, int other, int length) {
        for (int i = 0; i < length; i++) {
            byte kept = bytes[one + i];
            bytes[one + i] = bytes[other + i];
            bytes[other + i] = kept;
        }
    }
}
