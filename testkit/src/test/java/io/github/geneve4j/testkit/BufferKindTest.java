package io.github.geneve4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.testkit.BufferKind.Placed;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BufferKindTest {
    private static final byte[] BYTES = Hex.bytes("01 02 03 04 05 06 07 08 09");

    @ParameterizedTest
    @EnumSource
    void placesTheBytesAtTheEndOfTheBuffer(BufferKind kind) {
        Placed placed = kind.place(BYTES);

        assertThat(placed.bytes()).isEqualTo(BYTES);
        assertThat(placed.length()).isEqualTo(BYTES.length);
        assertThat(placed.buffer().capacity()).isEqualTo(placed.offset() + placed.length());
        assertThat(placed.buffer().readerIndex()).isEqualTo(placed.offset());
        assertThat(placed.buffer().readableBytes()).isEqualTo(placed.length());
    }

    @ParameterizedTest
    @EnumSource
    void throwsWhenReadPastTheEnd(BufferKind kind) {
        ByteBuf buffer = kind.place(BYTES).buffer();

        assertThatThrownBy(() -> buffer.getByte(buffer.capacity()))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> buffer.getInt(buffer.capacity() - 3))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @ParameterizedTest
    @EnumSource
    void givesRoomToWrite(BufferKind kind) {
        Placed room = kind.room(4);
        room.buffer().setInt(room.offset(), 0x01020304);

        assertThat(room.bytes()).containsExactly(1, 2, 3, 4);
    }

    @ParameterizedTest
    @EnumSource
    void placesNothing(BufferKind kind) {
        assertThat(kind.place(new byte[0]).bytes()).isEmpty();
    }

    @Test
    void areWhatTheirNamesSay() {
        assertThat(BufferKind.HEAP.place(BYTES).buffer().hasArray()).isTrue();
        assertThat(BufferKind.HEAP.place(BYTES).offset()).isZero();
        assertThat(BufferKind.HEAP_AT_OFFSET.place(BYTES).offset()).isPositive();
        assertThat(BufferKind.DIRECT.place(BYTES).buffer().isDirect()).isTrue();
        assertThat(BufferKind.DIRECT.place(BYTES).offset()).isZero();
        assertThat(BufferKind.DIRECT_AT_OFFSET.place(BYTES).buffer().isDirect()).isTrue();
        assertThat(BufferKind.DIRECT_AT_OFFSET.place(BYTES).offset()).isPositive();
        assertThat(BufferKind.SLICE.place(BYTES).buffer().arrayOffset()).isPositive();
        assertThat(BufferKind.COMPOSITE.place(BYTES).buffer())
                .isInstanceOfSatisfying(
                        CompositeByteBuf.class,
                        composite -> assertThat(composite.numComponents()).isEqualTo(2));
    }
}
