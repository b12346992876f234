package io.github.geneve4j.simulator.conform;

import io.github.geneve4j.geneve.EtherType;
import io.github.geneve4j.geneve.tunnel.InternetChecksum;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * An inner packet: what workloads send through the load balancer.
 *
 * @param protocolType the EtherType that Geneve names it by
 * @param bytes the packet
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Inner(int protocolType, byte[] bytes) {
    static final int TCP_HEADER_LENGTH = 20;
    static final int UDP_HEADER_LENGTH = 8;
    static final int IPV6_HEADER_LENGTH = 40;
    static final int IPV6_NEXT_HEADER_OFFSET = 6;
    static final int IPV6_HOP_LIMIT_OFFSET = 7;
    static final int IPV6_PAYLOAD_LENGTH_OFFSET = 4;

    static final int GRE = 47;
    static final int ESP = 50;
    static final int SCTP = 132;

    // Control bits of TCP (RFC 9293 §3.1)
    static final int SYN = 0x02;
    static final int RST = 0x04;
    static final int PSH = 0x08;
    static final int ACK = 0x10;

    /** Offset of an SCTP packet's initiate tag and window, which are its and no other's. */
    static final int SCTP_KEY_OFFSET = 16;

    private static final int ADDRESS6_LENGTH = 16;
    private static final int PREFIX6 = 0x2001_0db8; // 2001:db8::/32, for documentation
    private static final int TTL = 64;
    private static final int TCP_CHECKSUM_OFFSET = 16;
    private static final int UDP_CHECKSUM_OFFSET = 6;
    private static final int ICMP_CHECKSUM_OFFSET = 2;
    private static final int ICMP_HEADER_LENGTH = 8;
    private static final int ICMPV6 = 58;
    private static final int FRAGMENT_HEADER = 44;
    private static final int NEXT_HOP_MTU = 1280;
    private static final int QUOTED_LENGTH = 512; // of 548 that fit (RFC 1812 §4.3.2.3)
    private static final int SCTP_INIT = 1;
    private static final int SCTP_CHECKSUM_OFFSET = 8;
    private static final byte[] NOTHING = {};

    static Inner ipv4(byte[] bytes) {
        return new Inner(EtherType.IPV4, bytes);
    }

    static Inner ipv6(byte[] bytes) {
        return new Inner(EtherType.IPV6, bytes);
    }

    // IPv4

    /** {@return a TCP segment with data, in the middle of nothing} */
    static Inner tcp(Flow flow, byte[] data) {
        return segment(flow, false, PSH | ACK, 0x1000_0000, 0x2000_0000, data);
    }

    /**
     * {@return a TCP segment}
     *
     * @param flags some of {@link #SYN}, {@link #RST}, {@link #PSH} and {@link #ACK}
     */
    static Inner segment(
            Flow flow, boolean ipv6, int flags, int sequence, int acknowledgment, byte[] data) {
        byte[] header = new byte[TCP_HEADER_LENGTH];
        Bytes.put16(header, 0, flow.clientPort());
        Bytes.put16(header, 2, flow.serverPort());
        Bytes.put32(header, 4, sequence);
        Bytes.put32(header, 8, acknowledgment);
        header[12] = (TCP_HEADER_LENGTH / 4) << 4;
        header[13] = (byte) flags;
        Bytes.put16(header, 14, 0xffff); // window
        byte[] segment =
                checksummed(Bytes.concat(header, data), TCP_CHECKSUM_OFFSET, flow, Ipv4.TCP, ipv6);
        return ipv6 ? ipv6(Ipv4.TCP, flow, segment) : ipv4(Ipv4.TCP, flow, NOTHING, segment);
    }

    static Inner udp(Flow flow, byte[] data) {
        return ipv4(Ipv4.UDP, flow, NOTHING, udpDatagram(flow, data, false));
    }

    /** {@return UDP whose data may change, since no checksum covers it (RFC 768)} */
    static Inner udpWithoutChecksum(Flow flow, byte[] data) {
        byte[] datagram = udpDatagram(flow, data, false);
        Bytes.put16(datagram, UDP_CHECKSUM_OFFSET, 0);
        return ipv4(Ipv4.UDP, flow, NOTHING, datagram);
    }

    /** {@return UDP behind IPv4 options: a router alert and three no-operations (RFC 2113)} */
    static Inner udpBehindOptions(Flow flow, byte[] data) {
        byte[] options = {(byte) 0x94, 4, 0, 0, 1, 1, 1, 0};
        return ipv4(Ipv4.UDP, flow, options, udpDatagram(flow, data, false));
    }

    static Inner icmpEcho(Flow flow, byte[] data) {
        byte[] message = Bytes.concat(new byte[ICMP_HEADER_LENGTH], data);
        message[0] = 8;
        Bytes.put16(message, 4, flow.clientPort());
        Bytes.put16(message, 6, 1);
        return ipv4(Ipv4.ICMP, flow, NOTHING, icmp(message));
    }

    /**
     * {@return "fragmentation needed" from a router on the client's side (RFC 1191 §4)}
     *
     * @param about a packet that the server sent; what is long is not quoted whole
     */
    static Inner icmpError(Flow flow, byte[] about) {
        byte[] message = Bytes.concat(new byte[ICMP_HEADER_LENGTH], quoted(about));
        message[0] = 3;
        message[1] = 4;
        Bytes.put16(message, 6, NEXT_HOP_MTU);
        int router = flow.client() ^ 0xfe;
        byte[] body = icmp(message);
        return ipv4(
                Bytes.concat(
                        Ipv4.header(router, flow.server(), Ipv4.ICMP, TTL, NOTHING, body.length),
                        body));
    }

    /** {@return GRE around a packet of the same two hosts (RFC 2784 §2.1)} */
    static Inner gre(Flow flow, byte[] data) {
        byte[] head = new byte[4];
        Bytes.put16(head, 2, EtherType.IPV4);
        return ipv4(GRE, flow, NOTHING, Bytes.concat(head, udp(flow, data).bytes()));
    }

    /** {@return the first packet of a security association: its index, a number, data} */
    static Inner esp(Flow flow, byte[] data) {
        byte[] head = new byte[8];
        Bytes.put32(head, 0, flow.cookie() | 0x100); // up to 255 are reserved (RFC 4303 §2.1)
        Bytes.put32(head, 4, 1);
        return ipv4(ESP, flow, NOTHING, Bytes.concat(head, data));
    }

    /**
     * {@return the first packet of an SCTP association, an INIT chunk (RFC 9260 §3.3.2)}
     *
     * @param tag the initiate tag, not 0
     */
    static Inner sctp(Flow flow, int tag) {
        byte[] packet = new byte[32];
        Bytes.put16(packet, 0, flow.clientPort());
        Bytes.put16(packet, 2, flow.serverPort());
        packet[12] = SCTP_INIT;
        Bytes.put16(packet, 14, packet.length - 12);
        Bytes.put32(packet, SCTP_KEY_OFFSET, tag);
        Bytes.put32(packet, 20, 0x1_0000); // window
        Bytes.put16(packet, 24, 10); // streams out
        Bytes.put16(packet, 26, 10); // streams in
        Bytes.put32(packet, 28, ~tag); // the first sequence number
        CRC32C crc = new CRC32C();
        crc.update(packet);
        // Its lowest byte comes first (RFC 9260, appendix A)
        Bytes.put32(packet, SCTP_CHECKSUM_OFFSET, Integer.reverseBytes((int) crc.getValue()));
        return ipv4(SCTP, flow, NOTHING, packet);
    }

    /** {@return the fragments of an IPv4 packet, with this much data each, a multiple of 8} */
    Inner[] ipv4Fragments(int size, int identification) {
        int from = Ipv4.headerLength(bytes);
        int count = (bytes.length - from + size - 1) / size;
        Inner[] fragments = new Inner[count];
        for (int i = 0; i < count; i++) {
            int at = from + i * size;
            int end = Math.min(bytes.length, at + size);
            byte[] fragment =
                    Bytes.concat(Arrays.copyOf(bytes, from), Arrays.copyOfRange(bytes, at, end));
            int more = i < count - 1 ? Ipv4.MORE_FRAGMENTS : 0;
            Bytes.put16(fragment, Ipv4.TOTAL_LENGTH_OFFSET, fragment.length);
            Bytes.put16(fragment, Ipv4.ID_OFFSET, identification);
            Bytes.put16(fragment, Ipv4.FRAGMENT_OFFSET, more | (i * size / 8));
            fragments[i] = ipv4(Ipv4.withChecksum(fragment));
        }
        return fragments;
    }

    // IPv6

    static Inner udp6(Flow flow, byte[] data) {
        return ipv6(Ipv4.UDP, flow, udpDatagram(flow, data, true));
    }

    /** {@return UDP behind hop-by-hop options, a routing header and destination options} */
    static Inner udp6BehindExtensions(Flow flow, byte[] data) {
        int hopByHop = 0;
        int routing = 43;
        int destinationOptions = 60;
        byte[] chain = {
            (byte) routing,
            0,
            1,
            4,
            0,
            0,
            0,
            0, // PadN
            (byte) destinationOptions,
            0,
            (byte) 253,
            0,
            0,
            0,
            0,
            0, // no segments left
            Ipv4.UDP,
            1,
            1,
            12,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0
        };
        return ipv6(hopByHop, flow, Bytes.concat(chain, udpDatagram(flow, data, true)));
    }

    /** {@return an ICMPv6 echo request} */
    static Inner icmpEcho6(Flow flow, byte[] data) {
        byte[] message = Bytes.concat(new byte[ICMP_HEADER_LENGTH], data);
        message[0] = (byte) 128;
        Bytes.put16(message, 4, flow.clientPort());
        Bytes.put16(message, 6, 1);
        return ipv6(ICMPV6, flow, checksummed(message, ICMP_CHECKSUM_OFFSET, flow, ICMPV6, true));
    }

    /**
     * {@return "packet too big" (RFC 4443 §3.2)}
     *
     * @param about a packet that the server sent; what is long is not quoted whole
     */
    static Inner icmpError6(Flow flow, byte[] about) {
        byte[] message = Bytes.concat(new byte[ICMP_HEADER_LENGTH], quoted(about));
        message[0] = 2;
        Bytes.put32(message, 4, NEXT_HOP_MTU);
        return ipv6(ICMPV6, flow, checksummed(message, ICMP_CHECKSUM_OFFSET, flow, ICMPV6, true));
    }

    /** {@return the fragments of an IPv6 packet, with this much data each, a multiple of 8} */
    Inner[] ipv6Fragments(int size, int identification) {
        int count = (bytes.length - IPV6_HEADER_LENGTH + size - 1) / size;
        Inner[] fragments = new Inner[count];
        for (int i = 0; i < count; i++) {
            int at = IPV6_HEADER_LENGTH + i * size;
            int end = Math.min(bytes.length, at + size);
            byte[] head = new byte[8];
            head[0] = bytes[IPV6_NEXT_HEADER_OFFSET];
            Bytes.put16(head, 2, (i * size) | (i < count - 1 ? 1 : 0));
            Bytes.put32(head, 4, identification);
            byte[] fragment =
                    Bytes.concat(
                            Arrays.copyOf(bytes, IPV6_HEADER_LENGTH),
                            head,
                            Arrays.copyOfRange(bytes, at, end));
            fragment[IPV6_NEXT_HEADER_OFFSET] = FRAGMENT_HEADER;
            Bytes.put16(fragment, IPV6_PAYLOAD_LENGTH_OFFSET, fragment.length - IPV6_HEADER_LENGTH);
            fragments[i] = ipv6(fragment);
        }
        return fragments;
    }

    private static Inner ipv4(int protocol, Flow flow, byte[] options, byte[] body) {
        byte[] header =
                Ipv4.header(flow.client(), flow.server(), protocol, TTL, options, body.length);
        return ipv4(Bytes.concat(header, body));
    }

    private static Inner ipv6(int nextHeader, Flow flow, byte[] body) {
        byte[] header = new byte[8];
        header[0] = 6 << 4;
        Bytes.put16(header, IPV6_PAYLOAD_LENGTH_OFFSET, body.length);
        header[IPV6_NEXT_HEADER_OFFSET] = (byte) nextHeader;
        header[IPV6_HOP_LIMIT_OFFSET] = TTL;
        return ipv6(Bytes.concat(header, addresses6(flow), body));
    }

    private static byte[] addresses6(Flow flow) {
        byte[] addresses = new byte[2 * ADDRESS6_LENGTH];
        Bytes.put32(addresses, 0, PREFIX6);
        Bytes.put32(addresses, ADDRESS6_LENGTH - Integer.BYTES, flow.client());
        Bytes.put32(addresses, ADDRESS6_LENGTH, PREFIX6);
        Bytes.put32(addresses, 2 * ADDRESS6_LENGTH - Integer.BYTES, flow.server());
        return addresses;
    }

    private static byte[] quoted(byte[] packet) {
        return Arrays.copyOf(packet, Math.min(packet.length, QUOTED_LENGTH));
    }

    private static byte[] udpDatagram(Flow flow, byte[] data, boolean ipv6) {
        byte[] header = new byte[UDP_HEADER_LENGTH];
        Bytes.put16(header, 0, flow.clientPort());
        Bytes.put16(header, 2, flow.serverPort());
        Bytes.put16(header, 4, UDP_HEADER_LENGTH + data.length);
        return checksummed(Bytes.concat(header, data), UDP_CHECKSUM_OFFSET, flow, Ipv4.UDP, ipv6);
    }

    private static byte[] icmp(byte[] message) {
        long sum = Bytes.sum(message, 0, message.length);
        Bytes.put16(message, ICMP_CHECKSUM_OFFSET, InternetChecksum.checksum(sum));
        return message;
    }

    private static byte[] checksummed(byte[] body, int at, Flow flow, int protocol, boolean ipv6) {
        byte[] addresses6 = ipv6 ? addresses6(flow) : NOTHING;
        long pseudo =
                ipv6
                        ? Bytes.sum(addresses6, 0, addresses6.length) + protocol + body.length
                        : Ipv4.pseudoSum(flow.client(), flow.server(), protocol, body.length);
        int checksum = InternetChecksum.checksum(pseudo + Bytes.sum(body, 0, body.length));
        Bytes.put16(body, at, checksum == 0 && protocol == Ipv4.UDP ? 0xffff : checksum);
        return body;
    }
}
