package io.github.geneve4j.io;

import io.netty.buffer.ByteBuf;
import java.util.Objects;

/** Checks of what callers pass in. A wrong number is a programmer's mistake. */
final class Ranges {
    static final int MAX_PORT = 0xffff;

    private Ranges() {}

    /** {@return the value, if it is from {@code min} to {@code max}} */
    static int inRange(String what, int value, int min, int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(what + " " + value + ": not " + min + " to " + max);
        }
        return value;
    }

    /** Checks what is to be sent: 1 to {@code max} bytes, inside the buffer. */
    static void checkPayload(ByteBuf buffer, int offset, int length, int max) {
        inRange("length", length, 1, max);
        Objects.checkFromIndexSize(offset, length, buffer.capacity());
    }

    /** {@return what a handler returned, if it may} */
    static int answer(int given, int maxDatagramLength) {
        if (given < 0 || (given > maxDatagramLength && given != PacketHandler.UNCHANGED)) {
            throw new IllegalStateException(
                    "handler returned " + given + ": not 0 to " + maxDatagramLength);
        }
        return given;
    }
}
