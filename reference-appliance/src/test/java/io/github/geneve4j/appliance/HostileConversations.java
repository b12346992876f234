package io.github.geneve4j.appliance;

import static io.github.geneve4j.testkit.Packets.concat;
import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.cut;
import static io.github.geneve4j.testkit.Packets.destinationOptions;
import static io.github.geneve4j.testkit.Packets.echoReply;
import static io.github.geneve4j.testkit.Packets.echoReplyV6;
import static io.github.geneve4j.testkit.Packets.echoRequest;
import static io.github.geneve4j.testkit.Packets.echoRequestV6;
import static io.github.geneve4j.testkit.Packets.esp;
import static io.github.geneve4j.testkit.Packets.ethernet;
import static io.github.geneve4j.testkit.Packets.geneve;
import static io.github.geneve4j.testkit.Packets.gre;
import static io.github.geneve4j.testkit.Packets.hopByHop;
import static io.github.geneve4j.testkit.Packets.icmp;
import static io.github.geneve4j.testkit.Packets.icmpv6;
import static io.github.geneve4j.testkit.Packets.ip;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.routing;
import static io.github.geneve4j.testkit.Packets.sctp;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static io.github.geneve4j.testkit.TcpLayer.ACK;
import static io.github.geneve4j.testkit.TcpLayer.FIN;
import static io.github.geneve4j.testkit.TcpLayer.PSH;
import static io.github.geneve4j.testkit.TcpLayer.RST;
import static io.github.geneve4j.testkit.TcpLayer.SYN;

import io.github.geneve4j.testkit.Fragments;
import io.github.geneve4j.testkit.GeneveLayer;
import io.github.geneve4j.testkit.Layer;
import io.github.geneve4j.testkit.TcpLayer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * What hosts say to each other, datagram after datagram, each under a load balancer's header:
 * well-formed but for a few headers that no load balancer sends.
 */
final class HostileConversations {
    /** Of all conversations. */
    static final long[] ENDPOINTS = {
        0x2356_de92_d389_839cL, 0x0f58_3215_d2e6_6b39L, 0x0000_0000_0000_0001L
    };

    /** Who begins more than others do. */
    static final String BUSY_CLIENT = "10.1.0.1";

    /** The name of a server that the list has. */
    static final String LISTED = "www.ok.example";

    static final String SYN_OPTIONS = "020405b4 01030307";

    private static final int AWS = 0x0108;
    private static final int TENCENT = 0x0167;
    private static final int[] PORTS = {443, 443, 80, 80, 8080, 22, 23, 25, 9000};
    private static final int[] UDP_PORTS = {53, 53, 54, 443, 5000, 5999, 6000, 4789};

    private final Random random;
    private boolean v6;
    private String client = BUSY_CLIENT;
    private String server = BUSY_CLIENT;
    private int dressing;

    private HostileConversations(long seed) {
        this.random = new Random(seed);
    }

    /** {@return conversations, the same ones for the same seed} */
    static List<byte[][]> make(int count, long seed) {
        HostileConversations maker = new HostileConversations(seed);
        List<byte[][]> made = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            made.add(maker.next());
        }
        return made;
    }

    private byte[][] next() {
        v6 = random.nextInt(3) == 0;
        int host = random.nextInt(40);
        String begin = v6 ? "fd00::" : "10.1.0.";
        client = host < 10 ? v6 ? "fd00::1" : BUSY_CLIENT : begin + host;
        server = (v6 ? "2001:db8::" : "198.51.100.") + (1 + random.nextInt(20));
        if (random.nextInt(6) == 0) {
            String inside = client;
            client = server;
            server = inside;
        }
        dressing = random.nextInt(12);
        List<byte[]> inner =
                switch (random.nextInt(16)) {
                    case 0, 1, 2, 3, 4 -> tcpConnection();
                    case 5, 6 -> halfConnection();
                    case 7, 8, 9 -> queries();
                    case 10, 11 -> pings();
                    case 12, 13 -> fragments();
                    case 14 -> others();
                    default -> messages();
                };
        int style = random.nextInt(60);
        long endpoint = ENDPOINTS[random.nextInt(4) == 0 ? 1 + random.nextInt(2) : 0];
        int cookie = random.nextInt();
        if (random.nextInt(40) == 0) {
            return new byte[][] {noIp(style, endpoint, cookie)};
        }
        byte[][] datagrams = new byte[inner.size()][];
        for (int i = 0; i < datagrams.length; i++) {
            datagrams[i] = packet(header(style, endpoint, cookie), ip(inner.get(i)));
        }
        return datagrams;
    }

    private byte[] noIp(int style, long endpoint, int cookie) {
        return random.nextBoolean()
                ? packet(header(style, endpoint, cookie), ethernet(), ipv4("10.1.0.1", "10.1.0.2"))
                : packet(
                        header(style, endpoint, cookie).protocolType(0x0806),
                        payload(counting(28)));
    }

    /** {@return the header that a load balancer puts before a packet} */
    static GeneveLayer aws(long endpoint, int cookie) {
        return common(geneve(), AWS, endpoint, cookie);
    }

    private static GeneveLayer common(GeneveLayer header, int type, long endpoint, int cookie) {
        return header.option(type, 1, bytes(endpoint))
                .option(type, 2, bytes(0L))
                .option(type, 3, bytes(cookie));
    }

    private static GeneveLayer header(int style, long endpoint, int cookie) {
        GeneveLayer header = geneve();
        return switch (style) {
            case 0, 1, 2 -> common(header, TENCENT, endpoint, cookie);
            case 3 ->
                    header.option(AWS, 3, bytes(cookie))
                            .option(AWS, 2, bytes(0L))
                            .option(AWS, 1, bytes(endpoint));
            case 4 -> common(header.option(0x1234, 5, "61626364"), AWS, endpoint, cookie);
            case 5 -> header.option(AWS, 1, bytes(endpoint));
            case 6 -> header.option(AWS, 3, bytes(cookie));
            case 7 -> header;
            case 8 -> common(header.reservedFlags(0x3f).reservedByte(0xff), AWS, endpoint, cookie);
            case 9 -> common(header, AWS, endpoint, cookie).option(0xfff0, 0x81, "");
            case 10 -> common(header, AWS, endpoint, cookie).control(true);
            case 11 -> common(header, AWS, endpoint, cookie).option(AWS, 3, bytes(cookie + 1));
            case 12 -> common(header, AWS, endpoint, cookie).option(0xffff, 1, new byte[124]);
            case 13 -> header.option(0x0132, 1, "00000015").option(0x0132, 2, "00".repeat(16));
            case 14 -> common(header.version(1), AWS, endpoint, cookie);
            default -> common(header, AWS, endpoint, cookie);
        };
    }

    private static byte[] bytes(long value) {
        return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
    }

    private static byte[] bytes(int value) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(value).array();
    }

    private List<byte[]> tcpConnection() {
        int port = 1_024 + random.nextInt(60_000);
        int to = PORTS[random.nextInt(PORTS.length)];
        int a = random.nextInt();
        int b = random.nextInt();
        List<byte[]> all = new ArrayList<>();
        all.add(control(true, port, to, SYN, a, 0, SYN_OPTIONS));
        all.add(control(false, port, to, SYN | ACK, b, a + 1, SYN_OPTIONS));
        all.add(control(true, port, to, ACK, a + 1, b + 1, ""));
        String name = random.nextInt(3) == 0 ? "www.no.example" : LISTED;
        byte[] first = to == 443 ? clientHello(name) : request(name);
        int cutAt = random.nextBoolean() ? first.length : 1 + random.nextInt(first.length - 1);
        all.add(data(true, port, to, a + 1, b + 1, cut(first, cutAt)));
        if (cutAt < first.length) {
            byte[] rest = new byte[first.length - cutAt];
            System.arraycopy(first, cutAt, rest, 0, rest.length);
            all.add(data(true, port, to, a + 1 + cutAt, b + 1, rest));
        }
        int sent = a + 1 + first.length;
        all.add(data(false, port, to, b + 1, sent, counting(random.nextInt(300))));
        all.add(control(true, port, to, ACK, sent, b + 1, ""));
        if (random.nextInt(3) == 0) {
            all.add(control(random.nextBoolean(), port, to, RST, sent, b + 1, ""));
            return all;
        }
        if (random.nextInt(4) == 0) {
            all.add(error(false, all.get(3)));
        }
        all.add(control(true, port, to, FIN | ACK, sent, b + 1, ""));
        all.add(control(false, port, to, FIN | ACK, b + 1, sent + 1, ""));
        all.add(control(true, port, to, ACK, sent + 1, b + 2, ""));
        return all;
    }

    /** Out of the middle of one, or the beginning of one that nobody answers. */
    private List<byte[]> halfConnection() {
        int port = 1_024 + random.nextInt(60_000);
        int to = PORTS[random.nextInt(PORTS.length)];
        int a = random.nextInt();
        int b = random.nextInt();
        List<byte[]> all = new ArrayList<>();
        switch (random.nextInt(4)) {
            case 0 -> all.add(control(true, port, to, SYN, a, 0, SYN_OPTIONS));
            case 1 -> {
                all.add(control(true, port, to, SYN, a, 0, ""));
                all.add(control(false, port, to, SYN, b, 0, ""));
                all.add(control(false, port, to, SYN | ACK, b, a + 1, ""));
                all.add(control(true, port, to, SYN | ACK, a, b + 1, ""));
            }
            case 2 -> {
                all.add(control(false, port, to, SYN | ACK, b, a + 1, SYN_OPTIONS));
                all.add(control(true, port, to, RST, a + 1, b + 1, ""));
            }
            default -> {
                all.add(data(true, port, to, a, b, counting(50)));
                all.add(data(false, port, to, b, a + 50, counting(50)));
                all.add(control(true, port, to, FIN | ACK, a + 50, b + 50, ""));
            }
        }
        return all;
    }

    private List<byte[]> queries() {
        int port = 1_024 + random.nextInt(60_000);
        int to = UDP_PORTS[random.nextInt(UDP_PORTS.length)];
        List<byte[]> all = new ArrayList<>();
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            all.add(packet(network(true), udp(port, to), payload(counting(random.nextInt(64)))));
            all.add(packet(network(false), udp(to, port), payload(counting(random.nextInt(200)))));
        }
        all.add(error(false, all.get(0)));
        all.add(error(true, all.get(1)));
        return all;
    }

    private List<byte[]> pings() {
        int id = random.nextInt(0x1_0000);
        List<byte[]> all = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Layer body = payload(counting(random.nextInt(56)));
            all.add(packet(network(true), v6 ? echoRequestV6(id, i) : echoRequest(id, i), body));
            all.add(packet(network(false), v6 ? echoReplyV6(id, i) : echoReply(id, i), body));
        }
        all.add(error(false, all.get(0)));
        return all;
    }

    /** Messages other than echoes and errors, and errors about nothing. */
    private List<byte[]> messages() {
        List<byte[]> all = new ArrayList<>();
        all.add(packet(network(true), v6 ? icmpv6(135, 0) : icmp(13, 0), payload(counting(16))));
        all.add(packet(network(false), v6 ? icmpv6(136, 0) : icmp(14, 0), payload(counting(16))));
        byte[] unseen = packet(network(true), udp(7, 7), payload("00"));
        all.add(packet(network(false), v6 ? icmpv6(137, 0) : icmp(5, 1), ip(unseen)));
        all.add(error(false, unseen));
        return all;
    }

    private List<byte[]> fragments() {
        int port = 1_024 + random.nextInt(60_000);
        Layer transport =
                random.nextInt(3) == 0
                        ? tcp(port, 8080).flags(ACK | PSH).sequence(1).acknowledgment(1)
                        : udp(port, random.nextBoolean() ? 53 : 54);
        Layer body = payload(counting(200 + random.nextInt(300)));
        List<byte[]> all =
                v6
                        ? Fragments.ipv6(
                                packet(ipv6(client, server), transport, body),
                                random.nextInt(),
                                128)
                        : Fragments.ipv4(
                                packet(
                                        ipv4(client, server).id(random.nextInt(0x1_0000)),
                                        transport,
                                        body),
                                128);
        all = new ArrayList<>(all);
        if (random.nextInt(3) == 0) {
            Collections.shuffle(all, random);
        }
        all.add(error(false, all.get(0)));
        return all;
    }

    private List<byte[]> others() {
        Layer body = payload(counting(40));
        return switch (random.nextInt(5)) {
            case 0 ->
                    List.of(
                            packet(network(true), sctp(5, 6, 7), body),
                            packet(network(false), sctp(6, 5, 7), body));
            case 1 ->
                    List.of(
                            packet(network(true), gre(), body),
                            packet(network(false), gre(), body));
            case 2 -> List.of(packet(network(true), esp(1, 2), body));
            case 3 ->
                    List.of(
                            packet(ipv4("10.1.0.9", "198.51.100.9").protocol(253), body),
                            packet(ipv4("198.51.100.9", "10.1.0.9").protocol(89), body));
            default ->
                    List.of(
                            packet(
                                    ipv6("fd00::9", "2001:db8::9"),
                                    hopByHop(8),
                                    destinationOptions(16),
                                    routing(0, 0),
                                    udp(1, 53),
                                    body));
        };
    }

    private byte[] data(boolean out, int port, int to, int sequence, int ack, byte[] data) {
        TcpLayer segment = segment(out, port, to, ACK | PSH, sequence, ack);
        return packet(network(out), segment, payload(data));
    }

    private byte[] control(
            boolean out, int port, int to, int flags, int sequence, int ack, String options) {
        TcpLayer segment = segment(out, port, to, flags, sequence, ack);
        return packet(network(out), segment.options(options));
    }

    private static TcpLayer segment(
            boolean out, int port, int to, int flags, int sequence, int acknowledgment) {
        return tcp(out ? port : to, out ? to : port)
                .flags(flags)
                .sequence(sequence)
                .acknowledgment(acknowledgment);
    }

    private byte[] error(boolean out, byte[] about) {
        byte[] quote = cut(about, Math.min(about.length, 28 + random.nextInt(100)));
        Layer message =
                v6 ? icmpv6(1 + random.nextInt(4), 0) : icmp(random.nextBoolean() ? 3 : 11, 1);
        return packet(network(out), message, ip(quote));
    }

    private Layer network(boolean out) {
        String from = out ? client : server;
        String to = out ? server : client;
        if (v6) {
            return ipv6(from, to);
        }
        return dressing == 0 ? ipv4(from, to).options("94040000") : ipv4(from, to).dontFragment();
    }

    /** {@return the first request of an HTTP connection} */
    static byte[] request(String host) {
        return ("GET / HTTP/1.1\r\nHost: " + host + "\r\nAccept: */*\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    /** {@return the first record of a TLS connection (RFC 8446 §4.1.2)} */
    static byte[] clientHello(String host) {
        byte[] name = host.getBytes(StandardCharsets.US_ASCII);
        byte[] extension =
                concat(
                        ByteBuffer.allocate(9)
                                .putShort((short) 0)
                                .putShort((short) (name.length + 5))
                                .putShort((short) (name.length + 3))
                                .put((byte) 0)
                                .putShort((short) name.length)
                                .array(),
                        name);
        byte[] hello =
                concat(
                        ByteBuffer.allocate(43)
                                .putShort((short) 0x0303)
                                .put(counting(32))
                                .put((byte) 0)
                                .putInt(0x0002_1301)
                                .putShort((short) 0x0100)
                                .putShort((short) extension.length)
                                .array(),
                        extension);
        byte[] heads =
                ByteBuffer.allocate(9)
                        .put((byte) 22)
                        .putShort((short) 0x0301)
                        .putShort((short) (hello.length + 4))
                        .putInt(1 << 24 | hello.length)
                        .array();
        return concat(heads, hello);
    }
}
