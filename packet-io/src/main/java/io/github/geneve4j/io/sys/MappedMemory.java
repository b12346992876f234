package io.github.geneve4j.io.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Memory that is shared with the kernel, such as a ring. Reading or writing it after {@link
 * #close()} throws, and does not hit memory of others.
 */
public final class MappedMemory implements AutoCloseable {
    private final Arena arena;
    private final MemorySegment segment;

    private MappedMemory(Arena arena, MemorySegment segment) {
        this.arena = arena;
        this.segment = segment;
    }

    /**
     * {@return a mapping of a descriptor's memory, to read and write}
     *
     * @param descriptor open descriptor, or -1 for memory of no file
     * @param offset where in the file, a multiple of the page size
     * @param length bytes, 1 or more
     * @param flags {@code MAP_...} of {@link Mman}
     * @param call what is mapped, for the message of the exception
     * @throws SystemCallException if there is no such memory
     */
    public static MappedMemory map(int descriptor, long offset, long length, int flags, String call)
            throws SystemCallException {
        long address =
                Libc.mmap(length, Mman.PROT_READ | Mman.PROT_WRITE, flags, descriptor, offset);
        if (address < 0) {
            throw new SystemCallException(call, (int) -address, null);
        }
        Arena arena = Arena.ofShared();
        return new MappedMemory(arena, Libc.memory(address, length, arena));
    }

    /** {@return the memory, for any thread} */
    public MemorySegment segment() {
        return segment;
    }

    /** Unmaps it. Does nothing the second time. */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
