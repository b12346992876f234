package io.github.geneve4j.io.pcap;

import java.io.IOException;

/**
 * Says that a file is not a capture, or stops being one: the message names the frame or block and
 * the byte of the file where it starts. The frames before it were good.
 */
public final class PcapFormatException extends IOException {
    private static final long serialVersionUID = 1;

    PcapFormatException(String message) {
        super(message);
    }

    /**
     * {@return what to throw for a thing that is longer than what the file still holds}
     *
     * @param what the thing and a verb, such as {@code frame 17 says}
     * @param length its bytes
     * @param left bytes that the file holds of it
     * @param at where in the file these start
     */
    static PcapFormatException truncated(String what, long length, long left, long at) {
        return new PcapFormatException(
                "truncated: "
                        + what
                        + " "
                        + length
                        + " bytes, "
                        + left
                        + " are left at byte "
                        + at);
    }
}
