package io.github.geneve4j.io;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.github.geneve4j.io.bpf.BpfLink;
import io.github.geneve4j.io.bpf.BpfProgram;
import io.github.geneve4j.io.bpf.ProgramType;
import io.github.geneve4j.io.bpf.XdpMode;
import io.github.geneve4j.io.bpf.XdpTxHairpin;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.NetworkDevice;
import io.github.geneve4j.io.sys.SystemCallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A process that opens ports in vain, in every way it knows, and says of each what was thrown, and
 * what was left behind: nothing, it is hoped. Arguments are the kind of port and what goes wrong.
 *
 * <p>It is to be started with few descriptors ({@code ulimit -n}) and a heap of fixed size.
 */
final class OpeningProgram {
    /** Slots or frames that make a leak of their memory larger than what a heap grows by. */
    private static final int FRAMES = 1 << 14;

    private static final int PORTS = 2;
    private static final int RLIMIT_AS = 9;
    private static final long UNLIMITED = -1;
    private static final long SPARE_MEMORY = 24L << 20; // less than the frames take

    private final PortKind kind;
    private int frames = FRAMES;

    private OpeningProgram(PortKind kind) {
        this.kind = kind;
    }

    public static void main(String[] arguments) throws Exception {
        OpeningProgram program = new OpeningProgram(PortKind.valueOf(arguments[0]));
        program.warmUp();
        switch (arguments[1]) {
            case "conditions" -> program.conditions();
            case "descriptors" -> program.descriptors();
            case "memory" -> program.memory();
            case "once" -> {
                program.frames = Integer.parseInt(arguments[2]);
                program.attempt("once", program::open);
            }
            default -> throw new IllegalArgumentException(arguments[1]);
        }
        System.out.println("done");
        System.in.skipNBytes(1); // until somebody has looked
    }

    /** Loads what is loaded once, which takes descriptors and memory. */
    private void warmUp() throws Exception {
        int wanted = frames;
        frames = 64;
        for (int i = 0; i < 2; i++) {
            try {
                close(open());
            } catch (IOException e) {
                // It is told when it matters
            }
            attempt("no interface", () -> open("none", PORTS));
        }
        frames = wanted;
    }

    /** What is wrong with the interface, or taken by others. */
    private void conditions() throws Exception {
        attempt("no interface", () -> open("none", PORTS));
        attempt("no Ethernet", () -> open("lo", PORTS));
        if (kind == PortKind.AF_XDP) {
            attempt("too many ports", () -> open(Cable.OWN, 1000));
        }
        try (DatagramChannel taken = DatagramChannel.open()) {
            taken.bind(new InetSocketAddress(Cable.OWN_ADDRESS, NioPort.GENEVE_PORT));
            attempt("UDP port", this::open);
        }
        attempt("address", () -> open(Inet4Address.ofLiteral("192.0.2.1")));

        List<? extends PacketPort> others = openOthers();
        attempt("queue of others", this::open);
        close(others);
        attachAnother();

        run("ip link set " + Cable.OWN + " mtu 9002");
        attempt("MTU", this::open);
        run("ip link set " + Cable.OWN + " mtu 1500");
        run("ip link set " + Cable.OWN + " down");
        attempt("down", this::open);
        run("ip link set " + Cable.OWN + " up");
        run("ip addr flush dev " + Cable.OWN);
        attempt("no address", this::open);
    }

    private void attachAnother() throws Exception {
        try (BpfProgram program =
                        BpfProgram.load(ProgramType.XDP, "other", XdpTxHairpin.assemble(1));
                BpfLink link =
                        BpfLink.xdp(
                                program, NetworkDevice.named(Cable.OWN).index(), XdpMode.GENERIC)) {
            Objects.requireNonNull(link);
            attempt("program of others", this::open);
        }
    }

    /** With no descriptor left, with one, and so on until they suffice. */
    private void descriptors() throws Exception {
        boolean opened = false;
        for (int left = 0; !opened; left++) {
            List<Integer> hoard = new ArrayList<>();
            opened =
                    attempt(
                            left + " descriptors",
                            this::open,
                            left,
                            spare -> hoardDescriptors(hoard, (int) spare),
                            () -> hoard.forEach(Libc::close));
        }
    }

    private static void hoardDescriptors(List<Integer> hoard, int spare) {
        for (int fd; (fd = Libc.eventfd(0, 0)) >= 0; ) {
            hoard.add(fd);
        }
        for (int i = 0; i < spare; i++) {
            Libc.close(hoard.removeLast());
        }
    }

    /** With less to map than the frames take. */
    private void memory() throws Exception {
        attempt(
                "address space",
                this::open,
                SPARE_MEMORY,
                spare -> limitAddressSpace(Footprint.take().addressSpace() + spare),
                () -> limitAddressSpace(UNLIMITED));
    }

    private static void limitAddressSpace(long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment limit = arena.allocateFrom(JAVA_LONG, bytes, UNLIMITED);
            SystemCallException.require(Libc.setrlimit(RLIMIT_AS, limit), "setrlimit");
        } catch (SystemCallException e) {
            throw new IllegalStateException(e);
        }
    }

    private boolean attempt(String name, Opening opening) throws Exception {
        return attempt(name, opening, 0, spare -> {}, () -> {});
    }

    /**
     * Opens, and tells what was thrown and what is left; {@return whether it opened after all}
     *
     * @param spare what is left of something
     * @param hoard takes the rest of it
     * @param release gives it back
     */
    private static boolean attempt(
            String name, Opening opening, long spare, Hoard hoard, Runnable release)
            throws Exception {
        Footprint before = Footprint.take();
        Throwable failure = null;
        List<? extends PacketPort> opened = List.of();
        hoard.take(spare);
        try {
            opened = opening.open();
        } catch (Throwable e) {
            failure = e;
        }
        release.run();
        if (failure == null) {
            System.out.println(name + ": opened " + opened.get(0));
            close(opened);
        } else {
            System.out.println(name + ": " + failure.getMessage());
            if (!(failure instanceof IOException || failure instanceof OutOfMemoryError)) {
                failure.printStackTrace(System.out);
            }
        }
        for (String left : Footprint.take().beyond(before)) {
            System.out.println("LEFT by " + name + ": " + left);
        }
        return failure == null;
    }

    private List<? extends PacketPort> open() throws IOException {
        return open(Cable.OWN, PORTS);
    }

    private List<? extends PacketPort> open(String interfaceName, int ports) throws IOException {
        return kind == PortKind.AF_XDP
                ? AfXdpPort.builder(interfaceName).frames(frames).open(ports)
                : AfPacketPort.builder(interfaceName).slots(frames).open(ports);
    }

    private List<? extends PacketPort> open(Inet4Address address) throws IOException {
        return kind == PortKind.AF_XDP
                ? AfXdpPort.builder(Cable.OWN).frames(frames).address(address).open(PORTS)
                : AfPacketPort.builder(Cable.OWN).slots(frames).address(address).open(PORTS);
    }

    /** Ports that have the queues, but not the UDP port. */
    private List<? extends PacketPort> openOthers() throws IOException {
        return kind == PortKind.AF_XDP
                ? AfXdpPort.builder(Cable.OWN).port(6082).open(PORTS)
                : List.of();
    }

    private static void close(List<? extends PacketPort> ports) throws IOException {
        for (PacketPort port : ports) {
            port.close();
        }
    }

    private static void run(String command) throws Exception {
        int status = new ProcessBuilder(command.split(" ", -1)).inheritIO().start().waitFor();
        if (status != 0) {
            throw new IllegalStateException(command + ": " + status);
        }
    }

    /** Opens ports. */
    private interface Opening {
        List<? extends PacketPort> open() throws IOException;
    }

    /** Takes all but so much of something. */
    private interface Hoard {
        void take(long spare) throws IOException;
    }
}
