package io.github.geneve4j.geneve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.testkit.Hex;
import io.github.geneve4j.testkit.KnownPackets;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GeneveOptionTest {
    private static GeneveOption option(int optionClass, int type, String hex) {
        return new GeneveOption(optionClass, type, Hex.bytes(hex));
    }

    @Test
    void copiesTheOptionUnderACursor() {
        GeneveDecoder decoder = new GeneveDecoder();
        assertThat(decoder.wrap(Unpooled.wrappedBuffer(KnownPackets.awsHeader()), 0, 40))
                .isEqualTo(DecodeStatus.OK);
        OptionCursor cursor = decoder.options(new OptionCursor());
        assertThatThrownBy(() -> GeneveOption.from(cursor))
                .isInstanceOf(IndexOutOfBoundsException.class);

        assertThat(cursor.next()).isTrue();

        assertThat(GeneveOption.from(cursor)).isEqualTo(option(0x0108, 1, "2356de92d389839c"));
    }

    @Test
    void keepsItsOwnCopyOfTheData() {
        byte[] data = Hex.bytes("cafe0102");
        GeneveOption option = new GeneveOption(1, 1, data);

        data[0] = 0;
        option.data()[1] = 0;

        assertThat(option.data()).isEqualTo(Hex.bytes("cafe0102"));
    }

    @Test
    void isCriticalByTheFirstBitOfItsType() {
        assertThat(option(1, 0x7f, "").isCritical()).isFalse();
        assertThat(option(1, 0x80, "").isCritical()).isTrue();
        assertThat(option(1, 0xff, "").isCritical()).isTrue();
    }

    @Test
    void countsItsHeaderWordInItsLength() {
        assertThat(option(1, 1, "").length()).isEqualTo(4);
        assertThat(option(1, 1, "cafe0102").length()).isEqualTo(8);
        assertThat(new GeneveOption(1, 1, new byte[124]).length()).isEqualTo(128);
    }

    @Test
    void acceptsLimits() {
        assertThat(option(0, 0, "").optionClass()).isZero();
        assertThat(option(0xffff, 0xff, "").optionClass()).isEqualTo(0xffff);
        assertThat(option(0xffff, 0xff, "").type()).isEqualTo(0xff);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0x1_0000})
    void refusesAClassOutOfRange(int optionClass) {
        assertThatThrownBy(() -> option(optionClass, 0, ""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("option class " + optionClass);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0x100})
    void refusesATypeOutOfRange(int type) {
        assertThatThrownBy(() -> option(0, type, ""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("option type " + type);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 123, 125, 128, 132})
    void refusesADataLengthThatNoOptionCanHave(int dataLength) {
        assertThatThrownBy(() -> new GeneveOption(0, 0, new byte[dataLength]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(dataLength + " bytes");
    }

    @Test
    void isEqualByContent() {
        GeneveOption option = option(0x0108, 3, "98ef1b00");

        assertThat(option).isEqualTo(option(0x0108, 3, "98ef1b00"));
        assertThat(option).hasSameHashCodeAs(option(0x0108, 3, "98ef1b00"));
        assertThat(option).isNotEqualTo(option(0x0109, 3, "98ef1b00"));
        assertThat(option).isNotEqualTo(option(0x0108, 4, "98ef1b00"));
        assertThat(option).isNotEqualTo(option(0x0108, 3, "98ef1b01"));
        assertThat(option).isNotEqualTo(option(0x0108, 3, ""));
        assertThat(option).isNotEqualTo("0x0108:0x03=98ef1b00");
    }

    @Test
    void spreadsItsHashOverAllComponents() {
        GeneveOption option = option(0x0108, 3, "98ef1b00");

        assertThat(option).doesNotHaveSameHashCodeAs(option(0x0109, 3, "98ef1b00"));
        assertThat(option).doesNotHaveSameHashCodeAs(option(0x0108, 4, "98ef1b00"));
        assertThat(option).doesNotHaveSameHashCodeAs(option(0x0108, 3, "98ef1b01"));
    }

    @Test
    void readsAsClassTypeAndData() {
        assertThat(option(0x0108, 3, "98ef1b00")).hasToString("0x0108:0x03=98ef1b00");
        assertThat(option(0xffff, 0x81, "")).hasToString("0xffff:0x81=");
    }
}
