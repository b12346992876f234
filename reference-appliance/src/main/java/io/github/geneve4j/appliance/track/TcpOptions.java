package io.github.geneve4j.appliance.track;

import io.netty.buffer.ByteBuf;

/** Finds what a SYN says about windows among its options (RFC 9293 §3.2, RFC 7323 §2). */
final class TcpOptions {
    /** Where options begin in a TCP header. */
    static final int OFFSET = 20;

    /** There is no such option. */
    static final int NO_SCALE = -1;

    private static final int END = 0;
    private static final int NO_OPERATION = 1;
    private static final int WINDOW_SCALE = 3;
    private static final int WINDOW_SCALE_LENGTH = 3;
    private static final int LEAST_LENGTH = 2;
    private static final int GREATEST_SCALE = 14; // greater ones count as this, RFC 7323 §2.3

    private TcpOptions() {}

    /**
     * {@return the shift that the window scale option states, 0 to 14, or {@link #NO_SCALE}}
     *
     * <p>Options end where one of them is malformed.
     *
     * @param from absolute index of the first option
     * @param to absolute index after the last
     */
    static int windowScale(ByteBuf buffer, int from, int to) {
        int at = from;
        while (at < to) {
            int kind = buffer.getUnsignedByte(at);
            if (kind == NO_OPERATION) {
                at++;
                continue;
            }
            if (kind == END || to - at < LEAST_LENGTH) {
                return NO_SCALE;
            }
            int length = buffer.getUnsignedByte(at + 1);
            if (length < LEAST_LENGTH || length > to - at) {
                return NO_SCALE;
            }
            if (kind == WINDOW_SCALE && length == WINDOW_SCALE_LENGTH) {
                return Math.min(buffer.getUnsignedByte(at + 2), GREATEST_SCALE);
            }
            at += length;
        }
        return NO_SCALE;
    }
}
