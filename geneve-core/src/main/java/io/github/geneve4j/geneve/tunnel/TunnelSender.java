package io.github.geneve4j.geneve.tunnel;

import io.github.geneve4j.geneve.Geneve;
import io.github.geneve4j.geneve.GeneveHeader;
import io.github.geneve4j.geneve.GeneveOption;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The sending end of one tunnel: writes outer IP, UDP and Geneve headers in front of an inner
 * packet (RFC 8926).
 *
 * {@snippet :
 * TunnelSender sender = TunnelSender.builder(local, remote).vni(7).pathMtu(9000).build();
 * // the inner packet stands at innerOffset, with sender.headroom() bytes or more before it
 * int outerOffset = sender.encapsulate(buffer, innerOffset, innerLength, EtherType.IPV4, flowHash);
 * if (outerOffset != TunnelSender.TOO_BIG) {
 *     send(buffer, outerOffset, sender.headroom() + innerLength);
 * }
 * }
 *
 * <p>Every bit of the headers is written, so the headroom may hold old bytes; the inner packet is
 * not changed. IPv4 packets are atomic: DF set, identification 0 (RFC 6864), because endpoints do
 * not reassemble; what does not fit the path is refused instead of fragmented (RFC 8926 §4.4.1).
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one. <b>Ownership:</b> borrows the
 * buffer during the call; moves none of its indices.
 */
public final class TunnelSender {
    /** {@link #encapsulate}'s answer for a packet that does not fit the path. */
    public static final int TOO_BIG = -1;

    private static final int PROTOCOL_TYPE_OFFSET = 2; // in a Geneve header, RFC 8926 §3.4
    private static final int MAX_PROTOCOL_TYPE = 0xffff;
    private static final int MAX_PORT = 65535;
    private static final int MAX_IP_LENGTH = 65535;

    // Smallest MTU of any link: RFC 791 §3.2, RFC 8200 §5.
    private static final int V4_MIN_MTU = 68;
    private static final int V6_MIN_MTU = 1280;
    private static final int DEFAULT_MTU = 1500;

    private final long[] template; // all headers; what differs per packet is 0
    private final int headroom; // a multiple of 4
    private final boolean ipv6;
    private final int udpHeader; // offset behind the outer IP header
    private final long ipSum; // of the template's IPv4 header
    private final long udpSum; // of the template's UDP and Geneve headers and the pseudo header
    private final boolean udpChecksum;
    private final SourcePortRange sourcePorts;
    private final Ecn.Mode ecn;
    private final DscpModel dscp;
    private final TtlModel ttl;
    private int pathMtu;

    private TunnelSender(Builder builder) {
        this.ipv6 = builder.isIpv6();
        this.udpHeader = ipv6 ? Ip.V6_HEADER_LENGTH : Ip.V4_HEADER_LENGTH;
        this.udpChecksum = builder.udpChecksum;
        this.sourcePorts = builder.sourcePorts;
        this.ecn = builder.ecn;
        this.dscp = builder.dscp;
        this.ttl = builder.ttl;
        this.pathMtu = builder.pathMtu;

        ByteBuf headers = builder.headers(udpHeader);
        this.headroom = headers.readableBytes();
        this.ipSum = ipv6 ? 0 : InternetChecksum.sum(headers, 0, Ip.V4_HEADER_LENGTH);
        this.udpSum =
                Udp.pseudoHeaderSum(headers, 0, ipv6, 0)
                        + InternetChecksum.sum(headers, udpHeader, headroom - udpHeader);
        this.template = new long[headroom / Long.BYTES + 1];
        headers.writeZero(Long.BYTES);
        for (int word = 0; word < template.length; word++) {
            template[word] = headers.getLong(word * Long.BYTES);
        }
    }

    /**
     * {@return a builder for a tunnel between two addresses}
     *
     * @param local the outer source address
     * @param remote the outer destination address
     * @throws IllegalArgumentException if one is IPv4 and the other IPv6
     */
    public static Builder builder(InetAddress local, InetAddress remote) {
        return new Builder(local, remote);
    }

    /**
     * Writes the outer headers in front of an inner packet.
     *
     * @param buffer holds the inner packet, and room for the headers before it
     * @param innerOffset absolute index of the inner packet, at least {@link #headroom()}
     * @param innerLength bytes of the inner packet
     * @param protocolType EtherType of the inner packet, 0 to 65535
     * @param flowHash any hash of the inner packet's flow, equal for all of its packets; becomes
     *     the UDP source port and the IPv6 flow label
     * @return the absolute index of the outer IP header, {@code innerOffset - headroom()}; or
     *     {@link #TOO_BIG}, and nothing was written
     * @throws IllegalArgumentException if the protocol type is out of its range
     * @throws IndexOutOfBoundsException if the inner packet is not inside the buffer's capacity, or
     *     less than {@link #headroom()} bytes are before it
     */
    public int encapsulate(
            ByteBuf buffer, int innerOffset, int innerLength, int protocolType, long flowHash) {
        Objects.checkFromIndexSize(innerOffset, innerLength, buffer.capacity());
        if (innerOffset < headroom) {
            throw new IndexOutOfBoundsException(
                    "inner packet at " + innerOffset + ": headers need " + headroom + " bytes");
        }
        if (protocolType < 0 || protocolType > MAX_PROTOCOL_TYPE) {
            throw new IllegalArgumentException(
                    "protocol type " + protocolType + ": not 0 to " + MAX_PROTOCOL_TYPE);
        }
        if (innerLength > pathMtu - headroom) {
            return TOO_BIG;
        }
        int ip = innerOffset - headroom;
        int udp = ip + udpHeader;
        int udpLength = headroom - udpHeader + innerLength;
        int innerIp = InnerPacket.findIp(buffer, innerOffset, innerLength, protocolType);
        writeTemplate(buffer, ip);
        writeIp(buffer, ip, udpLength, innerIp, flowHash);
        buffer.setShort(udp + Udp.HEADER_LENGTH + PROTOCOL_TYPE_OFFSET, protocolType);
        int sourcePort = sourcePorts.port(flowHash);
        buffer.setShort(udp + Udp.SOURCE_PORT_OFFSET, sourcePort);
        buffer.setShort(udp + Udp.LENGTH_OFFSET, udpLength);
        if (udpChecksum) {
            long sum =
                    udpSum
                            + protocolType
                            + sourcePort
                            + 2L * udpLength // in the pseudo header too
                            + InternetChecksum.sum(buffer, innerOffset, innerLength);
            int checksum = InternetChecksum.checksum(sum);
            buffer.setShort(
                    udp + Udp.CHECKSUM_OFFSET,
                    checksum == 0 ? Udp.CHECKSUM_ZERO_SENT_AS : checksum);
        }
        return ip;
    }

    /** {@return the bytes of all headers, that must be free before the inner packet} */
    public int headroom() {
        return headroom;
    }

    /** {@return the largest outer IP packet that is sent, in bytes} */
    public int pathMtu() {
        return pathMtu;
    }

    /**
     * Sets the largest outer IP packet, as the link or path MTU discovery says (RFC 8926 §4.4.1).
     *
     * @param bytes 68 to 65535 over IPv4, 1280 to 65535 over IPv6
     * @throws IllegalArgumentException if the number is out of its range
     */
    public void pathMtu(int bytes) {
        checkMtu(bytes, ipv6);
        this.pathMtu = bytes;
    }

    private void writeTemplate(ByteBuf buffer, int ip) {
        int at = ip;
        for (int word = 0; word < headroom / Long.BYTES; word++, at += Long.BYTES) {
            buffer.setLong(at, template[word]);
        }
        if ((headroom & Integer.BYTES) != 0) {
            buffer.setInt(at, (int) (template[headroom / Long.BYTES] >>> Integer.SIZE));
        }
    }

    private void writeIp(ByteBuf buffer, int ip, int udpLength, int innerIp, long flowHash) {
        int outerEcn = Ecn.NOT_ECT;
        int outerDscp = dscp.outer();
        int outerTtl = ttl.outer();
        if (innerIp >= 0) {
            int inner = Ip.trafficClass(buffer, innerIp);
            outerEcn = Ecn.encapsulate(inner & Ip.ECN_MASK, ecn);
            outerDscp = dscp.onEntry(inner >>> Ip.ECN_BITS);
            outerTtl = ttl.onEntry(Ip.ttl(buffer, innerIp));
        }
        int trafficClass = outerDscp << Ip.ECN_BITS | outerEcn;
        if (ipv6) {
            buffer.setInt(
                    ip,
                    Ip.V6_FIRST_WORD
                            | trafficClass << Ip.V6_TRAFFIC_CLASS_SHIFT
                            | FlowEntropy.flowLabel(flowHash));
            buffer.setShort(ip + Ip.V6_PAYLOAD_LENGTH_OFFSET, udpLength);
            buffer.setByte(ip + Ip.V6_HOP_LIMIT_OFFSET, outerTtl);
        } else {
            int totalLength = Ip.V4_HEADER_LENGTH + udpLength;
            buffer.setByte(ip + Ip.V4_TOS_OFFSET, trafficClass);
            buffer.setShort(ip + Ip.V4_TOTAL_LENGTH_OFFSET, totalLength);
            buffer.setByte(ip + Ip.V4_TTL_OFFSET, outerTtl);
            buffer.setShort(
                    ip + Ip.V4_CHECKSUM_OFFSET,
                    InternetChecksum.checksum(
                            ipSum + trafficClass + totalLength + (outerTtl << 8)));
        }
    }

    private static void checkMtu(int bytes, boolean ipv6) {
        int least = ipv6 ? V6_MIN_MTU : V4_MIN_MTU;
        if (bytes < least || bytes > MAX_IP_LENGTH) {
            throw new IllegalArgumentException(
                    "path MTU " + bytes + ": not " + least + " to " + MAX_IP_LENGTH);
        }
    }

    /** Collects what differs from the defaults. */
    public static final class Builder {
        private final InetAddress local;
        private final InetAddress remote;
        private final List<GeneveOption> options = new ArrayList<>();
        private int remotePort = Geneve.UDP_PORT;
        private SourcePortRange sourcePorts = SourcePortRange.DYNAMIC;
        private int vni;
        private boolean control;
        private boolean udpChecksum = true;
        private ZeroChecksumTunnels zeroChecksumTunnels = ZeroChecksumTunnels.NONE;
        private Ecn.Mode ecn = Ecn.Mode.NORMAL;
        private DscpModel dscp = DscpModel.pipe(0);
        private TtlModel ttl = TtlModel.pipe(TtlModel.DEFAULT_TTL);
        private int pathMtu = DEFAULT_MTU;

        private Builder(InetAddress local, InetAddress remote) {
            if (local instanceof Inet6Address != remote instanceof Inet6Address) {
                throw new IllegalArgumentException(
                        local.getHostAddress()
                                + " and "
                                + remote.getHostAddress()
                                + ": not of one IP version");
            }
            this.local = local;
            this.remote = remote;
        }

        /**
         * Sets the UDP destination port (RFC 8926 §3.3).
         *
         * @param port 1 to 65535, {@value Geneve#UDP_PORT} unless set
         * @return this
         * @throws IllegalArgumentException if the port is out of its range
         */
        public Builder remotePort(int port) {
            if (port < 1 || port > MAX_PORT) {
                throw new IllegalArgumentException("UDP port " + port + ": not 1 to " + MAX_PORT);
            }
            this.remotePort = port;
            return this;
        }

        /**
         * Sets the UDP source ports that flows are spread over (RFC 8926 §3.3).
         *
         * @param range {@link SourcePortRange#DYNAMIC} unless set
         * @return this
         */
        public Builder sourcePorts(SourcePortRange range) {
            this.sourcePorts = range;
            return this;
        }

        /**
         * Sets the virtual network of all packets (RFC 8926 §3.4).
         *
         * @param vni 0 to {@value Geneve#MAX_VNI}, 0 unless set; checked by {@link #build()}
         * @return this
         */
        public Builder vni(int vni) {
            this.vni = vni;
            return this;
        }

        /**
         * Appends an option to the header of all packets (RFC 8926 §3.5). A critical one sets the C
         * bit.
         *
         * @param option the total of all is checked by {@link #build()}
         * @return this
         */
        public Builder option(GeneveOption option) {
            options.add(option);
            return this;
        }

        /**
         * Sets the O bit: what is sent is for the receiver's control plane (RFC 8926 §3.4).
         *
         * @param control false unless set
         * @return this
         */
        public Builder control(boolean control) {
            this.control = control;
            return this;
        }

        /**
         * Sends UDP checksum 0. Over IPv4 for paths that protect packets otherwise (RFC 8926 §4.3);
         * over IPv6 besides only if {@link #zeroChecksumTunnels} names this tunnel, which {@link
         * #build()} checks (RFC 8926 §4.3.1, RFC 6936).
         *
         * @return this
         */
        public Builder withoutUdpChecksum() {
            this.udpChecksum = false;
            return this;
        }

        /**
         * Sets which tunnels over IPv6 may run without a UDP checksum; the receiver has the same.
         *
         * @param tunnels none unless set
         * @return this
         */
        public Builder zeroChecksumTunnels(ZeroChecksumTunnels tunnels) {
            this.zeroChecksumTunnels = tunnels;
            return this;
        }

        /**
         * Sets what the outer ECN field tells (RFC 6040 §4.1).
         *
         * @param mode {@link Ecn.Mode#NORMAL} unless set
         * @return this
         */
        public Builder ecn(Ecn.Mode mode) {
            this.ecn = mode;
            return this;
        }

        /**
         * Sets where the outer DSCP comes from (RFC 2983).
         *
         * @param model a pipe of DSCP 0 unless set
         * @return this
         */
        public Builder dscp(DscpModel model) {
            this.dscp = model;
            return this;
        }

        /**
         * Sets where the outer TTL or hop limit comes from (RFC 2003).
         *
         * @param model a pipe of {@value TtlModel#DEFAULT_TTL} unless set
         * @return this
         */
        public Builder ttl(TtlModel model) {
            this.ttl = model;
            return this;
        }

        /**
         * Sets the largest outer IP packet (RFC 8926 §4.4.1).
         *
         * @param bytes 68 to 65535 over IPv4, 1280 to 65535 over IPv6, 1500 unless set
         * @return this
         * @throws IllegalArgumentException if the number is out of its range
         */
        public Builder pathMtu(int bytes) {
            checkMtu(bytes, isIpv6());
            this.pathMtu = bytes;
            return this;
        }

        /**
         * {@return the sender}
         *
         * @throws IllegalArgumentException if the VNI is out of its range, the options take more
         *     than 252 bytes, or the UDP checksum is off for a tunnel over IPv6 that may not
         */
        public TunnelSender build() {
            if (isIpv6() && !udpChecksum && !zeroChecksumTunnels.allows(local, remote)) {
                throw new IllegalArgumentException(
                        local.getHostAddress()
                                + " to "
                                + remote.getHostAddress()
                                + ": not a tunnel that may run without UDP checksum");
            }
            return new TunnelSender(this);
        }

        private boolean isIpv6() {
            return local instanceof Inet6Address;
        }

        /** {@return all headers with 0 in the fields that differ per packet} */
        private ByteBuf headers(int udpHeader) {
            ByteBuf headers = Unpooled.buffer(udpHeader + Udp.HEADER_LENGTH);
            headers.writeZero(udpHeader + Udp.HEADER_LENGTH);
            if (isIpv6()) {
                headers.setByte(Ip.V6_NEXT_HEADER_OFFSET, Udp.PROTOCOL);
                headers.setBytes(Ip.V6_SOURCE_OFFSET, local.getAddress());
                headers.setBytes(Ip.V6_DESTINATION_OFFSET, remote.getAddress());
            } else {
                headers.setByte(0, Ip.V4_FIRST_BYTE);
                headers.setShort(Ip.V4_FRAGMENT_OFFSET, Ip.V4_DONT_FRAGMENT);
                headers.setByte(Ip.V4_PROTOCOL_OFFSET, Udp.PROTOCOL);
                headers.setBytes(Ip.V4_SOURCE_OFFSET, local.getAddress());
                headers.setBytes(Ip.V4_DESTINATION_OFFSET, remote.getAddress());
            }
            headers.setShort(udpHeader + Udp.DESTINATION_PORT_OFFSET, remotePort);
            new GeneveHeader(control, 0, vni, options).writeTo(headers);
            return headers;
        }
    }
}
