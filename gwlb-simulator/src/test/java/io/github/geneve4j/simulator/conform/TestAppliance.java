package io.github.geneve4j.simulator.conform;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * An appliance on loopback that passes everything as it should, but for one fault. It owns its
 * outer headers, as a program with raw sockets does, and is nobody's model of good code.
 */
final class TestAppliance implements AutoCloseable {
    private static final int TUNNEL = 6081;
    private static final int ELSEWHERE = 0x7f3e_0a63;
    private static final int BUSY_PACKETS = 40;
    private static final long BUSY_NANOS = 400_000_000;
    private static final long RESTART_NANOS = 250_000_000;
    private static final long LATE_NANOS = 250_000_000;
    private static final int SYSLOG = 514;
    private static final int SHORT_HASH = 0xfff;
    private static final int ROOM = 300;

    private final Fault fault;
    private final int address;
    private final List<Integer> nodes;
    private final int stranger;
    private final Path restarted;
    private final HttpServer health;
    private final Thread thread = Thread.ofPlatform().name("appliance").unstarted(this::serve);
    private final CountDownLatch open = new CountDownLatch(1);
    private volatile boolean running = true;
    private volatile @Nullable Throwable failure;
    private volatile long busyUntil;
    private volatile long restartedAt; // 0 before

    private final Map<String, Integer> cookies = new HashMap<>();
    private final Map<String, Integer> endpoints = new HashMap<>();
    private final Map<Integer, String> owners = new HashMap<>(); // of a hash
    private final Set<String> flows = new HashSet<>();
    private final StatefulFirewall firewall = new StatefulFirewall();
    private final Reassembly unsorted = new Reassembly(false);
    private final Queue<Late> late = new ArrayDeque<>();
    private final Set<Integer> known = new HashSet<>();
    private final Set<String> firstFragments = new HashSet<>();
    private int received;
    private long windowStart;
    private int inWindow;
    private long nextStall = System.nanoTime();
    private int firstNode;
    private int controls;
    private boolean dead;

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Late(long due, byte[] packet) {}

    TestAppliance(
            Fault fault,
            Inet4Address address,
            List<Inet4Address> nodes,
            Inet4Address stranger,
            Path restarted)
            throws Exception {
        this(fault, address, nodes, stranger, restarted, null);
    }

    /** One whose health is asked by HTTPS, if there is TLS, else by HTTP. */
    TestAppliance(
            Fault fault,
            Inet4Address address,
            List<Inet4Address> nodes,
            Inet4Address stranger,
            Path restarted,
            @Nullable SSLContext tls)
            throws Exception {
        this.fault = fault;
        this.address = Probe.address(address);
        this.nodes = nodes.stream().map(Probe::address).toList();
        this.stranger = Probe.address(stranger);
        this.restarted = restarted;
        health = healthServer(new InetSocketAddress(address, 0), tls);
        health.createContext(
                "/",
                exchange -> {
                    boolean busy = System.nanoTime() < busyUntil;
                    boolean sick =
                            (fault == Fault.IS_UNHEALTHY_UNDER_LOAD && busy)
                                    || (fault == Fault.RESTARTS_SICK && restartedAt != 0);
                    exchange.sendResponseHeaders(sick ? 503 : 200, -1);
                    exchange.close();
                });
        if (fault != Fault.HAS_NO_HEALTH) {
            health.start();
        }
        thread.start();
        open.await();
        if (failure != null) {
            throw new IllegalStateException(failure);
        }
    }

    private static HttpServer healthServer(InetSocketAddress where, @Nullable SSLContext tls)
            throws IOException {
        if (tls == null) {
            return HttpServer.create(where, 16);
        }
        HttpsServer server = HttpsServer.create(where, 16);
        server.setHttpsConfigurator(new HttpsConfigurator(tls));
        return server;
    }

    int healthPort() {
        int port = health.getAddress().getPort();
        if (fault == Fault.HAS_NO_HEALTH) {
            health.stop(0);
        }
        return port;
    }

    @Override
    public void close() {
        running = false;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        health.stop(0);
        if (failure != null) {
            throw new IllegalStateException(failure);
        }
    }

    private void serve() {
        try (RawWire wire = RawWire.open(List.of(address), nodes.get(0), TUNNEL)) {
            open.countDown();
            long nextUnasked = System.nanoTime();
            while (running) {
                Arrival arrival = wire.receive(System.nanoTime() + 20_000_000);
                if (fault == Fault.SENDS_UNASKED && System.nanoTime() > nextUnasked) {
                    nextUnasked = System.nanoTime() + 50_000_000;
                    wire.sendPacket(reply(nodes.get(0), 60_000, new byte[40]));
                }
                if (fault == Fault.KEEPS_STATE && System.nanoTime() > nextUnasked) {
                    nextUnasked = System.nanoTime() + 50_000_000;
                    wire.sendPacket(log());
                }
                while (!late.isEmpty() && late.element().due() < System.nanoTime()) {
                    wire.sendPacket(late.remove().packet());
                }
                if (arrival != null && arrival.kind() == Arrival.Kind.UDP) {
                    countLoad();
                    for (byte[] packet : replies(arrival)) {
                        wire.sendPacket(packet);
                    }
                }
            }
        } catch (IOException | InterruptedException | RuntimeException e) {
            failure = e;
        } finally {
            open.countDown();
        }
    }

    private void countLoad() throws InterruptedException {
        long now = System.nanoTime();
        if (now - windowStart > 200_000_000) {
            windowStart = now;
            inWindow = 0;
        }
        if (++inWindow > BUSY_PACKETS) {
            busyUntil = now + BUSY_NANOS;
            if (fault == Fault.STALLS && now > nextStall) {
                Thread.sleep(900);
                nextStall = now + 1_200_000_000;
            }
        }
    }

    private List<byte[]> replies(Arrival request) throws IOException {
        if (fault == Fault.KEEPS_STATE && request.source() == stranger) {
            return List.of(unreachable(request));
        }
        if (fault == Fault.ANSWERS_NOTHING || dead || isRestarting() || !isAccepted(request)) {
            return List.of();
        }
        byte[] payload = request.payload().clone();
        if (!isGeneve(payload)) {
            if (fault == Fault.DIES_OF_AN_OVERRUN && payload.length >= 8) {
                dead = true;
            }
            if (fault == Fault.ANSWERS_SHORT_HEADERS && payload.length < 8) {
                return packets(request, new GeneveBytes().before(0x0800));
            }
            return List.of();
        }
        byte[] geneve = new byte[0];
        byte[] inner = new byte[0];
        if (fault == Fault.ECHOES_MALFORMED) {
            geneve = payload;
        } else {
            int length = GeneveBytes.length(payload);
            inner = Arrays.copyOfRange(payload, length, payload.length);
            byte[] header = changed(Arrays.copyOf(payload, length), inner);
            byte[] passed = header.length == 0 ? null : passed(inner, header);
            if (passed == null) {
                return List.of();
            }
            inner = rewritten(passed);
            geneve = header;
        }
        if (fault == Fault.TRUNCATES_JUMBOS && inner.length > 8192) {
            inner = Arrays.copyOf(inner, 8192);
        }
        if (fault == Fault.HAS_AN_MTU_OF_8568 && inner.length > 8500) {
            return List.of();
        }
        return packets(request, Bytes.concat(geneve, inner));
    }

    /** {@return whether nobody is there, which is so for a while after the restart command} */
    private boolean isRestarting() {
        if (restartedAt == 0 && Files.exists(restarted)) {
            restartedAt = System.nanoTime();
        }
        return restartedAt != 0 && System.nanoTime() - restartedAt < RESTART_NANOS;
    }

    private boolean isAccepted(Arrival request) throws IOException {
        received++;
        if (fault == Fault.NEVER_COMES_BACK && Files.exists(restarted)) {
            return false;
        }
        if (fault == Fault.LOSES_PACKETS && received % 20 == 0
                || fault == Fault.REPLIES_TWICE_TO_HALF && received % 2 == 0) {
            return false;
        }
        if (!nodes.contains(request.source()) && !servesStrangers()) {
            return false;
        }
        return switch (request.checksum()) {
            case NONE -> fault != Fault.REFUSES_CHECKSUM_ZERO;
            case WRONG -> fault == Fault.ACCEPTS_A_WRONG_CHECKSUM;
            case RIGHT, UNSEEN -> true;
        };
    }

    private boolean servesStrangers() {
        return fault == Fault.SERVES_ANYONE || fault == Fault.SERVES_ANYONE_SLOWLY;
    }

    /** RFC 8926 §3.4 and §3.5, but for the fault. */
    private boolean isGeneve(byte[] payload) {
        if (fault == Fault.ECHOES_MALFORMED) {
            return true;
        }
        if (payload.length < 8) {
            return false;
        }
        int version = Bytes.u8(payload, 0) >>> 6;
        if (fault == Fault.READS_VERSION_BY_ONE_BIT) {
            version >>>= 1;
        }
        int end = 8 + (payload[0] & 0x3f) * 4;
        if (version != 0 || end > payload.length) {
            return false;
        }
        boolean critical = false;
        int at = 8;
        while (at < end) {
            critical |= (payload[at + 2] & 0x80) != 0;
            at += 4 + (payload[at + 3] & 0x1f) * 4;
        }
        if (at != end && fault != Fault.LETS_OPTIONS_OVERRUN) {
            return false;
        }
        boolean control = (payload[1] & 0x80) != 0;
        if (control && fault == Fault.FORWARDS_EVERY_THIRD_CONTROL_PACKET) {
            return ++controls % 3 == 0;
        }
        return (!critical || fault == Fault.FORWARDS_CRITICAL_OPTIONS)
                && (!control || fault == Fault.FORWARDS_CONTROL_PACKETS);
    }

    /** {@return the header as it goes back, empty if it does not} */
    private byte[] changed(byte[] header, byte[] inner) {
        byte[] nothing = {};
        switch (fault) {
            case CLEARS_THE_COOKIE -> {
                if (header.length >= 40) {
                    Bytes.put32(header, 36, 0);
                }
            }
            case RESTARTS_WITHOUT_COOKIE -> {
                if (restartedAt != 0 && header.length >= 40) {
                    Bytes.put32(header, 36, 0);
                }
            }
            case CHANGES_THE_ENDPOINT -> header[12] ^= 1;
            case STRIPS_AN_OPTION -> {
                return withOptions(header, options(header).stream().limit(2).toList());
            }
            case DROPS_UNKNOWN_OPTIONS -> {
                return withOptions(
                        header,
                        options(header).stream().filter(o -> Bytes.u16(o, 0) == 0x0108).toList());
            }
            case REFUSES_UNKNOWN_OPTIONS -> {
                if (options(header).stream().anyMatch(o -> Bytes.u16(o, 0) != 0x0108)) {
                    return nothing;
                }
            }
            case SORTS_OPTIONS -> {
                return withOptions(
                        header,
                        options(header).stream()
                                .sorted(Comparator.comparingInt(o -> o[2]))
                                .toList());
            }
            case CLEARS_RESERVED_BITS -> {
                header[1] &= (byte) 0xc0;
                header[7] = 0;
            }
            case REFUSES_RESERVED_BITS -> {
                if ((header[1] & 0x3f) != 0 || header[7] != 0) {
                    return nothing;
                }
            }
            case CLEARS_THE_VNI -> Arrays.fill(header, 4, 7, (byte) 0);
            case REFUSES_ATTACHMENT_IDS -> {
                for (byte[] option : options(header)) {
                    if (option[2] == 2 && Bytes.s32(option, 4) != 0) {
                        return nothing;
                    }
                }
            }
            case KEEPS_THE_FIRST_COOKIE,
                    KEEPS_A_COOKIE_UNTIL_A_SYN,
                    KEEPS_THE_FIRST_COOKIE_OF_IPV6,
                    KEEPS_THE_FIRST_COOKIE_OF_PINGS ->
                    keepCookie(header, inner);
            case KEEPS_THE_FIRST_ENDPOINT -> {
                String flow = StatefulFirewall.flow(inner);
                if (header.length == 40 && flow != null) {
                    int first = endpoints.computeIfAbsent(flow, key -> Bytes.s32(header, 16));
                    Bytes.put32(header, 16, first);
                }
            }
            case CALLS_EVERYTHING_IPV4 -> Bytes.put16(header, 2, 0x0800);
            case CLEARS_THE_COOKIE_OF_ANSWERS,
                    CLEARS_THE_COOKIE_OF_OTHERS,
                    CLEARS_THE_COOKIE_OF_OPTIONS,
                    CLEARS_THE_COOKIE_OF_FRAGMENTS,
                    CLEARS_THE_COOKIE_OF_JUMBOS -> {
                if (header.length == 40 && inner.length >= 48 && losesItsCookie(inner)) {
                    Bytes.put32(header, 36, 0);
                }
            }
            case TAKES_FLOWS_FOR_EACH_OTHER -> takeCookieByHash(header, inner);
            case HAS_ROOM_FOR_300_FLOWS -> {
                String flow = StatefulFirewall.flow(inner);
                if (flow != null && !flows.contains(flow) && flows.size() == ROOM) {
                    return nothing;
                }
                flows.add(String.valueOf(flow));
            }
            case FORGETS_ITS_FLOWS -> {
                int cookie = header.length >= 40 ? Bytes.s32(header, 36) : 0;
                if (!Files.exists(restarted)) {
                    known.add(cookie);
                } else if (known.contains(cookie)) {
                    return nothing;
                }
            }
            default -> {}
        }
        return header;
    }

    private void keepCookie(byte[] header, byte[] inner) {
        String flow = StatefulFirewall.flow(inner);
        if (header.length != 40 || flow == null) {
            return;
        }
        boolean ipv6 = isIpv6(inner);
        boolean ping = !ipv6 && inner[9] == Ipv4.ICMP;
        if (fault == Fault.KEEPS_THE_FIRST_COOKIE_OF_IPV6 && !ipv6
                || fault == Fault.KEEPS_THE_FIRST_COOKIE_OF_PINGS && !ping) {
            return;
        }
        String key = Bytes.hex(Arrays.copyOfRange(header, 12, 20)) + flow;
        boolean syn = inner.length >= 40 && inner[9] == Ipv4.TCP && inner[33] == Inner.SYN;
        if (fault == Fault.KEEPS_A_COOKIE_UNTIL_A_SYN && !ipv6 && syn) {
            cookies.remove(key);
        }
        int first = cookies.computeIfAbsent(key, unused -> Bytes.s32(header, 36));
        Bytes.put32(header, 36, first);
    }

    private void takeCookieByHash(byte[] header, byte[] inner) {
        String flow = StatefulFirewall.flow(inner);
        if (header.length != 40 || flow == null) {
            return;
        }
        int hash = flow.hashCode() * 0x9e37_79b1 >>> 20 & SHORT_HASH;
        String key = Integer.toString(hash);
        if (owners.computeIfAbsent(hash, unused -> flow).equals(flow)) {
            cookies.put(key, Bytes.s32(header, 36));
        }
        Bytes.put32(header, 36, cookies.get(key));
    }

    /** {@return the inner packet as it goes back: as it came, but for the fault} */
    private byte[] rewritten(byte[] inner) {
        byte[] changed = inner.clone();
        switch (fault) {
            case ROUTES -> route(changed);
            case CLEARS_ECN -> {
                if (Ipv4.isIntact(changed)) {
                    changed[Ipv4.TOS_OFFSET] &= (byte) 0xfc;
                    Ipv4.withChecksum(changed);
                }
            }
            case CLEARS_THE_IDENTIFICATION -> {
                if (Ipv4.isIntact(changed) && !Ipv4.isFragment(changed)) {
                    Bytes.put16(changed, Ipv4.ID_OFFSET, 0);
                    Ipv4.withChecksum(changed);
                }
            }
            case CLEARS_DONT_FRAGMENT -> {
                if (Ipv4.isIntact(changed)) {
                    changed[Ipv4.FRAGMENT_OFFSET] &= (byte) 0xbf;
                    Ipv4.withChecksum(changed);
                }
            }
            case CLEARS_THE_FLOW_LABEL -> {
                if (isIpv6(changed)) {
                    Bytes.put32(changed, 0, Bytes.s32(changed, 0) & 0xfff0_0000);
                }
            }
            case SPOILS_MIDDLE_LENGTHS -> {
                if (changed.length > 1432 && changed.length <= 8000) {
                    changed[changed.length - 1] ^= 1;
                }
            }
            default -> {}
        }
        return changed;
    }

    /** Other DSCP, "congested", one hop less, and no identification where it says nothing. */
    private static void route(byte[] packet) {
        if (isIpv6(packet)) {
            int first = Bytes.s32(packet, 0);
            Bytes.put32(
                    packet, 0, first & 0xf03f_ffff | 0x0280_0000 | congested(first >>> 20) << 20);
            packet[Inner.IPV6_HOP_LIMIT_OFFSET]--;
        } else if (Ipv4.isIntact(packet)) {
            int tos = Bytes.u8(packet, Ipv4.TOS_OFFSET);
            packet[Ipv4.TOS_OFFSET] = (byte) (0x28 | congested(tos));
            packet[Ipv4.TTL_OFFSET]--;
            if (Bytes.u16(packet, Ipv4.FRAGMENT_OFFSET) == Ipv4.DONT_FRAGMENT) {
                Bytes.put16(packet, Ipv4.ID_OFFSET, 0);
            }
            Ipv4.withChecksum(packet);
        }
    }

    private static int congested(int trafficClass) {
        return (trafficClass & 3) == 0 ? 0 : 3;
    }

    private boolean losesItsCookie(byte[] inner) {
        boolean ipv6 = isIpv6(inner);
        int protocol = Bytes.u8(inner, ipv6 ? 6 : 9);
        return switch (fault) {
            case CLEARS_THE_COOKIE_OF_ANSWERS -> Bytes.u8(inner, ipv6 ? 20 : 12) == 198;
            case CLEARS_THE_COOKIE_OF_OTHERS -> !isTcpOrUdp(protocol);
            case CLEARS_THE_COOKIE_OF_OPTIONS -> !ipv6 && inner[0] != 0x45;
            case CLEARS_THE_COOKIE_OF_FRAGMENTS -> Reassembly.offset(inner) >= 0;
            case CLEARS_THE_COOKIE_OF_JUMBOS -> inner.length > 8000;
            default -> throw new AssertionError(fault);
        };
    }

    private static boolean isIpv6(byte[] inner) {
        return inner.length >= 40 && Bytes.u8(inner, 0) >>> 4 == 6;
    }

    private static List<byte[]> options(byte[] header) {
        List<byte[]> options = new ArrayList<>();
        int at = 8;
        while (at < header.length) {
            int length = 4 + (header[at + 3] & 0x1f) * 4;
            options.add(Arrays.copyOfRange(header, at, at + length));
            at += length;
        }
        return options;
    }

    private static byte[] withOptions(byte[] header, List<byte[]> options) {
        byte[] changed =
                Bytes.concat(
                        Arrays.copyOf(header, 8), Bytes.concat(options.toArray(byte[][]::new)));
        changed[0] = (byte) ((changed.length - 8) / 4);
        return changed;
    }

    /** {@return what passes of an inner packet: all of it, but for the fault} */
    private byte @Nullable [] passed(byte[] inner, byte[] header) {
        if (fault == Fault.KEEPS_STATE) {
            return firewall.pass(inner);
        }
        if (fault == Fault.REASSEMBLES_AS_THEY_COME && Reassembly.offset(inner) >= 0) {
            return unsorted.add(inner);
        }
        return passes(inner, header) ? inner : null;
    }

    /** {@return whether an inner packet passes: all do, but for the fault} */
    private boolean passes(byte[] inner, byte[] header) {
        if (fault == Fault.DIES_OF_A_SHORT_INNER_PACKET && inner.length < 20) {
            dead = true;
            return false;
        }
        if (inner.length < 20) {
            return true;
        }
        boolean ipv6 = Bytes.u16(header, 2) == 0x86dd;
        if (ipv6 && inner.length < 48) {
            return fault != Fault.DROPS_IPV6;
        }
        int protocol = Bytes.u8(inner, ipv6 ? 6 : 9);
        boolean echo = isIcmp(protocol) && isEcho(inner, ipv6);
        return switch (fault) {
            case DROPS_THE_RETURN_DIRECTION -> inner[12] == 10 || ipv6;
            case DROPS_IPV6 -> !ipv6;
            case KNOWS_TCP_AND_UDP_ONLY -> ipv6 && !isIcmp(protocol) || isTcpOrUdp(protocol);
            case DROPS_IPV4_OPTIONS -> ipv6 || (inner[0] & 0xf) == 5;
            case DROPS_EXTENSION_HEADERS -> !ipv6 || isTcpOrUdp(protocol) || protocol == 44;
            case DROPS_LATER_FRAGMENTS -> Reassembly.offset(inner) <= 0;
            case WANTS_THE_FIRST_FRAGMENT_FIRST -> followsItsFirst(inner, ipv6);
            case DROPS_PING -> !echo;
            case DROPS_ICMP_ERRORS -> !isIcmp(protocol) || echo;
            default -> true;
        };
    }

    private static boolean isTcpOrUdp(int protocol) {
        return protocol == 6 || protocol == 17;
    }

    private static boolean isIcmp(int protocol) {
        return protocol == 1 || protocol == 58;
    }

    private static boolean isEcho(byte[] inner, boolean ipv6) {
        return Bytes.u8(inner, ipv6 ? 40 : 20) == (ipv6 ? 128 : 8);
    }

    private boolean followsItsFirst(byte[] inner, boolean ipv6) {
        int offset = Reassembly.offset(inner);
        String id = ipv6 + "/" + (ipv6 ? Bytes.s32(inner, 44) : Bytes.u16(inner, 4));
        if (offset == 0) {
            firstFragments.add(id);
        }
        return offset <= 0 || firstFragments.contains(id);
    }

    private List<byte[]> packets(Arrival request, byte[] payload) {
        int to = request.source();
        if (fault == Fault.REPLIES_TO_THE_FIRST_NODE) {
            firstNode = firstNode == 0 ? to : firstNode;
            to = firstNode;
        }
        byte[] packet = reply(to, request.sourcePort(), payload);
        if (fault == Fault.FRAGMENTS_LONG_REPLIES && packet.length > 1000) {
            return Arrays.stream(Inner.ipv4(packet).ipv4Fragments(800, 77))
                    .map(Inner::bytes)
                    .toList();
        }
        if (repliesTwice(payload)) {
            return List.of(packet, packet);
        }
        if (fault == Fault.SERVES_ANYONE_SLOWLY && to == stranger) {
            late.add(new Late(System.nanoTime() + LATE_NANOS, packet));
            return List.of();
        }
        if (fault == Fault.SAYS_PORT_UNREACHABLE) {
            return List.of(packet, unreachable(request));
        }
        return List.of(packet);
    }

    private boolean repliesTwice(byte[] payload) {
        byte[] inner = inner(payload);
        return switch (fault) {
            case REPLIES_TWICE, REPLIES_TWICE_TO_HALF -> true;
            case REPLIES_TWICE_TO_TCP -> inner.length > 9 && inner[0] == 0x45 && inner[9] == 6;
            case REPLIES_TWICE_TO_IPV6 -> isIpv6(inner);
            case REPLIES_TWICE_UNDER_LOAD -> System.nanoTime() < busyUntil;
            default -> false;
        };
    }

    private byte[] reply(int to, int port, byte[] payload) {
        int from = goesFromElsewhere(payload) ? ELSEWHERE : address;
        int sourcePort = port;
        int destinationPort = TUNNEL;
        if (swapsPorts(payload)) {
            sourcePort = TUNNEL;
            destinationPort = port;
        } else if (fault == Fault.REPLIES_FROM_THE_TUNNEL_PORT) {
            sourcePort = TUNNEL;
        } else if (fault == Fault.MAPS_LOW_PORTS) {
            sourcePort |= 0xc000;
        }
        Datagram.Checksum checksum =
                sumsWrong(payload) ? Datagram.Checksum.WRONG : Datagram.Checksum.RIGHT;
        return RawWire.packet(
                new Datagram(from, sourcePort, checksum, payload), to, destinationPort);
    }

    private boolean goesFromElsewhere(byte[] payload) {
        return switch (fault) {
            case REPLIES_FROM_ANOTHER_ADDRESS -> true;
            case ANSWERS_PINGS_FROM_ANOTHER_ADDRESS -> {
                byte[] inner = inner(payload);
                yield inner.length > 9 && inner[0] == 0x45 && inner[9] == Ipv4.ICMP;
            }
            default -> false;
        };
    }

    private boolean swapsPorts(byte[] payload) {
        return switch (fault) {
            case SWAPS_PORTS -> true;
            case SWAPS_PORTS_OF_IPV6 -> Bytes.u16(payload, 2) == 0x86dd;
            case SWAPS_PORTS_OF_FRAGMENTS -> Reassembly.offset(inner(payload)) >= 0;
            default -> false;
        };
    }

    private static byte[] inner(byte[] payload) {
        int length = Math.min(payload.length, GeneveBytes.length(payload));
        return Arrays.copyOfRange(payload, length, payload.length);
    }

    private boolean sumsWrong(byte[] payload) {
        return switch (fault) {
            case WRITES_A_WRONG_UDP_CHECKSUM -> true;
            case SUMS_ODD_LENGTHS_WRONG -> payload.length % 2 == 1;
            case SUMS_IPV6_WRONG -> Bytes.u16(payload, 2) == 0x86dd;
            case SUMS_JUMBOS_WRONG -> payload.length > 8000;
            default -> false;
        };
    }

    /** {@return UDP that has nothing to do with the tunnel} */
    private byte[] log() {
        Datagram line = new Datagram(address, SYSLOG, Datagram.Checksum.RIGHT, new byte[32]);
        return RawWire.packet(line, nodes.get(0), SYSLOG);
    }

    private byte[] unreachable(Arrival request) {
        byte[] message = Bytes.concat(new byte[8], Arrays.copyOf(request.packet(), 28));
        message[0] = 3;
        message[1] = 3;
        byte[] header =
                Ipv4.header(address, request.source(), Ipv4.ICMP, 64, new byte[0], message.length);
        return Bytes.concat(header, message);
    }
}
