package io.github.geneve4j.geneve;

import static io.github.geneve4j.testkit.Packets.geneve;
import static io.github.geneve4j.testkit.Packets.packet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.testkit.GeneveLayer;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OptionRegistryTest {
    private static OptionCursor over(GeneveLayer header) {
        byte[] packet = packet(header);
        GeneveDecoder decoder = new GeneveDecoder();
        assertThat(decoder.wrap(Unpooled.wrappedBuffer(packet), 0, packet.length))
                .isEqualTo(DecodeStatus.OK);
        return decoder.options(new OptionCursor());
    }

    @Test
    void knowsWhatWasAddedAndNothingElse() {
        OptionRegistry registry =
                OptionRegistry.builder()
                        .know(0x0108, 3)
                        .know(0xffff, 0xff)
                        .know(0, 0)
                        .know(0x0108, 1)
                        .know(0x0108, 1)
                        .build();

        assertThat(registry.knows(0x0108, 1)).isTrue();
        assertThat(registry.knows(0x0108, 3)).isTrue();
        assertThat(registry.knows(0xffff, 0xff)).isTrue();
        assertThat(registry.knows(0, 0)).isTrue();
        assertThat(registry.knows(0x0108, 2)).isFalse();
        assertThat(registry.knows(0x0107, 1)).isFalse();
        assertThat(registry.knows(0x0801, 1)).isFalse();
    }

    @Test
    void takesTheCriticalBitForAPartOfTheType() {
        OptionRegistry registry = OptionRegistry.builder().know(0x0102, 0x01).build();

        assertThat(registry.knows(0x0102, 0x01)).isTrue();
        assertThat(registry.knows(0x0102, 0x81)).isFalse();
    }

    @Test
    void knowsNothingWhenEmpty() {
        assertThat(OptionRegistry.EMPTY.knows(0, 0)).isFalse();
        assertThat(OptionRegistry.builder().build().knows(0, 0)).isFalse();
    }

    @Test
    void keepsWhatTheBuilderHeldAtBuildTime() {
        OptionRegistry.Builder builder = OptionRegistry.builder().know(1, 1);
        OptionRegistry registry = builder.build();

        builder.know(1, 2);

        assertThat(registry.knows(1, 1)).isTrue();
        assertThat(registry.knows(1, 2)).isFalse();
        assertThat(builder.build().knows(1, 2)).isTrue();
    }

    @Test
    void findsEachUnknownCriticalOptionInTurn() {
        OptionRegistry registry = OptionRegistry.builder().know(0x0102, 0x81).build();
        OptionCursor cursor =
                over(
                        geneve().option(0x0102, 0x01, "") // unknown, not critical
                                .option(0x0102, 0x81, "") // known
                                .option(0x0102, 0x82, "00000000")
                                .option(0x0102, 0x7f, "")
                                .option(0x0103, 0x81, "")
                                .option(0x0102, 0x81, ""));

        assertThat(registry.nextUnknownCritical(cursor)).isTrue();
        assertThat(cursor.type()).isEqualTo(0x82);
        assertThat(registry.nextUnknownCritical(cursor)).isTrue();
        assertThat(cursor.optionClass()).isEqualTo(0x0103);
        assertThat(registry.nextUnknownCritical(cursor)).isFalse();
        CodecOracle.assertOffOption(cursor);
    }

    @Test
    void findsNoneAmongKnownAndHarmlessOptions() {
        OptionRegistry registry = OptionRegistry.builder().know(0x0102, 0x81).build();

        assertThat(registry.nextUnknownCritical(over(geneve()))).isFalse();
        assertThat(registry.nextUnknownCritical(over(geneve().option(9, 0x7f, "")))).isFalse();
        assertThat(registry.nextUnknownCritical(over(geneve().option(0x0102, 0x81, "")))).isFalse();
    }

    @Test
    void findsEveryCriticalOptionUnknownWhenEmpty() {
        assertThat(OptionRegistry.EMPTY.nextUnknownCritical(over(geneve().option(9, 0x80, ""))))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0x1_0000})
    void refusesAClassOutOfRange(int optionClass) {
        OptionRegistry.Builder builder = OptionRegistry.builder();

        assertThatThrownBy(() -> builder.know(optionClass, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("option class " + optionClass);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0x100})
    void refusesATypeOutOfRange(int type) {
        OptionRegistry.Builder builder = OptionRegistry.builder();

        assertThatThrownBy(() -> builder.know(0, type))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("option type " + type);
    }
}
