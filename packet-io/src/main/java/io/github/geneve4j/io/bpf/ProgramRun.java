package io.github.geneve4j.io.bpf;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.github.geneve4j.io.sys.BpfHeader;
import io.github.geneve4j.io.sys.BpfHeader.ProgTestRun;
import io.github.geneve4j.io.sys.SystemCallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** What a program does with a packet, run by the kernel without an interface. */
public final class ProgramRun {
    private static final int ROOM = 4096;

    private final int result;
    private final byte[] packet;
    private final int nanos;

    private ProgramRun(int result, byte[] packet, int nanos) {
        this.result = result;
        this.packet = packet;
        this.nanos = nanos;
    }

    /** {@return what the program returned} */
    public int result() {
        return result;
    }

    /** {@return the packet as it is afterwards} */
    public byte[] packet() {
        return packet;
    }

    /** {@return nanoseconds that it took each time, on average; its call by the kernel included} */
    public int nanos() {
        return nanos;
    }

    /**
     * {@return what became of a packet}
     *
     * @param program to run
     * @param packet to run it on, of at most 4096 bytes
     * @throws IOException if the kernel does not
     */
    public static ProgramRun of(BpfProgram program, byte[] packet) throws IOException {
        return of(program, packet, 1);
    }

    /**
     * {@return what became of a packet at last, when a program had it again and again, as it left
     * it}
     *
     * @param program to run
     * @param packet to run it on, of at most 4096 bytes
     * @param times how often, 1 or more
     * @throws IOException if the kernel does not
     */
    public static ProgramRun of(BpfProgram program, byte[] packet, int times) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment in = arena.allocateFrom(JAVA_BYTE, packet);
            MemorySegment out = arena.allocate(ROOM);
            MemorySegment attributes = BpfSystem.attributes(arena);
            attributes.set(JAVA_INT, ProgTestRun.PROG_FD, program.descriptor());
            attributes.set(JAVA_INT, ProgTestRun.DATA_SIZE_IN, packet.length);
            attributes.set(JAVA_INT, ProgTestRun.DATA_SIZE_OUT, ROOM);
            attributes.set(JAVA_LONG, ProgTestRun.DATA_IN, in.address());
            attributes.set(JAVA_LONG, ProgTestRun.DATA_OUT, out.address());
            attributes.set(JAVA_INT, ProgTestRun.REPEAT, times);
            SystemCallException.require(
                    BpfSystem.call(BpfHeader.BPF_PROG_TEST_RUN, attributes),
                    "bpf(BPF_PROG_TEST_RUN)");
            int length = attributes.get(JAVA_INT, ProgTestRun.DATA_SIZE_OUT);
            return new ProgramRun(
                    attributes.get(JAVA_INT, ProgTestRun.RETVAL),
                    out.asSlice(0, length).toArray(JAVA_BYTE),
                    attributes.get(JAVA_INT, ProgTestRun.DURATION));
        }
    }
}
