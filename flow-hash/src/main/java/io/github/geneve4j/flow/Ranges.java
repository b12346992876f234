package io.github.geneve4j.flow;

import io.netty.buffer.ByteBuf;
import java.util.Objects;

/**
 * Checks of what a caller names: a wrong range or number is a programmer's mistake, not a bad
 * packet.
 */
final class Ranges {
    private Ranges() {}

    /** Refuses a range that does not lie inside the buffer's capacity. */
    static void check(ByteBuf buffer, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, buffer.capacity());
    }

    /** {@return the value, if it is from {@code least} to {@code most}} */
    static int within(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(
                    name + " " + value + ": not in " + least + ".." + most);
        }
        return value;
    }

    /** {@return the least power of two that is not below {@code value}, which is at least 1} */
    static int powerOfTwoFrom(int value) {
        return 1 << (Integer.SIZE - Integer.numberOfLeadingZeros(value - 1));
    }
}
