package io.github.geneve4j.io;

import io.github.geneve4j.io.bpf.BpfLink;
import io.github.geneve4j.io.bpf.BpfProgram;
import io.github.geneve4j.io.bpf.ProgramType;
import io.github.geneve4j.io.bpf.TcDrop;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the kernel from answering, with ICMP "port unreachable", the datagrams that a ring has
 * taken.
 *
 * <p>{@linkplain UdpSink Sockets} that accept nothing do it anywhere. But the kernel carries each
 * datagram up to them only to drop it; so where the process may have one, a program drops them
 * before IP sees them. The sockets stay: for what comes by another interface, and so that two
 * programs do not answer the same datagrams.
 *
 * <p>Ports that share an interface share this; it ends with the last of them.
 */
final class Silence implements AutoCloseable {
    private static final String PROGRAM_NAME = "geneve4j_drop";

    private final UdpSink sink;
    private final @Nullable BpfLink program;
    private final String description;
    private final AtomicInteger holders = new AtomicInteger(1);

    private Silence(UdpSink sink, @Nullable BpfLink program, String description) {
        this.sink = sink;
        this.program = program;
        this.description = description;
    }

    /**
     * {@return silence about that port of those addresses, for one holder}
     *
     * @param interfaceIndex where datagrams come from
     * @param addresses big-endian
     * @param port of UDP
     * @param byProgram whether there may be a program
     */
    static Silence open(int interfaceIndex, int[] addresses, int port, boolean byProgram)
            throws IOException {
        UdpSink sink = UdpSink.open(addresses, port);
        if (!byProgram) {
            return new Silence(sink, null, "UDP sockets");
        }
        try (BpfProgram program =
                BpfProgram.load(
                        ProgramType.TRAFFIC_CONTROL,
                        PROGRAM_NAME,
                        TcDrop.assemble(port, addresses))) {
            BpfLink link = BpfLink.trafficControlIngress(program, interfaceIndex);
            return new Silence(sink, link, "a program");
        } catch (IOException e) {
            return new Silence(sink, null, "UDP sockets (" + firstLine(e) + ")");
        } catch (Throwable e) {
            sink.close();
            throw e;
        }
    }

    /** {@return this, for one more holder} */
    Silence share() {
        holders.incrementAndGet();
        return this;
    }

    /** {@return whether datagrams are dropped before IP sees them} */
    boolean isEarly() {
        return program != null;
    }

    /** {@return the sockets that accept nothing} */
    UdpSink sink() {
        return sink;
    }

    /** {@return a descriptor to ask the kernel by, in the interface's network namespace} */
    int descriptor() {
        return sink.descriptor();
    }

    /** {@return what drops datagrams, and why it is nothing better; for people} */
    @Override
    public String toString() {
        return description;
    }

    /** Ends one holder's share. */
    @Override
    public void close() {
        if (holders.decrementAndGet() == 0) {
            if (program != null) {
                program.close();
            }
            sink.close();
        }
    }

    private static String firstLine(IOException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }
}
