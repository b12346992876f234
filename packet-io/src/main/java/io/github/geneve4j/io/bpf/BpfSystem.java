package io.github.geneve4j.io.bpf;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.github.geneve4j.io.sys.Architecture;
import io.github.geneve4j.io.sys.BpfHeader;
import io.github.geneve4j.io.sys.Libc;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/** The system call that all of this package comes to. */
final class BpfSystem {
    static final String CAPABILITIES = "CAP_BPF and CAP_NET_ADMIN (before Linux 5.8 CAP_SYS_ADMIN)";

    private static final String NAME_CHARACTERS = "[A-Za-z0-9_.]{1,15}";

    private BpfSystem() {}

    /** {@return room for the arguments of a command, all of them zero} */
    static MemorySegment attributes(Arena arena) {
        return arena.allocate(BpfHeader.ATTR_SIZE, Long.BYTES);
    }

    /** {@return what the kernel returns, or the negative of the error number} */
    static int call(int command, MemorySegment attributes) throws IOException {
        return Libc.bpf(Architecture.current().bpf(), command, attributes);
    }

    /** Writes the name that the kernel shows to administrators. */
    static void putName(MemorySegment attributes, long offset, String name) {
        if (!name.matches(NAME_CHARACTERS)) {
            throw new IllegalArgumentException("name " + name + ": not " + NAME_CHARACTERS);
        }
        byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
        MemorySegment.copy(bytes, 0, attributes, JAVA_BYTE, offset, bytes.length);
    }
}
