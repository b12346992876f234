package io.github.geneve4j.geneve;

import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.geneve;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.BufferKind.Placed;
import io.github.geneve4j.testkit.KnownPackets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class OptionCursorTest {
    private final GeneveDecoder decoder = new GeneveDecoder();
    private final OptionCursor cursor = new OptionCursor();

    private OptionCursor over(byte[] packet) {
        return over(BufferKind.HEAP.place(packet));
    }

    private OptionCursor over(Placed placed) {
        assertThat(decoder.wrap(placed.buffer(), placed.offset(), placed.length()))
                .isEqualTo(DecodeStatus.OK);
        return decoder.options(cursor);
    }

    @ParameterizedTest
    @EnumSource
    void walksTheLoadBalancersOptions(BufferKind kind) {
        Placed placed = kind.place(KnownPackets.awsDatagram());
        over(placed);

        assertThat(cursor.next()).isTrue();
        assertThat(cursor.optionClass()).isEqualTo(0x0108);
        assertThat(cursor.type()).isEqualTo(1);
        assertThat(cursor.isCritical()).isFalse();
        assertThat(cursor.offset()).isEqualTo(placed.offset() + 8);
        assertThat(cursor.length()).isEqualTo(12);
        assertThat(cursor.dataOffset()).isEqualTo(placed.offset() + 12);
        assertThat(cursor.dataLength()).isEqualTo(8);
        assertThat(cursor.buffer()).isSameAs(placed.buffer());
        assertThat(cursor.buffer().getLong(cursor.dataOffset())).isEqualTo(0x2356de92_d389839cL);

        assertThat(cursor.next()).isTrue();
        assertThat(cursor.type()).isEqualTo(2);
        assertThat(cursor.offset()).isEqualTo(placed.offset() + 20);

        assertThat(cursor.next()).isTrue();
        assertThat(cursor.type()).isEqualTo(3);
        assertThat(cursor.offset()).isEqualTo(placed.offset() + 32);
        assertThat(cursor.length()).isEqualTo(8);
        assertThat(cursor.dataLength()).isEqualTo(4);
        assertThat(cursor.buffer().getInt(cursor.dataOffset())).isEqualTo(0x98ef1b00);

        assertThat(cursor.next()).isFalse();
    }

    @Test
    void isOnNoOptionUntilNextSaysSo() {
        CodecOracle.assertOffOption(cursor);
        assertThat(cursor.next()).isFalse();
        CodecOracle.assertOffOption(cursor);

        over(KnownPackets.awsHeader());
        CodecOracle.assertOffOption(cursor);
    }

    @Test
    void staysBehindTheLastOption() {
        over(packet(geneve().option(1, 1, ""), payload("0101010101010101")));

        assertThat(cursor.next()).isTrue();
        assertThat(cursor.next()).isFalse();
        assertThat(cursor.next()).isFalse();
        CodecOracle.assertOffOption(cursor);
    }

    @Test
    void doesNotTakeThePayloadForOptions() {
        over(packet(geneve(), payload(KnownPackets.awsHeader())));

        assertThat(cursor.next()).isFalse();
    }

    @Test
    void startsAgainWhenAsked() {
        over(KnownPackets.awsHeader());
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.next()).isTrue();

        decoder.options(cursor);

        CodecOracle.assertOffOption(cursor);
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.type()).isEqualTo(1);
    }

    @Test
    void walksIndependentlyOfAnotherCursor() {
        over(KnownPackets.awsHeader());
        OptionCursor other = decoder.options(new OptionCursor());

        assertThat(cursor.next()).isTrue();
        assertThat(other.next()).isTrue();
        assertThat(other.next()).isTrue();

        assertThat(cursor.type()).isEqualTo(1);
        assertThat(other.type()).isEqualTo(2);
    }

    @Test
    void readsEveryDataLength() {
        for (int words = 0; words <= 31; words++) {
            over(packet(geneve().option(1, 1, counting(4 * words)).option(2, 2, "")));

            assertThat(cursor.next()).isTrue();
            assertThat(cursor.dataLength()).isEqualTo(4 * words);
            assertThat(cursor.length()).isEqualTo(4 + 4 * words);
            assertThat(cursor.next()).isTrue();
            assertThat(cursor.offset()).isEqualTo(8 + 4 + 4 * words);
        }
    }

    @ParameterizedTest(name = "class {0}, type {1}")
    @CsvSource({
        "0x0000, 0x00, 0, false",
        "0x0001, 0x7f, 0, false",
        "0x7fff, 0x80, 0, true",
        "0x8000, 0x81, 0, true",
        "0xffff, 0xff, 0, true",
        "0x0000, 0x00, 7, false",
        "0xffff, 0xff, 7, true",
    })
    void readsClassTypeAndCriticalBit(int optionClass, int type, int reserved, boolean critical) {
        over(packet(geneve().malformedOption(optionClass, type, reserved, 0, new byte[0])));

        assertThat(cursor.next()).isTrue();
        assertThat(cursor.optionClass()).isEqualTo(optionClass);
        assertThat(cursor.type()).isEqualTo(type);
        assertThat(cursor.isCritical()).isEqualTo(critical);
        assertThat(cursor.dataLength()).isZero();
    }

    @Test
    void comesOnlyFromADecoderWithAPacket() {
        assertThatThrownBy(() -> decoder.options(cursor))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void saysWhatTheCallerForgot() {
        assertThatThrownBy(cursor::type).hasMessageContaining("next()");
        assertThatThrownBy(decoder::offset).hasMessageContaining("wrap()");
    }
}
