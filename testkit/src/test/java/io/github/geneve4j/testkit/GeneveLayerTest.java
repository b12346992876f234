package io.github.geneve4j.testkit;

import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.ethernet;
import static io.github.geneve4j.testkit.Packets.geneve;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class GeneveLayerTest {
    private static void assertHeader(String expectedHex, GeneveLayer header) {
        assertThat(Hex.text(packet(header))).isEqualTo(Hex.text(Hex.bytes(expectedHex)));
    }

    @Test
    void buildsABareHeader() {
        assertHeader("00 00 88 b5  00 00 00 00", geneve());
        assertHeader(KnownPackets.BARE_HEADER, geneve().protocolType(0x0800));
    }

    @Test
    void buildsTheLoadBalancersHeader() {
        assertHeader(
                KnownPackets.AWS_HEADER,
                geneve().protocolType(0x0800)
                        .option(0x0108, 1, "2356de92d389839c")
                        .option(0x0108, 2, "0000000000000000")
                        .option(0x0108, 3, "98ef1b00"));
    }

    @Test
    void setsEveryBit() {
        assertHeader(
                """
                c1 ff ff ff  ff ff ff ff
                ff ff ff e0
                """,
                geneve().version(3)
                        .control(true)
                        .malformedOption(0xffff, 0xff, 7, 0, new byte[0])
                        .critical(true)
                        .reservedFlags(0x3f)
                        .protocolType(0xffff)
                        .vni(0xff_ffff)
                        .reservedByte(0xff));
    }

    @Test
    void setsCriticalFromTheOptionsUnlessOverridden() {
        assertHeader("01 40 88 b5 00000000 01028100", geneve().option(0x0102, 0x81, ""));
        assertHeader("01 00 88 b5 00000000 01020100", geneve().option(0x0102, 0x01, ""));
        assertHeader(
                "01 00 88 b5 00000000 01028100", geneve().option(0x0102, 0x81, "").critical(false));
        assertHeader("00 40 88 b5 00000000", geneve().critical(true));
        assertHeader("00 00 88 b5 00000000", geneve().control(true).control(false));
    }

    @Test
    void writesMalformedOptionsAndLengths() {
        assertHeader(
                "3f 00 88 b5 00000000 0102011f 61",
                geneve().malformedOption(0x0102, 1, 0, 31, new byte[] {0x61}).optLenWords(63));
        assertHeader("01 00 88 b5 00000000 0102", geneve().rawOptions("0102").optLenWords(1));
    }

    @Test
    void refusesToGuessALength() {
        assertThatThrownBy(() -> packet(geneve().rawOptions("0102")))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(
                        () ->
                                packet(
                                        geneve().option(1, 1, counting(124))
                                                .option(1, 1, counting(124))))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> geneve().option(1, 1, "01"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> geneve().option(1, 1, counting(128)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void namesTheInnerProtocol() {
        assertThat(packet(geneve(), ipv4("10.0.0.1", "10.0.0.2"))).startsWith(0, 0, 0x08, 0x00);
        assertThat(packet(geneve(), ipv6("::1", "::2"))).startsWith(0, 0, 0x86, 0xdd);
        assertThat(packet(geneve(), ethernet())).startsWith(0, 0, 0x65, 0x58);
        assertThat(packet(geneve(), payload("00"))).startsWith(0, 0, 0x88, 0xb5);
    }
}
