package io.github.geneve4j.gwlb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.geneve.EtherType;
import io.github.geneve4j.geneve.GeneveEncoder;
import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.Hex;
import io.github.geneve4j.testkit.KnownPackets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class GwlbOptionsTest {
    private final GwlbOptions aws = new GwlbOptions(GwlbDialect.AWS);
    private final GwlbOptions tencent = new GwlbOptions(GwlbDialect.TENCENT);
    private final GwlbOptions google = new GwlbOptions(GwlbDialect.GOOGLE);

    @ParameterizedTest
    @EnumSource
    void writesCapturedAwsHeader(BufferKind kind) {
        BufferKind.Placed room = kind.room(40);

        aws.begin(room.buffer(), room.offset(), EtherType.IPV4)
                .endpointId(EndpointId.parse("vpce-02356de92d389839c").value())
                .attachmentId(0)
                .flowCookie(0x98ef_1b00);

        assertThat(room.bytes()).isEqualTo(Hex.bytes(KnownPackets.AWS_HEADER));
        assertThat(aws.headerLength()).isEqualTo(40);
    }

    @Test
    void writesTheOtherCapturedAwsHeader() {
        BufferKind.Placed room = BufferKind.HEAP.room(40);

        aws.begin(room.buffer(), room.offset(), EtherType.IPV4)
                .endpointId(0xf583_215d_2e66_b39cL)
                .attachmentId(0)
                .flowCookie(0x6742_cc6d);

        assertThat(room.bytes()).isEqualTo(Hex.bytes(KnownPackets.AWS_OTHER_HEADER));
    }

    @Test
    void writesTencentHeader() {
        BufferKind.Placed room = BufferKind.DIRECT_AT_OFFSET.room(40);

        int length =
                tencent.begin(room.buffer(), room.offset(), EtherType.IPV6)
                        .endpointId(0x6269_6730_766a_306aL)
                        .attachmentId(0x0102_0304_0506_0708L)
                        .tencentCookie(2, 0x1fdd_e97c)
                        .headerLength();

        assertThat(length).isEqualTo(40);
        assertThat(room.bytes())
                .isEqualTo(
                        Hex.bytes(
                                """
                                08 00 86 dd  00 00 00 00
                                01 67 01 02  62 69 67 30 76 6a 30 6a
                                01 67 02 02  01 02 03 04 05 06 07 08
                                01 67 03 01  5f dd e9 7c
                                """));
    }

    @Test
    void writesGoogleHeaderInTheOrderOfTheCalls() {
        BufferKind.Placed room = BufferKind.HEAP.room(48);

        int length =
                google.begin(room.buffer(), room.offset(), EtherType.IPV4)
                        .profileId(0x1234)
                        .networkCookie(0x800_000d, 5)
                        .endpointCookie(0x0800_000d_c0a8_6402L, 9)
                        .headerLength();

        assertThat(length).isEqualTo(48);
        assertThat(room.bytes())
                .isEqualTo(
                        Hex.bytes(
                                """
                                0a 00 08 00  00 00 00 00
                                01 32 03 02  00 00 00 00 00 00 12 34
                                01 32 01 01  80 00 00 d5
                                01 32 02 04  08 00 00 0d c0 a8 64 02 00 00 00 00 00 00 00 09
                                """));
    }

    @Test
    void appendsToAHeaderOfSomebodyElse() {
        BufferKind.Placed room = BufferKind.HEAP.room(24);
        GeneveEncoder encoder =
                new GeneveEncoder().begin(room.buffer(), room.offset(), EtherType.IPV4, 0x123456);
        encoder.option(0xff00, 0x80);

        assertThat(aws.appendTo(encoder).flowCookie(-1).headerLength()).isEqualTo(20);
        encoder.option(0xff00, 1);

        assertThat(room.bytes())
                .isEqualTo(
                        Hex.bytes(
                                """
                                04 40 08 00  12 34 56 00
                                ff 00 80 00
                                01 08 03 01  ff ff ff ff
                                ff 00 01 00
                                """));

        BufferKind.Placed other = BufferKind.HEAP.room(16);
        aws.begin(other.buffer(), other.offset(), EtherType.IPV4).flowCookie(7);
        assertThat(other.bytes()).isEqualTo(Hex.bytes("0200080000000000 01080301 00000007"));
    }

    @Test
    void mayWriteAnOptionTwiceOrNotAtAll() {
        BufferKind.Placed room = BufferKind.HEAP.room(24);

        aws.begin(room.buffer(), room.offset(), EtherType.IPV4).flowCookie(1).flowCookie(2);

        assertThat(room.bytes())
                .isEqualTo(Hex.bytes("0400080000000000 01080301 00000001 01080301 00000002"));
    }

    @Test
    void refusesOptionsOfAnotherDialect() {
        BufferKind.Placed room = BufferKind.HEAP.room(40);
        byte[] before = Hex.bytes("0000080000000000");
        for (GwlbOptions writer : new GwlbOptions[] {aws, tencent}) {
            writer.begin(room.buffer(), room.offset(), EtherType.IPV4);
            assertThatIllegalStateException()
                    .isThrownBy(() -> writer.networkCookie(1, 1))
                    .withMessageContaining("NETWORK_COOKIE");
            assertThatIllegalStateException()
                    .isThrownBy(() -> writer.endpointCookie(1, 1))
                    .withMessageContaining("ENDPOINT_COOKIE");
            assertThatIllegalStateException()
                    .isThrownBy(() -> writer.profileId(1))
                    .withMessageContaining("PROFILE_ID");
            assertThat(room.bytes()).startsWith(before);
        }
        google.begin(room.buffer(), room.offset(), EtherType.IPV4);
        assertThatIllegalStateException()
                .isThrownBy(() -> google.endpointId(1))
                .withMessageContaining("GOOGLE")
                .withMessageContaining("ENDPOINT_ID");
        assertThatIllegalStateException()
                .isThrownBy(() -> google.attachmentId(1))
                .withMessageContaining("ATTACHMENT_ID");
        assertThatIllegalStateException()
                .isThrownBy(() -> google.flowCookie(1))
                .withMessageContaining("FLOW_COOKIE");
        assertThatIllegalStateException()
                .isThrownBy(() -> google.tencentCookie(1, 1))
                .withMessageContaining("GOOGLE");
        assertThatIllegalStateException()
                .isThrownBy(() -> aws.tencentCookie(1, 1))
                .withMessageContaining("AWS");
        assertThat(room.bytes()).startsWith(before);
    }

    @ParameterizedTest
    @CsvSource({"-1, 0", "8, 0", "0, -1", "0, 0x20000000"})
    void refusesTencentCookieOutOfRange(int direction, String cookie) {
        BufferKind.Placed room = BufferKind.HEAP.room(16);
        tencent.begin(room.buffer(), room.offset(), EtherType.IPV4);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> tencent.tencentCookie(direction, Integer.decode(cookie)));
        assertThat(tencent.headerLength()).isEqualTo(8);
    }

    @ParameterizedTest
    @CsvSource({"-1, 0", "0x10000000, 0", "0, -1", "0, 16"})
    void refusesNetworkCookieOutOfRange(String network, int flags) {
        BufferKind.Placed room = BufferKind.HEAP.room(16);
        google.begin(room.buffer(), room.offset(), EtherType.IPV4);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> google.networkCookie(Integer.decode(network), flags));
        assertThat(google.headerLength()).isEqualTo(8);
    }

    @Test
    void takesTheLargestNumbers() {
        BufferKind.Placed room = BufferKind.HEAP.room(16);

        tencent.begin(room.buffer(), room.offset(), EtherType.IPV4).tencentCookie(7, 0x1fff_ffff);
        assertThat(room.bytes()).isEqualTo(Hex.bytes("0200080000000000 01670301 ffffffff"));

        google.begin(room.buffer(), room.offset(), EtherType.IPV4).networkCookie(0xfff_ffff, 15);
        assertThat(room.bytes()).isEqualTo(Hex.bytes("0200080000000000 01320101 ffffffff"));

        google.begin(room.buffer(), room.offset(), EtherType.IPV4).networkCookie(0, 0);
        tencent.begin(room.buffer(), room.offset(), EtherType.IPV4).tencentCookie(0, 0);
        assertThat(room.bytes()).isEqualTo(Hex.bytes("0200080000000000 01670301 00000000"));
    }

    @Test
    void needsAPlaceToWrite() {
        assertThatThrownBy(() -> aws.flowCookie(1)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void refusesWhatDoesNotFit() {
        BufferKind.Placed room = BufferKind.HEAP.room(19);
        aws.begin(room.buffer(), room.offset(), EtherType.IPV4);

        assertThatThrownBy(() -> aws.endpointId(1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(aws.headerLength()).isEqualTo(8);
    }
}
