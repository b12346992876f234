package io.github.geneve4j.io;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.github.geneve4j.io.bpf.BpfMap;
import io.github.geneve4j.io.bpf.BpfProgram;
import io.github.geneve4j.io.bpf.ProgramType;
import io.github.geneve4j.io.bpf.SocketFilter;
import io.github.geneve4j.io.sys.ClassicBpf;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.MappedMemory;
import io.github.geneve4j.io.sys.SocketHeader;
import io.github.geneve4j.io.sys.SystemCallException;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Picks the frames that get into a packet socket's ring: by a program that keeps joined datagrams
 * out and counts them, or where there cannot be one, by a classic filter that cannot tell them.
 *
 * <p>A ring with virtio headers is only for behind the program. The kernel cannot describe every
 * kind of joined packets in such a header, and the first that it cannot describe stops a ring of
 * version 2 for good: the slot stays reserved for it.
 */
final class RingFilter implements AutoCloseable {
    private static final VarHandle COUNT = JAVA_LONG.varHandle();
    private static final String PROGRAM_NAME = "geneve4j_ring";
    private static final String MAP_NAME = "geneve4j_joined";

    private final int port;
    private final @Nullable BpfProgram program;
    private final @Nullable MappedMemory count;
    private final String description;

    private RingFilter(
            int port,
            @Nullable BpfProgram program,
            @Nullable MappedMemory count,
            String description) {
        this.port = port;
        this.program = program;
        this.count = count;
        this.description = description;
    }

    /**
     * {@return a filter for the datagrams of a port}
     *
     * @param port of UDP
     * @param byProgram whether there may be a program
     */
    static RingFilter open(int port, boolean byProgram) {
        if (!byProgram) {
            return new RingFilter(port, null, null, "not asked for");
        }
        MappedMemory count = null;
        try (BpfMap map = BpfMap.createShared(MAP_NAME, Long.BYTES, 1)) {
            count = map.mapValues(Long.BYTES);
            BpfProgram program =
                    BpfProgram.load(
                            ProgramType.SOCKET_FILTER,
                            PROGRAM_NAME,
                            SocketFilter.assemble(port, map.descriptor()));
            return new RingFilter(port, program, count, "understood");
        } catch (IOException e) {
            close(count);
            return new RingFilter(port, null, null, "not understood (" + firstLine(e) + ")");
        } catch (Throwable e) {
            close(count);
            throw e;
        }
    }

    /** {@return whether joined datagrams are kept out} */
    boolean tellsJoined() {
        return program != null;
    }

    /** Lets a socket receive datagrams of the port only. */
    void attach(int fd) throws SystemCallException {
        if (program == null) {
            ClassicBpf.attach(fd, DatagramFilter.of(port));
        } else {
            SystemCallException.require(
                    Libc.setsockopt(
                            fd,
                            SocketHeader.SOL_SOCKET,
                            SocketHeader.SO_ATTACH_BPF,
                            program.descriptor()),
                    "setsockopt(SO_ATTACH_BPF)");
        }
    }

    /**
     * {@return frames of joined datagrams that were kept out so far; not after, or during, close}
     */
    long joined() {
        return count == null ? 0 : (long) COUNT.getOpaque(count.segment(), 0L);
    }

    /** {@return whether offloads are understood, and why not; for people} */
    @Override
    public String toString() {
        return description;
    }

    @Override
    public void close() {
        if (program != null) {
            program.close();
        }
        close(count);
    }

    private static void close(@Nullable MappedMemory count) {
        if (count != null) {
            count.close();
        }
    }

    private static String firstLine(IOException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }
}
