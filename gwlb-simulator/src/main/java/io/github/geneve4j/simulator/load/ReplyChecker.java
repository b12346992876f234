package io.github.geneve4j.simulator.load;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Compares a reply with the frame that it answers, all of it: MAC and IP addresses swapped, IPv4
 * header whole and its checksum right, UDP ports by the rule, UDP checksum the request's or none,
 * and every byte behind that the same. TTL, ID, DF and TOS are free, as the load balancer leaves
 * them free.
 *
 * <p><b>Allocation:</b> none. <b>Threads:</b> one. <b>Ownership:</b> borrows both memories.
 */
final class ReplyChecker {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt ANY_ORDER = ValueLayout.JAVA_INT_UNALIGNED;

    private static final int MAC_DESTINATION = 0;
    private static final int MAC_SOURCE = 6;
    private static final int VERSION_IHL = Frames.IP;
    private static final int TOTAL_LENGTH = Frames.IP + 2;
    private static final int FRAGMENT = Frames.IP + 6;
    private static final int PROTOCOL = Frames.IP + 9;
    private static final int IP_SOURCE = Frames.IP + 12;
    private static final int IP_DESTINATION = Frames.IP + 16;
    private static final int UDP_SOURCE = Frames.UDP;
    private static final int UDP_DESTINATION = Frames.UDP + 2;
    private static final int UDP_LENGTH = Frames.UDP + 4;
    private static final int UDP_CHECKSUM = Frames.UDP + 6;

    private static final int IPV4 = 0x0800;
    private static final int VERSION_4_IHL_5 = 0x45;
    private static final int UDP = 17;
    private static final int FRAGMENT_MASK = 0x3fff; // more fragments, or not the first

    private final MemorySegment sent;
    private final int length;
    private final ReplyRule rule;

    /**
     * Creates a checker.
     *
     * @param sent memory of the requests
     * @param length bytes of every request
     */
    ReplyChecker(MemorySegment sent, int length, ReplyRule rule) {
        this.sent = sent;
        this.length = length;
        this.rule = rule;
    }

    /** {@return whether the frame can be a reply at all: a UDP datagram, long enough} */
    static boolean isUdp(MemorySegment memory, long at, int length) {
        return length >= Frames.GENEVE
                && memory.get(SHORT, at + Frames.ETHER_TYPE) == IPV4
                && memory.get(ValueLayout.JAVA_BYTE, at + PROTOCOL) == UDP;
    }

    /**
     * {@return whether a reply is what the request's appliance had to answer}
     *
     * @param request where the request begins, in the memory of the requests
     * @param got memory of the reply
     * @param reply where the reply begins
     * @param replyLength bytes of the reply
     */
    boolean isRight(long request, MemorySegment got, long reply, int replyLength) {
        return replyLength == length
                && isEthernetRight(request, got, reply)
                && isIpRight(request, got, reply)
                && isUdpRight(request, got, reply)
                && MemorySegment.mismatch(
                                sent,
                                request + Frames.GENEVE,
                                request + length,
                                got,
                                reply + Frames.GENEVE,
                                reply + length)
                        < 0;
    }

    private boolean isEthernetRight(long request, MemorySegment got, long reply) {
        return isMacSame(got, reply + MAC_DESTINATION, request + MAC_SOURCE)
                && isMacSame(got, reply + MAC_SOURCE, request + MAC_DESTINATION);
    }

    private boolean isMacSame(MemorySegment got, long reply, long request) {
        return got.get(ANY_ORDER, reply) == sent.get(ANY_ORDER, request)
                && got.get(SHORT, reply + 4) == sent.get(SHORT, request + 4);
    }

    private boolean isIpRight(long request, MemorySegment got, long reply) {
        return got.get(ValueLayout.JAVA_BYTE, reply + VERSION_IHL) == VERSION_4_IHL_5
                && got.get(SHORT, reply + TOTAL_LENGTH) == sent.get(SHORT, request + TOTAL_LENGTH)
                && (got.get(SHORT, reply + FRAGMENT) & FRAGMENT_MASK) == 0
                && got.get(INT, reply + IP_SOURCE) == sent.get(INT, request + IP_DESTINATION)
                && got.get(INT, reply + IP_DESTINATION) == sent.get(INT, request + IP_SOURCE)
                && isIpChecksumRight(got, reply + Frames.IP);
    }

    private static boolean isIpChecksumRight(MemorySegment got, long ip) {
        long sum = 0;
        for (int i = 0; i < 5; i++) {
            sum += Integer.toUnsignedLong(got.get(INT, ip + 4L * i));
        }
        sum = (sum >>> 32) + (sum & 0xffff_ffffL);
        sum = (sum >>> 16) + (sum & 0xffff);
        sum = (sum >>> 16) + (sum & 0xffff);
        return (sum >>> 16) + (sum & 0xffff) == 0xffff;
    }

    private boolean isUdpRight(long request, MemorySegment got, long reply) {
        boolean isKept = rule == ReplyRule.PORTS_KEPT;
        short checksum = got.get(SHORT, reply + UDP_CHECKSUM);
        return got.get(SHORT, reply + UDP_SOURCE)
                        == sent.get(SHORT, request + (isKept ? UDP_SOURCE : UDP_DESTINATION))
                && got.get(SHORT, reply + UDP_DESTINATION)
                        == sent.get(SHORT, request + (isKept ? UDP_DESTINATION : UDP_SOURCE))
                && got.get(SHORT, reply + UDP_LENGTH) == sent.get(SHORT, request + UDP_LENGTH)
                && (checksum == 0 || checksum == sent.get(SHORT, request + UDP_CHECKSUM));
    }
}
