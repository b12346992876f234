package io.github.geneve4j.io;

import io.github.geneve4j.io.bpf.BpfLink;
import io.github.geneve4j.io.bpf.BpfProgram;
import io.github.geneve4j.io.bpf.ProgramType;
import io.github.geneve4j.io.bpf.TcDrop;
import java.io.IOException;

/**
 * Keeps the kernel from answering, with ICMP "port unreachable", the datagrams that a ring has
 * taken: its own copy is dropped before IP sees it, by a program, or if there can be none, by a
 * socket that wants nothing.
 */
final class Silence implements AutoCloseable {
    private static final String PROGRAM_NAME = "geneve4j_drop";

    private final AutoCloseable means;
    private final boolean early;
    private final String description;

    private Silence(AutoCloseable means, boolean early, String description) {
        this.means = means;
        this.early = early;
        this.description = description;
    }

    /**
     * {@return silence about that port of those addresses}
     *
     * @param interfaceIndex where datagrams come from
     * @param addresses big-endian
     * @param port of UDP
     * @param byProgram whether a program is tried first
     */
    static Silence open(int interfaceIndex, int[] addresses, int port, boolean byProgram)
            throws IOException {
        if (!byProgram) {
            return bySocket(addresses, port, "a UDP socket");
        }
        try (BpfProgram program =
                BpfProgram.load(
                        ProgramType.TRAFFIC_CONTROL,
                        PROGRAM_NAME,
                        TcDrop.assemble(port, addresses))) {
            BpfLink link = BpfLink.trafficControlIngress(program, interfaceIndex);
            return new Silence(link, true, "a program");
        } catch (IOException e) {
            return bySocket(addresses, port, "a UDP socket (" + e.getMessage() + ")");
        }
    }

    /** {@return whether datagrams are dropped before IP sees them} */
    boolean isEarly() {
        return early;
    }

    /** {@return what drops datagrams, and why it is nothing better; for people} */
    @Override
    public String toString() {
        return description;
    }

    @Override
    public void close() throws IOException {
        try {
            means.close();
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    private static Silence bySocket(int[] addresses, int port, String description)
            throws IOException {
        return new Silence(UdpSink.open(addresses, port), false, description);
    }
}
