package io.github.geneve4j.geneve;

import static io.github.geneve4j.geneve.Geneve.CRITICAL_TYPE_BIT;
import static io.github.geneve4j.geneve.Geneve.OPTION_HEADER_LENGTH;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * Forward-only cursor over the options of one header (RFC 8926 §3.5).
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |          Option Class         |      Type     |R|R|R| Length  |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                  Variable-Length Option Data                  |
 * </pre>
 *
 * <p>Not a {@code java.util.Iterator}: it hands out positions, not objects. It comes from a
 * validated {@link GeneveDecoder}, so it checks nothing itself. Call {@link #next()} before the
 * first read; after it answered false, or before it was called, an option's accessors throw {@link
 * IndexOutOfBoundsException}.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one. <b>Ownership:</b> borrows the
 * decoder's buffer.
 */
public final class OptionCursor {
    static final int DATA_OFFSET = OPTION_HEADER_LENGTH;

    // Fields of the option's first 32 bits
    static final int CLASS_SHIFT = 16;
    static final int TYPE_SHIFT = 8;
    static final int TYPE_MASK = 0xff;
    static final int LENGTH_MASK = 0x1f; // R:3 Length:5, in words
    static final int WORD_SHIFT = 2;
    static final long HEAD_MASK = 0xffff_ffffL;
    static final int CRITICAL_MASK = CRITICAL_TYPE_BIT << TYPE_SHIFT;

    private static final int BEFORE_FIRST_OR_AFTER_LAST = -1;

    private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
    private int at = BEFORE_FIRST_OR_AFTER_LAST;
    private int following;
    private int end;
    private int head;

    /** Creates a cursor over nothing; {@link GeneveDecoder#options} gives it a header. */
    public OptionCursor() {}

    OptionCursor reset(ByteBuf buffer, int offset, int length) {
        this.buffer = buffer;
        this.at = BEFORE_FIRST_OR_AFTER_LAST;
        this.following = offset;
        this.end = offset + length;
        return this;
    }

    /** {@return whether there was a next option; the cursor is now on it} */
    public boolean next() {
        if (following >= end) {
            at = BEFORE_FIRST_OR_AFTER_LAST;
            return false;
        }
        at = following;
        head = buffer.getInt(at);
        following += length(head);
        return true;
    }

    /** {@return the option class, 0 to 65535; see {@link OptionClass}} */
    public int optionClass() {
        return head() >>> CLASS_SHIFT;
    }

    /** {@return the type byte, 0 to 255, critical bit included} */
    public int type() {
        return head() >>> TYPE_SHIFT & TYPE_MASK;
    }

    /** {@return whether an endpoint that does not know this option must drop the packet} */
    public boolean isCritical() {
        return (head() & CRITICAL_MASK) != 0;
    }

    /** {@return the absolute index of the option's first byte} */
    public int offset() {
        head();
        return at;
    }

    /** {@return the bytes of header and data, a multiple of 4, 4 to 128} */
    public int length() {
        return length(head());
    }

    /** {@return the absolute index of the option's data} */
    public int dataOffset() {
        return offset() + DATA_OFFSET;
    }

    /** {@return the bytes of data, a multiple of 4, 0 to 124} */
    public int dataLength() {
        return (head() & LENGTH_MASK) << WORD_SHIFT;
    }

    /** {@return the buffer that {@link #dataOffset()} points into; it is not this cursor's} */
    public ByteBuf buffer() {
        return buffer;
    }

    private int head() {
        if (at == BEFORE_FIRST_OR_AFTER_LAST) {
            throw new IndexOutOfBoundsException(
                    "no option: next() was not called or returned false");
        }
        return head;
    }

    /** {@return the bytes of an option whose first 32 bits are {@code head}} */
    static int length(int head) {
        return OPTION_HEADER_LENGTH + ((head & LENGTH_MASK) << WORD_SHIFT);
    }
}
