package io.github.geneve4j.simulator.conform;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowStatus;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A firewall that allows everything, and is right to drop what belongs to nothing: TCP without a
 * handshake or out of its window, data in a SYN, ICMP errors about packets that it never saw, SCTP
 * and GRE that cannot be read. Puts fragments together, and does not take them apart again.
 */
final class StatefulFirewall {
    private static final int WINDOW = 0xffff;
    private static final int ICMPV6 = 58;
    private static final int ICMP_ECHO = 8;
    private static final int ICMPV6_ECHO = 128;

    private final Reassembly reassembly = new Reassembly(true);
    private final Map<String, Tcp> connections = new HashMap<>();
    private final Set<String> flows = new HashSet<>();

    private enum State {
        SYN,
        SYN_ACK,
        OPEN
    }

    /** A connection; numbers are those that its ends go on with. */
    private static final class Tcp {
        private final String client;
        private State state = State.SYN;
        private int clientNext;
        private int serverNext;

        Tcp(String client, int clientNext) {
            this.client = client;
            this.clientNext = clientNext;
        }
    }

    /** {@return which flow a packet belongs to, in either direction, or null if it has no ports} */
    static @Nullable String flow(byte[] inner) {
        FiveTuple tuple = tuple(inner);
        return tuple == null || tuple.isFragment() ? null : flow(tuple);
    }

    private static String flow(FiveTuple tuple) {
        String one = source(tuple);
        String other = destination(tuple);
        String ends = one.compareTo(other) < 0 ? one + other : other + one;
        return tuple.protocol() + ends;
    }

    private static String source(FiveTuple tuple) {
        return " " + tuple.sourceHigh() + "," + tuple.sourceLow() + ":" + tuple.sourcePort();
    }

    private static String destination(FiveTuple tuple) {
        return " "
                + tuple.destinationHigh()
                + ","
                + tuple.destinationLow()
                + ":"
                + tuple.destinationPort();
    }

    private static @Nullable FiveTuple tuple(byte[] inner) {
        FiveTuple tuple = new FiveTuple();
        FlowStatus status = tuple.wrap(Unpooled.wrappedBuffer(inner), 0, inner.length);
        return status == FlowStatus.OK ? tuple : null;
    }

    /** {@return what goes on of a packet: all of it, more of it, or null} */
    byte @Nullable [] pass(byte[] inner) {
        byte[] whole = Reassembly.offset(inner) >= 0 ? reassembly.add(inner) : inner;
        if (whole == null) {
            return null;
        }
        FiveTuple tuple = tuple(whole);
        return tuple != null && passes(whole, tuple) ? whole : null;
    }

    private boolean passes(byte[] packet, FiveTuple tuple) {
        byte[] body =
                Arrays.copyOfRange(
                        packet,
                        tuple.transportOffset(),
                        tuple.transportOffset() + tuple.transportLength());
        if (tuple.isQuoted()) {
            return !tuple.isMisdirected()
                    && (connections.containsKey(flow(tuple)) || flows.contains(flow(tuple)));
        }
        return switch (tuple.transportProtocol()) {
            case Ipv4.TCP -> body.length >= Inner.TCP_HEADER_LENGTH && passesTcp(tuple, body);
            case Ipv4.UDP -> {
                flows.add(flow(tuple));
                yield true;
            }
            case Ipv4.ICMP -> body.length >= 8 && Bytes.u8(body, 0) == ICMP_ECHO;
            case ICMPV6 -> body.length >= 8 && Bytes.u8(body, 0) == ICMPV6_ECHO;
            case Inner.GRE -> isGre(body);
            case Inner.ESP -> isFirstEsp(body);
            case Inner.SCTP -> isSctpInit(body);
            default -> false;
        };
    }

    private boolean passesTcp(FiveTuple tuple, byte[] segment) {
        int flags = tuple.tcpFlags();
        int sequence = Bytes.s32(segment, 4);
        int acknowledged = Bytes.s32(segment, 8);
        int length = segment.length - (Bytes.u8(segment, 12) >>> 4) * 4;
        Tcp tcp = connections.get(flow(tuple));
        if (flags == Inner.SYN) {
            boolean again = tcp != null && tcp.state == State.SYN && tcp.clientNext == sequence + 1;
            if (length != 0 || tcp != null && !again) {
                return false;
            }
            connections.put(flow(tuple), new Tcp(source(tuple), sequence + 1));
            return true;
        }
        if (tcp == null || (flags & Inner.ACK) == 0) {
            return false;
        }
        boolean fromClient = tcp.client.equals(source(tuple));
        if (flags == (Inner.SYN | Inner.ACK)) {
            if (fromClient || tcp.state == State.OPEN || acknowledged != tcp.clientNext) {
                return false;
            }
            tcp.state = State.SYN_ACK;
            tcp.serverNext = sequence + 1;
            return true;
        }
        int next = fromClient ? tcp.clientNext : tcp.serverNext;
        int other = fromClient ? tcp.serverNext : tcp.clientNext;
        if (tcp.state == State.SYN || tcp.state == State.SYN_ACK && !fromClient) {
            return false;
        }
        if (!isUpTo(sequence, next) || !isUpTo(acknowledged, other)) {
            return false;
        }
        if ((flags & Inner.RST) != 0) {
            return sequence == next && connections.remove(flow(tuple)) != null;
        }
        tcp.state = State.OPEN;
        int after = Math.max(sequence + length - next, 0) + next;
        if (fromClient) {
            tcp.clientNext = after;
        } else {
            tcp.serverNext = after;
        }
        return true;
    }

    /** A number that is the next, or was so not long ago: the segment may come again. */
    private static boolean isUpTo(int number, int next) {
        return next - number >= 0 && next - number <= WINDOW;
    }

    private static boolean isGre(byte[] body) {
        return body.length > 4
                && Bytes.s32(body, 0) == 0x0800
                && tuple(Arrays.copyOfRange(body, 4, body.length)) != null;
    }

    private static boolean isFirstEsp(byte[] body) {
        return body.length >= 8 && Bytes.s32(body, 0) >>> 8 != 0 && Bytes.s32(body, 4) == 1;
    }

    private static boolean isSctpInit(byte[] body) {
        if (body.length < 32 || Bytes.s32(body, 4) != 0 || body[12] != 1) {
            return false;
        }
        byte[] unsummed = body.clone();
        Bytes.put32(unsummed, 8, 0);
        CRC32C crc = new CRC32C();
        crc.update(unsummed);
        return Integer.reverseBytes(Bytes.s32(body, 8)) == (int) crc.getValue()
                && Bytes.u16(body, 14) == body.length - 12
                && Bytes.s32(body, 16) != 0;
    }
}
