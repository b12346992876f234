package io.github.geneve4j.io;

import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.Mman;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * Gets memory in huge pages, for tables that packets touch all over: with pages of 4 KiB the
 * processor looks up where a place is, through the tables of the host too if the machine is
 * virtual, for nearly every packet.
 *
 * <p>Only a table that is read at random gains. Where the kernel has no huge pages ({@code
 * /sys/kernel/mm/transparent_hugepage/enabled} says {@code never}, or too little memory lies
 * together), on systems other than Linux, and in programs that have no native access, the memory is
 * as any other.
 */
public final class HugePages {
    /** What a huge page has on x86-64, and on aarch64 with pages of 4 KiB. */
    private static final int LENGTH = 2 << 20;

    private HugePages() {}

    /**
     * {@return memory off the heap, all zero, in the machine's memory from now on} It begins at a
     * huge page if it has the length of one. It counts against the JVM's limit for direct memory,
     * with up to a huge page more, and is given back as that of {@link ByteBuffer#allocateDirect}
     * is.
     *
     * @param length bytes, 0 to 2,145,386,495
     * @throws IllegalArgumentException if the length is out of its range
     * @throws OutOfMemoryError if the limit does not allow it
     */
    public static ByteBuffer allocate(int length) {
        if (length < 0 || length > Integer.MAX_VALUE - LENGTH) {
            throw new IllegalArgumentException(
                    "length " + length + ": not 0 to " + (Integer.MAX_VALUE - LENGTH));
        }
        if (length < LENGTH || !isLinux()) {
            return ByteBuffer.allocateDirect(length);
        }
        ByteBuffer memory = ByteBuffer.allocateDirect(length + LENGTH);
        int past = memory.alignmentOffset(0, LENGTH);
        ByteBuffer aligned = memory.slice((LENGTH - past) % LENGTH, length);
        try {
            back(aligned);
        } catch (LinkageError | IllegalCallerException e) {
            return aligned; // no native access, so nobody to ask
        }
        return aligned;
    }

    /**
     * Lets the kernel take the pages of memory that is all zero, and give zero pages in their
     * place, huge ones if it can. What is before the first page or behind the last stays.
     */
    private static void back(ByteBuffer aligned) {
        int page = Libc.pageSize();
        MemorySegment pages =
                MemorySegment.ofBuffer(aligned).asSlice(0, aligned.capacity() & -page);
        if (Libc.madvise(pages, Mman.MADV_HUGEPAGE) == 0) {
            Libc.madvise(pages, Mman.MADV_DONTNEED);
            for (int i = 0; i < pages.byteSize(); i += page) {
                aligned.put(i, (byte) 0); // no packet is to wait for a page
            }
        }
    }

    private static boolean isLinux() {
        return System.getProperty("os.name", "").equals("Linux");
    }
}
