package io.github.geneve4j.io.bpf;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.github.geneve4j.io.sys.BpfHeader;
import io.github.geneve4j.io.sys.BpfHeader.LinkCreate;
import io.github.geneve4j.io.sys.BpfHeader.LinkInfo;
import io.github.geneve4j.io.sys.BpfHeader.LinkUpdate;
import io.github.geneve4j.io.sys.BpfHeader.Obj;
import io.github.geneve4j.io.sys.BpfHeader.ObjectInfo;
import io.github.geneve4j.io.sys.Descriptor;
import io.github.geneve4j.io.sys.Errno;
import io.github.geneve4j.io.sys.SystemCallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A program's place at an interface. The kernel detaches the program when the descriptor closes,
 * and so when the process ends, however it ends; unless the place is {@linkplain #pin pinned}.
 * <b>Threads:</b> any.
 */
public final class BpfLink implements AutoCloseable {
    private final Descriptor descriptor;

    private BpfLink(Descriptor descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * {@return the place of a program that sees frames first of all; Linux 5.9}
     *
     * @param program of type {@link ProgramType#XDP}
     * @param interfaceIndex interface in the network namespace of this thread
     * @param mode who runs the program
     * @throws IOException if the program cannot be attached: the driver cannot run programs, or not
     *     with an MTU this large, or there is another program
     */
    public static BpfLink xdp(BpfProgram program, int interfaceIndex, XdpMode mode)
            throws IOException {
        return create(program, ProgramType.XDP, interfaceIndex, mode.flag, "XDP, " + mode);
    }

    /**
     * {@return the place of a program that sees what the interface receives before IP does; Linux
     * 6.6}
     *
     * @param program of type {@link ProgramType#TRAFFIC_CONTROL}
     * @param interfaceIndex interface in the network namespace of this thread
     * @throws IOException if the program cannot be attached, so by an older kernel
     */
    public static BpfLink trafficControlIngress(BpfProgram program, int interfaceIndex)
            throws IOException {
        return create(program, ProgramType.TRAFFIC_CONTROL, interfaceIndex, 0, "TCX ingress");
    }

    /**
     * {@return a place that was {@linkplain #pin pinned}, maybe by a process that is no more; null
     * if there is none under that name}
     *
     * @param name in a file system of type bpf
     * @throws IOException if it cannot be opened
     */
    public static @Nullable BpfLink pinned(Path name) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = BpfSystem.attributes(arena);
            attributes.set(JAVA_LONG, Obj.PATHNAME, arena.allocateFrom(name.toString()).address());
            int result = BpfSystem.call(BpfHeader.BPF_OBJ_GET, attributes);
            if (result == -Errno.ENOENT) {
                return null;
            }
            return new BpfLink(
                    Descriptor.of(
                            result, "bpf(BPF_OBJ_GET, " + name + ")", BpfSystem.CAPABILITIES));
        }
    }

    /**
     * Gives the place a name, which keeps the program attached after this process until the name is
     * deleted.
     *
     * @param name of nothing yet, in a file system of type bpf
     * @throws IOException if it cannot be
     */
    public void pin(Path name) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = BpfSystem.attributes(arena);
            attributes.set(JAVA_LONG, Obj.PATHNAME, arena.allocateFrom(name.toString()).address());
            attributes.set(JAVA_INT, Obj.BPF_FD, descriptor.number());
            SystemCallException.require(
                    BpfSystem.call(BpfHeader.BPF_OBJ_PIN, attributes),
                    "bpf(BPF_OBJ_PIN, " + name + ")",
                    "needs a file system of type bpf there, and " + BpfSystem.CAPABILITIES);
        }
    }

    /**
     * {@return the interface of an XDP program's place, in its network namespace; 0 if it is gone}
     * An interface that was given another name since is the same one still.
     *
     * @throws IOException if the kernel does not tell
     */
    public int interfaceIndex() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = arena.allocate(LinkInfo.SIZE, Long.BYTES);
            MemorySegment attributes = BpfSystem.attributes(arena);
            attributes.set(JAVA_INT, ObjectInfo.BPF_FD, descriptor.number());
            attributes.set(JAVA_INT, ObjectInfo.INFO_LEN, LinkInfo.SIZE);
            attributes.set(JAVA_LONG, ObjectInfo.INFO, info.address());
            SystemCallException.require(
                    BpfSystem.call(BpfHeader.BPF_OBJ_GET_INFO_BY_FD, attributes),
                    "bpf(BPF_OBJ_GET_INFO_BY_FD)",
                    BpfSystem.CAPABILITIES);
            return info.get(JAVA_INT, LinkInfo.XDP_IFINDEX);
        }
    }

    /**
     * Puts another program in the place of the one that is attached: each frame is seen by one of
     * the two.
     *
     * @param program of type {@link ProgramType#XDP}
     * @throws IOException if the kernel does not take it
     */
    public void update(BpfProgram program) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = BpfSystem.attributes(arena);
            attributes.set(JAVA_INT, LinkUpdate.LINK_FD, descriptor.number());
            attributes.set(JAVA_INT, LinkUpdate.NEW_PROG_FD, program.descriptor());
            SystemCallException.require(
                    BpfSystem.call(BpfHeader.BPF_LINK_UPDATE, attributes),
                    "bpf(BPF_LINK_UPDATE)",
                    BpfSystem.CAPABILITIES);
        }
    }

    /** Detaches the program, unless the place is pinned. */
    @Override
    public void close() {
        descriptor.close();
    }

    private static BpfLink create(
            BpfProgram program, ProgramType type, int interfaceIndex, int flags, String place)
            throws IOException {
        if (program.type() != type) {
            throw new IllegalArgumentException(
                    "program of type " + program.type() + ": not " + type);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = BpfSystem.attributes(arena);
            attributes.set(JAVA_INT, LinkCreate.PROG_FD, program.descriptor());
            attributes.set(JAVA_INT, LinkCreate.TARGET_IFINDEX, interfaceIndex);
            attributes.set(JAVA_INT, LinkCreate.ATTACH_TYPE, type.attachType);
            attributes.set(JAVA_INT, LinkCreate.FLAGS, flags);
            int result = BpfSystem.call(BpfHeader.BPF_LINK_CREATE, attributes);
            if (result < 0) {
                throw new SystemCallException(
                        "bpf(BPF_LINK_CREATE, " + place + ")", -result, hint(-result));
            }
            return new BpfLink(Descriptor.of(result, "bpf(BPF_LINK_CREATE)"));
        }
    }

    private static @Nullable String hint(int errno) {
        return switch (errno) {
            case Errno.EPERM -> "needs " + BpfSystem.CAPABILITIES;
            case Errno.EBUSY, Errno.EEXIST -> "another program is attached to this interface";
            case Errno.EOPNOTSUPP -> "the interface's driver runs no programs";
            case Errno.ERANGE -> "the interface's MTU is more than its driver runs programs with";
            default -> null;
        };
    }
}
