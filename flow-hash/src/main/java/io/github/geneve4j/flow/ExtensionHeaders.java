package io.github.geneve4j.flow;

import static io.github.geneve4j.flow.IpProtocol.AH;
import static io.github.geneve4j.flow.IpProtocol.FRAGMENT;
import static io.github.geneve4j.flow.IpProtocol.HIP;
import static io.github.geneve4j.flow.IpProtocol.MOBILITY;
import static io.github.geneve4j.flow.IpProtocol.NO_NEXT_HEADER;
import static io.github.geneve4j.flow.IpProtocol.isExtensionHeader;

import io.netty.buffer.ByteBuf;

/**
 * Walks a chain of IPv6 extension headers to what it carries, or to the fragment header that ends
 * what every fragment shows (RFC 8200 §4).
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  Next Header  |  Hdr Ext Len  |                               |   any but the fragment header
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+                               +
 * |                                                               |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  Next Header  |   Reserved    |      Fragment Offset    |Res|M|   the fragment header
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                         Identification                        |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 *
 * <p>Order and repetition are not judged, as RFC 8200 §4.1 asks of a receiver, but a walk takes
 * {@value #MOST_HEADERS} headers at most: a large packet holds thousands, each of which costs time,
 * and no sender has use for more than seven (RFC 8200 §4.1). Linux dissects 15, FreeBSD takes 15.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one. <b>Ownership:</b> borrows the
 * buffer during a call.
 */
final class ExtensionHeaders {
    static final int HEAD_OFFSET = 0; // next header:8 length:8, then 16 bits of its own
    static final int IDENTIFICATION_OFFSET = 4; // 32 bits, fragment header only
    static final int LEAST_LENGTH = 8;

    /** How many headers a walk takes; the fragment header that ends it is one of them. */
    static final int MOST_HEADERS = 16;

    // Fields of a header's first 32 bits
    private static final int NEXT_HEADER_SHIFT = 24;
    private static final int LENGTH_SHIFT = 16;
    private static final int LENGTH_MASK = 0xff;
    private static final int FRAGMENT_MASK = 0xfff9; // offset and M, without the reserved bits
    private static final int FRAGMENT_OFFSET_MASK = 0xfff8;

    private int at;
    private int protocol;
    private boolean tooLong;
    private boolean fragment;
    private boolean firstFragment;
    private int identification;

    /**
     * Walks from the header that {@code next} names; the accessors then say where it led.
     *
     * @param at absolute index of that header
     * @param end absolute index after the packet
     * @return false if a header reaches past the end, or is one too many, see {@link #isTooLong()};
     *     {@link #protocol()} is then its number
     */
    boolean walk(ByteBuf buffer, int at, int end, int next) {
        this.tooLong = false;
        this.fragment = false;
        for (int headers = 0; isExtensionHeader(next); headers++) {
            this.at = at;
            this.protocol = next;
            if (headers == MOST_HEADERS) {
                this.tooLong = true;
                return false;
            }
            if (end - at < LEAST_LENGTH) {
                return false;
            }
            int head = buffer.getInt(at + HEAD_OFFSET);
            int following = head >>> NEXT_HEADER_SHIFT;
            if (next == FRAGMENT && (head & FRAGMENT_MASK) != 0) {
                this.fragment = true;
                this.firstFragment = (head & FRAGMENT_OFFSET_MASK) == 0;
                this.identification = buffer.getInt(at + IDENTIFICATION_OFFSET);
                this.at = at + LEAST_LENGTH;
                this.protocol = following;
                return true;
            }
            int length = length(next, head);
            if (end - at < length) {
                return false;
            }
            if (following == NO_NEXT_HEADER && (next == MOBILITY || next == HIP)) {
                return true; // it is the message itself, not a header before one
            }
            at += length;
            next = following;
        }
        this.at = at;
        this.protocol = next;
        return true;
    }

    /** {@return the absolute index where the payload begins} */
    int at() {
        return at;
    }

    /** {@return the number of what the chain carries} */
    int protocol() {
        return protocol;
    }

    /** {@return whether the walk gave up as there are more than {@value #MOST_HEADERS} headers} */
    boolean isTooLong() {
        return tooLong;
    }

    /** {@return whether the chain ends at a fragment header that cuts the packet} */
    boolean isFragment() {
        return fragment;
    }

    /** {@return whether the datagram begins in this fragment; only of a fragment} */
    boolean isFirstFragment() {
        return firstFragment;
    }

    /** {@return the datagram's identification; only of a fragment} */
    int identification() {
        return identification;
    }

    private static int length(int number, int head) {
        int units = head >>> LENGTH_SHIFT & LENGTH_MASK;
        return switch (number) {
            case FRAGMENT -> LEAST_LENGTH; // an atomic fragment (RFC 6946): its length is reserved
            case AH -> (units + 2) << 2; // RFC 4302 §2.2
            default -> (units + 1) << 3; // RFC 6564 §4
        };
    }
}
