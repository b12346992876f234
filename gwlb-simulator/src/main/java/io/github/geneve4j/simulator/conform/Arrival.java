package io.github.geneve4j.simulator.conform;

import io.github.geneve4j.flow.FlowFormat;
import io.github.geneve4j.geneve.tunnel.InternetChecksum;
import java.util.Arrays;
import java.util.Locale;

/**
 * A packet that came to one of this host's node addresses.
 *
 * @param kind what it is; without CAP_NET_RAW only whole UDP datagrams are seen
 * @param source address that it came from
 * @param destination address that it went to
 * @param sourcePort UDP port, 0 where there is none
 * @param destinationPort UDP port, 0 where there is none
 * @param checksum state of the UDP checksum
 * @param packet the whole IPv4 packet, empty where only the payload is seen
 * @param payload of UDP or ICMP; of a fragment, all behind the IPv4 header
 * @param nanos when, by {@link System#nanoTime()}
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Arrival(
        Kind kind,
        int source,
        int destination,
        int sourcePort,
        int destinationPort,
        Checksum checksum,
        byte[] packet,
        byte[] payload,
        long nanos) {

    private static final int UDP_HEADER_LENGTH = 8;
    private static final int UDP_LENGTH_OFFSET = 4;
    private static final int UDP_CHECKSUM_OFFSET = 6;
    private static final int ICMP_UNREACHABLE = 3;
    private static final byte[] UNSEEN = {};

    /** What kind of packet it is. */
    enum Kind {
        UDP,
        FRAGMENT,
        ICMP
    }

    /** What its UDP checksum is. */
    enum Checksum {
        NONE,
        RIGHT,
        WRONG,
        /**
         * Not seen, or left to a network card that is not there: the packet never left this host.
         */
        UNSEEN
    }

    /** {@return what a socket received} */
    static Arrival datagram(
            int source, int sourcePort, int destination, int destinationPort, byte[] payload) {
        return new Arrival(
                Kind.UDP,
                source,
                destination,
                sourcePort,
                destinationPort,
                Checksum.UNSEEN,
                UNSEEN,
                payload,
                System.nanoTime());
    }

    /**
     * {@return what a packet is}
     *
     * @param packet IPv4, at least its header
     * @param checksumLeft whether the checksum was left to a network card
     */
    static Arrival packet(byte[] packet, boolean checksumLeft) {
        int source = Bytes.s32(packet, Ipv4.SOURCE_OFFSET);
        int destination = Bytes.s32(packet, Ipv4.DESTINATION_OFFSET);
        int from = Math.min(Ipv4.headerLength(packet), packet.length);
        int to = Math.min(Bytes.u16(packet, Ipv4.TOTAL_LENGTH_OFFSET), packet.length);
        byte[] data = Arrays.copyOfRange(packet, from, Math.max(from, to));
        boolean udp = Bytes.u8(packet, Ipv4.PROTOCOL_OFFSET) == Ipv4.UDP;
        if (Ipv4.isFragment(packet) || (udp && !isWholeUdp(data))) {
            return new Arrival(
                    Kind.FRAGMENT,
                    source,
                    destination,
                    0,
                    0,
                    Checksum.UNSEEN,
                    packet,
                    data,
                    System.nanoTime());
        }
        if (!udp) {
            return new Arrival(
                    Kind.ICMP,
                    source,
                    destination,
                    0,
                    0,
                    Checksum.UNSEEN,
                    packet,
                    data,
                    System.nanoTime());
        }
        int length = Bytes.u16(data, UDP_LENGTH_OFFSET);
        Checksum checksum =
                checksumLeft ? Checksum.UNSEEN : checksum(source, destination, data, length);
        return new Arrival(
                Kind.UDP,
                source,
                destination,
                Bytes.u16(data, 0),
                Bytes.u16(data, 2),
                checksum,
                packet,
                Arrays.copyOfRange(data, UDP_HEADER_LENGTH, length),
                System.nanoTime());
    }

    /** {@return whether somebody says that he, his port or his protocol is not there} */
    boolean isUnreachable() {
        return kind == Kind.ICMP && payload.length > 0 && payload[0] == ICMP_UNREACHABLE;
    }

    /** {@return the whole packet, or all of it that was seen} */
    byte[] seen() {
        return packet.length > 0 ? packet : payload;
    }

    /** {@return from where to where, for people} */
    String text() {
        String ends = FlowFormat.ipv4(source) + "%s > " + FlowFormat.ipv4(destination) + "%s";
        return kind == Kind.UDP
                ? String.format(Locale.ROOT, ends, ":" + sourcePort, ":" + destinationPort)
                : String.format(Locale.ROOT, ends, "", "")
                        + (kind == Kind.ICMP ? " ICMP" : " fragment");
    }

    private static boolean isWholeUdp(byte[] data) {
        if (data.length < UDP_HEADER_LENGTH) {
            return false;
        }
        int length = Bytes.u16(data, UDP_LENGTH_OFFSET);
        return length >= UDP_HEADER_LENGTH && length <= data.length;
    }

    private static Checksum checksum(int source, int destination, byte[] data, int length) {
        if (Bytes.u16(data, UDP_CHECKSUM_OFFSET) == 0) {
            return Checksum.NONE;
        }
        long sum =
                Ipv4.pseudoSum(source, destination, Ipv4.UDP, length) + Bytes.sum(data, 0, length);
        return InternetChecksum.isValid(sum) ? Checksum.RIGHT : Checksum.WRONG;
    }
}
