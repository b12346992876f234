package io.github.geneve4j.appliance.track;

import static io.github.geneve4j.appliance.track.FlowFields.BEGINNER_NUMBERS_OFFSET;
import static io.github.geneve4j.appliance.track.FlowFields.RESPONDER_NUMBERS_OFFSET;
import static io.github.geneve4j.appliance.track.FlowFields.WINDOWS_OFFSET;

import io.github.geneve4j.flow.FlowValue;
import io.github.geneve4j.flow.TcpFlags;

/**
 * Holds the numbers of TCP segments against what both sides could have sent: the four bounds of
 * Guido van Rooij, "Real Stateful TCP Packet Filtering in IP Filter" (2001), which most firewalls
 * use.
 *
 * <p>For a segment from one side, with what was seen so far,
 *
 * <ol>
 *   <li>its first byte is not above the greatest acknowledgment and window of the other side;
 *   <li>its end is not further below what this side has sent than the other's largest window, and
 *       one byte for a keep-alive;
 *   <li>it acknowledges nothing that the other side has not sent;
 *   <li>it acknowledges no less than the other side has sent, without the largest window that this
 *       side has offered, or 66,000 if that is more, as segments overtake each other.
 * </ol>
 *
 * <p>Numbers are compared modulo 2^32. Windows are scaled if both SYNs say how (RFC 7323 §2.2); the
 * window of a SYN itself is not.
 */
final class TcpWindows {
    /** The least by which an acknowledgment may be late. */
    static final int LEAST_LATENESS = 66_000;

    private static final int MOST_DATA = 0xffff; // of a segment

    private final FlowValue value;
    private final TcpSegment segment;

    /**
     * Creates a judge.
     *
     * @param value points at the flow when this is asked
     * @param segment has been read then
     */
    TcpWindows(FlowValue value, TcpSegment segment) {
        this.value = value;
        this.segment = segment;
    }

    /**
     * Takes the numbers of a SYN that opens one direction; the other side has said nothing. One
     * that came before with the same number still holds, as its answer may be on the way.
     */
    void open(boolean fromBeginner) {
        int first = segment.sequence() + 1;
        int end = first + segment.payloadLength();
        int window = Math.max(1, segment.window());
        long windows = windows();
        if (isOpenedBySame(fromBeginner)) {
            int earlier = end(numbers(fromBeginner));
            end = end - earlier > 0 ? end : earlier;
            window = Math.max(window, window(windows, fromBeginner));
        }
        // The limit: what an answer must acknowledge at least
        value.setLong(at(fromBeginner), pair(end, first));
        setWindow(windows, fromBeginner, window);
    }

    /** {@return whether a SYN is the one that has opened its direction, again, with no answer} */
    boolean isOpenedBySame(boolean fromBeginner) {
        return areKnown(fromBeginner) && limit(numbers(fromBeginner)) == segment.sequence() + 1;
    }

    /**
     * Notes which of the responder's answers the beginner has taken, where there were several with
     * different numbers: the one that its segment acknowledges, if that goes on where it should.
     */
    void takeAnswer() {
        if (segment.sequence() == end(numbers(true))) {
            int first = segment.acknowledgment();
            value.setLong(at(false), pair(first, first + window(windows(), true)));
        }
    }

    /**
     * Takes the numbers of the responder's SYN with ACK, if it acknowledges the beginner's SYN.
     *
     * @param another whether there was one before, with another number: then it has to acknowledge
     *     all that the beginner has sent
     * @return NONE if it does
     */
    private InvalidReason answer(boolean another) {
        long beginners = numbers(true);
        InvalidReason reason =
                another
                        ? acknowledges(end(beginners), end(beginners))
                        : acknowledges(limit(beginners), end(beginners));
        if (reason != InvalidReason.NONE) {
            return reason;
        }
        int first = segment.sequence() + 1;
        int window = segment.window();
        long windows = windows();
        int limit = first + window(windows, true);
        value.setLong(at(false), pair(first + segment.payloadLength(), limit));
        setWindow(windows, false, Math.max(1, window));
        raiseLimit(true, beginners, segment.acknowledgment(), window);
        return InvalidReason.NONE;
    }

    /** {@return NONE if a segment acknowledges what lies between two numbers, both included} */
    private InvalidReason acknowledges(int least, int most) {
        int acknowledgment = segment.acknowledgment();
        if (acknowledgment - least < 0) {
            return InvalidReason.ACKNOWLEDGES_OLD;
        }
        return acknowledgment - most > 0 ? InvalidReason.ACKNOWLEDGES_UNSENT : InvalidReason.NONE;
    }

    /** {@return whether a segment begins where its sender's SYN does, or its data ends} */
    boolean isOfSyn(boolean fromBeginner) {
        long own = numbers(fromBeginner);
        int sequence = segment.sequence();
        return sequence - limit(own) >= -1 && sequence - end(own) <= 0;
    }

    /** {@return whether a SYN is its sender's first one again, which has sent nothing since} */
    boolean isSynAgain(boolean fromBeginner) {
        int ahead = end(numbers(fromBeginner)) - (segment.sequence() + 1);
        return ahead >= 0 && ahead <= MOST_DATA; // which may come without the first one's
    }

    /** {@return whether a SYN, with its data, ends where its sender's data ended} */
    private boolean endsWhereDataEnds(boolean fromBeginner) {
        int end = segment.sequence() + 1 + segment.payloadLength();
        return end == end(numbers(fromBeginner));
    }

    /** {@return whether a side's SYN was seen} */
    private boolean areKnown(boolean ofBeginner) {
        return window(windows(), ofBeginner) != 0;
    }

    /**
     * Judges a segment whose flags its connection's state allows, and takes its numbers if it is
     * good.
     *
     * @param status of the flow, before the segment
     * @param before the state in it
     * @param control the segment's flags, of those that matter
     * @return NONE if it is good
     */
    InvalidReason judge(int status, TcpState before, boolean fromBeginner, int control) {
        if (control == TcpFlags.SYN) {
            if (before == TcpState.SYN_SENT) {
                open(fromBeginner);
            }
            return InvalidReason.NONE;
        }
        if (isAnswer(before, fromBeginner, control)) {
            return answer(before == TcpState.SYN_RECEIVED);
        }
        if (before == TcpState.SYN_SENT) {
            if ((control & TcpFlags.RST) == 0) {
                return InvalidReason.NONE; // an older connection's answer to the SYN
            }
            // The limit is the SYN's number, as long as nothing answers that
            long beginners = numbers(true);
            return (control & TcpFlags.ACK) == 0
                    ? InvalidReason.UNEXPECTED
                    : acknowledges(limit(beginners), end(beginners));
        }
        if (before == TcpState.RESET && !areKnown(false)) {
            return InvalidReason.UNEXPECTED; // reset before an answer: there is nothing to go on
        }
        if (control == (TcpFlags.SYN | TcpFlags.ACK)
                && !before.isOpening()
                && !endsWhereDataEnds(fromBeginner)) {
            return InvalidReason.UNEXPECTED; // of another connection, which nobody has judged
        }
        boolean unseen = (status & FlowFields.unseen(!fromBeginner)) != 0;
        return judge(control, fromBeginner, FlowFields.scale(status, fromBeginner), unseen);
    }

    /** {@return whether a segment, if it is good, is the SYN that opens its sender's direction} */
    boolean opensSide(TcpState before, boolean fromBeginner, int control) {
        return isAnswer(before, fromBeginner, control)
                || (control == TcpFlags.SYN && before == TcpState.SYN_SENT);
    }

    /**
     * {@return whether a segment is the responder's SYN with ACK, the first one with this number:
     * another may come as long as none is acknowledged, from who keeps no connections in mind
     * before, and counts the next minute, say}
     */
    private boolean isAnswer(TcpState before, boolean fromBeginner, int control) {
        return !fromBeginner
                && control == (TcpFlags.SYN | TcpFlags.ACK)
                && (before == TcpState.SYN_SENT
                        || before == TcpState.BOTH_SYN
                        || before == TcpState.BOTH_SYN_BEGINNER_ACKNOWLEDGED
                        || (before == TcpState.SYN_RECEIVED && !isSynAgain(false)));
    }

    /**
     * {@return whether a good segment is a reset that no forger is likely to have sent: of a
     * connection that opens, or with the one number that was next}
     */
    boolean isTrustedReset(TcpState before, boolean fromBeginner, int control) {
        return (control & TcpFlags.RST) != 0
                && (before.isOpening() || segment.sequence() == end(numbers(fromBeginner)));
    }

    /**
     * Judges a segment of an open connection, and takes its numbers if it is good.
     *
     * @param control its flags, of those that matter
     * @param scale of its sender's windows
     * @param unseen whether the other side has sent data that nobody has looked at, any within its
     *     window
     * @return NONE if it is good
     */
    InvalidReason judge(int control, boolean fromBeginner, int scale, boolean unseen) {
        long own = numbers(fromBeginner);
        long other = numbers(!fromBeginner);
        long windows = windows();
        int sequence = segment.sequence();
        int acknowledgment = segment.acknowledgment();
        int phantom = (control & (TcpFlags.SYN | TcpFlags.FIN)) == 0 ? 0 : 1;
        int end = sequence + segment.payloadLength() + phantom;
        if (sequence - limit(own) > 0) {
            return InvalidReason.ABOVE_WINDOW;
        }
        if (end - (end(own) - window(windows, !fromBeginner) - 1) < 0) {
            return InvalidReason.BELOW_WINDOW;
        }
        boolean reset = (control & TcpFlags.RST) != 0;
        boolean acknowledges = (control & TcpFlags.ACK) != 0 && !(reset && acknowledgment == 0);
        int ownWindow = window(windows, fromBeginner);
        if (acknowledges) {
            int ahead = acknowledgment - end(other);
            if (ahead > 0) {
                if (!unseen || acknowledgment - limit(other) > 0) {
                    return InvalidReason.ACKNOWLEDGES_UNSENT;
                }
                other = pair(acknowledgment, limit(other)); // so much of it has come
            }
            if (ahead < -Math.max(ownWindow, LEAST_LATENESS)) {
                return InvalidReason.ACKNOWLEDGES_OLD;
            }
        }
        if (reset) {
            return InvalidReason.NONE; // its window says nothing
        }
        if (unseen) {
            value.setLong(at(!fromBeginner), other);
        }
        if (end - end(own) > 0) {
            value.setLong(at(fromBeginner), pair(end, limit(own)));
        }
        int window = (control & TcpFlags.SYN) == 0 ? segment.window() << scale : segment.window();
        if (window > ownWindow) {
            setWindow(windows, fromBeginner, window);
        }
        if (acknowledges) {
            raiseLimit(!fromBeginner, other, acknowledgment, window);
        }
        return InvalidReason.NONE;
    }

    /**
     * Lets a side, with these numbers, go up to an acknowledgment and window; one byte further if
     * that is shut.
     */
    private void raiseLimit(boolean ofBeginner, long numbers, int acknowledgment, int window) {
        int limit = acknowledgment + Math.max(1, window);
        if (limit - limit(numbers) > 0) {
            value.setLong(at(ofBeginner), pair(end(numbers), limit));
        }
    }

    private long numbers(boolean ofBeginner) {
        return value.getLong(at(ofBeginner));
    }

    private long windows() {
        return value.getLong(WINDOWS_OFFSET);
    }

    private void setWindow(long windows, boolean ofBeginner, int window) {
        value.setLong(
                WINDOWS_OFFSET,
                ofBeginner
                        ? pair(window, window(windows, false))
                        : pair(window(windows, true), window));
    }

    private static int at(boolean ofBeginner) {
        return ofBeginner ? BEGINNER_NUMBERS_OFFSET : RESPONDER_NUMBERS_OFFSET;
    }

    private static int end(long numbers) {
        return (int) (numbers >>> Integer.SIZE);
    }

    private static int limit(long numbers) {
        return (int) numbers;
    }

    private static int window(long windows, boolean ofBeginner) {
        return (int) (windows >>> (ofBeginner ? Integer.SIZE : 0));
    }

    private static long pair(int upper, int lower) {
        return ((long) upper << Integer.SIZE) | Integer.toUnsignedLong(lower);
    }
}
