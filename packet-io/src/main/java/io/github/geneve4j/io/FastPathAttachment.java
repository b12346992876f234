package io.github.geneve4j.io;

import io.github.geneve4j.io.bpf.BpfLink;
import io.github.geneve4j.io.bpf.BpfProgram;
import io.github.geneve4j.io.bpf.ProgramType;
import io.github.geneve4j.io.bpf.XdpMode;
import io.github.geneve4j.io.sys.Ethtool;
import io.github.geneve4j.io.sys.NetworkDevice;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The program of a {@link FastPath} before the kernel's stack, where there is no other program: for
 * ports that get their datagrams from the stack. They share it, and it goes with the last of them.
 */
final class FastPathAttachment implements AutoCloseable {
    private static final String PROGRAM_NAME = "geneve_fast";

    private final BpfLink link;
    private final XdpMode mode;
    private final AtomicInteger holders = new AtomicInteger(1);

    private FastPathAttachment(BpfLink link, XdpMode mode) {
        this.link = link;
        this.mode = mode;
    }

    /**
     * {@return the program at an interface, for one holder; run by its driver, or else by the
     * stack}
     *
     * @param device in the network namespace of this thread
     * @param fastPath of the flows
     * @param port whose datagrams
     * @param addresses of them, IPv4, big-endian
     * @throws IOException if the program cannot be loaded or attached
     */
    static FastPathAttachment attach(
            NetworkDevice device, FastPath fastPath, int port, int[] addresses) throws IOException {
        try (BpfProgram program =
                BpfProgram.load(
                        ProgramType.XDP,
                        PROGRAM_NAME,
                        fastPath.program(port, addresses, device.macAddress(), device.mtu(), -1))) {
            if (!sendsByDriver(device.name())) {
                return attach(program, device, XdpMode.GENERIC);
            }
            try {
                return attach(program, device, XdpMode.DRIVER);
            } catch (IOException e) {
                try {
                    return attach(program, device, XdpMode.GENERIC);
                } catch (IOException generic) {
                    generic.addSuppressed(e);
                    throw generic;
                }
            }
        }
    }

    private static FastPathAttachment attach(BpfProgram program, NetworkDevice device, XdpMode mode)
            throws IOException {
        return new FastPathAttachment(BpfLink.xdp(program, device.index(), mode), mode);
    }

    /**
     * {@return whether what a program returns in a driver leaves surely} A veth cable drops it, or
     * with GRO at its other end lets it lie, unless that end happens to have a program as well.
     *
     * @param name of an interface
     */
    static boolean sendsByDriver(String name) throws IOException {
        return !Ethtool.driver(name).equals("veth");
    }

    /** {@return this, for one more holder} */
    FastPathAttachment share() {
        holders.incrementAndGet();
        return this;
    }

    /** {@return who runs the program; for people} */
    @Override
    public String toString() {
        return "fast path by the " + (mode == XdpMode.DRIVER ? "driver" : "stack");
    }

    /** Ends one holder's share. */
    @Override
    public void close() {
        if (holders.decrementAndGet() == 0) {
            link.close();
        }
    }
}
