package io.github.geneve4j.appliance.track;

/**
 * What a tracker keeps of each flow, in the bytes that the flow table gives it.
 *
 * <pre>
 *  0 +---------------------------------------------------------------+
 *    |                     bytes by the beginner                     |
 *  8 |                     bytes by the responder                    |
 * 16 +---------------------------------------------------------------+
 *    |                         start, in ns                          |
 * 24 +-------------------------------+-------------------------------+
 *    |    packets by the beginner    |    packets by the responder   |
 * 32 +-------------------------------+-------------------------------+
 *    |            status             |             rule              |
 * 40 +-------------------------------+-------------------------------+
 *    |           generation          |         latest cookie         |
 * 48 +-------------------------------+-------------------------------+
 *    |  if windows are checked: the beginner's end and limit, then   |
 *    |  the responder's, then the beginner's window and the other's  |
 * 72 +-------------------------------+-------------------------------+
 *    |          the inspectors' bytes, from 48 without windows       |
 *    +---------------------------------------------------------------+
 *
 * status: verdict:8  TCP state:4  beginner's scale:4  responder's scale:4  flags:12
 * </pre>
 *
 * <p>Numbers are in the machine's byte order. A side's <em>end</em> is the sequence number after
 * the last byte that it sent; its <em>limit</em> the greatest sum of acknowledgment and window that
 * the other sent, up to which it may go; its <em>window</em> the largest that it offered, scaled.
 * These lie in pairs, the first in the upper half of 8 bytes, as {@link TcpWindows} needs nearly
 * all of them for each segment.
 */
final class FlowFields {
    static final int BEGINNER_BYTES_OFFSET = 0;
    static final int RESPONDER_BYTES_OFFSET = 8;
    static final int START_OFFSET = 16;
    static final int BEGINNER_PACKETS_OFFSET = 24;
    static final int RESPONDER_PACKETS_OFFSET = 28;
    static final int STATUS_OFFSET = 32;
    static final int RULE_OFFSET = 36;
    static final int GENERATION_OFFSET = 40;
    static final int COOKIE_OFFSET = 44;
    static final int LENGTH = 48;

    static final int BEGINNER_NUMBERS_OFFSET = 48;
    static final int RESPONDER_NUMBERS_OFFSET = 56;
    static final int WINDOWS_OFFSET = 64;
    static final int LENGTH_WITH_WINDOWS = 72;

    // Status
    static final int VERDICT_MASK = 0xff;
    private static final int STATE_SHIFT = 8;
    private static final int BEGINNER_SCALE_SHIFT = 12;
    private static final int RESPONDER_SCALE_SHIFT = 16;
    private static final int NIBBLE = 0xf;
    static final int HAS_COOKIE = 1 << 20;
    static final int MIDSTREAM = 1 << 21;
    static final int TRUSTED_RESET = 1 << 22; // by the number that was next, while opening, or here
    private static final int BEGINNER_SCALES = 1 << 23; // its SYN has the option
    private static final int RESPONDER_SCALES = 1 << 24;
    static final int GAP = 1 << 25; // packets of it may have passed unseen
    static final int BEGINS_AGAIN = 1 << 26; // the beginner says so, and nobody otherwise
    static final int ANSWERED_TWICE = 1 << 27; // with different numbers, and none taken
    private static final int BEGINNER_UNSEEN = 1 << 28; // it has sent what was not looked at
    private static final int RESPONDER_UNSEEN = 1 << 29;
    private static final int UNUSUAL =
            BEGINS_AGAIN | ANSWERED_TWICE | BEGINNER_UNSEEN | RESPONDER_UNSEEN;
    static final int UNKNOWN_NUMBERS = MIDSTREAM | GAP;
    private static final int QUIET = TcpState.ESTABLISHED.ordinal() << STATE_SHIFT;

    private FlowFields() {}

    static TcpState state(int status) {
        return TcpState.of((status >>> STATE_SHIFT) & NIBBLE);
    }

    /** {@return whether the state is established, and nothing else matters to an acknowledgment} */
    static boolean isQuiet(int status) {
        return (status & (NIBBLE << STATE_SHIFT | UNUSUAL)) == QUIET;
    }

    /** {@return the flag of a side that has sent data that nobody has looked at} */
    static int unseen(boolean byBeginner) {
        return byBeginner ? BEGINNER_UNSEEN : RESPONDER_UNSEEN;
    }

    static int withState(int status, TcpState state) {
        return (status & ~(NIBBLE << STATE_SHIFT)) | state.ordinal() << STATE_SHIFT;
    }

    static int withVerdict(int status, int verdict) {
        return (status & ~VERDICT_MASK) | verdict;
    }

    /** {@return the shift of a side's windows: that of its SYN, if both SYNs have one} */
    static int scale(int status, boolean beginner) {
        int both = BEGINNER_SCALES | RESPONDER_SCALES;
        int shift = beginner ? BEGINNER_SCALE_SHIFT : RESPONDER_SCALE_SHIFT;
        return (status & both) == both ? (status >>> shift) & NIBBLE : 0;
    }

    /**
     * {@return the status with what a side's SYN says}
     *
     * @param scale 0 to 14, or below 0 if the SYN has no such option
     */
    static int withScale(int status, boolean beginner, int scale) {
        int shift = beginner ? BEGINNER_SCALE_SHIFT : RESPONDER_SCALE_SHIFT;
        int option = beginner ? BEGINNER_SCALES : RESPONDER_SCALES;
        int without = status & ~(NIBBLE << shift | option);
        return scale < 0 ? without : without | scale << shift | option;
    }
}
