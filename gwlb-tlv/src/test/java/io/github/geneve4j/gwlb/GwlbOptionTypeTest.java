package io.github.geneve4j.gwlb;

import static io.github.geneve4j.gwlb.GwlbOptionType.ATTACHMENT_ID;
import static io.github.geneve4j.gwlb.GwlbOptionType.ENDPOINT_COOKIE;
import static io.github.geneve4j.gwlb.GwlbOptionType.ENDPOINT_ID;
import static io.github.geneve4j.gwlb.GwlbOptionType.FLOW_COOKIE;
import static io.github.geneve4j.gwlb.GwlbOptionType.NETWORK_COOKIE;
import static io.github.geneve4j.gwlb.GwlbOptionType.PROFILE_ID;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.GeneveDecoder;
import io.github.geneve4j.geneve.OptionCursor;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class GwlbOptionTypeTest {
    /** Class, type, words of data: the whole closed set. */
    private static final Map<List<Integer>, GwlbOptionType> KNOWN =
            Map.of(
                    List.of(0x0108, 1, 2), ENDPOINT_ID,
                    List.of(0x0108, 2, 2), ATTACHMENT_ID,
                    List.of(0x0108, 3, 1), FLOW_COOKIE,
                    List.of(0x0167, 1, 2), ENDPOINT_ID,
                    List.of(0x0167, 2, 2), ATTACHMENT_ID,
                    List.of(0x0167, 3, 1), FLOW_COOKIE,
                    List.of(0x0132, 1, 1), NETWORK_COOKIE,
                    List.of(0x0132, 2, 4), ENDPOINT_COOKIE,
                    List.of(0x0132, 3, 2), PROFILE_ID);

    private final GeneveDecoder geneve = new GeneveDecoder();
    private final OptionCursor cursor = new OptionCursor();

    /** Every type and length, so every critical variant and every wrong length too. */
    @ParameterizedTest
    @ValueSource(
            ints = {
                0x0108, 0x0167, 0x0132, 0, 0x0107, 0x0109, 0x0110, 0x0131, 0x0133, 0x0165, 0x0166,
                0x0168, 0x0801, 0x8108, 0xffff
            })
    void knowsExactlyTheClosedSet(int optionClass) {
        ByteBuf packet = Unpooled.wrappedBuffer(new byte[8 + 4 + 31 * 4]);
        for (int type = 0; type <= 0xff; type++) {
            for (int words = 0; words <= 31; words++) {
                packet.setByte(0, 1 + words);
                packet.setShort(8, optionClass);
                packet.setByte(10, type);
                packet.setByte(11, 0xe0 | words); // reserved bits say nothing
                assertThat(geneve.wrap(packet, 0, 12 + 4 * words)).isEqualTo(DecodeStatus.OK);
                geneve.options(cursor);
                assertThat(cursor.next()).isTrue();

                assertThat(GwlbOptionType.at(cursor))
                        .as("class %x type %x words %d", optionClass, type, words)
                        .isEqualTo(KNOWN.get(List.of(optionClass, type, words)));
            }
        }
    }

    @Test
    void needsAnOption() {
        assertThatThrownBy(() -> GwlbOptionType.at(cursor))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "ENDPOINT_ID,     1, 8",
        "ATTACHMENT_ID,   2, 8",
        "FLOW_COOKIE,     3, 4",
        "NETWORK_COOKIE,  1, 4",
        "ENDPOINT_COOKIE, 2, 16",
        "PROFILE_ID,      3, 8",
    })
    void hasTypeAndLength(GwlbOptionType option, int type, int dataLength) {
        assertThat(option.type()).isEqualTo(type);
        assertThat(option.dataLength()).isEqualTo(dataLength);
    }

    @ParameterizedTest
    @CsvSource({
        "AWS,     aws,     0x0108",
        "TENCENT, tencent, 0x0167",
        "GOOGLE,  google,  0x0132",
    })
    void dialectHasLabelAndClass(GwlbDialect dialect, String label, String optionClass) {
        assertThat(dialect.label()).isEqualTo(label);
        assertThat(dialect.optionClass()).isEqualTo(Integer.decode(optionClass));
        assertThat(GwlbDialect.of(dialect.optionClass())).isSameAs(dialect);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 0x0107, 0x0109, 0x0110, 0x0131, 0x0133, 0x0165, 0x0166, 0x0168, 0xffff})
    void otherClassesHaveNoDialect(int optionClass) {
        assertThat(GwlbDialect.of(optionClass)).isNull();
    }

    @ParameterizedTest
    @EnumSource
    void dialectDefinesItsOptionsOnly(GwlbDialect dialect) {
        List<GwlbOptionType> defined =
                dialect == GwlbDialect.GOOGLE
                        ? List.of(NETWORK_COOKIE, ENDPOINT_COOKIE, PROFILE_ID)
                        : List.of(ENDPOINT_ID, ATTACHMENT_ID, FLOW_COOKIE);

        for (GwlbOptionType option : GwlbOptionType.values()) {
            assertThat(dialect.defines(option)).isEqualTo(defined.contains(option));
        }
    }
}
