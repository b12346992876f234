package io.github.geneve4j.io;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import io.github.geneve4j.io.sys.UdpHeader;
import io.github.geneve4j.io.sys.VirtioNet;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The rule by which neighbouring replies become one frame, and that frame's headers: a run is a
 * frame that the kernel cuts into the very replies again (UDP segmentation).
 *
 * <p>The kernel puts the headers before each piece of the payload. All pieces have the length of
 * the first but the last one, which may be shorter. So all replies of a run have the same headers,
 * apart from lengths and checksums, which the kernel writes for each, and from the IPv4
 * identification, which it counts up from the first one's. It writes a UDP checksum in any case: a
 * reply that is to have none is never part of a run, and one whose checksum is wrong must not be.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one. <b>Ownership:</b> borrows the
 * frames' memory, and does not write to it.
 */
final class ReplyRun {
    /** Bytes of the headers of a run, with the virtio header before them. */
    static final int HEADERS_LENGTH = VirtioNet.Header.SIZE + OuterFrame.HEADERS_LENGTH;

    private static final int MAX_LENGTH = 0xffff - OuterFrame.IPV4_LENGTH - OuterFrame.UDP_LENGTH;

    private static final int IP = OuterFrame.ETHERNET_LENGTH;
    private static final int UDP = IP + OuterFrame.IPV4_LENGTH;
    private static final int CHECKSUM = UDP + OuterFrame.UDP_CHECKSUM_OFFSET;

    // As they lie in the frame: EtherType of IPv4, then its version 4 and 5 words of header
    private static final int TYPE_AND_VERSION = 0x0800_45;
    private static final ValueLayout.OfInt BIG_ENDIAN_INT =
            JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private final MemorySegment memory;
    private long first;
    private int pieceLength;
    private int length;
    private int replies;
    private boolean isOpen;

    /**
     * Creates an empty run.
     *
     * @param memory what the replies lie in
     */
    ReplyRun(MemorySegment memory) {
        this.memory = memory;
    }

    /**
     * Begins a run with a reply.
     *
     * @param frame its offset
     * @param frameLength its bytes, all of them headers or UDP payload
     * @return whether others may {@linkplain #add follow}; if not, it is to be sent alone
     */
    boolean begin(long frame, int frameLength) {
        MemorySegment memory = this.memory;
        // No payload: nothing to cut
        isOpen =
                frameLength > OuterFrame.HEADERS_LENGTH
                        && memory.get(BIG_ENDIAN_INT, frame + OuterFrame.ETHER_TYPE_OFFSET)
                                        >>> Byte.SIZE
                                == TYPE_AND_VERSION
                        && memory.get(JAVA_SHORT_UNALIGNED, frame + CHECKSUM) != 0;
        first = frame;
        pieceLength = frameLength - OuterFrame.HEADERS_LENGTH;
        length = pieceLength;
        replies = 1;
        return isOpen;
    }

    /**
     * Makes a reply the last of the run, if it can be.
     *
     * @param frame its offset
     * @param frameLength its bytes, all of them headers or UDP payload
     * @return whether it is part of the run now
     */
    boolean add(long frame, int frameLength) {
        int piece = frameLength - OuterFrame.HEADERS_LENGTH;
        if (!isOpen
                || !isLikeFirst(frame)
                || piece > pieceLength
                || piece <= 0
                || length + piece > MAX_LENGTH
                || replies == UdpHeader.UDP_MAX_SEGMENTS) {
            return false;
        }
        length += piece;
        replies++;
        isOpen = piece == pieceLength;
        return true;
    }

    /** What differs most often comes first. */
    private boolean isLikeFirst(long frame) {
        MemorySegment memory = this.memory;
        long first = this.first;
        return same(memory.get(JAVA_INT_UNALIGNED, first + UDP), frame + UDP)
                && same(
                        memory.get(JAVA_LONG_UNALIGNED, first + IP + OuterFrame.SOURCE_OFFSET),
                        frame + IP + OuterFrame.SOURCE_OFFSET)
                && same(memory.get(JAVA_LONG_UNALIGNED, first), frame)
                // The rest of the source address, EtherType, version and TOS
                && same(memory.get(JAVA_LONG_UNALIGNED, first + Long.BYTES), frame + Long.BYTES)
                // Flags, fragment offset, TTL and protocol
                && same(
                        memory.get(JAVA_INT_UNALIGNED, first + IP + OuterFrame.FRAGMENT_OFFSET),
                        frame + IP + OuterFrame.FRAGMENT_OFFSET)
                && memory.get(JAVA_SHORT_UNALIGNED, frame + CHECKSUM) != 0;
    }

    private boolean same(long bytes, long offset) {
        return memory.get(JAVA_LONG_UNALIGNED, offset) == bytes;
    }

    private boolean same(int bytes, long offset) {
        return memory.get(JAVA_INT_UNALIGNED, offset) == bytes;
    }

    /**
     * Writes the headers of the run, of two replies or more.
     *
     * @param into memory for them
     * @param offset where they go; {@link #HEADERS_LENGTH} bytes
     */
    void writeHeaders(MemorySegment into, long offset) {
        into.set(
                JAVA_BYTE,
                offset + VirtioNet.Header.FLAGS,
                (byte) VirtioNet.VIRTIO_NET_HDR_F_NEEDS_CSUM);
        into.set(
                JAVA_BYTE,
                offset + VirtioNet.Header.GSO_TYPE,
                (byte) VirtioNet.VIRTIO_NET_HDR_GSO_UDP_L4);
        number(into, offset + VirtioNet.Header.HDR_LEN, OuterFrame.HEADERS_LENGTH);
        number(into, offset + VirtioNet.Header.GSO_SIZE, pieceLength);
        number(into, offset + VirtioNet.Header.CSUM_START, UDP);
        number(into, offset + VirtioNet.Header.CSUM_OFFSET, OuterFrame.UDP_CHECKSUM_OFFSET);
        long frame = offset + VirtioNet.Header.SIZE;
        MemorySegment.copy(memory, first, into, frame, OuterFrame.HEADERS_LENGTH);
        OuterFrame.lengthen(into, frame + IP, length);
    }

    private static void number(MemorySegment into, long offset, int value) {
        into.set(JAVA_SHORT_UNALIGNED, offset, (short) value);
    }
}
