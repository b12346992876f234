package io.github.geneve4j.geneve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.testkit.Hex;
import io.github.geneve4j.testkit.KnownPackets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GeneveHeaderTest {
    private static final GeneveHeader AWS =
            new GeneveHeader(
                    false,
                    EtherType.IPV4,
                    0,
                    List.of(
                            new GeneveOption(0x0108, 1, Hex.bytes("2356de92d389839c")),
                            new GeneveOption(0x0108, 2, new byte[8]),
                            new GeneveOption(0x0108, 3, Hex.bytes("98ef1b00"))));

    private static GeneveOption option(int type, int dataLength) {
        return new GeneveOption(0x0102, type, new byte[dataLength]);
    }

    private static GeneveHeader decode(byte[] packet) {
        GeneveDecoder decoder = new GeneveDecoder();
        assertThat(decoder.wrap(Unpooled.wrappedBuffer(packet), 0, packet.length))
                .isEqualTo(DecodeStatus.OK);
        return GeneveHeader.from(decoder);
    }

    @Test
    void copiesADecodedHeader() {
        assertThat(decode(KnownPackets.awsDatagram())).isEqualTo(AWS);
        assertThat(decode(Hex.bytes("00 80 86dd 800001 00")))
                .isEqualTo(new GeneveHeader(true, 0x86dd, 0x800001, List.of()));
    }

    @Test
    void dropsReservedBitsAndTheCriticalBitThatNoOptionBacks() {
        assertThat(decode(Hex.bytes("01 7f 0800 000000 ff 010201e0")))
                .isEqualTo(decode(Hex.bytes("01 00 0800 000000 00 01020100")));
    }

    @Test
    void needsADecodedHeader() {
        assertThatThrownBy(() -> GeneveHeader.from(new GeneveDecoder()))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void writesItself() {
        ByteBuf buffer = Unpooled.buffer(1).writeByte(0xaa);

        AWS.writeTo(buffer);

        assertThat(ByteBufUtil.getBytes(buffer))
                .isEqualTo(Hex.bytes("aa" + KnownPackets.AWS_HEADER));
        assertThat(buffer.readerIndex()).isZero();
        assertThat(buffer.writerIndex()).isEqualTo(41);
    }

    @Test
    void writesControlAndCriticalBits() {
        ByteBuf buffer = Unpooled.buffer();

        new GeneveHeader(true, 0xffff, 0xff_ffff, List.of(option(0x80, 0))).writeTo(buffer);

        assertThat(ByteBufUtil.getBytes(buffer))
                .isEqualTo(Hex.bytes("01 c0 ffff ffffff 00  01028000"));
    }

    @Test
    void writesNothingWhereThereIsNoRoom() {
        ByteBuf buffer = Unpooled.buffer(39, 39);

        assertThatThrownBy(() -> AWS.writeTo(buffer)).isInstanceOf(IndexOutOfBoundsException.class);

        assertThat(buffer.writerIndex()).isZero();
        assertThat(buffer.array()).containsOnly(0);
    }

    @Test
    void knowsItsLengths() {
        GeneveHeader bare = new GeneveHeader(false, 0, 0, List.of());

        assertThat(bare.optionsLength()).isZero();
        assertThat(bare.length()).isEqualTo(8);
        assertThat(AWS.optionsLength()).isEqualTo(32);
        assertThat(AWS.length()).isEqualTo(40);
    }

    @Test
    void isCriticalIfAnyOptionIs() {
        assertThat(AWS.isCritical()).isFalse();
        assertThat(
                        new GeneveHeader(false, 0, 0, List.of(option(1, 0), option(0x81, 0)))
                                .isCritical())
                .isTrue();
    }

    @Test
    void acceptsLimits() {
        List<GeneveOption> full = List.of(option(1, 124), option(2, 120));

        assertThat(new GeneveHeader(false, 0xffff, 0xff_ffff, full).length()).isEqualTo(260);
        assertThat(new GeneveHeader(false, 0, 0, full).protocolType()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0x1_0000})
    void refusesAProtocolTypeOutOfRange(int protocolType) {
        assertThatThrownBy(() -> new GeneveHeader(false, protocolType, 0, List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("protocol type " + protocolType);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0x100_0000})
    void refusesAVniOutOfRange(int vni) {
        assertThatThrownBy(() -> new GeneveHeader(false, 0, vni, List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("VNI " + vni);
    }

    @Test
    void refusesMoreOptionsThanOptLenCounts() {
        List<GeneveOption> tooMany = List.of(option(1, 124), option(2, 120), option(3, 0));

        assertThatThrownBy(() -> new GeneveHeader(false, 0, 0, tooMany))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("256 bytes");
    }

    @Test
    void keepsItsOwnCopyOfTheList() {
        List<GeneveOption> options = new ArrayList<>(List.of(option(1, 0)));
        GeneveHeader header = new GeneveHeader(false, 0, 0, options);

        options.clear();

        assertThat(header.options()).containsExactly(option(1, 0));
        assertThatThrownBy(() -> header.options().clear())
                .isInstanceOf(UnsupportedOperationException.class);
    }
}
