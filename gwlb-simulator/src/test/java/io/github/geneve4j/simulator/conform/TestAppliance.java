package io.github.geneve4j.simulator.conform;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
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
    private final Set<Integer> known = new HashSet<>();
    private final Set<String> firstFragments = new HashSet<>();
    private int received;
    private long windowStart;
    private int inWindow;
    private int firstNode;
    private boolean dead;

    TestAppliance(
            Fault fault,
            Inet4Address address,
            List<Inet4Address> nodes,
            Inet4Address stranger,
            Path restarted)
            throws Exception {
        this.fault = fault;
        this.address = Probe.address(address);
        this.nodes = nodes.stream().map(Probe::address).toList();
        this.stranger = Probe.address(stranger);
        this.restarted = restarted;
        health = HttpServer.create(new InetSocketAddress(address, 0), 16);
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
            if (fault == Fault.STALLS && received % 200 == 0) {
                Thread.sleep(900);
            }
        }
    }

    private List<byte[]> replies(Arrival request) throws IOException {
        if (fault == Fault.ANSWERS_NOTHING || dead || isRestarting() || !isAccepted(request)) {
            return List.of();
        }
        byte[] payload = request.payload().clone();
        if (!isGeneve(payload)) {
            if (fault == Fault.DIES_OF_AN_OVERRUN && payload.length >= 8) {
                dead = true;
            }
            return List.of();
        }
        byte[] geneve = new byte[0];
        byte[] inner = new byte[0];
        if (fault == Fault.ECHOES_MALFORMED) {
            geneve = payload;
        } else {
            int length = GeneveBytes.length(payload);
            byte[] header = changed(Arrays.copyOf(payload, length), payload);
            inner = Arrays.copyOfRange(payload, length, payload.length);
            if (header.length == 0 || !passes(inner, header)) {
                return List.of();
            }
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
        if (fault == Fault.LOSES_PACKETS && received % 20 == 0) {
            return false;
        }
        boolean node = nodes.contains(request.source());
        if (!node && !(fault == Fault.SERVES_ANYONE && request.source() == stranger)) {
            return false;
        }
        return switch (request.checksum()) {
            case NONE -> fault != Fault.REFUSES_CHECKSUM_ZERO;
            case WRONG -> fault == Fault.ACCEPTS_A_WRONG_CHECKSUM;
            case RIGHT, UNSEEN -> true;
        };
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
        return (!critical || fault == Fault.FORWARDS_CRITICAL_OPTIONS)
                && (!control || fault == Fault.FORWARDS_CONTROL_PACKETS);
    }

    /** {@return the header as it goes back, empty if it does not} */
    private byte[] changed(byte[] header, byte[] payload) {
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
            case KEEPS_THE_FIRST_COOKIE -> {
                if (header.length == 40) {
                    int first =
                            cookies.computeIfAbsent(
                                    fiveTuple(payload), key -> Bytes.s32(header, 36));
                    Bytes.put32(header, 36, first);
                }
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
            case DROPS_LATER_FRAGMENTS -> fragmentOffset(inner, ipv6) <= 0;
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

    /** {@return bytes before the fragment's, or -1 if it is none} */
    private static int fragmentOffset(byte[] inner, boolean ipv6) {
        if (ipv6) {
            return inner[6] == 44 ? Bytes.u16(inner, 42) & 0xfff8 : -1;
        }
        int field = Bytes.u16(inner, 6) & 0x3fff;
        return field == 0 ? -1 : (field & 0x1fff) * 8;
    }

    private boolean followsItsFirst(byte[] inner, boolean ipv6) {
        int offset = fragmentOffset(inner, ipv6);
        String id = ipv6 + "/" + (ipv6 ? Bytes.s32(inner, 44) : Bytes.u16(inner, 4));
        if (offset == 0) {
            firstFragments.add(id);
        }
        return offset <= 0 || firstFragments.contains(id);
    }

    private static String fiveTuple(byte[] payload) {
        byte[] inner = Arrays.copyOfRange(payload, GeneveBytes.length(payload), payload.length);
        if (inner.length < 24) {
            return "";
        }
        String one = Bytes.hex(Arrays.copyOfRange(inner, 12, 16)) + Bytes.u16(inner, 20);
        String other = Bytes.hex(Arrays.copyOfRange(inner, 16, 20)) + Bytes.u16(inner, 22);
        return one.compareTo(other) < 0 ? one + other : other + one;
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
        if (fault == Fault.REPLIES_TWICE) {
            return List.of(packet, packet);
        }
        if (fault == Fault.SAYS_PORT_UNREACHABLE) {
            return List.of(packet, unreachable(request));
        }
        return List.of(packet);
    }

    private byte[] reply(int to, int port, byte[] payload) {
        int from = fault == Fault.REPLIES_FROM_ANOTHER_ADDRESS ? ELSEWHERE : address;
        int sourcePort = port;
        int destinationPort = TUNNEL;
        if (fault == Fault.SWAPS_PORTS) {
            sourcePort = TUNNEL;
            destinationPort = port;
        } else if (fault == Fault.REPLIES_FROM_THE_TUNNEL_PORT) {
            sourcePort = TUNNEL;
        }
        Datagram.Checksum checksum =
                fault == Fault.WRITES_A_WRONG_UDP_CHECKSUM
                        ? Datagram.Checksum.WRONG
                        : Datagram.Checksum.RIGHT;
        return RawWire.packet(
                new Datagram(from, sourcePort, checksum, payload), to, destinationPort);
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
