package io.github.geneve4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ChecksumsTest {
    @Test
    void sumsTheExampleOfRfc1071() {
        byte[] example = Hex.bytes("00 01  f2 03  f4 f5  f6 f7");

        assertThat(Checksums.internet(example)).isEqualTo(0xffff - 0xddf2);
    }

    @Test
    void sumsPartsAsIfTheyStoodTogether() {
        byte[] first = Hex.bytes("00 01  f2 03");
        byte[] second = Hex.bytes("f4 f5  f6 f7");

        assertThat(Checksums.internet(first, second)).isEqualTo(0xffff - 0xddf2);
    }

    @Test
    void padsAnOddLengthWithZero() {
        assertThat(Checksums.internet(Hex.bytes("12 34 56")))
                .isEqualTo(Checksums.internet(Hex.bytes("12 34 56 00")));
    }

    @Test
    void sumsAHeaderWithItsOwnChecksumToZero() {
        byte[] header = Hex.bytes("45 00 00 73 00 00 40 00 40 11 b8 61 c0 a8 00 01 c0 a8 00 c7");

        assertThat(Checksums.internet(header)).isZero();
    }

    @Test
    void wrongIsNeverRightNorZero() {
        for (int right = 0; right <= 0xffff; right++) {
            int wrong = Checksums.WRONG.applyAsInt(right);

            assertThat(wrong).isBetween(1, 0xffff);
            assertThat(wrong % 0xffff).isNotEqualTo(right % 0xffff);
        }
    }
}
