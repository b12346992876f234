package io.github.geneve4j.simulator.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.GeneveDecoder;
import io.github.geneve4j.geneve.tunnel.OuterDecoder;
import io.github.geneve4j.gwlb.GwlbMetadata;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.foreign.Arena;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FramesTest {
    private static final Wire WIRE =
            new Wire("none", 0x0200_0000_0001L, 0x0200_0000_0002L, 0x0a00_0001, 0x0a00_0002);
    private static final int SLOTS = 64;

    /** The decoders agree with the frames, whatever number is in the stamp. */
    @ParameterizedTest
    @CsvSource({"UDP4, 64", "UDP4, 65", "TCP4, 64", "UDP6, 64", "TCP6, 76", "UDP4, 1400"})
    void areWhatALoadBalancerSends(InnerKind inner, int length) {
        try (Arena arena = Arena.ofConfined()) {
            Frames frames = new Frames(arena, WIRE, new Load(inner, length, 8), SLOTS);
            ByteBuf buffer = Unpooled.wrappedBuffer(frames.memory().asByteBuffer());
            Set<Integer> cookies = new HashSet<>();
            for (int slot = 0; slot < SLOTS; slot++) {
                frames.stamp(slot, 0x0123_4567_89ab_cdefL + slot);
                cookies.add(check(buffer, (int) frames.offset(slot), frames.length(), inner));
            }
            assertThat(cookies).hasSize(8);
        }
    }

    private static int check(ByteBuf buffer, int frame, int length, InnerKind inner) {
        OuterDecoder outer = new OuterDecoder();
        assertThat(outer.wrap(buffer, frame + Frames.IP, length - Frames.IP))
                .isEqualTo(DecodeStatus.OK);
        assertThat(outer.destinationPort()).isEqualTo(6081);
        assertThat(outer.isUdpChecksumValid()).isTrue();
        assertThat(sum(buffer, frame + Frames.IP, 20)).isEqualTo(0xffff);

        GeneveDecoder geneve = new GeneveDecoder();
        assertThat(geneve.wrap(buffer, outer.payloadOffset(), outer.payloadLength()))
                .isEqualTo(DecodeStatus.OK);
        assertThat(geneve.protocolType()).isEqualTo(inner.etherType());
        GwlbMetadata metadata = new GwlbMetadata();
        assertThat(metadata.read(geneve)).isTrue();
        assertThat(metadata.isComplete()).isTrue();

        int packet = geneve.payloadOffset();
        int transport = packet + inner.ipLength();
        int transportLength = geneve.payloadLength() - inner.ipLength();
        int addresses = inner.isIpv6() ? packet + 8 : packet + 12;
        int pseudo = sum(buffer, addresses, inner.isIpv6() ? 32 : 8) + (inner.isTcp() ? 6 : 17);
        int all = pseudo + transportLength + sum(buffer, transport, transportLength);
        assertThat(fold(all)).isEqualTo(0xffff);
        if (!inner.isIpv6()) {
            assertThat(sum(buffer, packet, 20)).isEqualTo(0xffff);
        }
        return metadata.flowCookie();
    }

    @Test
    void whoIsSentTogetherSharesASourcePort() {
        try (Arena arena = Arena.ofConfined()) {
            Frames frames = new Frames(arena, WIRE, new Load(InnerKind.UDP4, 64, 8, 4), 16);
            ByteBuf buffer = Unpooled.wrappedBuffer(frames.memory().asByteBuffer());
            for (int slot = 0; slot < 16; slot++) {
                assertThat(buffer.getUnsignedShort((int) frames.offset(slot) + Frames.UDP))
                        .isEqualTo(49_152 + slot % 8 / 4);
            }
        }
    }

    @Test
    void togetherIsAPowerOfTwoThatFits() {
        assertThat(Load.mostTogether(64, 512)).isEqualTo(64);
        assertThat(Load.mostTogether(64, 100_000)).isEqualTo(32);
        assertThat(Load.mostTogether(1400, 512)).isEqualTo(32);
        assertThat(Load.mostTogether(64_000, 512)).isEqualTo(1);
        assertThat(Load.mostTogether(64, 7)).isEqualTo(1);
        for (int together : new int[] {0, -1, 3, 64, 128}) {
            assertThatThrownBy(() -> new Load(InnerKind.UDP4, 1400, 512, together))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "together "
                                    + together
                                    + ": not a power of two to 32, of 512 flows and 1400 bytes");
        }
    }

    @Test
    void refusesAPacketWithoutRoomForItsNumber() {
        assertThatThrownBy(() -> new Load(InnerKind.TCP6, 75, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("75");
        assertThatThrownBy(() -> new Load(InnerKind.UDP4, 64, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("flows 0");
    }

    /** A second, slow way to add up 16-bit words. */
    private static int sum(ByteBuf buffer, int offset, int length) {
        int sum = 0;
        for (int i = 0; i < length; i++) {
            sum += buffer.getUnsignedByte(offset + i) << (i % 2 == 0 ? 8 : 0);
        }
        return fold(sum);
    }

    private static int fold(int sum) {
        int folded = sum;
        while (folded > 0xffff) {
            folded = (folded >>> 16) + (folded & 0xffff);
        }
        return folded;
    }
}
