package io.github.geneve4j.geneve;

import static io.github.geneve4j.testkit.Packets.geneve;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.BufferKind.Placed;
import io.github.geneve4j.testkit.Hex;
import io.github.geneve4j.testkit.KnownPackets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class GeneveFormatTest {
    private static String text(byte[] packet) {
        Placed placed = BufferKind.HEAP_AT_OFFSET.place(packet);
        return GeneveFormat.text(placed.buffer(), placed.offset(), placed.length());
    }

    private static String json(byte[] packet) {
        Placed placed = BufferKind.HEAP_AT_OFFSET.place(packet);
        return GeneveFormat.json(placed.buffer(), placed.offset(), placed.length());
    }

    @ParameterizedTest
    @EnumSource
    void writesTheLoadBalancersHeaderOnOneLine(BufferKind kind) {
        Placed placed = kind.place(KnownPackets.awsDatagram());

        assertThat(GeneveFormat.text(placed.buffer(), placed.offset(), placed.length()))
                .isEqualTo(
                        "geneve vni 0 ipv4 payload 84 [Amazon 0x0108:0x01=2356de92d389839c, "
                                + "Amazon 0x0108:0x02=0000000000000000, "
                                + "Amazon 0x0108:0x03=98ef1b00]");
    }

    @ParameterizedTest
    @EnumSource
    void writesTheLoadBalancersHeaderAsJson(BufferKind kind) {
        Placed placed = kind.place(KnownPackets.awsDatagram());

        assertThat(GeneveFormat.json(placed.buffer(), placed.offset(), placed.length()))
                .isEqualTo(
                        """
                        {"status":"ok","version":0,"control":false,"critical":false,\
                        "protocol":2048,"vni":0,"optionsLength":32,"options":[\
                        {"class":264,"type":1,"critical":false,"data":"2356de92d389839c"},\
                        {"class":264,"type":2,"critical":false,"data":"0000000000000000"},\
                        {"class":264,"type":3,"critical":false,"data":"98ef1b00"}],\
                        "payloadOffset":40}""");
    }

    @Test
    void writesABareHeader() {
        byte[] bare = Hex.bytes(KnownPackets.BARE_HEADER);

        assertThat(text(bare)).isEqualTo("geneve vni 0 ipv4 payload 0");
        assertThat(json(bare))
                .isEqualTo(
                        """
                        {"status":"ok","version":0,"control":false,"critical":false,\
                        "protocol":2048,"vni":0,"optionsLength":0,"options":[],\
                        "payloadOffset":8}""");
    }

    @Test
    void writesFlagsLargestNumbersAndAnOptionWithoutData() {
        byte[] packet =
                packet(
                        geneve().control(true)
                                .vni(0xff_ffff)
                                .protocolType(0xffff)
                                .option(0xffff, 0xff, ""),
                        payload("01"));

        assertThat(text(packet))
                .isEqualTo(
                        "geneve vni 16777215 0xffff control critical payload 1 "
                                + "[experimental 0xffff:0xff]");
        assertThat(json(packet))
                .isEqualTo(
                        """
                        {"status":"ok","version":0,"control":true,"critical":true,\
                        "protocol":65535,"vni":16777215,"optionsLength":4,"options":[\
                        {"class":65535,"type":255,"critical":true,"data":""}],\
                        "payloadOffset":12}""");
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource({
        "'',                                  truncated_header",
        "40 00 08 00 00 00 00 00,             unsupported_version",
        "01 00 08 00 00 00 00 00,             truncated_options",
        "01 00 08 00 00 00 00 00 01 02 01 01, option_overrun",
    })
    void namesWhatIsWrongWithAMalformedPacket(String hex, String label) {
        assertThat(text(Hex.bytes(hex))).isEqualTo("geneve malformed (" + label + ")");
        assertThat(json(Hex.bytes(hex))).isEqualTo("{\"status\":\"" + label + "\"}");
    }

    @Test
    void appendsMembersToAnObjectThatHasOthers() {
        Placed placed = BufferKind.HEAP.place(new byte[0]);
        StringBuilder out = new StringBuilder("{\"frame\":1,");

        GeneveFormat.appendJsonMembers(out, placed.buffer(), placed.offset(), placed.length());

        assertThat(out).hasToString("{\"frame\":1,\"status\":\"truncated_header\"");
    }

    @ParameterizedTest
    @CsvSource({
        "0,          1, 0",
        "15,         1, f",
        "16,         1, 0",
        "16,         2, 10",
        "1,          4, 0001",
        "-1,         8, ffffffff",
        "2147483647, 8, 7fffffff",
    })
    void writesLowBitsAsHexDigits(int value, int digits, String expected) {
        assertThat(GeneveFormat.hex(value, digits)).isEqualTo(expected);
    }
}
