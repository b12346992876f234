package io.github.geneve4j.geneve.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.GeneveHeader;
import io.github.geneve4j.geneve.OptionRegistry;
import io.github.geneve4j.testkit.Addresses;
import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.Hex;
import io.github.geneve4j.testkit.Packets;
import java.util.Arrays;
import java.util.Set;

/**
 * Judges a {@link TunnelReceiver} by any bytes at all: it must not throw, must say what {@link
 * NaiveReceiver} says, must offer the same inner packet, and must not touch a byte around it.
 */
final class ReceiverOracle {
    /** The pair of addresses from which the strict receiver accepts checksum 0 over IPv6. */
    static final String ZERO_SOURCE = "2001:db8::1";

    static final String ZERO_DESTINATION = "2001:db8::2";

    private final TunnelReceiver plain = new TunnelReceiver(EndpointPolicy.builder().build());
    private final NaiveReceiver naivePlain =
            new NaiveReceiver(new NaiveReceiver.Rules(6081, true, Set.of(), Set.of(), 252, false));

    private final TunnelReceiver strict =
            new TunnelReceiver(
                    EndpointPolicy.builder()
                            .acceptZeroChecksumOverIpv4(false)
                            .zeroChecksumTunnels(
                                    ZeroChecksumTunnels.builder()
                                            .allow(
                                                    Endpoints.address(ZERO_SOURCE),
                                                    Endpoints.address(ZERO_DESTINATION))
                                            .build())
                            .knownOptions(
                                    OptionRegistry.builder()
                                            .know(0x0108, 0x81)
                                            .know(0xff00, 0x80)
                                            .build())
                            .maxOptionsLength(32)
                            .dscp(DscpModel.uniform())
                            .ttl(TtlModel.uniform())
                            .build());
    private final NaiveReceiver naiveStrict =
            new NaiveReceiver(
                    new NaiveReceiver.Rules(
                            6081,
                            false,
                            Set.of(
                                    Hex.text(
                                            Packets.concat(
                                                    Addresses.bytes(ZERO_SOURCE),
                                                    Addresses.bytes(ZERO_DESTINATION)))),
                            Set.of(0x010881, 0xff0080),
                            32,
                            true));

    /** Judges both receivers by one packet, in a buffer of the given kind. */
    void check(byte[] packet, BufferKind kind) {
        check(plain, naivePlain, packet, kind);
        check(strict, naiveStrict, packet, kind);
    }

    private static void check(
            TunnelReceiver receiver, NaiveReceiver naive, byte[] packet, BufferKind kind) {
        BufferKind.Placed placed = kind.place(packet);
        DecodeStatus status = receiver.receive(placed.buffer(), placed.offset(), placed.length());
        NaiveReceiver.Outcome expected = naive.receive(packet);
        assertThat(status.label()).isEqualTo(expected.verdict());
        byte[] after = placed.bytes();
        switch (status) {
            case OK -> {
                int from = receiver.innerOffset() - placed.offset();
                int to = from + receiver.innerLength();
                assertThat(Arrays.copyOfRange(after, from, to)).isEqualTo(expected.inner());
                System.arraycopy(packet, from, after, from, to - from);
                assertThat(after).isEqualTo(packet);
                assertReadable(receiver, placed);
            }
            case CONTROL_PACKET -> {
                assertThat(after).isEqualTo(packet);
                assertReadable(receiver, placed);
                assertOutOfBounds(receiver::innerOffset);
            }
            default -> {
                assertThat(after).isEqualTo(packet);
                assertOutOfBounds(receiver::innerOffset);
                assertOutOfBounds(() -> receiver.outer().ipOffset());
                assertOutOfBounds(() -> receiver.geneve().vni());
            }
        }
    }

    /** As assertThatThrownBy, at a price that fuzzing can pay. */
    private static void assertOutOfBounds(Runnable read) {
        try {
            read.run();
        } catch (IndexOutOfBoundsException expected) {
            return;
        }
        throw new AssertionError("readable, although nothing was accepted");
    }

    /** Reads everything that is offered; each value must be one that its field can hold. */
    private static void assertReadable(TunnelReceiver receiver, BufferKind.Placed placed) {
        OuterDecoder outer = receiver.outer();
        assertThat(outer.buffer()).isSameAs(placed.buffer());
        assertThat(outer.ipOffset()).isEqualTo(placed.offset());
        assertThat(outer.length()).isBetween(36, placed.length());
        assertThat(outer.dscp()).isBetween(0, 63);
        assertThat(outer.ecn()).isBetween(0, 3);
        assertThat(outer.ttl()).isBetween(0, 255);
        assertThat(outer.sourcePort()).isBetween(0, 65535);
        assertThat(outer.destinationPort()).isEqualTo(6081);
        assertThat(outer.addressLength()).isEqualTo(outer.isIpv6() ? 16 : 4);
        assertThat(outer.destinationAddressOffset() - outer.sourceAddressOffset())
                .isEqualTo(outer.addressLength());
        assertThat(receiver.geneve().offset()).isEqualTo(outer.payloadOffset());
        assertThat(GeneveHeader.from(receiver.geneve()).length())
                .isEqualTo(receiver.geneve().headerLength());
        assertThat(receiver.geneve().payloadOffset() + receiver.geneve().payloadLength())
                .isEqualTo(outer.payloadOffset() + outer.payloadLength());
    }
}
