package io.github.geneve4j.geneve;

import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.geneve;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.testkit.Hex;
import io.github.geneve4j.testkit.KnownPackets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Mistakes that Geneve implementations in the field have made, each as the packet that shows it.
 *
 * <p>Every packet also passes {@link CodecOracle}, in every kind of buffer.
 */
class FieldMistakesTest {
    private static final byte[] INNER = KnownPackets.innerEchoRequest();

    private final GeneveDecoder decoder = new GeneveDecoder();

    private DecodeStatus wrap(byte[] packet) {
        CodecOracle.check(packet);
        return decoder.wrap(Unpooled.wrappedBuffer(packet), 0, packet.length);
    }

    private void assertAccepted(byte[] packet) {
        assertThat(wrap(packet)).isEqualTo(DecodeStatus.OK);
    }

    private void assertRefused(DecodeStatus expected, byte[] packet) {
        assertThat(wrap(packet)).isEqualTo(expected);
    }

    private byte[] payloadBytes() {
        return ByteBufUtil.getBytes(
                decoder.buffer(), decoder.payloadOffset(), decoder.payloadLength());
    }

    private List<Integer> dataLengths() {
        List<Integer> lengths = new ArrayList<>();
        OptionCursor option = decoder.options(new OptionCursor());
        while (option.next()) {
            lengths.add(option.dataLength());
        }
        return lengths;
    }

    // The fixed header

    /** A shift by 7 instead of 6 reads version 1 as 0, and 2 and 3 as 1. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void versionShiftedBySeven(int version) {
        assertRefused(
                DecodeStatus.UNSUPPORTED_VERSION,
                packet(geneve().version(version), payload(INNER)));
    }

    /** A length check against 7 lets a header of 7 bytes through, and reading the eighth fails. */
    @Test
    void headerOfEightBytesGuardedBySeven() {
        assertRefused(DecodeStatus.TRUNCATED_HEADER, Hex.bytes("00 00 08 00 00 00 00"));
    }

    /** C masked out of both flag bits is set whenever O is. */
    @Test
    void criticalTakenFromTwoBits() {
        assertAccepted(packet(geneve().control(true), payload(INNER)));
        assertThat(decoder.isControl()).isTrue();
        assertThat(decoder.isCritical()).isFalse();

        assertAccepted(packet(geneve().control(true).critical(true), payload(INNER)));
        assertThat(decoder.isControl()).isTrue();
        assertThat(decoder.isCritical()).isTrue();
    }

    /** A C bit that no option backs is a fact to report, and no reason to refuse. */
    @Test
    void criticalHeaderWithoutCriticalOptionRefused() {
        assertAccepted(packet(geneve().critical(true), payload(INNER)));
        assertThat(decoder.isCritical()).isTrue();
        assertThat(decoder.hasCriticalOption()).isFalse();

        assertAccepted(packet(geneve().option(0x0102, 0x01, "").critical(true), payload(INNER)));
        assertThat(decoder.isCritical()).isTrue();
        assertThat(decoder.hasCriticalOption()).isFalse();
    }

    /** A critical option under a clear C bit must not go unseen. */
    @Test
    void criticalOptionUnderClearBitOverlooked() {
        assertAccepted(packet(geneve().option(0x0102, 0x81, "").critical(false), payload(INNER)));
        assertThat(decoder.isCritical()).isFalse();
        assertThat(decoder.hasCriticalOption()).isTrue();
    }

    /** RFC 8926 §3.4 and §3.5: reserved bits are ignored on receipt. */
    @Test
    void reservedBitsRefused() {
        assertAccepted(packet(geneve().reservedFlags(0x3f), payload(INNER)));
        assertAccepted(packet(geneve().reservedByte(0xff), payload(INNER)));
        for (int bit = 0; bit < 6; bit++) {
            assertAccepted(packet(geneve().reservedFlags(1 << bit), payload(INNER)));
        }
        for (int reserved = 1; reserved <= 7; reserved++) {
            assertAccepted(
                    packet(
                            geneve().malformedOption(0x0102, 1, reserved, 1, counting(4)),
                            payload(INNER)));
            assertThat(dataLengths()).containsExactly(4);
            assertThat(payloadBytes()).isEqualTo(INNER);
        }
    }

    /** A VNI put together from signed bytes turns negative, or loses its high bits. */
    @ParameterizedTest
    @ValueSource(ints = {0x80, 0x8000, 0x80_0000, 0x80_8080, 0xff_ffff})
    void vniFromSignedBytes(int vni) {
        assertAccepted(packet(geneve().vni(vni).reservedByte(0xff), payload(INNER)));
        assertThat(decoder.vni()).isEqualTo(vni);
    }

    // Opt Len

    /** Eight-bit arithmetic: 8 + 248 is 0 and 8 + 252 is 4, so the payload starts in the header. */
    @ParameterizedTest
    @ValueSource(ints = {61, 62, 63})
    void offsetsInEightBits(int words) {
        byte[] packet =
                packet(
                        geneve().option(0x0102, 1, counting(124))
                                .option(0x0102, 2, counting(4 * (words - 33))),
                        payload(INNER));

        assertAccepted(packet);
        assertThat(decoder.optionsLength()).isEqualTo(4 * words);
        assertThat(decoder.payloadOffset()).isEqualTo(8 + 4 * words);
        assertThat(payloadBytes()).isEqualTo(INNER);
    }

    /**
     * A header length taken from the first byte doubled is right for Opt Len 0 only by accident.
     */
    @Test
    void headerLengthFromTheFirstByteDoubled() {
        assertAccepted(packet(geneve().option(0x0102, 1, counting(4)), payload(INNER)));
        assertThat(decoder.headerLength()).isEqualTo(16);
        assertThat(payloadBytes()).isEqualTo(INNER);
    }

    /** Options not skipped: the inner packet looked for right behind the fixed header. */
    @Test
    void optionsTakenForPayload() {
        assertAccepted(KnownPackets.awsDatagram());
        assertThat(payloadBytes()).isEqualTo(INNER);
    }

    /** Opt Len not compared with what was received. */
    @Test
    void optLenBeyondThePacket() {
        for (int words = 1; words <= 63; words++) {
            assertRefused(DecodeStatus.TRUNCATED_OPTIONS, packet(geneve().optLenWords(words)));
            assertRefused(
                    DecodeStatus.TRUNCATED_OPTIONS,
                    packet(geneve().rawOptions("00".repeat(4 * words - 1)).optLenWords(words)));
        }
        assertRefused(
                DecodeStatus.TRUNCATED_OPTIONS,
                packet(geneve().option(0x0102, 1, "61626364").optLenWords(63), payload(INNER)));
    }

    /** Options right up to the end of the packet, and nothing inside. */
    @Test
    void emptyPayloadRefused() {
        assertAccepted(packet(geneve().option(0x0102, 1, "61626364")));
        assertThat(decoder.payloadLength()).isZero();
        assertAccepted(packet(geneve()));
        assertThat(decoder.payloadLength()).isZero();
    }

    /** What is inside is not the codec's business, not even one byte of it. */
    @Test
    void innerPacketJudgedByTheCodec() {
        for (int etherType : new int[] {0, 1, 0x0800, 0x0806, 0x6558, 0x86dd, 0x8847, 0xffff}) {
            for (int length : new int[] {0, 1, 13, 19, 20}) {
                byte[] inner = counting(length);

                assertAccepted(packet(geneve().protocolType(etherType), payload(inner)));
                assertThat(decoder.protocolType()).isEqualTo(etherType);
                assertThat(payloadBytes()).isEqualTo(inner);
            }
        }
    }

    // Option Length

    /** Length has 5 bits; four of them read an option of 16 words as one of none. */
    @Test
    void optionLengthMaskedToFourBits() {
        for (int words = 16; words <= 31; words++) {
            byte[] data = counting(4 * words);

            assertAccepted(packet(geneve().option(0x0102, 1, data), payload(INNER)));
            assertThat(dataLengths()).containsExactly(4 * words);
            assertThat(payloadBytes()).isEqualTo(INNER);
        }
    }

    /** Three of an option's four header bytes are no option. */
    @Test
    void optionHeaderOfFourBytesGuardedByThree() {
        assertRefused(
                DecodeStatus.TRUNCATED_OPTIONS, Hex.bytes("01 00 08 00 00 00 00 00 01 02 01"));
        assertRefused(
                DecodeStatus.TRUNCATED_OPTIONS,
                Hex.bytes("02 00 08 00 00 00 00 00 01 02 01 00 01 02 02"));
    }

    /** An option past Opt Len, where the packet ends too: the next read is out of the buffer. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 15, 16, 31})
    void optionPastOptLenAtTheEndOfThePacket(int wordsTooMany) {
        assertRefused(
                DecodeStatus.OPTION_OVERRUN,
                packet(geneve().malformedOption(0x0102, 1, 0, wordsTooMany, new byte[0])));
        assertRefused(
                DecodeStatus.OPTION_OVERRUN,
                packet(
                        geneve().option(0x0102, 1, "61626364")
                                .malformedOption(0x0102, 2, 0, wordsTooMany, new byte[0])));
    }

    /** An option past Opt Len with payload behind it: the inner packet is eaten. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 15, 16, 31})
    void optionPastOptLenIntoThePayload(int wordsTooMany) {
        byte[] enough = new byte[124];
        assertRefused(
                DecodeStatus.OPTION_OVERRUN,
                packet(
                        geneve().malformedOption(0x0102, 1, 0, wordsTooMany, new byte[0]),
                        payload(enough)));
        assertRefused(
                DecodeStatus.OPTION_OVERRUN,
                packet(
                        geneve().option(0x0102, 1, "61626364")
                                .malformedOption(0x0102, 2, 0, wordsTooMany, new byte[0]),
                        payload(enough)));
    }

    /** A walk that stops only when it meets Opt Len exactly never stops after stepping over it. */
    @Test
    void walkThatWaitsForEquality() {
        assertRefused(
                DecodeStatus.OPTION_OVERRUN,
                packet(
                        geneve().option(0x0102, 1, "").option(0x0102, 2, "61626364").optLenWords(2),
                        payload(INNER)));
    }

    /** Option lengths are checked one by one, not only their sum against the packet. */
    @Test
    void twoOptionsPastOptLenTogether() {
        assertRefused(
                DecodeStatus.OPTION_OVERRUN,
                packet(
                        geneve().option(0x0102, 1, counting(124))
                                .option(0x0102, 2, counting(124))
                                .optLenWords(63),
                        payload(INNER)));
    }

    /** An option without data takes its header's 4 bytes; a step of 0 would loop for ever. */
    @Test
    void emptyOptionsThatDoNotAdvance() {
        List<Integer> expected = new ArrayList<>();
        var header = geneve();
        for (int i = 0; i < 63; i++) {
            header.option(0x0102, i, "");
            expected.add(0);
        }

        assertAccepted(packet(header, payload(INNER)));
        assertThat(dataLengths()).isEqualTo(expected);
        assertThat(payloadBytes()).isEqualTo(INNER);
    }

    /** The longest options that fit: 31 words of data, then 30; and 31, 29 and an empty one. */
    @Test
    void longestOptionsRefused() {
        assertAccepted(
                packet(
                        geneve().option(0x0102, 1, counting(124)).option(0x0102, 2, counting(120)),
                        payload(INNER)));
        assertThat(dataLengths()).containsExactly(124, 120);

        assertAccepted(
                packet(
                        geneve().option(0x0102, 1, counting(124))
                                .option(0x0102, 2, counting(116))
                                .option(0x0102, 3, ""),
                        payload(INNER)));
        assertThat(dataLengths()).containsExactly(124, 116, 0);
    }

    /** Only the first option kept. */
    @Test
    void optionsAfterTheFirstLost() {
        assertAccepted(KnownPackets.awsDatagram());
        assertThat(dataLengths()).containsExactly(8, 8, 4);
    }

    /** A step that is the same for each option loses its place when a length differs. */
    @Test
    void stepThatIgnoresLength() {
        assertAccepted(
                packet(
                        geneve().option(0x0108, 1, counting(4))
                                .option(0x0108, 2, counting(12))
                                .option(0x0108, 3, counting(4)),
                        payload(INNER)));
        assertThat(dataLengths()).containsExactly(4, 12, 4);
        assertThat(payloadBytes()).isEqualTo(INNER);
    }

    /** The same option twice is well-formed; both are there to be read. */
    @Test
    void duplicateOptionRefusedOrLost() {
        assertAccepted(
                packet(
                        geneve().option(0x0108, 3, "deadbeef").option(0x0108, 3, "01020304"),
                        payload(INNER)));
        assertThat(dataLengths()).containsExactly(4, 4);
    }

    /** A claim of 8 bytes at the very end of the buffer, read without a bound. */
    @Test
    void optionAtTheEndOfTheBufferReadWithoutBound() {
        assertRefused(DecodeStatus.OPTION_OVERRUN, Hex.bytes("01000800 00000000 01080102"));
    }

    /** Facts about options kept in fields that a packet without options does not reset. */
    @Test
    void stateOfThePacketBefore() {
        assertAccepted(packet(geneve().option(0x0108, 0x81, counting(8)), payload(INNER)));
        assertAccepted(packet(geneve(), payload(INNER)));

        assertThat(decoder.hasCriticalOption()).isFalse();
        assertThat(dataLengths()).isEmpty();
    }

    /** One decoder over many packets, valid and malformed by turns, keeps no trace of any. */
    @Test
    void stateOfManyPacketsBefore() {
        ByteBuf good = Unpooled.wrappedBuffer(KnownPackets.awsDatagram());
        ByteBuf bad = Unpooled.wrappedBuffer(Hex.bytes("01000800 00000000 01080102"));
        for (int i = 0; i < 1000; i++) {
            assertThat(decoder.wrap(bad, 0, 12)).isEqualTo(DecodeStatus.OPTION_OVERRUN);
            assertThat(decoder.wrap(good, 0, 124)).isEqualTo(DecodeStatus.OK);
            assertThat(decoder.payloadLength()).isEqualTo(84);
        }
    }

    /** Geneve inside Geneve is payload. */
    @Test
    void nestedTunnelOpened() {
        byte[] nested = packet(geneve().vni(0xff_ffff), payload(KnownPackets.awsRequest()));

        assertAccepted(nested);
        assertThat(decoder.vni()).isEqualTo(0xff_ffff);
        assertThat(dataLengths()).isEmpty();
        assertThat(payloadBytes()).isEqualTo(KnownPackets.awsRequest());
    }

    // Writing

    /** 128 bytes are 32 words, which 5 bits hold as 0: a header that disowns its data. */
    @Test
    void dataLengthThatWrapsToZero() {
        ByteBuf buffer = Unpooled.wrappedBuffer(new byte[300]);
        GeneveEncoder encoder = new GeneveEncoder().begin(buffer, 0, EtherType.IPV4, 0);

        assertThatThrownBy(() -> encoder.option(0x0102, 1, new byte[128]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("128 bytes");
        assertThatThrownBy(() -> new GeneveOption(0x0102, 1, new byte[128]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("128 bytes");
        assertThat(encoder.headerLength()).isEqualTo(8);
        assertThat(buffer.getInt(0)).isEqualTo(0x0800);
    }

    /** Data cut down, or padded, to whole words without a word. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 9, 122, 123})
    void dataLengthRounded(int length) {
        ByteBuf buffer = Unpooled.wrappedBuffer(new byte[300]);
        GeneveEncoder encoder = new GeneveEncoder().begin(buffer, 0, EtherType.IPV4, 0);

        assertThatThrownBy(() -> encoder.option(0x0102, 1, new byte[length]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(length + " bytes");
    }

    /** 64 words of options are Opt Len 0 in 6 bits, or spill into the version. */
    @Test
    void optLenThatWrapsToZero() {
        ByteBuf buffer = Unpooled.wrappedBuffer(new byte[300]);
        GeneveEncoder encoder = new GeneveEncoder().begin(buffer, 0, EtherType.IPV4, 0);
        encoder.option(0x0102, 1, new byte[124]);

        assertThatThrownBy(() -> encoder.option(0x0102, 2, new byte[124]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("256 bytes");
        assertThat(buffer.getByte(0)).isEqualTo((byte) 32);
    }

    /**
     * The header of an option is 4 bytes: a structure with a hole, or 8 of them, shifts the data.
     */
    @Test
    void optionHeaderOfAnotherSize() {
        ByteBuf buffer = Unpooled.wrappedBuffer(new byte[16]);

        new GeneveEncoder().begin(buffer, 0, EtherType.IPV4, 0).option(0x0108, 3, 0x98ef1b00);

        assertThat(ByteBufUtil.hexDump(buffer)).isEqualTo("02000800000000000108030198ef1b00");
    }

    /** Reserved bits that keep what an older packet left in the buffer. */
    @Test
    void oldBytesInReservedBits() {
        ByteBuf buffer = Unpooled.wrappedBuffer(Hex.bytes("ff".repeat(12)));

        new GeneveEncoder().begin(buffer, 0, 0, 0).option(0, 0);

        assertThat(ByteBufUtil.hexDump(buffer)).isEqualTo("010000000000000000000000");
    }
}
