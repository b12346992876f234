package io.github.geneve4j.appliance.demo;

import io.github.geneve4j.appliance.DropReason;
import io.github.geneve4j.appliance.demo.InnerPackets.Endpoint;
import io.github.geneve4j.geneve.EtherType;
import io.github.geneve4j.gwlb.GwlbDialect;
import io.github.geneve4j.gwlb.GwlbOptions;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * What the demo sends: flows of every kind in both directions, two of them under headers that a
 * real load balancer sent, and now and then a packet that the appliance has to drop.
 */
final class DemoTraffic {
    /** Length of a load balancer's Geneve header in bytes. */
    static final int HEADER_LENGTH = 40;

    /** The inspector of the demo drops this port: telnet. */
    static final int CLOSED_PORT = 23;

    private static final int FIRST_SOURCE_PORT = 60_000;
    private static final int SOURCE_PORTS = 4_000; // one socket each
    private static final int PACKETS_PER_HOSTILE_ONE = 40;
    private static final int[] DATA_LENGTHS = {56, 200, 1_360};

    // Headers as captured behind a Gateway Load Balancer: endpoint, attachment, cookie.
    private static final String FIRST_CAPTURED =
            "0800080000000000"
                    + "010801022356de92d389839c"
                    + "010802020000000000000000"
                    + "0108030198ef1b00";
    private static final String SECOND_CAPTURED =
            "0800080000000000"
                    + "01080102f583215d2e66b39c"
                    + "010802020000000000000000"
                    + "010803016742cc6d";

    private static final long[] ENDPOINTS = {0x2356_de92_d389_839cL, 0xf583_215d_2e66_b39cL};
    private static final int FIRST_COOKIE = 0x1000_0000;

    private DemoTraffic() {}

    /**
     * {@return the packets of the given number of flows, in the order in which they are sent}
     *
     * @param flows at least 2
     */
    static List<DemoPacket> packets(int flows) {
        List<DemoPacket> hostile = hostile();
        List<DemoPacket> packets = new ArrayList<>();
        addFlow(
                packets,
                FIRST_SOURCE_PORT + 1,
                HexFormat.of().parseHex(FIRST_CAPTURED),
                InnerPackets.ICMP,
                new Endpoint(address("10.1.21.101"), 1),
                new Endpoint(address("54.230.62.60"), 1),
                DATA_LENGTHS[0]);
        addFlow(
                packets,
                FIRST_SOURCE_PORT,
                HexFormat.of().parseHex(SECOND_CAPTURED),
                InnerPackets.TCP,
                new Endpoint(address("10.1.21.101"), 43_210),
                new Endpoint(address("54.230.62.60"), 443),
                DATA_LENGTHS[0]);
        for (int i = 2; i < flows; i++) {
            addGeneratedFlow(packets, i);
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

    /** {@return how many flows these packets, the first ones of a list, belong to} */
    static int flowsOf(List<DemoPacket> packets) {
        int directions = 0;
        for (DemoPacket packet : packets) {
            directions += packet.expectedDrop() == null ? 1 : 0;
        }
        return (directions + 1) / 2;
    }

    private static void addGeneratedFlow(List<DemoPacket> packets, int i) {
        boolean ipv6 = i % 4 == 3;
        int protocol =
                switch (i % 3) {
                    case 0 -> InnerPackets.TCP;
                    case 1 -> InnerPackets.UDP;
                    default -> ipv6 ? InnerPackets.ICMPV6 : InnerPackets.ICMP;
                };
        boolean echo = i % 3 == 2;
        InetAddress client =
                address(
                        ipv6
                                ? "2001:db8::1:" + Integer.toHexString(i & 0xffff)
                                : "10.1." + (i >> 8 & 0xff) + "." + (i & 0xff));
        InetAddress server = address(ipv6 ? "2001:db8::2:1" : "198.51.100.7");
        int clientPort = 1024 + i % 60_000;
        addFlow(
                packets,
                FIRST_SOURCE_PORT + i % SOURCE_PORTS,
                header(
                        ipv6 ? EtherType.IPV6 : EtherType.IPV4,
                        ENDPOINTS[i % ENDPOINTS.length],
                        FIRST_COOKIE + i),
                protocol,
                new Endpoint(client, clientPort),
                new Endpoint(server, echo ? clientPort : 443),
                DATA_LENGTHS[i % DATA_LENGTHS.length]);
    }

    /** Both directions of a flow come under one source port, one cookie, one header. */
    private static void addFlow(
            List<DemoPacket> packets,
            int sourcePort,
            byte[] header,
            int protocol,
            Endpoint client,
            Endpoint server,
            int dataLength) {
        byte[] request = InnerPackets.packet(protocol, client, server, false, dataLength);
        byte[] response = InnerPackets.packet(protocol, server, client, true, dataLength);
        packets.add(DemoPacket.returned(concat(header, request), sourcePort));
        packets.add(DemoPacket.returned(concat(header, response), sourcePort));
    }

    /** {@return one packet for each kind of drop that a stranger or a broken sender can cause} */
    private static List<DemoPacket> hostile() {
        byte[] inner =
                InnerPackets.packet(
                        InnerPackets.TCP,
                        new Endpoint(address("10.1.21.101"), 43_211),
                        new Endpoint(address("54.230.62.60"), 443),
                        false,
                        DATA_LENGTHS[0]);
        byte[] telnet =
                InnerPackets.packet(
                        InnerPackets.TCP,
                        new Endpoint(address("10.1.21.101"), 43_212),
                        new Endpoint(address("54.230.62.60"), CLOSED_PORT),
                        false,
                        DATA_LENGTHS[0]);
        byte[] good = concat(HexFormat.of().parseHex(FIRST_CAPTURED), inner);
        return List.of(
                hostile(good, DropReason.ORIGIN_NOT_ALLOWED),
                hostile(
                        concat(HexFormat.of().parseHex(FIRST_CAPTURED), telnet),
                        DropReason.INSPECTOR),
                hostile(HexFormat.of().parseHex("08000800000000"), DropReason.TRUNCATED_HEADER),
                hostile(with(good, 0, 0x48), DropReason.UNSUPPORTED_VERSION),
                hostile(
                        HexFormat.of().parseHex("0800080000000000010801022356de92d389839c"),
                        DropReason.TRUNCATED_OPTIONS),
                hostile(with(good, 35, 0x1f), DropReason.OPTION_OVERRUN), // the cookie's length
                hostile(with(good, 34, 0x83), DropReason.UNKNOWN_CRITICAL_OPTION), // and its type
                hostile(with(good, 1, 0x80), DropReason.CONTROL_PACKET)); // the O bit
    }

    private static DemoPacket hostile(byte[] bytes, DropReason reason) {
        return DemoPacket.dropped(bytes, FIRST_SOURCE_PORT, reason);
    }

    private static byte[] header(int protocolType, long endpoint, int cookie) {
        ByteBuf out = Unpooled.buffer(HEADER_LENGTH);
        new GwlbOptions(GwlbDialect.AWS)
                .begin(out, 0, protocolType)
                .endpointId(endpoint)
                .attachmentId(0)
                .flowCookie(cookie);
        byte[] bytes = new byte[HEADER_LENGTH];
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
