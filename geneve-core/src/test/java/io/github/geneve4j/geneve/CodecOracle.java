package io.github.geneve4j.geneve;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.BufferKind.Placed;
import io.github.geneve4j.testkit.NaiveGeneveDecoder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;

/**
 * What must hold for any bytes: the decoder says what the naive one says, every accessor answers or
 * throws as promised, the buffer stays as it was, and what was accepted can be written again.
 */
final class CodecOracle {
    private final GeneveDecoder decoder = new GeneveDecoder();
    private final OptionCursor cursor = new OptionCursor();

    /** Checks a packet in every kind of buffer. {@return the verdict} */
    static DecodeStatus check(byte[] packet) {
        CodecOracle oracle = new CodecOracle();
        DecodeStatus status = DecodeStatus.OK;
        for (BufferKind kind : BufferKind.values()) {
            status = oracle.check(packet, kind);
        }
        return status;
    }

    /** Checks a packet in one kind of buffer, with the views of the packet before. */
    DecodeStatus check(byte[] packet, BufferKind kind) {
        Placed placed = kind.place(packet);
        ByteBuf buffer = placed.buffer();
        int readerIndex = buffer.readerIndex();
        int writerIndex = buffer.writerIndex();

        DecodeStatus status = decoder.wrap(buffer, placed.offset(), placed.length());

        assertThat(status.label()).isEqualTo(NaiveGeneveDecoder.verdict(packet));
        if (status == DecodeStatus.OK) {
            checkFields(placed, NaiveGeneveDecoder.header(packet));
            checkRoundTrip(packet);
        } else {
            assertDetached(decoder);
        }
        assertThat(placed.bytes()).isEqualTo(packet);
        assertThat(buffer.readerIndex()).isEqualTo(readerIndex);
        assertThat(buffer.writerIndex()).isEqualTo(writerIndex);
        assertThat(buffer.refCnt()).isOne();
        return status;
    }

    private void checkFields(Placed placed, NaiveGeneveDecoder.Header expected) {
        assertThat(decoder.version()).isEqualTo(expected.version());
        assertThat(decoder.isControl()).isEqualTo(expected.control());
        assertThat(decoder.isCritical()).isEqualTo(expected.critical());
        assertThat(decoder.hasCriticalOption()).isEqualTo(expected.hasCriticalOption());
        assertThat(decoder.protocolType()).isEqualTo(expected.protocolType());
        assertThat(decoder.vni()).isEqualTo(expected.vni());
        assertThat(decoder.optionsLength()).isEqualTo(expected.length() - 8);
        assertThat(decoder.headerLength()).isEqualTo(expected.length());
        assertThat(decoder.buffer()).isSameAs(placed.buffer());
        assertThat(decoder.offset()).isEqualTo(placed.offset());
        assertThat(decoder.payloadOffset()).isEqualTo(placed.offset() + expected.length());
        assertThat(decoder.payloadLength()).isEqualTo(placed.length() - expected.length());
        assertThat(decoder.options(cursor)).isSameAs(cursor);
        assertOffOption(cursor);
        assertThat(readAll(placed.offset())).isEqualTo(expected.options());
        assertThat(cursor.next()).isFalse();
        assertOffOption(cursor);
    }

    /** {@return all options as the naive decoder would have them} */
    private List<NaiveGeneveDecoder.Option> readAll(int packetOffset) {
        List<NaiveGeneveDecoder.Option> options = new ArrayList<>();
        while (cursor.next()) {
            int reservedAndLength = cursor.buffer().getUnsignedByte(cursor.offset() + 3);
            assertThat(cursor.dataOffset()).isEqualTo(cursor.offset() + 4);
            assertThat(cursor.length()).isEqualTo(4 + cursor.dataLength());
            options.add(
                    new NaiveGeneveDecoder.Option(
                            cursor.optionClass(),
                            cursor.type(),
                            cursor.isCritical(),
                            reservedAndLength >> 5,
                            cursor.offset() - packetOffset,
                            ByteBufUtil.hexDump(
                                    cursor.buffer(), cursor.dataOffset(), cursor.dataLength())));
        }
        return options;
    }

    /** The header as a value, written and read again, is the same value and, if it may, bytes. */
    private void checkRoundTrip(byte[] packet) {
        GeneveHeader header = GeneveHeader.from(decoder);
        ByteBuf written = Unpooled.buffer(header.length());
        header.writeTo(written);

        byte[] bytes = ByteBufUtil.getBytes(written);
        NaiveGeneveDecoder.Header original = NaiveGeneveDecoder.header(packet);
        NaiveGeneveDecoder.Header rewritten = NaiveGeneveDecoder.header(bytes);
        assertThat(rewritten.isCanonical()).isTrue();
        assertThat(bytes).hasSize(original.length());
        if (original.isCanonical()) {
            assertThat(bytes).isEqualTo(NaiveGeneveDecoder.headerBytes(packet));
        }
        GeneveDecoder again = new GeneveDecoder();
        assertThat(again.wrap(written, 0, bytes.length)).isEqualTo(DecodeStatus.OK);
        assertThat(GeneveHeader.from(again)).isEqualTo(header);
    }

    /** Every accessor of a decoder without a packet throws. */
    static void assertDetached(GeneveDecoder decoder) {
        for (Runnable accessor :
                List.<Runnable>of(
                        decoder::version,
                        decoder::isControl,
                        decoder::isCritical,
                        decoder::hasCriticalOption,
                        decoder::protocolType,
                        decoder::vni,
                        decoder::optionsLength,
                        decoder::headerLength,
                        () -> decoder.options(new OptionCursor()),
                        decoder::buffer,
                        decoder::offset,
                        decoder::payloadOffset,
                        decoder::payloadLength)) {
            assertOutOfBounds(accessor);
        }
    }

    /** Every accessor of a cursor that is on no option throws. */
    static void assertOffOption(OptionCursor cursor) {
        for (Runnable accessor :
                List.<Runnable>of(
                        cursor::optionClass,
                        cursor::type,
                        cursor::isCritical,
                        cursor::offset,
                        cursor::length,
                        cursor::dataOffset,
                        cursor::dataLength)) {
            assertOutOfBounds(accessor);
        }
    }

    /** As assertThatThrownBy, at a price that fuzzing can pay. */
    private static void assertOutOfBounds(Runnable accessor) {
        try {
            accessor.run();
        } catch (IndexOutOfBoundsException expected) {
            return;
        }
        throw new AssertionError("an accessor answered without a packet or an option");
    }
}
