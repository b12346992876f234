package io.github.geneve4j.io.pcap;

/**
 * Walks the options at the end of a block; stops at their end mark, and before one that overruns.
 *
 * <pre>
 * option  code:16  length:16  value, padded to a multiple of 4
 * </pre>
 */
final class PcapngOptions {
    static final int END = 0;
    static final int COMMENT = 1;

    static final int CODE_OFFSET = 0; // 16 bits
    static final int LENGTH_OFFSET = 2; // 16 bits
    static final int VALUE_OFFSET = 4;

    private final CaptureInput input;
    private final int end;
    private int next;
    private int at;

    PcapngOptions(CaptureInput input, int offset, int end) {
        this.input = input;
        this.next = offset;
        this.end = end;
    }

    /** {@return whether there is another option, which the accessors then read} */
    boolean next() {
        at = next;
        if (end - at < VALUE_OFFSET || code() == END || end - at - VALUE_OFFSET < length()) {
            return false;
        }
        next = at + VALUE_OFFSET + PcapngSource.aligned(length());
        return true;
    }

    int code() {
        return input.u16(at + CODE_OFFSET);
    }

    int length() {
        return input.u16(at + LENGTH_OFFSET);
    }

    int valueOffset() {
        return at + VALUE_OFFSET;
    }
}
