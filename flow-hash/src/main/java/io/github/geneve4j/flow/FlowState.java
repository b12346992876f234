package io.github.geneve4j.flow;

/**
 * What a table knows of a flow besides its key: who began it, how far it came, whether its TCP
 * connection is over. Bits of the word whose lower part is the key word of a {@link FiveTuple}.
 */
final class FlowState {
    static final int SHIFT = 48;
    static final long KEY_MASK = (1L << SHIFT) - 1;

    static final long LIVE = 1L << SHIFT;
    static final long UPPER_BEGAN = 1L << 49;
    static final long ANSWERED = 1L << 50;
    static final long ESTABLISHED = 1L << 51;
    private static final long RESET = 1L << 52;
    private static final long TCP = 1L << 53;
    private static final long LOWER_FIN = 1L << 54;
    private static final long UPPER_FIN = 1L << 55;
    private static final long BOTH_FIN = LOWER_FIN | UPPER_FIN;
    private static final long LOWER_WENT_ON = 1L << 56; // after a reset
    private static final long UPPER_WENT_ON = 1L << 57;
    private static final long BOTH_WENT_ON = LOWER_WENT_ON | UPPER_WENT_ON;

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
        } else if ((word & ANSWERED) != 0 && (tcpFlags & SYN) == 0) {
            next |= ESTABLISHED;
        }
        if (tuple.protocol() != IpProtocol.TCP) {
            return next;
        }
        next |= TCP;
        // In a narrower scope the connection is only one of many
        if (!tuple.isKeyedByPorts()) {
            return next;
        }
        if ((tcpFlags & RST) != 0) {
            return (next & ~BOTH_WENT_ON) | RESET;
        }
        if ((tcpFlags & FIN) != 0) {
            next |= tuple.isSourceLower() ? LOWER_FIN : UPPER_FIN;
        }
        if ((next & RESET) == 0 || (tcpFlags & SYN) != 0) {
            return next;
        }
        // Anyone can forge an RST: if both sides go on, neither believed it
        next |= tuple.isSourceLower() ? LOWER_WENT_ON : UPPER_WENT_ON;
        return (next & BOTH_WENT_ON) == BOTH_WENT_ON ? next & ~(RESET | BOTH_WENT_ON) : next;
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
