package io.github.geneve4j.packets;

import static io.github.geneve4j.testkit.Packets.counting;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.testkit.BufferKind;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PacketCopyTest {
    /** From every kind of buffer to every other. */
    @ParameterizedTest
    @EnumSource
    void copiesTheRange(BufferKind kind) {
        for (BufferKind other : BufferKind.values()) {
            BufferKind.Placed from = kind.place(counting(40));
            BufferKind.Placed into = other.place(new byte[30]);
            PacketCopy.copy(from.buffer(), from.offset() + 3, into.buffer(), into.offset() + 2, 21);
            byte[] expected = new byte[30];
            System.arraycopy(Arrays.copyOfRange(counting(40), 3, 24), 0, expected, 2, 21);
            assertThat(into.bytes()).as(kind + " to " + other).isEqualTo(expected);
            assertThat(from.bytes()).isEqualTo(counting(40));
        }
    }

    @ParameterizedTest
    @EnumSource
    void staysInsideBothBuffers(BufferKind kind) {
        BufferKind.Placed from = kind.place(counting(40));
        BufferKind.Placed into = BufferKind.HEAP.place(new byte[30]);
        int at = from.offset();
        assertThatThrownBy(() -> PacketCopy.copy(from.buffer(), at + 20, into.buffer(), 0, 21))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }
}
