package io.github.geneve4j.io;

import io.github.geneve4j.io.bpf.BpfLink;
import io.github.geneve4j.io.bpf.BpfMap;
import io.github.geneve4j.io.bpf.BpfProgram;
import io.github.geneve4j.io.bpf.Bytecode;
import io.github.geneve4j.io.bpf.MapType;
import io.github.geneve4j.io.bpf.ProgramType;
import io.github.geneve4j.io.bpf.XdpMode;
import io.github.geneve4j.io.bpf.XdpRedirect;
import io.github.geneve4j.io.sys.NetworkDevice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The program that redirects an interface's datagrams to sockets. The ports of the interface share
 * it, and the last one that lets go detaches it.
 */
final class XdpAttachment {
    private final BpfMap sockets;
    private final BpfProgram program;
    private final BpfLink link;
    private final @Nullable Path pin;
    private final Silence silence;
    private final AtomicInteger holders;

    private XdpAttachment(
            BpfMap sockets,
            BpfProgram program,
            BpfLink link,
            @Nullable Path pin,
            Silence silence,
            int holders) {
        this.sockets = sockets;
        this.program = program;
        this.link = link;
        this.pin = pin;
        this.silence = silence;
        this.holders = new AtomicInteger(holders);
    }

    /**
     * {@return the attachment}
     *
     * @param device in the network namespace of this thread
     * @param mode who runs the program
     * @param port whose datagrams
     * @param addresses of them, IPv4, big-endian
     * @param besideSocket whether the caller has a UDP socket there for what the program leaves
     * @param queues the socket of each queue
     * @param holders how many will call {@link #release}
     * @param fastPath of flows that need no socket, or null
     * @throws IOException if the program cannot be loaded or attached
     */
    static XdpAttachment attach(
            NetworkDevice device,
            XdpMode mode,
            int port,
            int[] addresses,
            boolean besideSocket,
            List<XskSocket> queues,
            int holders,
            @Nullable FastPath fastPath)
            throws IOException {
        // For what comes by a queue without a socket; also, the UDP port is nobody else's then
        int[] silent = besideSocket ? new int[0] : addresses;
        Silence silence = Silence.open(device.index(), silent, port, false);
        try {
            IntFunction<Bytecode> code =
                    map -> code(device, port, addresses, besideSocket, fastPath, map);
            Path pin = fastPath == null ? null : fastPath.pin(device.name());
            return attach(device, mode, code, queues, holders, silence, pin);
        } catch (Throwable e) {
            silence.close();
            throw e;
        }
    }

    private static XdpAttachment attach(
            NetworkDevice device,
            XdpMode mode,
            IntFunction<Bytecode> code,
            List<XskSocket> queues,
            int holders,
            Silence silence,
            @Nullable Path pin)
            throws IOException {
        BpfMap sockets =
                BpfMap.create(
                        MapType.XSKMAP,
                        "geneve_sockets",
                        Integer.BYTES,
                        Integer.BYTES,
                        queues.size());
        try {
            for (int i = 0; i < queues.size(); i++) {
                sockets.put(i, queues.get(i).descriptor());
            }
            BpfProgram program =
                    BpfProgram.load(
                            ProgramType.XDP, "geneve_redirect", code.apply(sockets.descriptor()));
            try {
                BpfLink link = attach(program, device, mode, pin);
                return new XdpAttachment(sockets, program, link, pin, silence, holders);
            } catch (Throwable e) {
                program.close();
                throw e;
            }
        } catch (Throwable e) {
            sockets.close();
            throw e;
        }
    }

    /** Takes the place that an earlier process has left, if there is one, or a new one. */
    private static BpfLink attach(
            BpfProgram program, NetworkDevice device, XdpMode mode, @Nullable Path pin)
            throws IOException {
        if (pin == null) {
            return BpfLink.xdp(program, device.index(), mode);
        }
        BpfLink left = BpfLink.pinned(pin);
        if (left != null) {
            if (takes(left, program, device)) {
                return left;
            }
            left.close();
            boolean _ = pin.toFile().delete();
        }
        BpfLink link = BpfLink.xdp(program, device.index(), mode);
        try {
            link.pin(pin);
            return link;
        } catch (Throwable e) {
            link.close();
            throw e;
        }
    }

    /**
     * {@return whether a program is in the place that was left} Not if that interface is no more,
     * or is called otherwise now, and this one has its name.
     */
    private static boolean takes(BpfLink left, BpfProgram program, NetworkDevice device) {
        try {
            if (left.interfaceIndex() != device.index()) {
                return false;
            }
            left.update(program);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static Bytecode code(
            NetworkDevice device,
            int port,
            int[] addresses,
            boolean besideSocket,
            @Nullable FastPath fastPath,
            int socketMap) {
        long mac = device.macAddress();
        if (fastPath != null) {
            return fastPath.program(port, addresses, mac, device.mtu(), socketMap);
        }
        return besideSocket
                ? XdpRedirect.assembleWithoutFragments(socketMap, port, addresses, mac)
                : XdpRedirect.assemble(socketMap, port, addresses, mac);
    }

    /** {@return a descriptor to ask the kernel by, in the interface's network namespace} */
    int descriptor() {
        return silence.descriptor();
    }

    /** {@return the UDP sockets that get what the program passes on to the kernel's stack} */
    UdpSink sink() {
        return silence.sink();
    }

    /** Has the program leave what comes by a queue to the stack, as by one without a socket. */
    void leaveToStack(int queue) throws IOException {
        sockets.remove(queue);
    }

    /** Has the program redirect what comes by a queue. */
    void redirect(int queue, XskSocket socket) throws IOException {
        sockets.put(queue, socket.descriptor());
    }

    /** Lets go for one holder, and detaches the program for the last. */
    void release() {
        if (holders.decrementAndGet() == 0) {
            close();
        }
    }

    /** Detaches the program. */
    void close() {
        if (pin != null) {
            boolean _ = pin.toFile().delete(); // unless somebody has done so before
        }
        link.close();
        program.close();
        sockets.close();
        silence.close();
    }
}
