package io.github.geneve4j.flow;

/**
 * What a table knows of a flow besides its key: who began it, how far it came, whether its TCP
 * connection is over. The upper bits of the word whose lower part is the key word of a {@link
 * FiveTuple}.
 *
 * <p>The uppermost twelve tell for what the responder of a TCP connection waits since its last
 * segment: a check number of the acknowledgment and sequence number that shows that it has arrived,
 * or 0 before there is one. Who forges a sender cannot know it.
 */
final class FlowState {
    static final int SHIFT = 42;
    static final long KEY_MASK = (1L << SHIFT) - 1;

    static final long LIVE = 1L << SHIFT;
    static final long LIVE_KEY_MASK = KEY_MASK | LIVE;
    static final long UPPER_BEGAN = 1L << 43;
    static final long ANSWERED = 1L << 44;
    static final long ESTABLISHED = 1L << 45;
    private static final long RESET = 1L << 46;
    private static final long TCP = 1L << 47;
    private static final long LOWER_FIN = 1L << 48;
    private static final long UPPER_FIN = 1L << 49;
    private static final long BOTH_FIN = LOWER_FIN | UPPER_FIN;
    private static final int GROUP_SHIFT = 45; // of what decides the group, the bits above
    private static final int GROUP_BITS = 5;
    private static final byte[] GROUP_OF = groups();
    private static final long LOWER_WENT_ON = 1L << 50; // after a close
    private static final long UPPER_WENT_ON = 1L << 51;
    private static final long BOTH_WENT_ON = LOWER_WENT_ON | UPPER_WENT_ON;
    private static final int AWAITED_SHIFT = 52;
    private static final long AWAITED_MASK = -1L << AWAITED_SHIFT;

    /** How many check numbers there are; they begin at 1. */
    static final int CHECK_NUMBERS = 4095;

    private static final int SEQUENCE_SHIFT = 6; // so that small steps of either number tell

    // Groups of flows with one timeout and one rank in eviction
    static final int CLOSED_GROUP = 0;
    static final int NEW_OTHER = 1;
    static final int NEW_TCP = 2;
    static final int ESTABLISHED_OTHER = 3;
    static final int ESTABLISHED_TCP = 4;
    static final int RESET_GROUP = 5; // established, and then reset: maybe by a forger
    static final int GROUPS = 6;

    private FlowState() {}

    /** {@return the word of a flow that begins with this packet} */
    static long begin(FiveTuple tuple) {
        int flags = tuple.tcpFlags();
        long word = tuple.keyWord() | LIVE;
        if (tuple.protocol() == IpProtocol.TCP || tuple.scope() == FlowScope.TWO_TUPLE) {
            word |= TCP; // which any protocol may be in that scope
        }
        boolean answer =
                isConnection(tuple) && (flags & TcpFlags.CONTROL) == (TcpFlags.SYN | TcpFlags.ACK);
        return tuple.isSourceLower() == answer
                ? after(word | UPPER_BEGAN, tuple, flags)
                : after(word, tuple, flags);
    }

    /**
     * {@return whether a packet begins a new connection on the ports of one that is closed}
     *
     * <p>Not of one that was reset: who forges a reset would forge this, too.
     */
    static boolean reopens(long word, int tcpFlags) {
        return (word & BOTH_FIN) == BOTH_FIN && (tcpFlags & TcpFlags.CONTROL) == TcpFlags.SYN;
    }

    /**
     * {@return whether a packet changes nothing of this, unless it is a segment with FIN or RST}
     */
    static boolean isSettled(long word) {
        return (word & (LIVE | ESTABLISHED | RESET | BOTH_FIN)) == (LIVE | ESTABLISHED);
    }

    /** {@return the word after another packet of the flow} */
    static long after(long word, FiveTuple tuple, int tcpFlags) {
        if (isConnection(tuple)) {
            return afterSegment(word, tuple, tcpFlags);
        }
        if (!isFromBeginner(word, tuple)) {
            return word | ANSWERED;
        }
        return (word & ANSWERED) != 0 ? word | ESTABLISHED : word;
    }

    private static long afterSegment(long word, FiveTuple tuple, int flags) {
        if (!tuple.hasTcpHeader()) {
            return word; // a joined fragment, or no packet at all
        }
        if ((flags & TcpFlags.RST) != 0) {
            return (word & ~BOTH_WENT_ON) | RESET;
        }
        long next = afterNumbers(word, tuple, flags);
        boolean fromLower = tuple.isSourceLower();
        if ((flags & (TcpFlags.SYN | TcpFlags.FIN)) == TcpFlags.FIN) {
            return (next & ~BOTH_WENT_ON) | (fromLower ? LOWER_FIN : UPPER_FIN);
        }
        if (!isClosed(word) || (flags & TcpFlags.SYN) != 0) {
            return next;
        }
        // Anyone can forge an RST, or two FINs: if both sides go on, neither believed it
        if ((word & BOTH_FIN) == BOTH_FIN && tuple.tcpPayloadLength() == 0) {
            return next; // but the last acknowledgments of a closed connection are nothing more
        }
        next |= fromLower ? LOWER_WENT_ON : UPPER_WENT_ON;
        return (next & BOTH_WENT_ON) == BOTH_WENT_ON
                ? next & ~(RESET | BOTH_FIN | BOTH_WENT_ON)
                : next;
    }

    /** {@return the word after the numbers of a segment: has the beginner seen the answer?} */
    private static long afterNumbers(long word, FiveTuple tuple, int flags) {
        if ((word & ESTABLISHED) != 0) {
            return word;
        }
        if ((flags & TcpFlags.ACK) == 0) {
            return word; // nothing but what opens a connection, or a forger
        }
        int sequence = tuple.tcpSequence();
        int acknowledgment = tuple.tcpAcknowledgment();
        if (isFromBeginner(word, tuple)) {
            long awaited = checkNumber(acknowledgment, sequence);
            return (word & RESET) == 0 && (word & AWAITED_MASK) == awaited
                    ? word | ESTABLISHED
                    : word;
        }
        int end =
                sequence
                        + tuple.tcpPayloadLength()
                        + ((flags & (TcpFlags.SYN | TcpFlags.FIN)) == 0 ? 0 : 1);
        return (word & ~AWAITED_MASK) | checkNumber(end, acknowledgment) | ANSWERED;
    }

    /** {@return whether flags and numbers are those of the flow, which is one TCP connection} */
    private static boolean isConnection(FiveTuple tuple) {
        // In a narrower scope the connection is only one of many
        return tuple.protocol() == IpProtocol.TCP && tuple.isKeyedByPorts();
    }

    /**
     * {@return what is kept of the segment that one side waits for, where it is kept}
     *
     * <p>Both numbers count, as a half-open host that a forger feigns to answer tells one of them.
     */
    private static long checkNumber(int acknowledgment, int sequence) {
        int both = acknowledgment + (sequence << SEQUENCE_SHIFT);
        return (Integer.remainderUnsigned(both, CHECK_NUMBERS) + 1L) << AWAITED_SHIFT;
    }

    /** {@return whether a TCP connection was reset, or closed from both sides} */
    static boolean isClosed(long word) {
        return (word & RESET) != 0 || (word & BOTH_FIN) == BOTH_FIN;
    }

    /** {@return the word of a connection that is over, as its ends are told: no forger's doing} */
    static long reset(long word) {
        return (word & ~(ESTABLISHED | BOTH_WENT_ON)) | RESET;
    }

    static boolean isTcp(long word) {
        return (word & TCP) != 0;
    }

    /** {@return whether a packet goes the way of the first one of its flow} */
    static boolean isFromBeginner(long word, FiveTuple tuple) {
        return ((word & UPPER_BEGAN) == 0) == tuple.isSourceLower();
    }

    /** {@return the group of a flow} */
    static int group(long word) {
        return GROUP_OF[(int) (word >>> GROUP_SHIFT) & (1 << GROUP_BITS) - 1];
    }

    /** {@return the groups of all words: it is asked for each packet several times} */
    private static byte[] groups() {
        byte[] groups = new byte[1 << GROUP_BITS];
        for (int i = 0; i < groups.length; i++) {
            groups[i] = (byte) groupOf((long) i << GROUP_SHIFT);
        }
        return groups;
    }

    private static int groupOf(long word) {
        if (isClosed(word)) {
            return (word & BOTH_FIN) == BOTH_FIN || (word & ESTABLISHED) == 0
                    ? CLOSED_GROUP
                    : RESET_GROUP;
        }
        int group = (word & ESTABLISHED) != 0 ? ESTABLISHED_OTHER : NEW_OTHER;
        return (word & TCP) != 0 ? group + 1 : group;
    }
}
