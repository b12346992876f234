package io.github.geneve4j.appliance.demo;

import io.github.geneve4j.appliance.DropReason;
import io.github.geneve4j.appliance.demo.InnerPackets.Endpoint;
import io.github.geneve4j.geneve.EtherType;
import io.github.geneve4j.gwlb.GwlbDialect;
import io.github.geneve4j.gwlb.GwlbOptions;
import io.github.geneve4j.simulator.GwlbSimulator;
import io.github.geneve4j.simulator.Side;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What the demo sends: flows of every kind in both directions, of two endpoints, and now and then a
 * packet that the appliance has to drop.
 */
final class DemoTraffic {
    /** The endpoints, by which flows enter in turn. */
    static final List<Long> ENDPOINTS = List.of(0x2356_de92_d389_839cL, 0xf583_215d_2e66_b39cL);

    /** The inspector of the demo drops this port: telnet. */
    static final int CLOSED_PORT = 23;

    private static final int PACKETS_PER_HOSTILE_ONE = 40;
    private static final int[] DATA_LENGTHS = {56, 200, 1_360};
    private static final int COOKIE = 0x1000_0000; // of datagrams past the load balancer

    private DemoTraffic() {}

    /**
     * {@return the packets of the given number of flows, in the order in which they are sent}
     *
     * @param flows at least 2
     */
    static List<DemoPacket> packets(int flows) {
        List<DemoPacket> hostile = hostile();
        List<DemoPacket> packets = new ArrayList<>();
        for (int i = 0; i < flows; i++) {
            addFlow(packets, i);
        }
        for (int at = 0, turn = 0; at <= packets.size(); at += PACKETS_PER_HOSTILE_ONE, turn++) {
            packets.add(at, hostile.get(turn % hostile.size()));
        }
        // A short list has not had them all
        for (DemoPacket packet : hostile) {
            if (!packets.contains(packet)) {
                packets.add(packet);
            }
        }
        return packets;
    }

    private static void addFlow(List<DemoPacket> packets, int i) {
        boolean ipv6 = i % 4 == 3;
        int protocol =
                switch (i % 3) {
                    case 0 -> InnerPackets.TCP;
                    case 1 -> InnerPackets.UDP;
                    default -> ipv6 ? InnerPackets.ICMPV6 : InnerPackets.ICMP;
                };
        boolean echo = i % 3 == 2;
        InetAddress address =
                address(
                        ipv6
                                ? "2001:db8::1:" + Integer.toHexString(i & 0xffff)
                                : "10.1." + (i >> 8 & 0xff) + "." + (i & 0xff));
        int port = 1024 + i % 60_000;
        Endpoint client = new Endpoint(address, port);
        Endpoint server =
                new Endpoint(address(ipv6 ? "2001:db8::2:1" : "198.51.100.7"), echo ? port : 443);
        int endpoint = i % ENDPOINTS.size();
        int length = DATA_LENGTHS[i % DATA_LENGTHS.length];
        if (protocol == InnerPackets.TCP) {
            add(packets, endpoint, protocol, client, server, length, InnerPackets.SYN);
        }
        add(packets, endpoint, protocol, client, server, length, InnerPackets.ACK);
    }

    /** Adds a packet of the client, and what the server says to it. */
    private static void add(
            List<DemoPacket> packets,
            int endpoint,
            int protocol,
            Endpoint client,
            Endpoint server,
            int length,
            int flags) {
        packets.add(
                DemoPacket.returned(
                        endpoint,
                        Side.INSIDE,
                        InnerPackets.packet(protocol, client, server, false, length, flags)));
        packets.add(
                DemoPacket.returned(
                        endpoint,
                        Side.OUTSIDE,
                        InnerPackets.packet(
                                protocol, server, client, true, length, flags | InnerPackets.ACK)));
    }

    /** {@return one packet for each kind of drop that a stranger or a broken sender can cause} */
    private static List<DemoPacket> hostile() {
        Endpoint server = new Endpoint(address("54.230.62.60"), 443);
        Endpoint telnet = new Endpoint(server.address(), CLOSED_PORT);
        byte[] header = header();
        byte[] good = concat(header, fromClient(server));
        return List.of(
                DemoPacket.hostile(good, DropReason.ORIGIN_NOT_ALLOWED),
                DemoPacket.dropped(0, Side.INSIDE, fromClient(telnet), DropReason.INSPECTOR),
                DemoPacket.hostile(Arrays.copyOf(header, 7), DropReason.TRUNCATED_HEADER),
                DemoPacket.hostile(with(good, 0, 0x48), DropReason.UNSUPPORTED_VERSION),
                DemoPacket.hostile(Arrays.copyOf(header, 20), DropReason.TRUNCATED_OPTIONS),
                DemoPacket.hostile(with(good, 35, 0x1f), DropReason.OPTION_OVERRUN), // its length
                DemoPacket.hostile(with(good, 34, 0x83), DropReason.UNKNOWN_CRITICAL_OPTION),
                DemoPacket.hostile(with(good, 1, 0x80), DropReason.CONTROL_PACKET)); // the O bit
    }

    private static byte[] fromClient(Endpoint server) {
        Endpoint client = new Endpoint(address("10.1.21.101"), 43_211);
        return InnerPackets.packet(
                InnerPackets.TCP, client, server, false, DATA_LENGTHS[0], InnerPackets.SYN);
    }

    /** {@return a header as the load balancer writes it; the cookie's option begins at 32} */
    private static byte[] header() {
        ByteBuf out = Unpooled.buffer(GwlbSimulator.HEADROOM);
        new GwlbOptions(GwlbDialect.AWS)
                .begin(out, 0, EtherType.IPV4)
                .endpointId(ENDPOINTS.getFirst())
                .attachmentId(0)
                .flowCookie(COOKIE);
        byte[] bytes = new byte[GwlbSimulator.HEADROOM];
        out.getBytes(0, bytes);
        return bytes;
    }

    private static byte[] concat(byte[] first, byte[] second) {
        byte[] both = new byte[first.length + second.length];
        System.arraycopy(first, 0, both, 0, first.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private static byte[] with(byte[] bytes, int index, int value) {
        byte[] changed = bytes.clone();
        changed[index] = (byte) value;
        return changed;
    }

    private static InetAddress address(String literal) {
        return InetAddress.ofLiteral(literal);
    }
}
