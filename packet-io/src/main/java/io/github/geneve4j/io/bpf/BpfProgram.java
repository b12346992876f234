package io.github.geneve4j.io.bpf;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.github.geneve4j.io.sys.BpfHeader;
import io.github.geneve4j.io.sys.BpfHeader.ProgLoad;
import io.github.geneve4j.io.sys.Descriptor;
import io.github.geneve4j.io.sys.Errno;
import io.github.geneve4j.io.sys.SystemCallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A program that the kernel has checked and can run. It lives as long as its descriptor is open or
 * it is attached. <b>Threads:</b> any.
 */
public final class BpfProgram implements AutoCloseable {
    // Helpers that are only for programs under the GPL are not for ours.
    private static final String LICENSE = "Apache-2.0";
    private static final int LOG_LENGTH = 1 << 20;
    private static final int LOG_TAIL_LENGTH = 2000;

    private final Descriptor descriptor;
    private final ProgramType type;

    private BpfProgram(Descriptor descriptor, ProgramType type) {
        this.descriptor = descriptor;
        this.type = type;
    }

    /**
     * {@return the program, in the kernel}
     *
     * @param type what it is run for
     * @param name for administrators, 1 to 15 letters, digits, underscores or dots
     * @param code the program
     * @throws IOException if the kernel refuses it; the message ends with what the verifier said
     */
    public static BpfProgram load(ProgramType type, String name, Bytecode code) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = BpfSystem.attributes(arena);
            attributes.set(JAVA_INT, ProgLoad.TYPE, type.code);
            attributes.set(JAVA_INT, ProgLoad.INSN_CNT, code.size());
            MemorySegment slots = arena.allocateFrom(JAVA_LONG, code.slots());
            attributes.set(JAVA_LONG, ProgLoad.INSNS, slots.address());
            MemorySegment license = arena.allocateFrom(LICENSE);
            attributes.set(JAVA_LONG, ProgLoad.LICENSE, license.address());
            BpfSystem.putName(attributes, ProgLoad.NAME, name);
            if (type == ProgramType.XDP) { // for the other one, kernels before 6.6 want 0
                attributes.set(JAVA_INT, ProgLoad.EXPECTED_ATTACH_TYPE, type.attachType);
            }
            int result = BpfSystem.call(BpfHeader.BPF_PROG_LOAD, attributes);
            if (result < 0) {
                result = explain(attributes, name, arena);
            }
            return new BpfProgram(Descriptor.of(result, "bpf(BPF_PROG_LOAD)"), type);
        }
    }

    /** {@return the descriptor} */
    public int descriptor() {
        return descriptor.number();
    }

    ProgramType type() {
        return type;
    }

    /** Lets go of the program; where it is attached, it stays. */
    @Override
    public void close() {
        descriptor.close();
    }

    /** Loads it again with a log: that costs time, so it was not asked for the first time. */
    private static int explain(MemorySegment attributes, String name, Arena arena)
            throws IOException {
        MemorySegment log = arena.allocate(LOG_LENGTH);
        attributes.set(JAVA_INT, ProgLoad.LOG_LEVEL, 1);
        attributes.set(JAVA_INT, ProgLoad.LOG_SIZE, LOG_LENGTH);
        attributes.set(JAVA_LONG, ProgLoad.LOG_BUF, log.address());
        int result = BpfSystem.call(BpfHeader.BPF_PROG_LOAD, attributes);
        if (result < 0) {
            throw new SystemCallException(
                    "bpf(BPF_PROG_LOAD, " + name + ")", -result, hint(-result, log.getString(0)));
        }
        return result;
    }

    private static @Nullable String hint(int errno, String log) {
        if (errno == Errno.EMFILE || errno == Errno.ENFILE) {
            return null; // the verifier was content
        }
        if (log.isBlank()) {
            return errno == Errno.EPERM
                    ? "needs " + BpfSystem.CAPABILITIES
                    : "the verifier said nothing";
        }
        String said = log.strip();
        return said.length() <= LOG_TAIL_LENGTH
                ? "the verifier said:\n" + said
                : "the verifier said at last:\n..."
                        + said.substring(said.length() - LOG_TAIL_LENGTH);
    }
}
