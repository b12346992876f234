package io.github.geneve4j.gwlb;

import static io.github.geneve4j.gwlb.GwlbOptionType.ATTACHMENT_ID;
import static io.github.geneve4j.gwlb.GwlbOptionType.ENDPOINT_ID;
import static io.github.geneve4j.gwlb.GwlbOptionType.FLOW_COOKIE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.GeneveDecoder;
import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.Hex;
import io.github.geneve4j.testkit.KnownPackets;
import io.github.geneve4j.testkit.Packets;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class GwlbMetadataTest {
    private static final String ENDPOINT = "01 08 01 02  23 56 de 92 d3 89 83 9c";
    private static final String ATTACHMENT = "01 08 02 02  00 00 00 00 00 00 00 07";
    private static final String COOKIE = "01 08 03 01  98 ef 1b 00";

    private static final String TENCENT =
            """
            08 00 08 00  00 00 00 00
            01 67 01 02  62 69 67 30 76 6a 30 6a
            01 67 02 02  00 00 00 00 00 00 00 00
            01 67 03 01  5f dd e9 7c
            """;

    private static final String GOOGLE =
            """
            0a 00 08 00  00 00 00 00
            01 32 01 01  80 00 00 d5
            01 32 02 04  08 00 00 0d c0 a8 64 02 00 00 00 00 00 00 00 09
            01 32 03 02  00 00 00 00 00 00 12 34
            """;

    private final GeneveDecoder geneve = new GeneveDecoder();
    private final GwlbMetadata metadata = new GwlbMetadata();

    @ParameterizedTest
    @EnumSource
    void readsCapturedAwsHeader(BufferKind kind) {
        assertThat(read(KnownPackets.awsDatagram(), kind)).isTrue();

        assertThat(metadata.dialect()).isEqualTo(GwlbDialect.AWS);
        assertThat(metadata.isComplete()).isTrue();
        assertThat(metadata.hasDuplicate()).isFalse();
        assertThat(metadata.hasEndpointId()).isTrue();
        assertThat(metadata.endpointId()).isEqualTo(0x2356_de92_d389_839cL);
        assertThat(metadata.hasAttachmentId()).isTrue();
        assertThat(metadata.attachmentId()).isZero();
        assertThat(metadata.hasFlowCookie()).isTrue();
        assertThat(metadata.flowCookie()).isEqualTo(0x98ef_1b00);
        assertThat(metadata.tencentDirection()).isZero();
        assertThat(metadata.tencentCookie()).isZero();
        assertThat(metadata.hasNetworkCookie()).isFalse();
        assertThat(metadata.hasEndpointCookie()).isFalse();
        assertThat(metadata.hasProfileId()).isFalse();
    }

    @Test
    void readsTheOtherCapturedAwsHeader() {
        assertThat(read(KnownPackets.awsOtherHeader(), BufferKind.HEAP)).isTrue();

        assertThat(metadata.endpointId()).isEqualTo(0xf583_215d_2e66_b39cL);
        assertThat(metadata.attachmentId()).isZero();
        assertThat(metadata.flowCookie()).isEqualTo(0x6742_cc6d);
    }

    @ParameterizedTest
    @EnumSource
    void readsTencentHeader(BufferKind kind) {
        assertThat(read(Hex.bytes(TENCENT), kind)).isTrue();

        assertThat(metadata.dialect()).isEqualTo(GwlbDialect.TENCENT);
        assertThat(metadata.isComplete()).isTrue();
        assertThat(metadata.endpointId()).isEqualTo(0x6269_6730_766a_306aL);
        assertThat(metadata.flowCookie()).isEqualTo(0x5fdd_e97c);
        assertThat(metadata.tencentDirection()).isEqualTo(2);
        assertThat(metadata.tencentCookie()).isEqualTo(0x1fdd_e97c);
    }

    @ParameterizedTest
    @EnumSource
    void readsGoogleHeader(BufferKind kind) {
        assertThat(read(Hex.bytes(GOOGLE), kind)).isTrue();

        assertThat(metadata.dialect()).isEqualTo(GwlbDialect.GOOGLE);
        assertThat(metadata.isComplete()).isTrue();
        assertThat(metadata.hasNetworkCookie()).isTrue();
        assertThat(metadata.networkCookie()).isEqualTo(0x8000_00d5);
        assertThat(metadata.networkId()).isEqualTo(0x800_000d);
        assertThat(metadata.networkFlags()).isEqualTo(5);
        assertThat(metadata.hasEndpointCookie()).isTrue();
        assertThat(metadata.endpointCookieHigh()).isEqualTo(0x0800_000d_c0a8_6402L);
        assertThat(metadata.endpointCookieLow()).isEqualTo(9);
        assertThat(metadata.hasProfileId()).isTrue();
        assertThat(metadata.profileId()).isEqualTo(0x1234);
        assertThat(metadata.hasEndpointId()).isFalse();
        assertThat(metadata.hasAttachmentId()).isFalse();
        assertThat(metadata.hasFlowCookie()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"EAC", "ECA", "AEC", "ACE", "CEA", "CAE"})
    void readsOptionsInAnyOrder(String order) {
        StringBuilder options = new StringBuilder();
        for (char option : order.toCharArray()) {
            options.append(option == 'E' ? ENDPOINT : option == 'A' ? ATTACHMENT : COOKIE);
        }

        assertThat(readOptions(options.toString())).isTrue();
        assertComplete(GwlbDialect.AWS);
        assertThat(metadata.hasDuplicate()).isFalse();
    }

    /** Wherever they stand: before, between, behind; of our class, of another, empty, long. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "01 08 04 01 00000000",
                "01 08 00 00",
                "01 02 01 02 ffffffffffffffff",
                "ff ff 03 01 ffffffff",
                "01 32 01 01 ffffffff",
                "01 67 03 01 ffffffff",
            })
    void skipsOtherOptions(String other) {
        String[] known = {ENDPOINT, ATTACHMENT, COOKIE};
        for (int place = 1; place <= known.length; place++) {
            StringBuilder options = new StringBuilder();
            for (int i = 0; i < known.length; i++) {
                options.append(known[i]).append(i + 1 == place ? other : "");
            }
            assertThat(readOptions(options.toString())).isTrue();
            assertComplete(GwlbDialect.AWS);
            assertThat(metadata.hasDuplicate()).isFalse();
        }
    }

    @Test
    void skipsAnOptionOfMaximalLength() {
        String longest = "01 08 04 1f" + "ab".repeat(124);

        assertThat(readOptions(longest + ENDPOINT + ATTACHMENT + COOKIE)).isTrue();
        assertComplete(GwlbDialect.AWS);
    }

    @ParameterizedTest
    @CsvSource({
        "01 08 01 01 11111111,                  endpoint one word short",
        "01 08 01 03 111111111111111111111111,  endpoint one word long",
        "01 08 01 00,                           endpoint empty",
        "01 08 02 01 11111111,                  attachment short",
        "01 08 02 04 11111111111111111111111111111111, attachment long",
        "01 08 03 00,                           cookie empty",
        "01 08 03 02 1111111111111111,          cookie long",
        "01 08 81 02 1111111111111111,          critical endpoint",
        "01 08 82 02 1111111111111111,          critical attachment",
        "01 08 83 01 11111111,                  critical cookie",
    })
    void wrongLengthOrCriticalBitIsAnotherOption(String hex, String what) {
        assertThat(readOptions(hex)).as(what).isFalse();
        assertNothing();

        assertThat(readOptions(hex + ENDPOINT + ATTACHMENT + COOKIE)).as(what).isTrue();
        assertComplete(GwlbDialect.AWS);
        assertThat(metadata.hasDuplicate()).isFalse();
    }

    /** The common layout with one option spoilt must not be taken for it: same lengths. */
    @ParameterizedTest
    @CsvSource({
        "8, 0x02",
        "9, 0x09",
        "10, 0x81",
        "10, 0x04",
        "20, 0x02",
        "21, 0x67",
        "22, 0x82",
        "22, 0x00",
        "32, 0x00",
        "33, 0x32",
        "34, 0x83",
        "34, 0x07",
    })
    void commonLayoutNeedsEveryHead(int index, String octet) {
        byte[] header = KnownPackets.awsHeader();
        header[index] = Integer.decode(octet).byteValue();

        boolean any = read(header, BufferKind.HEAP);

        assertThat(any).isTrue();
        assertThat(metadata.isComplete()).isFalse();
        assertThat(metadata.hasEndpointId()).isEqualTo(index > 11);
        assertThat(metadata.hasAttachmentId()).isEqualTo(index < 20 || index > 23);
        assertThat(metadata.hasFlowCookie()).isEqualTo(index < 32);
    }

    /** The lengths and types of the common layout under a class where they mean nothing. */
    @ParameterizedTest
    @ValueSource(ints = {0x0107, 0x0109, 0x0110, 0x0132, 0x0166, 0x0168, 0x0000, 0xffff})
    void commonLayoutNeedsAClassThatHasIt(int optionClass) {
        byte[] header = KnownPackets.awsHeader();
        for (int head : new int[] {8, 20, 32}) {
            header[head] = (byte) (optionClass >> 8);
            header[head + 1] = (byte) optionClass;
        }

        assertThat(read(header, BufferKind.HEAP)).isFalse();
        assertNothing();
    }

    @Test
    void reservedBitsOfAnOptionSayNothing() {
        for (int reserved = 0; reserved < 8; reserved++) {
            byte[] header = KnownPackets.awsHeader();
            for (int head : new int[] {11, 23, 35}) {
                header[head] |= (byte) (reserved << 5);
            }
            assertThat(read(header, BufferKind.HEAP)).isTrue();
            assertThat(metadata.isComplete()).isTrue();
            assertThat(metadata.flowCookie()).isEqualTo(0x98ef_1b00);
        }
    }

    @Test
    void firstOfTwoCounts() {
        String second = "01 08 03 01  11 11 11 11";

        assertThat(readOptions(ENDPOINT + ATTACHMENT + COOKIE + second)).isTrue();
        assertComplete(GwlbDialect.AWS);
        assertThat(metadata.hasDuplicate()).isTrue();

        assertThat(readOptions(second + COOKIE)).isTrue();
        assertThat(metadata.flowCookie()).isEqualTo(0x1111_1111);
        assertThat(metadata.hasDuplicate()).isTrue();
        assertThat(metadata.isComplete()).isFalse();
    }

    @Test
    void twiceWithAWrongLengthIsNoDuplicate() {
        assertThat(readOptions(COOKIE + "01 08 03 02 1111111111111111" + "01 08 03 00")).isTrue();

        assertThat(metadata.hasDuplicate()).isFalse();
        assertThat(metadata.flowCookie()).isEqualTo(0x98ef_1b00);
    }

    @Test
    void firstOptionDecidesTheDialect() {
        String tencentCookie = "01 67 03 01  5f dd e9 7c";
        String googleProfile = "01 32 03 02  00 00 00 00 00 00 12 34";

        assertThat(readOptions(tencentCookie + ENDPOINT + COOKIE + googleProfile)).isTrue();
        assertThat(metadata.dialect()).isEqualTo(GwlbDialect.TENCENT);
        assertThat(metadata.flowCookie()).isEqualTo(0x5fdd_e97c);
        assertThat(metadata.hasEndpointId()).isFalse();
        assertThat(metadata.hasProfileId()).isFalse();
        assertThat(metadata.hasDuplicate()).isFalse();
        assertThat(metadata.isComplete()).isFalse();

        assertThat(readOptions("01 67 04 00" + googleProfile + tencentCookie)).isTrue();
        assertThat(metadata.dialect()).isEqualTo(GwlbDialect.GOOGLE);
        assertThat(metadata.profileId()).isEqualTo(0x1234);
        assertThat(metadata.hasFlowCookie()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "01 08 04 00", "01 02 01 02 1111111111111111", "ff 00 80 00"})
    void findsNothingWithoutOptionsOfALoadBalancer(String options) {
        assertThat(readOptions(options)).isFalse();
        assertNothing();
    }

    /** One view over packets of all dialects, each followed by one with nothing. */
    @Test
    void keepsNoValueOfAnEarlierPacket() {
        for (byte[] header :
                List.of(KnownPackets.awsHeader(), Hex.bytes(TENCENT), Hex.bytes(GOOGLE))) {
            assertThat(read(header, BufferKind.HEAP)).isTrue();
            assertThat(readOptions("")).isFalse();
            assertNothing();
        }
        assertThat(readOptions(COOKIE + COOKIE + COOKIE)).isTrue();
        assertThat(readOptions(ENDPOINT)).isTrue();
        assertThat(metadata.hasDuplicate()).isFalse();
        assertThat(metadata.flowCookie()).isZero();
    }

    @Test
    void valuesOutliveThePacket() {
        byte[] header = KnownPackets.awsHeader();
        assertThat(geneve.wrap(Unpooled.wrappedBuffer(header), 0, 40)).isEqualTo(DecodeStatus.OK);
        assertThat(metadata.read(geneve)).isTrue();

        Arrays.fill(header, (byte) 0);

        assertThat(metadata.endpointId()).isEqualTo(0x2356_de92_d389_839cL);
        assertThat(metadata.flowCookie()).isEqualTo(0x98ef_1b00);
    }

    @Test
    void decoderWithoutPacketIsRefusedAndLeavesNothing() {
        assertThat(read(KnownPackets.awsHeader(), BufferKind.HEAP)).isTrue();

        assertThatThrownBy(() -> metadata.read(new GeneveDecoder()))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertNothing();
    }

    @Test
    void newViewHasNothing() {
        assertNothing();
    }

    private void assertComplete(GwlbDialect dialect) {
        assertThat(metadata.dialect()).isEqualTo(dialect);
        assertThat(metadata.isComplete()).isTrue();
        assertThat(metadata.has(ENDPOINT_ID)).isTrue();
        assertThat(metadata.has(ATTACHMENT_ID)).isTrue();
        assertThat(metadata.has(FLOW_COOKIE)).isTrue();
        assertThat(metadata.endpointId()).isEqualTo(0x2356_de92_d389_839cL);
        assertThat(metadata.attachmentId()).isEqualTo(7);
        assertThat(metadata.flowCookie()).isEqualTo(0x98ef_1b00);
    }

    private void assertNothing() {
        assertThat(metadata.dialect()).isNull();
        assertThat(metadata.isComplete()).isFalse();
        assertThat(metadata.hasDuplicate()).isFalse();
        for (GwlbOptionType option : GwlbOptionType.values()) {
            assertThat(metadata.has(option)).isFalse();
        }
        assertThat(metadata.endpointId()).isZero();
        assertThat(metadata.attachmentId()).isZero();
        assertThat(metadata.flowCookie()).isZero();
        assertThat(metadata.tencentDirection()).isZero();
        assertThat(metadata.tencentCookie()).isZero();
        assertThat(metadata.networkCookie()).isZero();
        assertThat(metadata.networkId()).isZero();
        assertThat(metadata.networkFlags()).isZero();
        assertThat(metadata.endpointCookieHigh()).isZero();
        assertThat(metadata.endpointCookieLow()).isZero();
        assertThat(metadata.profileId()).isZero();
    }

    private boolean readOptions(String hex) {
        return read(
                Packets.packet(Packets.geneve().protocolType(0x0800).rawOptions(hex)),
                BufferKind.HEAP_AT_OFFSET);
    }

    private boolean read(byte[] packet, BufferKind kind) {
        BufferKind.Placed placed = kind.place(packet);
        assertThat(geneve.wrap(placed.buffer(), placed.offset(), placed.length()))
                .isEqualTo(DecodeStatus.OK);
        return metadata.read(geneve);
    }
}
