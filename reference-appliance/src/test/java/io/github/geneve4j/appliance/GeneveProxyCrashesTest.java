package io.github.geneve4j.appliance;

import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.cut;
import static io.github.geneve4j.testkit.Packets.echoReply;
import static io.github.geneve4j.testkit.Packets.echoRequest;
import static io.github.geneve4j.testkit.Packets.esp;
import static io.github.geneve4j.testkit.Packets.geneve;
import static io.github.geneve4j.testkit.Packets.icmp;
import static io.github.geneve4j.testkit.Packets.ip;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.sctp;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.appliance.firewall.Firewall;
import io.github.geneve4j.appliance.firewall.FirewallControl;
import io.github.geneve4j.appliance.firewall.FirewallCounters;
import io.github.geneve4j.appliance.firewall.Judgement;
import io.github.geneve4j.appliance.policy.GeneveProxyReader;
import io.github.geneve4j.geneve.tunnel.EndpointPolicy;
import io.github.geneve4j.io.NioPort;
import io.github.geneve4j.io.PacketPort;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.SocketHeader;
import io.github.geneve4j.testkit.Fragments;
import io.github.geneve4j.testkit.GeneveLayer;
import io.github.geneve4j.testkit.Hex;
import io.github.geneve4j.testkit.Layer;
import io.github.geneve4j.testkit.TcpLayer;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What GeneveProxy dies of, or judges wrongly ever after, under a file of its own: each packet is
 * counted for what it is, and the next good one passes.
 */
class GeneveProxyCrashesTest {
    private static final int NODE = 0x0a00_0001;
    private static final String CLIENT = "10.1.0.1";
    private static final String SERVER = "93.184.216.34";
    private static final String CLIENT_V6 = "fd00::1";
    private static final String SERVER_V6 = "2001:db8::2";
    private static final int FORBIDDEN_PORT = 22;
    private static final List<Judgement> PASSES =
            List.of(Judgement.ALLOWED, Judgement.KNOWN, Judgement.RELATED);
    private static final String CONFIG =
            """
            outbound:
              drop_all_traffic: false
              blocked_transport_protocols: [0x2F]
              allowed_application_ports: [443, 80, 53]
              blocked_application_ports: [80]
            inbound:
              drop_all_traffic: true
            """;

    private final ScriptedPort port = new ScriptedPort();
    private FirewallControl control;
    private Firewall firewall;
    private Worker worker;
    private int cookie = 1;

    @BeforeEach
    void start(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("config.yaml"), CONFIG);
        control = FirewallControl.builder(GeneveProxyReader.read(file)).flows(10_000).build();
        firewall = control.newFirewall();
        worker = worker(port);
    }

    @AfterEach
    void thenAGoodPacketPassesAndAllAreCounted() throws IOException {
        cookie = 99;
        judged(Judgement.ALLOWED, packet(ipv4(CLIENT, SERVER), udp(9_999, 53), payload("01")));

        PacketCounters counters = worker.counters();
        assertThat(worker.failure()).isNull();
        assertThat(worker.inspectorFailure()).isNull();
        assertThat(counters.received()).isEqualTo(counters.passed() + counters.dropped());
        FirewallCounters judged = firewall.counters();
        assertThat(counters.passed())
                .isEqualTo(
                        judged.count(Judgement.KNOWN)
                                + judged.count(Judgement.ALLOWED)
                                + judged.count(Judgement.RELATED));
        assertThat(counters.dropped(DropReason.INSPECTOR))
                .isEqualTo(judged.total() - counters.passed());
    }

    /** It has room for 1,024, and none is ever given back. */
    @Test
    void the1025thFlow() throws IOException {
        for (int flow = 1; flow <= 3_000; flow++) {
            cookie = flow;
            judged(Judgement.ALLOWED, udpQuery(flow, 53));
        }
        cookie = 1;
        judged(Judgement.KNOWN, packet(ipv4(SERVER, CLIENT), udp(53, 1), payload("02")));
    }

    /** Its verdict belongs to the cookie, whatever flow the load balancer gives that to later. */
    @Test
    void aCookieThatComesAgain() throws IOException {
        cookie = 7;
        judged(Judgement.ALLOWED, udpQuery(1, 53));
        judged(Judgement.POLICY_DROP, udpQuery(2, FORBIDDEN_PORT));
        cookie = 8;
        judged(Judgement.POLICY_DROP, udpQuery(3, FORBIDDEN_PORT));
        judged(Judgement.ALLOWED, udpQuery(3, 53));
    }

    /** It has no timeout: who was allowed once stays so. */
    @Test
    void aFlowThatIsLongOver() throws IOException {
        byte[] answer = packet(ipv4(SERVER, CLIENT), udp(53, 1), payload("02"));
        judged(Judgement.ALLOWED, udpQuery(1, 53));
        judged(Judgement.KNOWN, answer);

        // A flow goes up to 1.1 s later than its timeout where no packet asks for it
        firewall.onIdle(System.nanoTime() + Duration.ofSeconds(122).toNanos());

        judged(Judgement.POLICY_DROP, answer);
    }

    @Test
    void aNewConnectionOnOldPorts() throws IOException {
        byte[] syn = packet(ipv4(CLIENT, SERVER), tcp(4_000, 443).sequence(1));
        judged(Judgement.ALLOWED, syn);
        judged(Judgement.KNOWN, syn);
        cookie = 2; // the load balancer took it for another one
        judged(Judgement.ALLOWED, syn);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    past Opt Len, by a word        | 02000800 00000000 01080102 02356de9 45000000 | OPTION_OVERRUN
                    past Opt Len, by many          | 01000800 00000000 0108011f 45000000          | OPTION_OVERRUN
                    the last one only              | 03000800 00000000 01080301 00000001 01080101 | OPTION_OVERRUN
                    past the datagram              | 01000800 00000000 0108011f                   | OPTION_OVERRUN
                    Opt Len past the datagram      | 3f000800 00000000 01080102                   | TRUNCATED_OPTIONS
                    Opt Len past it by three bytes | 02000800 00000000 01080301 00                | TRUNCATED_OPTIONS
                    """)
    void anOptionThatOverruns(String what, String hex, DropReason reason) throws IOException {
        dropped(reason, Hex.bytes(hex));
    }

    /** There is nothing else that it knows a flow by. */
    @Test
    void noCookie() throws IOException {
        byte[] query = udpQuery(1, 53);
        byte[] answer = packet(ipv4(SERVER, CLIENT), udp(53, 1), payload("02"));
        GeneveLayer endpointOnly = geneve().option(0x0108, 1, "2356de92d389839c");
        judgedAsIs(Judgement.ALLOWED, packet(endpointOnly, ip(query)));
        judgedAsIs(Judgement.KNOWN, packet(endpointOnly, ip(answer)));
        judgedAsIs(Judgement.ALLOWED, packet(geneve(), ip(query)));
        judgedAsIs(Judgement.KNOWN, packet(geneve(), ip(answer)));
        judgedAsIs(Judgement.POLICY_DROP, packet(geneve(), ip(udpQuery(2, FORBIDDEN_PORT))));
    }

    @Test
    void aCookieOfAnotherLength() throws IOException {
        GeneveLayer longer = geneve().option(0x0108, 3, "0000000100000002");
        judgedAsIs(Judgement.ALLOWED, packet(longer, ip(udpQuery(1, 53))));
        GeneveLayer empty = geneve().option(0x0108, 3, "");
        judgedAsIs(Judgement.KNOWN, packet(empty, ip(udpQuery(1, 53))));
    }

    /** The first one shows the ports, and the others are of its flow. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void fragments(boolean ipv6) throws IOException {
        for (Layer transport : List.of(udp(1, 53), tcp(1, 443).flags(TcpLayer.ACK))) {
            List<byte[]> fragments = fragments(ipv6, true, transport);
            assertThat(fragments).hasSizeGreaterThan(2);
            judged(Judgement.ALLOWED, fragments.getFirst());
            for (byte[] later : fragments.subList(1, fragments.size())) {
                judged(Judgement.KNOWN, later);
            }
        }
        for (byte[] answer : fragments(ipv6, false, udp(53, 1))) {
            judged(Judgement.KNOWN, answer);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void fragmentsOfWhatIsForbidden(boolean ipv6) throws IOException {
        for (byte[] each : fragments(ipv6, true, udp(1, FORBIDDEN_PORT))) {
            judged(Judgement.POLICY_DROP, each);
        }
        for (byte[] each : fragments(ipv6, false, udp(53, 1))) {
            judged(Judgement.POLICY_DROP, each); // inbound
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void fragmentsWithoutTheirFirst(boolean ipv6) throws IOException {
        List<byte[]> fragments = fragments(ipv6, true, udp(1, 53));
        judged(Judgement.LOOSE_FRAGMENT, fragments.get(2));
        judged(Judgement.ALLOWED, fragments.get(0));
        judged(Judgement.KNOWN, fragments.get(1));
        // In IPv6 the protocol does not tell datagrams apart: this is another part of the first
        List<byte[]> others = fragments(ipv6, true, tcp(7, 443).flags(TcpLayer.ACK));
        judged(ipv6 ? Judgement.KNOWN : Judgement.LOOSE_FRAGMENT, others.get(1));
    }

    /** Eight bytes of a first fragment are ports; of fewer there is nothing to judge. */
    @Test
    void fragmentsThatShowNoPorts() throws IOException {
        byte[] first = packet(ipv4(CLIENT, SERVER).fragment(0, true).protocol(17), payload("0001"));
        judged(Judgement.LOOSE_FRAGMENT, first);
        List<byte[]> noPorts =
                fragmentsOf(packet(ipv4(CLIENT, SERVER), esp(1, 2), payload(body())));
        judged(Judgement.ALLOWED, noPorts.getFirst());
        for (byte[] later : noPorts.subList(1, noPorts.size())) {
            judged(Judgement.KNOWN, later);
        }
    }

    /** On a real socket, as it is the kernel that a raw one gets the outer header from. */
    @Test
    @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void optionsInTheOuterHeader() throws IOException {
        String own = "127.60.95.1";
        String node = "127.60.95.2";
        byte[] datagram = datagram(udpQuery(1, 53));
        try (PacketPort socket = NioPort.builder(InetAddress.ofLiteral(own)).open();
                DatagramChannel peer = DatagramChannel.open()) {
            peer.bind(new InetSocketAddress(node, 6081));
            Worker real = worker(socket);
            sendWithOptions(node, own, datagram);
            socket.await(Duration.ofSeconds(10).toNanos());
            assertThat(socket.poll(real, 1)).isEqualTo(1);
            ByteBuffer answer = ByteBuffer.allocate(2 * datagram.length);
            peer.receive(answer);
            assertThat(answer.flip()).isEqualTo(ByteBuffer.wrap(datagram));
            assertThat(real.counters().passed()).isEqualTo(1);
            assertThat(firewall.counters().count(Judgement.ALLOWED)).isEqualTo(1);
            assertThat(real.inspectorFailure()).isNull();
        }
        firewall = control.newFirewall();
        worker = worker(port);
    }

    /** Other than TCP, UDP and ICMP; those with ports are judged by them. */
    @ParameterizedTest
    @CsvSource({
        "2, ALLOWED",
        "4, ALLOWED",
        "41, ALLOWED",
        "46, ALLOWED",
        "47, POLICY_DROP",
        "50, ALLOWED",
        "89, ALLOWED",
        "103, ALLOWED",
        "112, ALLOWED",
        "115, ALLOWED",
        "253, ALLOWED",
        "255, ALLOWED",
    })
    void otherProtocols(int protocol, Judgement judgement) throws IOException {
        judged(judgement, packet(ipv4(CLIENT, SERVER).protocol(protocol), payload(counting(24))));
        judged(Judgement.POLICY_DROP, packet(ipv4(SERVER, "10.1.0.2").protocol(protocol)));
    }

    @Test
    void otherProtocolsWithPorts() throws IOException {
        judged(Judgement.ALLOWED, packet(ipv4(CLIENT, SERVER), sctp(1, 443, 7)));
        judged(Judgement.POLICY_DROP, packet(ipv4(CLIENT, SERVER), sctp(1, 444, 7)));
        judged(Judgement.POLICY_DROP, packet(ipv4(CLIENT, SERVER), sctp(1, 80, 7)));
    }

    @Test
    void icmpMessages() throws IOException {
        judged(Judgement.ALLOWED, packet(ipv4(CLIENT, SERVER), echoRequest(5, 1)));
        judged(Judgement.KNOWN, packet(ipv4(SERVER, CLIENT), echoReply(5, 1)));
        judged(Judgement.POLICY_DROP, packet(ipv4(SERVER, CLIENT), echoRequest(6, 1)));
        byte[] query = udpQuery(1, 53);
        judged(Judgement.ALLOWED, query);
        judged(Judgement.RELATED, packet(ipv4(SERVER, CLIENT), icmp(3, 3), ip(query)));
        judged(
                Judgement.RELATED,
                packet(ipv4(SERVER, CLIENT), icmp(3, 3), payload(cut(query, 28))));
        for (int length = 0; length < 24; length++) { // too little to tell a flow by
            judged(
                    Judgement.UNRELATED,
                    packet(ipv4(SERVER, CLIENT), icmp(3, 3), payload(cut(query, length))));
        }
    }

    /** It takes the C bit for two, of which O is one. */
    @Test
    void bitsOAndC() throws IOException {
        byte[] query = udpQuery(1, 53);
        judgedAsIs(Judgement.ALLOWED, packet(aws().critical(true), ip(query)));
        judgedAsIs(Judgement.KNOWN, packet(aws().critical(false), ip(query)));
        dropped(DropReason.CONTROL_PACKET, packet(aws().control(true).critical(false), ip(query)));
        dropped(DropReason.CONTROL_PACKET, packet(aws().control(true).critical(true), ip(query)));
        for (boolean told : new boolean[] {true, false}) {
            dropped(
                    DropReason.UNKNOWN_CRITICAL_OPTION,
                    packet(aws().option(0xfff0, 0x81, "").critical(told), ip(query)));
        }
    }

    @Test
    void packetsOfIpv6() throws IOException {
        judged(Judgement.ALLOWED, packet(ipv6(CLIENT_V6, SERVER_V6), udp(1, 53), payload("01")));
        judged(Judgement.KNOWN, packet(ipv6(SERVER_V6, CLIENT_V6), udp(53, 1), payload("02")));
        judged(Judgement.ALLOWED, packet(ipv6("fe80::1", SERVER_V6), udp(1, 53)));
        judged(Judgement.POLICY_DROP, packet(ipv6(CLIENT_V6, SERVER_V6), udp(1, 80)));
        judged(Judgement.POLICY_DROP, packet(ipv6(SERVER_V6, CLIENT_V6), udp(1, 53)));
    }

    /** It reads its file once. */
    @Test
    void anotherFile() throws Exception {
        judged(Judgement.ALLOWED, udpQuery(1, 53));
        control.replace(
                GeneveProxyReader.parse(
                        CONFIG.replace(
                                "blocked_application_ports: [80]",
                                "blocked_application_ports: [443]"),
                        "config.yaml"));
        judged(Judgement.KNOWN, udpQuery(1, 53));
        judged(Judgement.ALLOWED, udpQuery(2, 80));
        judged(Judgement.POLICY_DROP, udpQuery(2, 443));
        control.replace(GeneveProxyReader.parse(CONFIG, "config.yaml"));
        judged(Judgement.WITHDRAWN, udpQuery(2, 80));
    }

    /** A raw socket gets everything that anybody sends. */
    @Test
    void whatIsNoPacketAtAll() throws IOException {
        byte[] whole = datagram(udpQuery(1, 53));
        for (int length = 0; length < 8; length++) {
            dropped(DropReason.TRUNCATED_HEADER, cut(whole, length));
        }
        for (int length = 8; length < 40; length++) {
            dropped(DropReason.TRUNCATED_OPTIONS, cut(whole, length));
        }
        for (int length = 40; length < whole.length; length++) {
            judgedAsIs(Judgement.UNREADABLE, cut(whole, length));
        }
        for (int version = 1; version < 4; version++) {
            dropped(
                    DropReason.UNSUPPORTED_VERSION,
                    packet(aws().version(version), ip(udpQuery(1, 53))));
        }
        judged(Judgement.UNREADABLE, packet(ipv4(CLIENT, SERVER).headerWords(4), udp(1, 53)));
        judged(Judgement.UNREADABLE, packet(ipv4(CLIENT, SERVER).totalLength(4_000), udp(1, 53)));
        judgedAsIs(Judgement.UNREADABLE, packet(aws().protocolType(0x6558), payload(counting(60))));
        judgedAsIs(Judgement.UNREADABLE, packet(aws().protocolType(0x86dd), ip(udpQuery(1, 53))));
    }

    private static byte[] udpQuery(int sourcePort, int destinationPort) {
        return packet(ipv4(CLIENT, SERVER), udp(sourcePort, destinationPort), payload("01"));
    }

    private static List<byte[]> fragments(boolean ipv6, boolean out, Layer transport) {
        Layer network =
                ipv6
                        ? ipv6(out ? CLIENT_V6 : SERVER_V6, out ? SERVER_V6 : CLIENT_V6)
                        : ipv4(out ? CLIENT : SERVER, out ? SERVER : CLIENT);
        byte[] whole = packet(network, transport, payload(body()));
        return ipv6 ? Fragments.ipv6(whole, 5, 64) : fragmentsOf(whole);
    }

    private static List<byte[]> fragmentsOf(byte[] ipv4) {
        return Fragments.ipv4(ipv4, 64);
    }

    private static byte[] body() {
        return counting(180);
    }

    private GeneveLayer aws() {
        return geneve().option(0x0108, 1, "2356de92d389839c")
                .option(0x0108, 2, "0000000000000000")
                .option(0x0108, 3, ByteBuffer.allocate(4).putInt(cookie).array());
    }

    /** {@return an inner packet under the load balancer's header, with the cookie of the moment} */
    private byte[] datagram(byte[] inner) {
        return packet(aws(), ip(inner));
    }

    private void judged(Judgement expected, byte[] inner) throws IOException {
        judgedAsIs(expected, datagram(inner));
    }

    private void judgedAsIs(Judgement expected, byte[] datagram) throws IOException {
        long before = firewall.counters().count(expected);
        long all = firewall.counters().total();
        deliver(datagram);
        assertThat(firewall.counters().count(expected))
                .as("%s: %s", expected, Hex.text(datagram))
                .isEqualTo(before + 1);
        assertThat(firewall.counters().total()).isEqualTo(all + 1);
        if (PASSES.contains(expected)) {
            assertThat(port.returned).containsExactly(datagram);
        } else {
            assertThat(port.returned).isEmpty();
        }
    }

    private void dropped(DropReason reason, byte[] datagram) throws IOException {
        long before = worker.counters().dropped(reason);
        long all = firewall.counters().total();
        deliver(datagram);
        assertThat(worker.counters().dropped(reason))
                .as("%s: %s", reason, Hex.text(datagram))
                .isEqualTo(before + 1);
        assertThat(firewall.counters().total()).isEqualTo(all);
        assertThat(port.returned).isEmpty();
    }

    private void deliver(byte[] datagram) throws IOException {
        port.returned.clear();
        port.put(datagram, NODE);
        port.poll(worker, 1);
    }

    private Worker worker(PacketPort port) {
        return new Worker(
                port,
                OriginFilter.parse("10.0.0.1,127.60.95.0/24"),
                EndpointPolicy.builder().build(),
                firewall,
                FailureMode.CLOSED,
                FailureMode.CLOSED,
                1_000,
                IdleMode.ADAPTIVE,
                Worker.ANY_CPU);
    }

    /** Sends a datagram whose IP header has options: one that does nothing, four times. */
    private static void sendWithOptions(String from, String to, byte[] datagram)
            throws IOException {
        int ipOptions = 4; // linux/in.h
        int fd = Libc.socket(SocketHeader.AF_INET, SocketHeader.SOCK_DGRAM, 0);
        assertThat(fd).isNotNegative();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment options =
                    arena.allocateFrom(ValueLayout.JAVA_BYTE, Hex.bytes("01010101"));
            assertThat(Libc.setsockopt(fd, 0, ipOptions, options)).isZero();
            assertThat(Libc.bind(fd, address(arena, from, 0))).isZero();
            MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, datagram);
            assertThat(Libc.sendto(fd, bytes, datagram.length, 0, address(arena, to, 6081)))
                    .isEqualTo(datagram.length);
        } finally {
            Libc.close(fd);
        }
    }

    private static MemorySegment address(Arena arena, String address, int port) {
        ByteBuffer bytes = ByteBuffer.allocate((int) SocketHeader.SockaddrIn.SIZE);
        bytes.order(ByteOrder.nativeOrder()).putShort((short) SocketHeader.AF_INET);
        bytes.order(ByteOrder.BIG_ENDIAN).putShort((short) port);
        bytes.put(InetAddress.ofLiteral(address).getAddress());
        return arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes.array());
    }
}
