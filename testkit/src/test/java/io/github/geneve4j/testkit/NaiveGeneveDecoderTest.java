package io.github.geneve4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.testkit.NaiveGeneveDecoder.Header;
import io.github.geneve4j.testkit.NaiveGeneveDecoder.Option;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NaiveGeneveDecoderTest {
    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource({
        "'',                                       truncated_header",
        "00 00 08 00 00 00 00,                     truncated_header",
        "40,                                       truncated_header",
        "40 00 08 00 00 00 00 00,                  unsupported_version",
        "80 00 08 00 00 00 00 00,                  unsupported_version",
        "c1 00 08 00 00 00 00 00,                  unsupported_version",
        "01 00 08 00 00 00 00 00,                  truncated_options",
        "01 00 08 00 00 00 00 00 01 08 01,         truncated_options",
        "3f 00 08 00 00 00 00 00 01 08 01 1f,      truncated_options",
        "01 00 08 00 00 00 00 00 01 08 01 01,      option_overrun",
        "01 00 08 00 00 00 00 00 01 08 01 1f 00,   option_overrun",
        "02 00 08 00 00 00 00 00 01080100 01080101 00000000, option_overrun",
        "00 00 08 00 00 00 00 00,                  ok",
        "00 ff ff ff ff ff ff ff,                  ok",
        "01 00 08 00 00 00 00 00 01 08 01 e0,      ok",
        "02 00 08 00 00 00 00 00 01080101 00000000 45, ok",
    })
    void judges(String hex, String verdict) {
        assertThat(NaiveGeneveDecoder.verdict(Hex.bytes(hex))).isEqualTo(verdict);
    }

    @Test
    void readsTheLoadBalancersHeader() {
        Header header = NaiveGeneveDecoder.header(KnownPackets.awsDatagram());

        assertThat(header)
                .isEqualTo(
                        new Header(
                                0,
                                8,
                                false,
                                false,
                                0,
                                0x0800,
                                0,
                                0,
                                List.of(
                                        new Option(0x0108, 1, false, 0, 8, "2356de92d389839c"),
                                        new Option(0x0108, 2, false, 0, 20, "0000000000000000"),
                                        new Option(0x0108, 3, false, 0, 32, "98ef1b00"))));
        assertThat(header.length()).isEqualTo(40);
        assertThat(header.hasCriticalOption()).isFalse();
        assertThat(header.isCanonical()).isTrue();
        assertThat(NaiveGeneveDecoder.headerBytes(KnownPackets.awsDatagram()))
                .isEqualTo(KnownPackets.awsHeader());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "00 80 0000 000000 00,          0, true,  false, 0x00, 0x0000, 0x000000, 0x00",
        "00 40 0000 000000 00,          0, false, true,  0x00, 0x0000, 0x000000, 0x00",
        "00 20 0000 000000 00,          0, false, false, 0x20, 0x0000, 0x000000, 0x00",
        "00 01 0000 000000 00,          0, false, false, 0x01, 0x0000, 0x000000, 0x00",
        "00 00 8001 000000 00,          0, false, false, 0x00, 0x8001, 0x000000, 0x00",
        "00 00 0000 800001 00,          0, false, false, 0x00, 0x0000, 0x800001, 0x00",
        "00 00 0000 000000 81,          0, false, false, 0x00, 0x0000, 0x000000, 0x81",
        "01 00 0000 000000 00 00000000, 1, false, false, 0x00, 0x0000, 0x000000, 0x00",
    })
    void readsEachField(
            String hex,
            int optLenWords,
            boolean control,
            boolean critical,
            int reservedFlags,
            int protocolType,
            int vni,
            int reservedByte) {
        Header header = NaiveGeneveDecoder.header(Hex.bytes(hex));

        assertThat(header)
                .isEqualTo(
                        new Header(
                                0,
                                optLenWords,
                                control,
                                critical,
                                reservedFlags,
                                protocolType,
                                vni,
                                reservedByte,
                                header.options()));
    }

    @Test
    void readsEachFieldOfAnOption() {
        Header header =
                NaiveGeneveDecoder.header(Hex.bytes("0200000000000000 8001 81 a1 cafe0102"));

        assertThat(header.options())
                .containsExactly(new Option(0x8001, 0x81, true, 5, 8, "cafe0102"));
        assertThat(header.hasCriticalOption()).isTrue();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "00 01 0000 000000 00",
        "00 00 0000 000000 01",
        "00 40 0000 000000 00",
        "01 00 0000 000000 00 00008000",
        "01 00 0000 000000 00 00000020",
    })
    void knowsWhatNoCorrectSenderWrites(String hex) {
        assertThat(NaiveGeneveDecoder.header(Hex.bytes(hex)).isCanonical()).isFalse();
    }

    @Test
    void hasNoHeaderForMalformedBytes() {
        assertThatThrownBy(() -> NaiveGeneveDecoder.header(new byte[7]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("truncated_header");
    }
}
