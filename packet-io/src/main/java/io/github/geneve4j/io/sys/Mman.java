package io.github.geneve4j.io.sys;

/** Constants of {@code sys/mman.h}. */
public final class Mman {
    /** The memory can be read. */
    public static final int PROT_READ = 1;

    /** The memory can be written. */
    public static final int PROT_WRITE = 2;

    /** Changes are seen by the kernel and others that map the same. */
    public static final int MAP_SHARED = 1;

    /** Changes are our own. */
    public static final int MAP_PRIVATE = 2;

    /** Memory of no file. */
    public static final int MAP_ANONYMOUS = 0x20;

    /** Keep it in memory; counts against {@code RLIMIT_MEMLOCK}. */
    public static final int MAP_LOCKED = 0x2000;

    /** Make the pages now and not at the first use. */
    public static final int MAP_POPULATE = 0x8000;

    /** Advice: the contents are not needed; private memory of no file is zero then. */
    public static final int MADV_DONTNEED = 4;

    /** Advice: let the memory be of huge pages, where there are some. */
    public static final int MADV_HUGEPAGE = 14;

    private Mman() {}
}
