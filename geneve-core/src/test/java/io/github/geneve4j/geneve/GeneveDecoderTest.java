package io.github.geneve4j.geneve;

import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.cut;
import static io.github.geneve4j.testkit.Packets.geneve;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.BufferKind.Placed;
import io.github.geneve4j.testkit.GeneveLayer;
import io.github.geneve4j.testkit.Hex;
import io.github.geneve4j.testkit.KnownPackets;
import io.github.geneve4j.testkit.NaiveGeneveDecoder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class GeneveDecoderTest {
    private final GeneveDecoder decoder = new GeneveDecoder();

    private DecodeStatus wrap(byte[] packet) {
        return wrap(BufferKind.HEAP, packet);
    }

    private DecodeStatus wrap(BufferKind kind, byte[] packet) {
        Placed placed = kind.place(packet);
        return decoder.wrap(placed.buffer(), placed.offset(), placed.length());
    }

    private static byte[] withOptions(int words) {
        GeneveLayer header = geneve();
        for (int i = 0; i < words; i++) {
            header.option(0x0102, i, "");
        }
        return packet(header);
    }

    @ParameterizedTest
    @EnumSource
    void readsTheLoadBalancersHeader(BufferKind kind) {
        Placed placed = kind.place(KnownPackets.awsDatagram());

        assertThat(decoder.wrap(placed.buffer(), placed.offset(), placed.length()))
                .isEqualTo(DecodeStatus.OK);

        assertThat(decoder.version()).isZero();
        assertThat(decoder.isControl()).isFalse();
        assertThat(decoder.isCritical()).isFalse();
        assertThat(decoder.hasCriticalOption()).isFalse();
        assertThat(decoder.protocolType()).isEqualTo(EtherType.IPV4);
        assertThat(decoder.vni()).isZero();
        assertThat(decoder.optionsLength()).isEqualTo(32);
        assertThat(decoder.headerLength()).isEqualTo(40);
        assertThat(decoder.buffer()).isSameAs(placed.buffer());
        assertThat(decoder.offset()).isEqualTo(placed.offset());
        assertThat(decoder.payloadOffset()).isEqualTo(placed.offset() + 40);
        assertThat(decoder.payloadLength()).isEqualTo(84);
        assertThat(placed.buffer().getUnsignedByte(decoder.payloadOffset()))
                .isEqualTo((short) 0x45);
    }

    @ParameterizedTest
    @EnumSource
    void readsABareHeaderWithNothingInside(BufferKind kind) {
        assertThat(wrap(kind, Hex.bytes(KnownPackets.BARE_HEADER))).isEqualTo(DecodeStatus.OK);

        assertThat(decoder.optionsLength()).isZero();
        assertThat(decoder.headerLength()).isEqualTo(8);
        assertThat(decoder.payloadLength()).isZero();
        assertThat(decoder.options(new OptionCursor()).next()).isFalse();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "00 00 0000 000000 00, false, false, 0,      0",
        "00 80 0000 000000 00, true,  false, 0,      0",
        "00 40 0000 000000 00, false, true,  0,      0",
        "00 c0 0000 000000 00, true,  true,  0,      0",
        "00 00 0001 000000 00, false, false, 1,      0",
        "00 00 8000 000000 00, false, false, 0x8000, 0",
        "00 00 ffff 000000 00, false, false, 0xffff, 0",
        "00 00 0000 000001 00, false, false, 0,      1",
        "00 00 0000 7fffff 00, false, false, 0,      0x7fffff",
        "00 00 0000 800000 00, false, false, 0,      0x800000",
        "00 00 0000 ffffff 00, false, false, 0,      0xffffff",
        "00 3f 0000 000000 ff, false, false, 0,      0",
    })
    void readsEachField(String hex, boolean control, boolean critical, int protocolType, int vni) {
        assertThat(wrap(Hex.bytes(hex))).isEqualTo(DecodeStatus.OK);

        assertThat(decoder.isControl()).isEqualTo(control);
        assertThat(decoder.isCritical()).isEqualTo(critical);
        assertThat(decoder.hasCriticalOption()).isFalse();
        assertThat(decoder.protocolType()).isEqualTo(protocolType);
        assertThat(decoder.vni()).isEqualTo(vni);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource({
        "'',                                                 TRUNCATED_HEADER",
        "00 00 08 00 00 00 00,                               TRUNCATED_HEADER",
        "40 00 08 00 00 00 00 00,                            UNSUPPORTED_VERSION",
        "80 00 08 00 00 00 00 00,                            UNSUPPORTED_VERSION",
        "c0 00 08 00 00 00 00 00,                            UNSUPPORTED_VERSION",
        "01 00 08 00 00 00 00 00,                            TRUNCATED_OPTIONS",
        "01 00 08 00 00 00 00 00 01 08 01,                   TRUNCATED_OPTIONS",
        "01 00 08 00 00 00 00 00 01 08 01 01,                OPTION_OVERRUN",
        "02 00 08 00 00 00 00 00 01080100 01080101 00000000, OPTION_OVERRUN",
    })
    void rejectsMalformedHeader(String hex, DecodeStatus expected) {
        assertThat(wrap(Hex.bytes(hex))).isEqualTo(expected);

        CodecOracle.assertDetached(decoder);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource({
        "41,                             TRUNCATED_HEADER", // before the version is looked at
        "7f 00 08 00 00 00 00 00,        UNSUPPORTED_VERSION", // before Opt Len is
        "02 00 08 00 00 00 00 0001020302, TRUNCATED_OPTIONS", // before an option is
    })
    void reportsTheFirstOfSeveralViolations(String hex, DecodeStatus expected) {
        assertThat(wrap(Hex.bytes(hex))).isEqualTo(expected);
    }

    /** No prefix of header and options throws, reads past its end, or passes. */
    @ParameterizedTest
    @EnumSource
    void rejectsEveryTruncation(BufferKind kind) {
        List<byte[]> headers =
                List.of(
                        Hex.bytes(KnownPackets.BARE_HEADER),
                        KnownPackets.awsHeader(),
                        packet(geneve().option(1, 1, counting(124)).option(2, 2, counting(120))),
                        withOptions(63));
        for (byte[] header : headers) {
            for (int length = 0; length < header.length; length++) {
                DecodeStatus expected =
                        length < 8 ? DecodeStatus.TRUNCATED_HEADER : DecodeStatus.TRUNCATED_OPTIONS;

                assertThat(wrap(kind, cut(header, length))).isEqualTo(expected);
                CodecOracle.assertDetached(decoder);
            }
            assertThat(wrap(kind, header)).isEqualTo(DecodeStatus.OK);
        }
    }

    /** A shorter length in a longer buffer counts, whatever bytes follow. */
    @Test
    void readsNoFurtherThanTold() {
        ByteBuf buffer = Unpooled.wrappedBuffer(KnownPackets.awsDatagram());

        assertThat(decoder.wrap(buffer, 0, 7)).isEqualTo(DecodeStatus.TRUNCATED_HEADER);
        assertThat(decoder.wrap(buffer, 0, 39)).isEqualTo(DecodeStatus.TRUNCATED_OPTIONS);
        assertThat(decoder.wrap(buffer, 0, 40)).isEqualTo(DecodeStatus.OK);
        assertThat(decoder.payloadLength()).isZero();
        assertThat(decoder.wrap(buffer, 0, 41)).isEqualTo(DecodeStatus.OK);
        assertThat(decoder.payloadLength()).isOne();
    }

    @Test
    void acceptsEveryOptLenWithExactlyItsBytes() {
        for (int words = 0; words <= 63; words++) {
            byte[] header = withOptions(words);

            assertThat(wrap(header)).isEqualTo(DecodeStatus.OK);
            assertThat(decoder.optionsLength()).isEqualTo(4 * words);
            assertThat(decoder.headerLength()).isEqualTo(8 + 4 * words);
            assertThat(wrap(cut(header, header.length - 1))).isNotEqualTo(DecodeStatus.OK);
        }
    }

    /** One option: its Length must be Opt Len less its own header word, no more and no less. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 8, 15, 16, 17, 30, 31, 32})
    void acceptsAnOptionOnlyIfItFillsOptLen(int optLenWords) {
        byte[] data = new byte[124];
        for (int lengthWords = 0; lengthWords <= 31; lengthWords++) {
            byte[] packet =
                    packet(
                            geneve().malformedOption(0x0102, 1, 0, lengthWords, data)
                                    .optLenWords(optLenWords));
            boolean overrun = lengthWords > optLenWords - 1;

            assertThat(wrap(packet))
                    .isEqualTo(overrun ? DecodeStatus.OPTION_OVERRUN : DecodeStatus.OK);
        }
    }

    /** Eight words of options, in and out of the split that load balancers use. */
    @ParameterizedTest(name = "{0}, {1}, {2} words of data -> {3}")
    @CsvSource({
        "2, 2, 1, OK",
        "2, 1, 2, OK",
        "1, 2, 2, OK",
        "3, 1, 1, OK",
        "4, 1, 0, OK",
        "0, 0, 5, OK",
        "2, 2, 2, OPTION_OVERRUN",
        "2, 3, 1, OPTION_OVERRUN",
        "3, 2, 1, OPTION_OVERRUN",
        "2, 2, 31, OPTION_OVERRUN",
        "2, 31, 1, OPTION_OVERRUN",
        "31, 2, 1, OPTION_OVERRUN",
    })
    void walksEverySplitOfEightWords(int first, int second, int third, DecodeStatus expected) {
        byte[] packet =
                packet(
                        geneve().option(0x0108, 1, new byte[4 * first])
                                .option(0x0108, 2, new byte[4 * second])
                                .option(0x0108, 3, new byte[4 * third])
                                .optLenWords(8),
                        payload(new byte[20]));

        assertThat(wrap(packet)).isEqualTo(expected);
    }

    /**
     * Eight words of options that have every Length where a load balancer's three options start,
     * and the same Length everywhere else: what looks like that layout and is not fools nobody.
     */
    @ParameterizedTest(name = "Length {0} elsewhere")
    @ValueSource(ints = {0, 1, 2, 3, 31})
    void takesNothingElseForTheLoadBalancersLayout(int elsewhere) {
        ByteBuf buffer = Unpooled.buffer(40, 40).setInt(0, 0x0800_0800);
        for (int at = 8; at < 40; at += 4) {
            buffer.setInt(at, elsewhere);
        }
        for (int lengths = 0; lengths < 1 << 15; lengths++) {
            buffer.setInt(8, lengths >> 10 & 0x1f).setInt(20, lengths >> 5 & 0x1f);
            buffer.setInt(32, lengths & 0x1f);

            String verdict = decoder.wrap(buffer, 0, 40).label();

            if (!verdict.equals(NaiveGeneveDecoder.verdict(buffer.array()))) {
                fail("Lengths " + Integer.toBinaryString(lengths) + ": " + verdict);
            }
        }
    }

    @ParameterizedTest(name = "critical option at place {0}")
    @ValueSource(ints = {0, 1, 2})
    void findsACriticalOptionAtEachPlace(int place) {
        for (int[] dataWords : new int[][] {{2, 2, 1}, {1, 2, 2}, {1, 1, 1}}) {
            GeneveLayer header = geneve();
            for (int i = 0; i < 3; i++) {
                header.option(0x0108, i == place ? 0x80 : 0x7f, new byte[4 * dataWords[i]]);
            }

            assertThat(wrap(packet(header.critical(false)))).isEqualTo(DecodeStatus.OK);
            assertThat(decoder.hasCriticalOption()).isTrue();
            assertThat(decoder.isCritical()).isFalse();
        }
    }

    @Test
    void takesNoOtherBitForTheCriticalOne() {
        byte[] ones = Hex.bytes("ffffffff ffffffff");
        byte[] threeOptions =
                packet(
                        geneve().malformedOption(0xffff, 0x7f, 7, 2, ones)
                                .malformedOption(0xffff, 0x7f, 7, 2, ones)
                                .malformedOption(0xffff, 0x7f, 7, 1, Hex.bytes("ffffffff")));
        byte[] oneOption = packet(geneve().malformedOption(0xffff, 0x7f, 7, 2, ones));

        assertThat(wrap(threeOptions)).isEqualTo(DecodeStatus.OK);
        assertThat(decoder.hasCriticalOption()).isFalse();
        assertThat(wrap(oneOption)).isEqualTo(DecodeStatus.OK);
        assertThat(decoder.hasCriticalOption()).isFalse();
    }

    @Test
    void keepsNothingOfThePacketBefore() {
        byte[] critical = packet(geneve().option(1, 0x80, "00000000"), payload("01"));

        assertThat(wrap(critical)).isEqualTo(DecodeStatus.OK);
        assertThat(wrap(Hex.bytes(KnownPackets.BARE_HEADER))).isEqualTo(DecodeStatus.OK);

        assertThat(decoder.hasCriticalOption()).isFalse();
        assertThat(decoder.optionsLength()).isZero();
        assertThat(decoder.payloadLength()).isZero();
        assertThat(decoder.offset()).isZero();
    }

    @Test
    void isDetachedAtFirstAndAfterEachFailure() {
        CodecOracle.assertDetached(decoder);

        assertThat(wrap(KnownPackets.awsDatagram())).isEqualTo(DecodeStatus.OK);
        assertThat(wrap(new byte[7])).isEqualTo(DecodeStatus.TRUNCATED_HEADER);
        CodecOracle.assertDetached(decoder);

        assertThat(wrap(KnownPackets.awsDatagram())).isEqualTo(DecodeStatus.OK);
        assertThat(decoder.payloadLength()).isEqualTo(84);
    }

    @ParameterizedTest(name = "offset {0}, length {1}")
    @CsvSource({
        "-1, 8",
        "0, -1",
        "-1, -1",
        "0, 41",
        "1, 40",
        "41, 0",
        "40, 1",
        "2147483647, 1",
        "1, 2147483647",
        "2147483647, 2147483647",
        "-2147483648, 8",
        "8, -2147483648",
    })
    void refusesARangeOutsideTheBufferAndDetaches(int offset, int length) {
        ByteBuf buffer = Unpooled.wrappedBuffer(KnownPackets.awsHeader());
        assertThat(decoder.wrap(buffer, 0, 40)).isEqualTo(DecodeStatus.OK);

        assertThatThrownBy(() -> decoder.wrap(buffer, offset, length))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessageContaining("[" + offset + ", " + offset + " + " + length + ")")
                .hasMessageContaining("40");
        CodecOracle.assertDetached(decoder);
    }

    @Test
    void takesAnEmptyRangeAtTheVeryEnd() {
        ByteBuf buffer = Unpooled.wrappedBuffer(KnownPackets.awsHeader());

        assertThat(decoder.wrap(buffer, 40, 0)).isEqualTo(DecodeStatus.TRUNCATED_HEADER);
    }

    @Test
    void readsBytesOutsideTheReadableRegion() {
        ByteBuf buffer = Unpooled.wrappedBuffer(KnownPackets.awsHeader()).setIndex(3, 5);

        assertThat(decoder.wrap(buffer, 0, 40)).isEqualTo(DecodeStatus.OK);
        assertThat(decoder.optionsLength()).isEqualTo(32);
    }

    @Test
    void borrowsTheBuffer() {
        ByteBuf buffer = Unpooled.buffer(64).writeBytes(KnownPackets.awsDatagram(), 0, 64);
        buffer.readerIndex(5);

        assertThat(decoder.wrap(buffer, 0, 64)).isEqualTo(DecodeStatus.OK);
        decoder.options(new OptionCursor()).next();

        assertThat(buffer.readerIndex()).isEqualTo(5);
        assertThat(buffer.writerIndex()).isEqualTo(64);
        assertThat(buffer.refCnt()).isOne();
    }

    @Test
    void refusesNoBuffer() {
        assertThatThrownBy(() -> decoder.wrap(null, 0, 0)).isInstanceOf(NullPointerException.class);
        CodecOracle.assertDetached(decoder);
    }
}
