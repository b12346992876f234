package io.github.geneve4j.appliance.track;

import io.github.geneve4j.flow.FiveTuple;
import io.netty.buffer.ByteBuf;

/**
 * What a TCP header says, read once for all who judge a segment by it (RFC 9293 §3.1).
 *
 * <pre>
 *  4 +---------------------------------------------------------------+
 *    |                        sequence number                        |
 *  8 +---------------------------------------------------------------+
 *    |                     acknowledgment number                     |
 * 12 +-------+-------+---------------+-------------------------------+
 *    | words |       |     flags     |            window             |
 *    +-------+-------+---------------+-------------------------------+
 * </pre>
 */
final class TcpSegment {
    private static final int NUMBERS_OFFSET = 4;
    private static final int REST_OFFSET = 12;
    private static final int WORDS_SHIFT = 28;
    private static final int FLAGS_SHIFT = 16;
    private static final int WINDOW_MASK = 0xffff;

    private int sequence;
    private int acknowledgment;
    private int rest;
    private int transportLength;

    /**
     * Reads a header.
     *
     * @param tuple that {@linkplain FiveTuple#hasTcpHeader has one}
     * @param buffer that it was wrapped with
     */
    void read(FiveTuple tuple, ByteBuf buffer) {
        int at = tuple.transportOffset();
        long numbers = buffer.getLong(at + NUMBERS_OFFSET);
        sequence = (int) (numbers >>> Integer.SIZE);
        acknowledgment = (int) numbers;
        rest = buffer.getInt(at + REST_OFFSET);
        transportLength = tuple.transportLength();
    }

    /** {@return whether the header ends where its data can begin, within the packet} */
    boolean isWhole() {
        int length = headerLength();
        return length >= TcpOptions.OFFSET && length <= transportLength;
    }

    /** {@return the flags that matter for the state of a connection} */
    int control() {
        return ControlFlags.control(rest >>> FLAGS_SHIFT);
    }

    /** {@return the number of the first byte, or of a SYN} */
    int sequence() {
        return sequence;
    }

    /** {@return the number of the next byte that the sender awaits, if ACK is among the flags} */
    int acknowledgment() {
        return acknowledgment;
    }

    /** {@return how many bytes the sender awaits, 0 to 65535, not scaled} */
    int window() {
        return rest & WINDOW_MASK;
    }

    /** {@return the bytes of the header, options included; only if it is whole} */
    int headerLength() {
        return (rest >>> WORDS_SHIFT) * Integer.BYTES;
    }

    /** {@return the bytes behind the header; only if it is whole} */
    int payloadLength() {
        return transportLength - headerLength();
    }
}
