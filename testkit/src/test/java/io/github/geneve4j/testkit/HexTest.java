package io.github.geneve4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class HexTest {
    @Test
    void readsDigitsInGroupsAndLinesWithComments() {
        byte[] bytes = Hex.bytes("00 7f # first\n80FF");

        assertThat(bytes).containsExactly(0x00, 0x7f, 0x80, 0xff);
    }

    @Test
    void readsNothingFromBlankText() {
        assertThat(Hex.bytes(" # only a comment\n")).isEmpty();
    }

    @Test
    void refusesHalfBytesAndOtherCharacters() {
        assertThatThrownBy(() -> Hex.bytes("0")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Hex.bytes("0x")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void writesLowerCaseWithoutSpaces() {
        assertThat(Hex.text(new byte[] {0, 0x7f, (byte) 0x80, -1})).isEqualTo("007f80ff");
    }
}
