package io.github.geneve4j.io;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.NetworkInterface;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Opens ports of the best kind that host and interface allow, one for each thread that is to serve
 * them, so that both directions of a flow come to the same one.
 *
 * {@snippet :
 * OpenPorts open = PortOpener.on("eth1").count(2).openBest();
 * open.refusals().forEach(logger::info);
 * }
 *
 * <p><b>Threads:</b> one.
 */
public final class PortOpener {
    private final @Nullable String interfaceName;
    private final @Nullable Inet4Address address;
    private int port = NioPort.GENEVE_PORT;
    private int count = 1;
    private boolean replyFromListeningPort;
    private @Nullable FastPath fastPath;
    private int busyPollMicros;
    private int busyPollBudget = AfXdpPort.Builder.BUSY_POLL_BUDGET;

    private PortOpener(@Nullable String interfaceName, @Nullable Inet4Address address) {
        this.interfaceName = interfaceName;
        this.address = address == null || address.isAnyLocalAddress() ? null : address;
    }

    /**
     * {@return an opener for whatever IPv4 addresses an interface has when ports are opened}
     *
     * @param interfaceName such as {@code eth1}
     */
    public static PortOpener on(String interfaceName) {
        return new PortOpener(interfaceName, null);
    }

    /**
     * {@return an opener for one address of an interface}
     *
     * @param interfaceName such as {@code eth1}
     * @param address one that it has; {@code 0.0.0.0} for whatever it has
     */
    public static PortOpener on(String interfaceName, Inet4Address address) {
        return new PortOpener(interfaceName, address);
    }

    /**
     * {@return an opener for one address of this host}
     *
     * @param address local; {@code 0.0.0.0} for all that the host has, which only a {@link
     *     SocketPort} can serve
     */
    public static PortOpener at(Inet4Address address) {
        return new PortOpener(null, address);
    }

    /**
     * Sets the UDP port that requests are sent to; {@value NioPort#GENEVE_PORT} if not called.
     *
     * @param port 1 to 65535
     * @return this
     */
    public PortOpener port(int port) {
        this.port = Ranges.inRange("port", port, 1, Ranges.MAX_PORT);
        return this;
    }

    /**
     * Sets how many ports to open; 1 if not called.
     *
     * @param count 1 or more
     * @return this
     */
    public PortOpener count(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("count " + count + ": not 1 or more");
        }
        this.count = count;
        return this;
    }

    /**
     * Sends every reply from the port that requests are sent to; see {@link
     * SocketPortBuilder#replyFromListeningPort}. No other kind of port does that, or needs to.
     *
     * @param always false, if not called
     * @return this
     */
    public PortOpener replyFromListeningPort(boolean always) {
        this.replyFromListeningPort = always;
        return this;
    }

    /**
     * Lets a program return the packets of judged flows before they come to the ports. A {@link
     * SocketPort} has none, and does not open with one.
     *
     * @param fastPath open for as long as the ports are; none if not called
     * @return this
     */
    public PortOpener fastPath(FastPath fastPath) {
        this.fastPath = fastPath;
        return this;
    }

    /**
     * Has AF_XDP ports receive by busy polling, see {@link AfXdpPort.Builder#busyPoll}; no other
     * kind does.
     *
     * @param micros as there; 0, as if not called, for none
     * @param budget as there
     * @return this
     */
    public PortOpener busyPoll(int micros, int budget) {
        BusyPolling.check(micros, budget);
        this.busyPollMicros = micros;
        this.busyPollBudget = budget;
        return this;
    }

    /**
     * {@return ports of the first kind that opens, in the order of {@link PortKind}}
     *
     * @throws IOException if none does; what the better kinds said is suppressed in it
     */
    public OpenPorts openBest() throws IOException {
        List<String> refusals = new ArrayList<>();
        List<IOException> failures = new ArrayList<>();
        for (PortKind kind : PortKind.values()) {
            try {
                OpenPorts open = open(kind);
                refusals.addAll(open.refusals());
                return new OpenPorts(kind, open.ports(), open.addresses(), refusals);
            } catch (IOException e) {
                refusals.add(kind.label() + ": " + e.getMessage());
                failures.add(e);
            }
        }
        IOException last = failures.removeLast();
        failures.forEach(last::addSuppressed);
        throw last;
    }

    /**
     * {@return ports of one kind}
     *
     * @param kind wanted
     * @throws IOException if they cannot be opened; the message says why, and where possible what
     *     would help
     */
    public OpenPorts open(PortKind kind) throws IOException {
        try {
            return switch (kind) {
                case AF_XDP -> openAfXdp(interfaceToOpen());
                case AF_PACKET -> openAfPacket(interfaceToOpen());
                case UDP, NIO -> openSockets(kind);
            };
        } catch (LinkageError | IllegalCallerException e) {
            Module own = PortOpener.class.getModule();
            throw new IOException(
                    "needs native access: --enable-native-access="
                            + (own.isNamed() ? own.getName() : "ALL-UNNAMED"),
                    e);
        } catch (IllegalArgumentException e) { // more ports, or memory, than this kind has
            throw new IOException(e.getMessage(), e);
        }
    }

    private OpenPorts openAfXdp(String name) throws IOException {
        AfXdpPort.Builder builder =
                AfXdpPort.builder(name).port(port).busyPoll(busyPollMicros, busyPollBudget);
        if (address != null) {
            builder.address(address);
        }
        if (fastPath != null) {
            builder.fastPath(fastPath);
        }
        List<AfXdpPort> ports = builder.open(count);
        IOException driver = ports.get(0).driverRefusal();
        return new OpenPorts(
                PortKind.AF_XDP,
                List.copyOf(ports),
                ports.get(0).addresses(),
                driver == null
                        ? List.of()
                        : List.of(
                                PortKind.AF_XDP.label()
                                        + " by the driver, but by the stack: "
                                        + driver.getMessage()));
    }

    private OpenPorts openAfPacket(String name) throws IOException {
        AfPacketPort.Builder builder = AfPacketPort.builder(name).port(port);
        if (address != null) {
            builder.address(address);
        }
        if (fastPath != null) {
            builder.fastPath(fastPath);
        }
        List<AfPacketPort> ports = builder.open(count);
        return opened(PortKind.AF_PACKET, ports, ports.get(0).addresses());
    }

    private OpenPorts openSockets(PortKind kind) throws IOException {
        if (fastPath != null) {
            throw new IOException("has no fast path");
        }
        List<SocketPort> ports = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                ports.add(
                        builder(kind)
                                .port(port)
                                .reusePort(count > 1)
                                .replyFromListeningPort(replyFromListeningPort)
                                .open());
            }
        } catch (IOException | RuntimeException | Error e) {
            for (SocketPort port : ports) {
                try {
                    port.close();
                } catch (IOException suppressed) {
                    e.addSuppressed(suppressed);
                }
            }
            throw e;
        }
        return opened(kind, ports, ports.get(0).addresses());
    }

    private SocketPortBuilder<?> builder(PortKind kind) {
        boolean byNio = kind == PortKind.NIO;
        if (address == null && interfaceName != null) {
            return byNio
                    ? NioPort.builderOnInterface(interfaceName)
                    : UdpPort.builderOnInterface(interfaceName);
        }
        Inet4Address local = address == null ? Inet4Address.ofLiteral("0.0.0.0") : address;
        return byNio ? NioPort.builder(local) : UdpPort.builder(local);
    }

    private String interfaceToOpen() throws IOException {
        if (replyFromListeningPort) {
            throw new IOException(
                    "replies from one port only are for "
                            + PortKind.UDP.label()
                            + " and "
                            + PortKind.NIO.label());
        }
        return interfaceName == null ? interfaceOf(address) : interfaceName;
    }

    private static String interfaceOf(@Nullable Inet4Address address) throws IOException {
        if (address == null) {
            throw new IOException("takes packets from one interface, and none is named");
        }
        NetworkInterface owner = NetworkInterface.getByInetAddress(address);
        if (owner == null) {
            throw new IOException("no interface has the address " + address.getHostAddress());
        }
        return owner.getName();
    }

    private static OpenPorts opened(
            PortKind kind, List<? extends PacketPort> ports, List<Inet4Address> addresses) {
        return new OpenPorts(kind, List.copyOf(ports), addresses, List.of());
    }
}
