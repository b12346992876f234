package io.github.geneve4j.appliance.track;

import static io.github.geneve4j.flow.TcpFlags.ACK;
import static io.github.geneve4j.flow.TcpFlags.FIN;
import static io.github.geneve4j.flow.TcpFlags.RST;
import static io.github.geneve4j.flow.TcpFlags.SYN;

import org.jspecify.annotations.Nullable;

/**
 * How far a TCP connection is, as somebody in between can tell. The beginner is the side that sent
 * the first SYN, the responder the other.
 */
public enum TcpState {
    /** The flow is not TCP. */
    NONE,
    /** The beginner sent a SYN. */
    SYN_SENT,
    /** The responder answered it with SYN and ACK. */
    SYN_RECEIVED,
    /** Both sent a SYN, and neither has acknowledged the other's (RFC 9293 §3.5, figure 7). */
    BOTH_SYN,
    /** Both sent a SYN, and the beginner has acknowledged. */
    BOTH_SYN_BEGINNER_ACKNOWLEDGED,
    /** Both sent a SYN, and the responder has acknowledged. */
    BOTH_SYN_RESPONDER_ACKNOWLEDGED,
    /** Both sides have acknowledged the other's SYN; or the flow was met in its middle. */
    ESTABLISHED,
    /** The beginner sent a FIN; the responder may go on. */
    CLOSING_BY_BEGINNER,
    /** The responder sent a FIN; the beginner may go on. */
    CLOSING_BY_RESPONDER,
    /** Both sent a FIN. */
    CLOSED,
    /** One side sent a reset. */
    RESET;

    private static final TcpState[] ALL = values();

    /** {@return the state that was kept as a number} */
    static TcpState of(int ordinal) {
        return ALL[ordinal];
    }

    /** {@return the state after the first packet that is seen of a connection} */
    static TcpState begin(int control) {
        if ((control & RST) != 0) {
            return RESET;
        }
        if ((control & SYN) != 0) {
            return (control & ACK) == 0 ? SYN_SENT : SYN_RECEIVED;
        }
        return (control & FIN) == 0 ? ESTABLISHED : CLOSING_BY_BEGINNER;
    }

    /**
     * {@return the state after another segment, or null if none such can come now}
     *
     * <p>A SYN on a connection that is open changes nothing: the receiver answers it with an
     * acknowledgment (RFC 5961 §4), and who has forgotten the connection resets it then. So does a
     * host that still has an older connection answer a SYN, hence ACK and FIN from the responder
     * are no error in {@code SYN_SENT}, and prove nothing.
     *
     * @param control flags that go together
     */
    @Nullable TcpState after(boolean fromBeginner, int control) {
        if (this == ESTABLISHED && control == ACK) {
            return this; // nearly every segment
        }
        if ((control & RST) != 0) {
            return this == CLOSED ? CLOSED : RESET;
        }
        return switch (control) {
            case SYN -> this == SYN_SENT && !fromBeginner ? BOTH_SYN : this;
            case SYN | ACK -> afterSynAck(fromBeginner);
            case FIN | ACK -> afterFin(fromBeginner);
            default -> afterAck(fromBeginner);
        };
    }

    /** {@return whether neither side has acknowledged all that it takes to be established} */
    boolean isOpening() {
        return this != NONE && compareTo(ESTABLISHED) < 0;
    }

    private @Nullable TcpState afterSynAck(boolean fromBeginner) {
        return switch (this) {
            case SYN_SENT, SYN_RECEIVED -> fromBeginner ? null : SYN_RECEIVED;
            default -> afterAcknowledgment(fromBeginner);
        };
    }

    private @Nullable TcpState afterAck(boolean fromBeginner) {
        return switch (this) {
            case SYN_SENT -> fromBeginner ? null : SYN_SENT;
            case SYN_RECEIVED -> fromBeginner ? ESTABLISHED : SYN_RECEIVED;
            default -> afterAcknowledgment(fromBeginner);
        };
    }

    private @Nullable TcpState afterFin(boolean fromBeginner) {
        return switch (this) {
            case SYN_SENT -> fromBeginner ? null : SYN_SENT;
            case CLOSING_BY_BEGINNER -> fromBeginner ? this : CLOSED;
            case CLOSING_BY_RESPONDER -> fromBeginner ? CLOSED : this;
            case CLOSED, RESET, NONE -> this;
            default -> fromBeginner ? CLOSING_BY_BEGINNER : CLOSING_BY_RESPONDER;
        };
    }

    private TcpState afterAcknowledgment(boolean fromBeginner) {
        return switch (this) {
            case BOTH_SYN ->
                    fromBeginner ? BOTH_SYN_BEGINNER_ACKNOWLEDGED : BOTH_SYN_RESPONDER_ACKNOWLEDGED;
            case BOTH_SYN_BEGINNER_ACKNOWLEDGED -> fromBeginner ? this : ESTABLISHED;
            case BOTH_SYN_RESPONDER_ACKNOWLEDGED -> fromBeginner ? ESTABLISHED : this;
            default -> this;
        };
    }
}
