package io.github.geneve4j.appliance.track;

import static io.github.geneve4j.appliance.track.FlowFields.BEGINNER_NUMBERS_OFFSET;
import static io.github.geneve4j.appliance.track.FlowFields.END;
import static io.github.geneve4j.appliance.track.FlowFields.LIMIT;
import static io.github.geneve4j.appliance.track.FlowFields.RESPONDER_NUMBERS_OFFSET;
import static io.github.geneve4j.appliance.track.FlowFields.WINDOW;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowTable;
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

    private final FlowTable table;

    TcpWindows(FlowTable table) {
        this.table = table;
    }

    /** Takes the numbers of a SYN that opens one direction; the other side has said nothing. */
    void open(int flow, boolean fromBeginner, FiveTuple tuple) {
        int own = numbers(fromBeginner);
        int first = tuple.tcpSequence() + 1;
        table.setInt(flow, own + END, first + tuple.tcpPayloadLength());
        table.setInt(flow, own + LIMIT, first); // what an answer must acknowledge at least
        table.setInt(flow, own + WINDOW, Math.max(1, tuple.tcpWindow()));
    }

    /**
     * Takes the numbers of a SYN with ACK, if it acknowledges the other side's SYN.
     *
     * @return NONE if it does
     */
    InvalidReason answer(int flow, boolean fromBeginner, FiveTuple tuple) {
        InvalidReason reason = acknowledgesSyn(flow, fromBeginner, tuple);
        if (reason != InvalidReason.NONE) {
            return reason;
        }
        int own = numbers(fromBeginner);
        int other = numbers(!fromBeginner);
        int first = tuple.tcpSequence() + 1;
        int window = tuple.tcpWindow();
        table.setInt(flow, own + END, first + tuple.tcpPayloadLength());
        table.setInt(flow, own + LIMIT, first + table.getInt(flow, other + WINDOW));
        table.setInt(flow, own + WINDOW, Math.max(1, window));
        raiseLimit(flow, other, tuple.tcpAcknowledgment(), window);
        return InvalidReason.NONE;
    }

    /**
     * {@return NONE if a segment acknowledges the SYN of the other side, and no more than it sent}
     */
    InvalidReason acknowledgesSyn(int flow, boolean fromBeginner, FiveTuple tuple) {
        int other = numbers(!fromBeginner);
        int acknowledgment = tuple.tcpAcknowledgment();
        if (acknowledgment - table.getInt(flow, other + LIMIT) < 0) {
            return InvalidReason.ACKNOWLEDGES_OLD;
        }
        return acknowledgment - table.getInt(flow, other + END) > 0
                ? InvalidReason.ACKNOWLEDGES_UNSENT
                : InvalidReason.NONE;
    }

    /** {@return whether a segment begins where its sender's SYN does, or its data ends} */
    boolean isOfSyn(int flow, boolean fromBeginner, FiveTuple tuple) {
        int own = numbers(fromBeginner);
        int sequence = tuple.tcpSequence();
        return sequence - table.getInt(flow, own + LIMIT) >= -1
                && sequence - table.getInt(flow, own + END) <= 0;
    }

    /** {@return whether a side's SYN was seen} */
    boolean areKnown(int flow, boolean ofBeginner) {
        return table.getInt(flow, numbers(ofBeginner) + WINDOW) != 0;
    }

    /** {@return whether a segment begins exactly where its sender's data ended} */
    boolean isNext(int flow, boolean fromBeginner, FiveTuple tuple) {
        return tuple.tcpSequence() == table.getInt(flow, numbers(fromBeginner) + END);
    }

    /**
     * Judges a segment of a connection, and takes its numbers if it is good.
     *
     * @param control its flags
     * @param scale of its sender's windows
     * @return NONE if it is good
     */
    InvalidReason judge(int flow, boolean fromBeginner, FiveTuple tuple, int control, int scale) {
        int own = numbers(fromBeginner);
        int other = numbers(!fromBeginner);
        int sequence = tuple.tcpSequence();
        int acknowledgment = tuple.tcpAcknowledgment();
        int phantom = (control & (TcpFlags.SYN | TcpFlags.FIN)) == 0 ? 0 : 1;
        int end = sequence + tuple.tcpPayloadLength() + phantom;
        int ownEnd = table.getInt(flow, own + END);
        if (sequence - table.getInt(flow, own + LIMIT) > 0) {
            return InvalidReason.ABOVE_WINDOW;
        }
        if (end - (ownEnd - table.getInt(flow, other + WINDOW) - 1) < 0) {
            return InvalidReason.BELOW_WINDOW;
        }
        boolean reset = (control & TcpFlags.RST) != 0;
        boolean acknowledges = (control & TcpFlags.ACK) != 0 && !(reset && acknowledgment == 0);
        int ownWindow = table.getInt(flow, own + WINDOW);
        if (acknowledges) {
            int ahead = acknowledgment - table.getInt(flow, other + END);
            if (ahead > 0) {
                return InvalidReason.ACKNOWLEDGES_UNSENT;
            }
            if (ahead < -Math.max(ownWindow, LEAST_LATENESS)) {
                return InvalidReason.ACKNOWLEDGES_OLD;
            }
        }
        if (reset) {
            return InvalidReason.NONE; // its window says nothing
        }
        if (end - ownEnd > 0) {
            table.setInt(flow, own + END, end);
        }
        int window = (control & TcpFlags.SYN) == 0 ? tuple.tcpWindow() << scale : tuple.tcpWindow();
        if (window > ownWindow) {
            table.setInt(flow, own + WINDOW, window);
        }
        if (acknowledges) {
            raiseLimit(flow, other, acknowledgment, window);
        }
        return InvalidReason.NONE;
    }

    /** Lets a side go up to an acknowledgment and window; one byte further if that is shut. */
    private void raiseLimit(int flow, int side, int acknowledgment, int window) {
        int limit = acknowledgment + Math.max(1, window);
        if (limit - table.getInt(flow, side + LIMIT) > 0) {
            table.setInt(flow, side + LIMIT, limit);
        }
    }

    private static int numbers(boolean beginner) {
        return beginner ? BEGINNER_NUMBERS_OFFSET : RESPONDER_NUMBERS_OFFSET;
    }
}
