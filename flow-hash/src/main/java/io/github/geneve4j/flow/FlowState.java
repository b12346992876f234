package io.github.geneve4j.flow;

/**
 * What a table knows of a flow besides its key: who began it, how far it came, whether its TCP
 * connection is over. The upper bits of the word whose lower part is the key word of a {@link
 * FiveTuple}.
 *
 * <p>The uppermost twelve tell which acknowledgment the responder of a TCP connection waits for: a
 * check number of it, or 0 before there is one. Who forges a sender cannot know it.
 */
final class FlowState {
    static final int SHIFT = 42;
    static final long KEY_MASK = (1L << SHIFT) - 1;

    static final long LIVE = 1L << SHIFT;
    static final long UPPER_BEGAN = 1L << 43;
    static final long ANSWERED = 1L << 44;
    static final long ESTABLISHED = 1L << 45;
    private static final long RESET = 1L << 46;
    private static final long TCP = 1L << 47;
    private static final long LOWER_FIN = 1L << 48;
    private static final long UPPER_FIN = 1L << 49;
    private static final long BOTH_FIN = LOWER_FIN | UPPER_FIN;
    private static final long LOWER_WENT_ON = 1L << 50; // after a reset
    private static final long UPPER_WENT_ON = 1L << 51;
    private static final long BOTH_WENT_ON = LOWER_WENT_ON | UPPER_WENT_ON;
    private static final int AWAITED_SHIFT = 52;
    private static final long AWAITED_MASK = -1L << AWAITED_SHIFT;

    /** How many check numbers there are; they begin at 1. */
    static final int CHECK_NUMBERS = 4095;

    // Groups of flows with one timeout and one rank in eviction
    static final int CLOSED_GROUP = 0;
    static final int NEW_OTHER = 1;
    static final int NEW_TCP = 2;
    static final int ESTABLISHED_OTHER = 3;
    static final int ESTABLISHED_TCP = 4;
    static final int GROUPS = 5;

    // TCP flags, RFC 9293 §3.1
    private static final int FIN = 0x01;
    private static final int SYN = 0x02;
    private static final int RST = 0x04;
    private static final int ACK = 0x10;

    private FlowState() {}

    /** {@return the word of a flow that begins with this packet} */
    static long begin(FiveTuple tuple) {
        long began = tuple.isSourceLower() ? LIVE : LIVE | UPPER_BEGAN;
        return after(tuple.keyWord() | began, tuple, tuple.tcpFlags());
    }

    /** {@return whether a packet begins a new connection on the ports of a closed one} */
    static boolean reopens(long word, int tcpFlags) {
        return isClosed(word) && (tcpFlags & (SYN | ACK | RST | FIN)) == SYN;
    }

    /** {@return the word after another packet of the flow} */
    static long after(long word, FiveTuple tuple, int tcpFlags) {
        long next = word;
        if (!isFromBeginner(word, tuple)) {
            next |= ANSWERED;
        } else if ((word & (ANSWERED | ESTABLISHED)) == ANSWERED
                && acknowledges(word, tuple, tcpFlags)) {
            next |= ESTABLISHED;
        }
        if (tuple.protocol() != IpProtocol.TCP) {
            return next;
        }
        next |= TCP;
        // In a narrower scope the connection is only one of many
        return tuple.isKeyedByPorts() ? afterTcp(next, tuple, tcpFlags) : next;
    }

    private static long afterTcp(long word, FiveTuple tuple, int tcpFlags) {
        if ((tcpFlags & RST) != 0) {
            return (word & ~BOTH_WENT_ON) | RESET;
        }
        long next = word;
        if ((tcpFlags & FIN) != 0) {
            next |= tuple.isSourceLower() ? LOWER_FIN : UPPER_FIN;
        }
        if ((tcpFlags & SYN) != 0) {
            boolean answer = (word & ESTABLISHED) == 0 && !isFromBeginner(word, tuple);
            return answer ? (next & ~AWAITED_MASK) | checkNumber(tuple.tcpSequence() + 1) : next;
        }
        if ((next & RESET) == 0) {
            return next;
        }
        // Anyone can forge an RST: if both sides go on, neither believed it
        next |= tuple.isSourceLower() ? LOWER_WENT_ON : UPPER_WENT_ON;
        return (next & BOTH_WENT_ON) == BOTH_WENT_ON ? next & ~(RESET | BOTH_WENT_ON) : next;
    }

    /**
     * {@return whether the one that began the flow shows that the answer has reached it}
     *
     * <p>If the answer was a SYN, it has to name the number that this SYN waits for. If it was not,
     * the connection is older than the flow, and a forged segment would have been answered by a
     * reset: any segment but a SYN will do, as will any packet of another protocol.
     */
    private static boolean acknowledges(long word, FiveTuple tuple, int tcpFlags) {
        long awaited = word & AWAITED_MASK;
        return awaited == 0
                ? (tcpFlags & SYN) == 0
                : (tcpFlags & ACK) != 0 && checkNumber(tuple.tcpAcknowledgment()) == awaited;
    }

    /** {@return what is kept of a sequence number, where it is kept} */
    private static long checkNumber(int sequence) {
        return (Integer.remainderUnsigned(sequence, CHECK_NUMBERS) + 1L) << AWAITED_SHIFT;
    }

    /** {@return whether a TCP connection was reset for good, or closed from both sides} */
    static boolean isClosed(long word) {
        return (word & RESET) != 0 || (word & BOTH_FIN) == BOTH_FIN;
    }

    /** {@return whether a packet goes the way of the first one of its flow} */
    static boolean isFromBeginner(long word, FiveTuple tuple) {
        return ((word & UPPER_BEGAN) == 0) == tuple.isSourceLower();
    }

    /** {@return the group of a flow} */
    static int group(long word) {
        if (isClosed(word)) {
            return CLOSED_GROUP;
        }
        int group = (word & ESTABLISHED) != 0 ? ESTABLISHED_OTHER : NEW_OTHER;
        return (word & TCP) != 0 ? group + 1 : group;
    }
}
