package io.github.geneve4j.gwlb;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.testkit.Hex;
import io.github.geneve4j.testkit.KnownPackets;
import io.github.geneve4j.testkit.Packets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GwlbFormatTest {
    @Test
    void showsAwsOptions() {
        byte[] packet = KnownPackets.awsDatagram();

        assertThat(text(packet))
                .isEqualTo(
                        "gwlb aws vpce-02356de92d389839c attachment 0x0000000000000000"
                                + " cookie 0x98ef1b00");
        assertThat(json(packet))
                .isEqualTo(
                        """
                        "gwlb":{"dialect":"aws","endpoint":"vpce-02356de92d389839c",\
                        "attachment":"0x0000000000000000","cookie":"0x98ef1b00"}""");
    }

    @Test
    void showsTencentOptions() {
        byte[] packet =
                header(
                        """
                        01 67 01 02  62 69 67 30 76 6a 30 6a
                        01 67 02 02  00 00 00 00 00 00 00 01
                        01 67 03 01  5f dd e9 7c
                        """);

        assertThat(text(packet))
                .isEqualTo(
                        "gwlb tencent vpce-big0vj0j attachment 0x0000000000000001 cookie 0x5fdde97c");
        assertThat(json(packet))
                .isEqualTo(
                        """
                        "gwlb":{"dialect":"tencent","endpoint":"vpce-big0vj0j",\
                        "attachment":"0x0000000000000001","cookie":"0x5fdde97c"}""");
    }

    /** Only letters and digits may appear as such: neither a quote nor a control character. */
    @ParameterizedTest
    @CsvSource({
        "6269673076 6a306a, vpce-big0vj0j",
        "617a3039617a3039, vpce-az09az09",
        "6069673076 6a306a, vpce-060696730766a306a", // before 'a'
        "6269673076 6a307b, vpce-062696730766a307b", // after 'z'
        "2f69673076 6a306a, vpce-02f696730766a306a", // before '0'
        "6269673a76 6a306a, vpce-06269673a766a306a", // after '9'
        "2269673076 6a306a, vpce-022696730766a306a",
        "00696730766a306a, vpce-000696730766a306a",
        "e269673076 6a306a, vpce-0e2696730766a306a",
        "4269673076 6a306a, vpce-042696730766a306a",
    })
    void showsTencentIdsAsCharactersIfTheyAre(String hex, String shown) {
        byte[] packet = header("01 67 01 02" + hex);

        assertThat(text(packet)).isEqualTo("gwlb tencent " + shown);
        assertThat(json(packet))
                .isEqualTo("\"gwlb\":{\"dialect\":\"tencent\",\"endpoint\":\"" + shown + "\"}");
    }

    @Test
    void showsGoogleOptions() {
        byte[] packet =
                header(
                        """
                        01 32 01 01  80 00 00 d1
                        01 32 02 04  08 00 00 0d c0 a8 64 02 00 00 00 00 00 00 00 09
                        01 32 03 02  00 00 00 00 00 00 12 34
                        """);

        assertThat(text(packet))
                .isEqualTo(
                        "gwlb google network 0x800000d1"
                                + " endpoint 0x0800000dc0a864020000000000000009"
                                + " profile 0x0000000000001234");
        assertThat(json(packet))
                .isEqualTo(
                        """
                        "gwlb":{"dialect":"google","networkCookie":"0x800000d1",\
                        "endpointCookie":"0x0800000dc0a864020000000000000009",\
                        "profile":"0x0000000000001234"}""");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "01080102 2356de92d389839c | vpce-02356de92d389839c | "
                        + "\"endpoint\":\"vpce-02356de92d389839c\"",
                "01080202 0000000000000007 | attachment 0x0000000000000007 | "
                        + "\"attachment\":\"0x0000000000000007\"",
                "01080301 ffffffff         | cookie 0xffffffff | \"cookie\":\"0xffffffff\"",
            })
    void showsOnlyWhatIsThere(String option, String text, String member) {
        byte[] packet = header(option);

        assertThat(text(packet)).isEqualTo("gwlb aws " + text);
        assertThat(json(packet)).isEqualTo("\"gwlb\":{\"dialect\":\"aws\"," + member + "}");
    }

    @Test
    void textTellsDuplicates() {
        assertThat(text(header("01080301 00000001 01080301 00000002")))
                .isEqualTo("gwlb aws cookie 0x00000001 duplicate");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "00 00 08 00 00 00 00 00", // no options
                "01 00 08 00 00 00 00 00 01 08 04 00", // none of ours
                "01 00 08 00 00 00 00 00", // truncated
                "40 00 08 00 00 00 00 00", // version 1
                "",
            })
    void showsNothingElse(String hex) {
        ByteBuf packet = Unpooled.wrappedBuffer(Hex.bytes(hex));
        StringBuilder out = new StringBuilder("before");

        assertThat(GwlbFormat.appendText(out, packet, 0, packet.capacity())).isFalse();
        assertThat(GwlbFormat.appendJsonMembers(out, packet, 0, packet.capacity())).isFalse();
        assertThat(GwlbFormat.appendText(out, new GwlbMetadata())).isFalse();
        assertThat(GwlbFormat.appendJsonMembers(out, new GwlbMetadata())).isFalse();
        assertThat(out).hasToString("before");
    }

    @Test
    void separatesFromWhatStandsBefore() {
        ByteBuf packet = Unpooled.wrappedBuffer(header("01080301 00000001"));

        StringBuilder text = new StringBuilder("geneve vni 0");
        assertThat(GwlbFormat.appendText(text, packet, 0, packet.capacity())).isTrue();
        assertThat(text).hasToString("geneve vni 0 gwlb aws cookie 0x00000001");

        StringBuilder first = new StringBuilder("{");
        assertThat(GwlbFormat.appendJsonMembers(first, packet, 0, packet.capacity())).isTrue();
        assertThat(first).hasToString("{\"gwlb\":{\"dialect\":\"aws\",\"cookie\":\"0x00000001\"}");

        StringBuilder second = new StringBuilder("{\"status\":\"ok\"");
        assertThat(GwlbFormat.appendJsonMembers(second, packet, 0, packet.capacity())).isTrue();
        assertThat(second)
                .hasToString(
                        "{\"status\":\"ok\",\"gwlb\":{\"dialect\":\"aws\",\"cookie\":\"0x00000001\"}");
    }

    private static byte[] header(String options) {
        return Packets.packet(Packets.geneve().protocolType(0x0800).rawOptions(options));
    }

    private static String text(byte[] packet) {
        StringBuilder out = new StringBuilder();
        assertThat(GwlbFormat.appendText(out, Unpooled.wrappedBuffer(packet), 0, packet.length))
                .isTrue();
        return out.toString();
    }

    private static String json(byte[] packet) {
        StringBuilder out = new StringBuilder();
        ByteBuf buffer = Unpooled.wrappedBuffer(packet);
        assertThat(GwlbFormat.appendJsonMembers(out, buffer, 0, packet.length)).isTrue();
        return out.toString();
    }
}
