package io.github.geneve4j.geneve;

import static io.github.geneve4j.testkit.Packets.counting;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.BufferKind.Placed;
import io.github.geneve4j.testkit.Hex;
import io.github.geneve4j.testkit.KnownPackets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class GeneveEncoderTest {
    private final GeneveEncoder encoder = new GeneveEncoder();
    private final Placed room = BufferKind.HEAP_AT_OFFSET.room(260);

    private GeneveEncoder begin() {
        return encoder.begin(room.buffer(), room.offset(), EtherType.IPV4, 0);
    }

    /** The bytes of the header so far. */
    private String written() {
        return Hex.text(Arrays.copyOf(room.bytes(), encoder.headerLength()));
    }

    private void assertWritten(String expectedHex) {
        assertThat(written()).isEqualTo(Hex.text(Hex.bytes(expectedHex)));
    }

    /** A refused call throws and leaves header and surroundings as they were. */
    private void assertRefused(
            Class<? extends RuntimeException> type, String message, ThrowingCallable call) {
        byte[] before = room.bytes();
        int lengthBefore = encoder.headerLength();

        assertThatThrownBy(call).isInstanceOf(type).hasMessageContaining(message);

        assertThat(room.bytes()).isEqualTo(before);
        assertThat(encoder.headerLength()).isEqualTo(lengthBefore);
    }

    @ParameterizedTest
    @EnumSource
    void writesEveryBitOverOldBytes(BufferKind kind) {
        Placed place = kind.room(12);

        encoder.begin(place.buffer(), place.offset(), EtherType.IPV6, 0x123456);
        assertThat(place.bytes()).startsWith(Hex.bytes("00 00 86 dd 12 34 56 00"));
        assertThat(encoder.headerLength()).isEqualTo(8);

        encoder.option(0xfffe, 0x7f);
        assertThat(place.bytes()).isEqualTo(Hex.bytes("01 00 86 dd 12 34 56 00 ff fe 7f 00"));
        assertThat(encoder.headerLength()).isEqualTo(12);
    }

    @ParameterizedTest
    @EnumSource
    void writesTheLoadBalancersHeader(BufferKind kind) {
        Placed place = kind.room(40);

        encoder.begin(place.buffer(), place.offset(), EtherType.IPV4, 0)
                .option(0x0108, 1, 0x2356de92_d389839cL)
                .option(0x0108, 2, 0L)
                .option(0x0108, 3, 0x98ef1b00);

        assertThat(place.bytes()).isEqualTo(KnownPackets.awsHeader());
    }

    @Test
    void leavesWhatIsAroundTheHeader() {
        ByteBuf buffer = Unpooled.wrappedBuffer(Hex.bytes("aa".repeat(20)));

        encoder.begin(buffer, 4, 0, 0).option(1, 1);

        assertThat(Hex.text(buffer.array()))
                .isEqualTo("aaaaaaaa" + "0100000000000000" + "00010100" + "aaaaaaaa");
    }

    @Test
    void holdsAValidHeaderAfterEachStep() {
        GeneveDecoder decoder = new GeneveDecoder();
        begin();
        for (int words = 0; words <= 63; words++) {
            int length = encoder.headerLength();

            assertThat(length).isEqualTo(8 + 4 * words);
            assertThat(decoder.wrap(room.buffer(), room.offset(), length))
                    .isEqualTo(DecodeStatus.OK);
            if (words < 63) {
                encoder.option(0xff00, words);
            }
        }
    }

    @Test
    void writesDataOfEachForm() {
        begin().option(0x0102, 0x03)
                .option(0x0102, 0x04, 0x8000_0001)
                .option(0x0102, 0x05, 0x8000_0000_0000_0001L)
                .option(0x0102, 0x06, Hex.bytes("cafe0102 03040506 0708090a"))
                .option(0x0102, 0x07, new byte[0]);

        assertWritten(
                """
                0b 00 08 00  00 00 00 00
                01 02 03 00
                01 02 04 01  80 00 00 01
                01 02 05 02  80 00 00 00 00 00 00 01
                01 02 06 03  ca fe 01 02 03 04 05 06 07 08 09 0a
                01 02 07 00
                """);
    }

    @ParameterizedTest
    @EnumSource
    void copiesDataFromAnotherBuffer(BufferKind kind) {
        Placed source = kind.place(Hex.bytes("cafe0102 03040506"));
        int readerIndex = source.buffer().readerIndex();

        begin().option(0x0102, 1, source.buffer(), source.offset(), 8)
                .option(0x0102, 2, source.buffer(), source.offset() + 4, 4)
                .option(0x0102, 3, source.buffer(), source.offset() + 8, 0);

        assertWritten(
                """
                06 00 08 00  00 00 00 00
                01 02 01 02  ca fe 01 02 03 04 05 06
                01 02 02 01  03 04 05 06
                01 02 03 00
                """);
        assertThat(source.buffer().readerIndex()).isEqualTo(readerIndex);
        assertThat(source.buffer().refCnt()).isOne();
    }

    @Test
    void copiesDataFromAnotherPlaceInTheSameBuffer() {
        begin().option(1, 1, 0xcafe0102);

        encoder.option(1, 2, room.buffer(), room.offset() + 12, 4);

        assertWritten("04 00 08 00 00000000  00010101 cafe0102  00010201 cafe0102");
    }

    @Test
    void setsCriticalWithTheFirstCriticalOptionAndKeepsIt() {
        begin().option(1, 0x7f);
        assertWritten("01 00 08 00 00000000 00017f00");

        encoder.option(1, 0x80);
        assertWritten("02 40 08 00 00000000 00017f00 00018000");

        encoder.option(1, 0x01);
        assertWritten("03 40 08 00 00000000 00017f00 00018000 00010100");
    }

    @Test
    void setsAndClearsControlWithoutTouchingCritical() {
        begin().control(true);
        assertWritten("00 80 08 00 00000000");

        encoder.option(1, 0x80);
        assertWritten("01 c0 08 00 00000000 00018000");

        encoder.control(false);
        assertWritten("01 40 08 00 00000000 00018000");

        encoder.control(false).control(true).control(true);
        assertWritten("01 c0 08 00 00000000 00018000");
    }

    @Test
    void startsAfreshOverItsOwnHeader() {
        begin().control(true).option(1, 0x80, 1L);

        encoder.begin(room.buffer(), room.offset(), EtherType.ETHERNET, 0xff_ffff);

        assertWritten("00 00 65 58 ff ff ff 00");
    }

    @ParameterizedTest(name = "protocol type {0}, VNI {1}")
    @CsvSource({"0, 0, 00000000 00000000", "65535, 16777215, 0000ffff ffffff00"})
    void acceptsTheLimitsOfTheFixedHeader(int protocolType, int vni, String expected) {
        encoder.begin(room.buffer(), room.offset(), protocolType, vni);

        assertWritten(expected);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0x1_0000, Integer.MIN_VALUE, Integer.MAX_VALUE})
    void refusesAProtocolTypeOutOfRange(int protocolType) {
        begin().option(1, 1);

        assertRefused(
                IllegalArgumentException.class,
                "protocol type " + protocolType,
                () -> encoder.begin(room.buffer(), room.offset(), protocolType, 0));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0x100_0000, Integer.MIN_VALUE, Integer.MAX_VALUE})
    void refusesAVniOutOfRange(int vni) {
        begin().option(1, 1);

        assertRefused(
                IllegalArgumentException.class,
                "VNI " + vni,
                () -> encoder.begin(room.buffer(), room.offset(), 0, vni));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0x1_0000, Integer.MIN_VALUE, Integer.MAX_VALUE})
    void refusesAnOptionClassOutOfRange(int optionClass) {
        begin();

        assertRefused(
                IllegalArgumentException.class,
                "option class " + optionClass,
                () -> encoder.option(optionClass, 1));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0x100, Integer.MIN_VALUE, Integer.MAX_VALUE})
    void refusesAnOptionTypeOutOfRange(int type) {
        begin();

        assertRefused(
                IllegalArgumentException.class,
                "option type " + type,
                () -> encoder.option(1, type, 1));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 6, 7, 121, 122, 123, 125, 126, 127, 128, 129, 132, 252, 256})
    void refusesADataLengthThatNoOptionCanHave(int dataLength) {
        ByteBuf source = Unpooled.buffer(256, 256);
        begin();

        assertRefused(
                IllegalArgumentException.class,
                dataLength + " bytes",
                () -> encoder.option(1, 1, new byte[dataLength]));
        assertRefused(
                IllegalArgumentException.class,
                dataLength + " bytes",
                () -> encoder.option(1, 1, source, 0, dataLength));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, -4, -128, Integer.MIN_VALUE})
    void refusesANegativeDataLength(int dataLength) {
        begin();

        assertRefused(
                IllegalArgumentException.class,
                dataLength + " bytes",
                () -> encoder.option(1, 1, room.buffer(), 0, dataLength));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4, 60, 64, 120, 124})
    void acceptsEveryDataLengthAtALimit(int dataLength) {
        byte[] data = counting(dataLength);

        begin().option(1, 1, data);

        assertThat(encoder.headerLength()).isEqualTo(12 + dataLength);
        assertThat(Arrays.copyOfRange(room.bytes(), 12, 12 + dataLength)).isEqualTo(data);
        assertThat(room.bytes()[0]).isEqualTo((byte) (1 + dataLength / 4));
        assertThat(room.bytes()[11]).isEqualTo((byte) (dataLength / 4));
    }

    @Test
    void refusesASourceRangeOutsideItsBuffer() {
        ByteBuf source = Unpooled.wrappedBuffer(new byte[8]);
        begin();

        assertRefused(
                IndexOutOfBoundsException.class,
                "[1, 1 + 8)",
                () -> encoder.option(1, 1, source, 1, 8));
        assertRefused(
                IndexOutOfBoundsException.class,
                "[-4, -4 + 4)",
                () -> encoder.option(1, 1, source, -4, 4));
    }

    @Test
    void fills63WordsAndNotOneMore() {
        begin().option(1, 1, counting(124)).option(1, 2, counting(120));
        assertThat(encoder.headerLength()).isEqualTo(260);
        assertThat(room.bytes()[0]).isEqualTo((byte) 63);

        assertRefused(IllegalArgumentException.class, "256 bytes", () -> encoder.option(1, 0x80));
    }

    @Test
    void refusesOptionsThatOnlyTogetherAreTooLong() {
        begin().option(1, 1, counting(124)).option(1, 2, counting(116));

        assertRefused(
                IllegalArgumentException.class, "256 bytes", () -> encoder.option(1, 0x80, 0));
        encoder.option(1, 3);
        assertThat(encoder.headerLength()).isEqualTo(260);
    }

    @Test
    void needsRoomForTheFixedHeader() {
        ByteBuf buffer = Unpooled.wrappedBuffer(new byte[8]);

        encoder.begin(buffer, 0, 0, 0);
        for (int offset : new int[] {1, 8, 9, -1, Integer.MAX_VALUE}) {
            assertThatThrownBy(() -> encoder.begin(buffer, offset, 0, 0))
                    .isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessageContaining("[" + offset + ", " + offset + " + 8)");
        }
    }

    @Test
    void needsRoomForAnOptionAndNeverGrowsTheBuffer() {
        ByteBuf buffer = Unpooled.buffer(23, 1000);
        encoder.begin(buffer, 0, 0, 0).option(1, 1, 7);

        assertThatThrownBy(() -> encoder.option(1, 2, 7))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessageContaining("[16, 16 + 8)");
        assertThat(buffer.capacity()).isEqualTo(23);
        assertThat(encoder.headerLength()).isEqualTo(16);

        encoder.option(1, 2);
        assertThat(encoder.headerLength()).isEqualTo(20);
        assertThat(buffer.getByte(0)).isEqualTo((byte) 3);
    }

    @Test
    void movesNoIndex() {
        ByteBuf buffer = Unpooled.buffer(64);
        buffer.setIndex(3, 5);

        encoder.begin(buffer, 8, 0, 0).control(true).option(1, 1, 1L);

        assertThat(buffer.readerIndex()).isEqualTo(3);
        assertThat(buffer.writerIndex()).isEqualTo(5);
        assertThat(buffer.refCnt()).isOne();
    }

    @Test
    void writesNothingBeforeBegin() {
        assertThatThrownBy(() -> encoder.option(1, 1))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> encoder.control(true))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }
}
