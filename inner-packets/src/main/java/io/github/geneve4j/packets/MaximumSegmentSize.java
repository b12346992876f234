package io.github.geneve4j.packets;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.TcpFlags;
import io.github.geneve4j.geneve.tunnel.InternetChecksum;
import io.netty.buffer.ByteBuf;

/**
 * The maximum segment size that a TCP handshake announces (RFC 9293 §3.7.1), so that a tunnel
 * behind the appliance is not met with packets that are too long for it.
 *
 * <p>Only a SYN, with or without ACK, announces one. A SYN without the option is left alone: its
 * sender expects 536 bytes in IPv4 and 1,220 in IPv6, which fit everywhere. Options are read as far
 * as they can be.
 */
public final class MaximumSegmentSize {
    private static final int END_OF_OPTIONS = 0;
    private static final int NO_OPERATION = 1;
    private static final int KIND = 2;
    private static final int LENGTH = 4;
    private static final int VALUE_OFFSET = 2; // in the option, 16 bits
    private static final int LEAST_OPTION_LENGTH = 2;
    private static final int MOST = 0xffff;
    private static final int NONE = -1;

    private MaximumSegmentSize() {}

    /**
     * {@return whether the packet is a SYN that announces more than this}
     *
     * @param packet wrapped, in {@code buffer}
     * @param buffer only read
     * @param most bytes of TCP payload, 1 to 65,535
     * @throws IllegalArgumentException if the size is out of its range
     */
    public static boolean exceeds(FiveTuple packet, ByteBuf buffer, int most) {
        check(most);
        return isSyn(packet, buffer)
                && find(packet, buffer, packet.transportOffset() + Tcp.HEADER_LENGTH, most) != NONE;
    }

    /**
     * Lowers what a SYN announces, wherever it is more than this, and mends the TCP checksum for it
     * (RFC 1624): a right one stays right, a wrong one wrong.
     *
     * @param packet wrapped, in {@code buffer}
     * @param buffer changed, if this returns true
     * @param most bytes of TCP payload, 1 to 65,535
     * @return whether anything was changed
     * @throws IllegalArgumentException if the size is out of its range
     */
    public static boolean clamp(FiveTuple packet, ByteBuf buffer, int most) {
        check(most);
        if (!isSyn(packet, buffer)) {
            return false;
        }
        int tcp = packet.transportOffset();
        int first = find(packet, buffer, tcp + Tcp.HEADER_LENGTH, most);
        for (int at = first; at != NONE; at = find(packet, buffer, at + LENGTH, most)) {
            lower(buffer, tcp, at + VALUE_OFFSET, most);
        }
        return first != NONE;
    }

    private static void check(int most) {
        if (most < 1 || most > MOST) {
            throw new IllegalArgumentException("segment size " + most + ": not 1 to " + MOST);
        }
    }

    private static boolean isSyn(FiveTuple packet, ByteBuf buffer) {
        return (packet.tcpFlags() & TcpFlags.SYN) != 0 && Tcp.isWellFormed(packet, buffer);
    }

    /** {@return where the next option stands, from {@code at} on, whose value is more, or NONE} */
    private static int find(FiveTuple packet, ByteBuf buffer, int at, int most) {
        int end = packet.transportOffset() + Tcp.headerLength(packet, buffer);
        while (at < end) {
            int kind = buffer.getUnsignedByte(at);
            if (kind == NO_OPERATION) {
                at++;
                continue;
            }
            if (kind == END_OF_OPTIONS || at + 1 == end) {
                return NONE;
            }
            int length = buffer.getUnsignedByte(at + 1);
            if (length < LEAST_OPTION_LENGTH || length > end - at) {
                return NONE;
            }
            if (kind == KIND
                    && length == LENGTH
                    && buffer.getUnsignedShort(at + VALUE_OFFSET) > most) {
                return at;
            }
            at += length;
        }
        return NONE;
    }

    private static void lower(ByteBuf buffer, int tcp, int at, int value) {
        int before = buffer.getUnsignedShort(at);
        int checksumAt = tcp + Tcp.CHECKSUM_OFFSET;
        int checksum = buffer.getUnsignedShort(checksumAt);
        boolean straddles = (at - tcp & 1) != 0; // two words of the sum, a byte of each
        buffer.setShort(at, value);
        buffer.setShort(
                checksumAt,
                straddles
                        ? InternetChecksum.update(checksum, swapped(before), swapped(value))
                        : InternetChecksum.update(checksum, before, value));
    }

    private static int swapped(int word) {
        return Short.reverseBytes((short) word) & MOST;
    }
}
