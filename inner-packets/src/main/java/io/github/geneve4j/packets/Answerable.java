package io.github.geneve4j.packets;

import io.github.geneve4j.flow.FiveTuple;
import io.netty.buffer.ByteBuf;

/**
 * Which packets nobody may answer, whatever the answer (RFC 1122 §3.2.2, RFC 1812 §4.3.2.7, RFC
 * 4443 §2.4).
 */
final class Answerable {
    private static final int V4_FIRST_OCTET_SHIFT = 24;
    private static final int V4_THIS_NETWORK = 0;
    private static final int V4_LOOPBACK = 127;
    private static final int V4_MULTICAST = 224; // and above: reserved, broadcast

    private static final int V6_FIRST_OCTET_SHIFT = 56;
    private static final int V6_MULTICAST = 0xff;

    private Answerable() {}

    /**
     * {@return whether the packet came from one host, to one host, undamaged, with the beginning of
     * its datagram}
     */
    static boolean isAnswerable(FiveTuple packet, ByteBuf buffer, int offset) {
        return isBetweenHosts(packet, buffer, offset)
                && !Ip.isLaterFragment(packet, buffer, offset)
                && InnerChecksums.isValid(packet, buffer, offset);
    }

    private static boolean isBetweenHosts(FiveTuple packet, ByteBuf buffer, int offset) {
        if (!packet.isIpv6()) {
            return isHost(buffer.getInt(offset + Ip.V4_SOURCE_OFFSET))
                    && isHost(buffer.getInt(offset + Ip.V4_DESTINATION_OFFSET));
        }
        int source = offset + Ip.V6_SOURCE_OFFSET;
        int destination = offset + Ip.V6_DESTINATION_OFFSET;
        return isHost(buffer.getLong(source), buffer.getLong(source + Long.BYTES))
                && isHost(buffer.getLong(destination), buffer.getLong(destination + Long.BYTES));
    }

    private static boolean isHost(int address) {
        int first = address >>> V4_FIRST_OCTET_SHIFT;
        return first != V4_THIS_NETWORK && first != V4_LOOPBACK && first < V4_MULTICAST;
    }

    /** {@return whether it is neither multicast, nor unspecified, nor loopback} */
    private static boolean isHost(long high, long low) {
        return high >>> V6_FIRST_OCTET_SHIFT != V6_MULTICAST && (high != 0 || low >>> 1 != 0);
    }
}
