package io.github.geneve4j.io;

import io.github.geneve4j.io.bpf.BpfLink;
import io.github.geneve4j.io.bpf.BpfMap;
import io.github.geneve4j.io.bpf.BpfProgram;
import io.github.geneve4j.io.bpf.MapType;
import io.github.geneve4j.io.bpf.ProgramType;
import io.github.geneve4j.io.bpf.XdpMode;
import io.github.geneve4j.io.bpf.XdpRedirect;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The program that redirects an interface's datagrams to sockets. The ports of the interface share
 * it, and the last one that lets go detaches it.
 */
final class XdpAttachment {
    private final BpfMap sockets;
    private final BpfProgram program;
    private final BpfLink link;
    private final AtomicInteger holders;

    private XdpAttachment(BpfMap sockets, BpfProgram program, BpfLink link, int holders) {
        this.sockets = sockets;
        this.program = program;
        this.link = link;
        this.holders = new AtomicInteger(holders);
    }

    /**
     * {@return the attachment}
     *
     * @param interfaceIndex in the network namespace of this thread
     * @param mode who runs the program
     * @param port whose datagrams
     * @param addresses of them, IPv4, big-endian
     * @param queues the socket of each queue
     * @param holders how many will call {@link #release}
     * @throws IOException if the program cannot be loaded or attached
     */
    static XdpAttachment attach(
            int interfaceIndex,
            XdpMode mode,
            int port,
            int[] addresses,
            List<XskSocket> queues,
            int holders)
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
                            ProgramType.XDP,
                            "geneve_redirect",
                            XdpRedirect.assemble(sockets.descriptor(), port, addresses));
            try {
                BpfLink link = BpfLink.xdp(program, interfaceIndex, mode);
                return new XdpAttachment(sockets, program, link, holders);
            } catch (IOException | RuntimeException e) {
                program.close();
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            sockets.close();
            throw e;
        }
    }

    /** Lets go for one holder, and detaches the program for the last. */
    void release() {
        if (holders.decrementAndGet() == 0) {
            close();
        }
    }

    /** Detaches the program. */
    void close() {
        link.close();
        program.close();
        sockets.close();
    }
}
