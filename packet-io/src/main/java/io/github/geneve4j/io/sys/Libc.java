package io.github.geneve4j.io.sys;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Functions of the C library. Like a system call itself, each returns its result, or the negative
 * of the error number: there is no {@code errno} to look at. Cold callers hand results to {@link
 * SystemCallException#require}.
 *
 * <p>Needs Linux: check {@link Architecture#current()} before this class is used.
 *
 * <p><b>Allocation:</b> none, after a thread's first call. <b>Threads:</b> any; a blocking call
 * holds the carrier of a virtual thread. <b>Ownership:</b> memory is borrowed for the call.
 */
@SuppressWarnings("restricted") // what this package is for
public final class Libc {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option CAPTURE_ERRNO = Linker.Option.captureCallState("errno");
    private static final ThreadLocal<MemorySegment> ERRNO =
            ThreadLocal.withInitial(
                    () -> Arena.ofAuto().allocate(Linker.Option.captureStateLayout()));
    private static final int FAILED = -1;

    // Linking a shape takes the JVM many times as long as linking another function of the same
    // shape, so there is one. That is possible because on both architectures numbers and addresses
    // are passed in registers of 64 bits, also to functions with "..."; a function looks at no more
    // of them than it has arguments, and at no more than the lower half for an int. So arguments
    // may be superfluous, and the upper half of a returned int means nothing. Memory is passed
    // twice: as its address, which the function gets, and behind the last argument that any
    // function has, for the JVM: it refuses memory of the heap, of a closed arena or of another
    // thread there, and keeps the rest until the function returns.
    private static final FunctionDescriptor SHAPE =
            FunctionDescriptor.of(
                    JAVA_LONG, // by what it returns
                    JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS,
                    ADDRESS);
    private static final MemorySegment NONE = MemorySegment.NULL;

    private static final MethodHandle SOCKET = function("socket");
    private static final MethodHandle BIND = function("bind");
    private static final MethodHandle CONNECT = function("connect");
    private static final MethodHandle SETSOCKOPT = function("setsockopt");
    private static final MethodHandle GETSOCKOPT = function("getsockopt");
    private static final MethodHandle MMAP = function("mmap");
    private static final MethodHandle MUNMAP = function("munmap");
    private static final MethodHandle MADVISE = function("madvise");
    private static final MethodHandle CLOSE = function("close");
    private static final MethodHandle PPOLL = function("ppoll");
    private static final MethodHandle SENDMMSG = function("sendmmsg");
    private static final MethodHandle RECVMMSG = function("recvmmsg");
    private static final MethodHandle SENDTO = function("sendto");
    private static final MethodHandle RECVFROM = function("recvfrom");
    private static final MethodHandle READ = function("read");
    private static final MethodHandle WRITE = function("write");
    private static final MethodHandle EVENTFD = function("eventfd");
    private static final MethodHandle SETNS = function("setns");
    private static final MethodHandle SCHED_SETAFFINITY = function("sched_setaffinity");
    private static final MethodHandle SCHED_GETAFFINITY = function("sched_getaffinity");
    private static final MethodHandle SETRLIMIT = function("setrlimit");
    private static final MethodHandle IOCTL = function("ioctl");
    private static final MethodHandle OPEN = function("open");
    private static final MethodHandle SYSCALL = function("syscall");
    private static final MethodHandle GETPAGESIZE = function("getpagesize");

    private Libc() {}

    /**
     * {@return a new socket, see {@code socket(2)}}
     *
     * @param domain {@code AF_...}
     * @param type {@code SOCK_...}, with flags
     * @param protocol in the byte order that the domain wants
     */
    public static int socket(int domain, int type, int protocol) {
        MemorySegment errno = ERRNO.get();
        try {
            return result(
                    (long)
                            SOCKET.invokeExact(
                                    errno,
                                    (long) domain,
                                    (long) type,
                                    (long) protocol,
                                    0L,
                                    0L,
                                    0L,
                                    NONE,
                                    NONE),
                    errno);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /**
     * {@return 0 once the socket has the address, see {@code bind(2)}}
     *
     * @param fd descriptor
     * @param address all of it is passed
     */
    public static int bind(int fd, MemorySegment address) {
        return withAddress(BIND, fd, address);
    }

    /**
     * {@return 0 once the socket has the peer, see {@code connect(2)}}
     *
     * @param fd descriptor
     * @param address all of it is passed
     */
    public static int connect(int fd, MemorySegment address) {
        return withAddress(CONNECT, fd, address);
    }

    private static int withAddress(MethodHandle call, int fd, MemorySegment address) {
        MemorySegment errno = ERRNO.get();
        try {
            return result(
                    (long)
                            call.invokeExact(
                                    errno,
                                    (long) fd,
                                    address.address(),
                                    address.byteSize(),
                                    0L,
                                    0L,
                                    0L,
                                    address,
                                    NONE),
                    errno);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /**
     * {@return 0 once the option is set, see {@code setsockopt(2)}}
     *
     * @param fd descriptor
     * @param level {@code SOL_...}
     * @param name of the option
     * @param value all of it is passed
     */
    public static int setsockopt(int fd, int level, int name, MemorySegment value) {
        MemorySegment errno = ERRNO.get();
        try {
            return result(
                    (long)
                            SETSOCKOPT.invokeExact(
                                    errno,
                                    (long) fd,
                                    (long) level,
                                    (long) name,
                                    value.address(),
                                    value.byteSize(),
                                    0L,
                                    value,
                                    NONE),
                    errno);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /**
     * {@return 0 once the value is there, see {@code getsockopt(2)}}
     *
     * @param fd descriptor
     * @param level {@code SOL_...}
     * @param name of the option
     * @param value to be filled
     * @param length an {@code int}: the room for the value, then how much the kernel filled
     */
    public static int getsockopt(
            int fd, int level, int name, MemorySegment value, MemorySegment length) {
        MemorySegment errno = ERRNO.get();
        try {
            return result(
                    (long)
                            GETSOCKOPT.invokeExact(
                                    errno,
                                    (long) fd,
                                    (long) level,
                                    (long) name,
                                    value.address(),
                                    length.address(),
                                    0L,
                                    value,
                                    length),
                    errno);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /**
     * {@return the address of the mapping, see {@code mmap(2)} and {@link MappedMemory}}
     *
     * @param length bytes
     * @param protection {@code PROT_...}
     * @param flags {@code MAP_...}
     * @param fd descriptor, or -1
     * @param offset in the file, a multiple of the page size
     */
    public static long mmap(long length, int protection, int flags, int fd, long offset) {
        MemorySegment errno = ERRNO.get();
        try {
            long result =
                    (long)
                            MMAP.invokeExact(
                                    errno,
                                    0L,
                                    length,
                                    (long) protection,
                                    (long) flags,
                                    (long) fd,
                                    offset,
                                    NONE,
                                    NONE);
            return result == FAILED ? -errno(errno) : result;
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /**
     * {@return 0 once the mapping is gone, see {@code munmap(2)}}
     *
     * @param memory all of it
     */
    public static int munmap(MemorySegment memory) {
        MemorySegment errno = ERRNO.get();
        try {
            return result(
                    (long)
                            MUNMAP.invokeExact(
                                    errno,
                                    memory.address(),
                                    memory.byteSize(),
                                    0L,
                                    0L,
                                    0L,
                                    0L,
                                    memory,
                                    NONE),
                    errno);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /**
     * {@return 0 once the kernel knows how memory will be used, see {@code madvise(2)}}
     *
     * @param memory begins at a page
     * @param advice {@code MADV_...}
     */
    public static int madvise(MemorySegment memory, int advice) {
        MemorySegment errno = ERRNO.get();
        try {
            return result(
                    (long)
                            MADVISE.invokeExact(
                                    errno,
                                    memory.address(),
                                    memory.byteSize(),
                                    (long) advice,
                                    0L,
                                    0L,
                                    0L,
                                    memory,
                                    NONE),
                    errno);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /**
     * {@return 0, or an error although the number is free again, see {@code close(2)}}
     *
     * @param fd descriptor
     */
    public static int close(int fd) {
        MemorySegment errno = ERRNO.get();
        try {
            return result(
                    (long) CLOSE.invokeExact(errno, (long) fd, 0L, 0L, 0L, 0L, 0L, NONE, NONE),
                    errno);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /**
     * {@return how many descriptors have something, 0 after the time, see {@code ppoll(2)}}
     *
     * @param descriptors array of {@code struct pollfd}, see {@link PollHeader}
     * @param count elements
     * @param timeout {@code struct timespec}; {@link MemorySegment#NULL} for ever
     */
    public static int ppoll(MemorySegment descriptors, int count, MemorySegment timeout) {
        MemorySegment errno = ERRNO.get();
        try {
            return result(
                    (long)
                            PPOLL.invokeExact(
                                    errno,
                                    descriptors.address(),
                                    (long) count,
                                    timeout.address(),
                                    0L,
                                    0L,
                                    0L,
                                    descriptors,
                                    timeout),
                    errno);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /**
     * {@return how many messages were sent, from the first; an error only if it was the first, see
     * {@code sendmmsg(2)}}
     *
     * @param fd descriptor
     * @param messages array of {@code struct mmsghdr}, see {@link SocketHeader}
     * @param count elements; the kernel takes 1024 at most
     * @param flags {@code MSG_...}
     */
    public static int sendmmsg(int fd, MemorySegment messages, int count, int flags) {
        MemorySegment errno = ERRNO.get();
        try {
            return result(
                    (long)
                            SENDMMSG.invokeExact(
                                    errno,
                                    (long) fd,
                                    messages.address(),
                                    (long) count,
                                    (long) flags,
                                    0L,
                                    0L,
                                    messages,
                                    NONE),
                    errno);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /**
     * {@return how many messages were received, see {@code recvmmsg(2)}}
     *
     * @param fd descriptor
     * @param messages array of {@code struct mmsghdr}, see {@link SocketHeader}
     * @param count elements
     * @param flags {@code MSG_...}
     */
    public static int recvmmsg(int fd, MemorySegment messages, int count, int flags) {
        MemorySegment errno = ERRNO.get();
        try {
            return result(
                    (long)
                            RECVMMSG.invokeExact(
                                    errno,
                                    (long) fd,
                                    messages.address(),
                                    (long) count,
                                    (long) flags,
                                    0L,
                                    0L,
                                    messages,
                                    NONE),
                    errno);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /**
     * {@return the bytes that were sent, see {@code sendto(2)}}
     *
     * @param fd descriptor
     * @param bytes the message, or {@link MemorySegment#NULL} to make an AF_XDP socket send
     * @param length of the message
     * @param flags {@code MSG_...}
     * @param address all of it is passed; {@link MemorySegment#NULL} for none
     */
    public static long sendto(
            int fd, MemorySegment bytes, long length, int flags, MemorySegment address) {
        MemorySegment errno = ERRNO.get();
        try {
            long result =
                    (long)
                            SENDTO.invokeExact(
                                    errno,
                                    (long) fd,
                                    bytes.address(),
                                    length,
                                    (long) flags,
                                    address.address(),
                                    address.byteSize(),
                                    bytes,
                                    address);
            return result == FAILED ? -errno(errno) : result;
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /**
     * {@return the bytes that were received, see {@code recvfrom(2)}; not from whom}
     *
     * @param fd descriptor
     * @param bytes room for the message
     * @param flags {@code MSG_...}
     */
    public static long recvfrom(int fd, MemorySegment bytes, int flags) {
        MemorySegment errno = ERRNO.get();
        try {
            long result =
                    (long)
                            RECVFROM.invokeExact(
                                    errno,
                                    (long) fd,
                                    bytes.address(),
                                    bytes.byteSize(),
                                    (long) flags,
                                    0L,
                                    0L,
                                    bytes,
                                    NONE);
            return result == FAILED ? -errno(errno) : result;
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /**
     * {@return the bytes that were read, 0 at the end, see {@code read(2)}}
     *
     * @param fd descriptor
     * @param bytes to be filled
     */
    public static long read(int fd, MemorySegment bytes) {
        MemorySegment errno = ERRNO.get();
        try {
            long result =
                    (long)
                            READ.invokeExact(
                                    errno,
                                    (long) fd,
                                    bytes.address(),
                                    bytes.byteSize(),
                                    0L,
                                    0L,
                                    0L,
                                    bytes,
                                    NONE);
            return result == FAILED ? -errno(errno) : result;
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /**
     * {@return the bytes that were written, see {@code write(2)}}
     *
     * @param fd descriptor
     * @param bytes to write
     */
    public static long write(int fd, MemorySegment bytes) {
        return write(fd, bytes, bytes.byteSize());
    }

    /**
     * {@return the bytes that were written, see {@code write(2)}}
     *
     * @param fd descriptor
     * @param bytes to write the first of
     * @param length how many
     */
    public static long write(int fd, MemorySegment bytes, long length) {
        MemorySegment errno = ERRNO.get();
        try {
            long result =
                    (long)
                            WRITE.invokeExact(
                                    errno,
                                    (long) fd,
                                    bytes.address(),
                                    length,
                                    0L,
                                    0L,
                                    0L,
                                    bytes,
                                    NONE);
            return result == FAILED ? -errno(errno) : result;
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /**
     * {@return a new event counter, see {@code eventfd(2)}}
     *
     * @param initial value of the counter
     * @param flags {@code EFD_...}
     */
    public static int eventfd(int initial, int flags) {
        MemorySegment errno = ERRNO.get();
        try {
            return result(
                    (long)
                            EVENTFD.invokeExact(
                                    errno,
                                    (long) initial,
                                    (long) flags,
                                    0L,
                                    0L,
                                    0L,
                                    0L,
                                    NONE,
                                    NONE),
                    errno);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /**
     * {@return 0 once this thread is in the namespace, see {@code setns(2)}}
     *
     * @param fd descriptor of the namespace
     * @param type {@code CLONE_NEW...}, or 0
     */
    public static int setns(int fd, int type) {
        MemorySegment errno = ERRNO.get();
        try {
            return result(
                    (long)
                            SETNS.invokeExact(
                                    errno, (long) fd, (long) type, 0L, 0L, 0L, 0L, NONE, NONE),
                    errno);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /**
     * {@return 0 once the thread runs on those processors only, see {@code sched_setaffinity(2)}}
     *
     * @param thread id; 0 for the caller
     * @param mask a bit for each processor, all of it is passed
     */
    public static int schedSetaffinity(int thread, MemorySegment mask) {
        return affinity(SCHED_SETAFFINITY, thread, mask);
    }

    /**
     * {@return 0 once the mask is filled, see {@code sched_getaffinity(2)}}
     *
     * @param thread id; 0 for the caller
     * @param mask a bit for each processor
     */
    public static int schedGetaffinity(int thread, MemorySegment mask) {
        return affinity(SCHED_GETAFFINITY, thread, mask);
    }

    private static int affinity(MethodHandle call, int thread, MemorySegment mask) {
        MemorySegment errno = ERRNO.get();
        try {
            return result(
                    (long)
                            call.invokeExact(
                                    errno,
                                    (long) thread,
                                    mask.byteSize(),
                                    mask.address(),
                                    0L,
                                    0L,
                                    0L,
                                    mask,
                                    NONE),
                    errno);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /**
     * {@return 0 once the limit is set, see {@code setrlimit(2)}}
     *
     * @param resource {@code RLIMIT_...}
     * @param limit {@code struct rlimit}: two longs, now and at most
     */
    public static int setrlimit(int resource, MemorySegment limit) {
        MemorySegment errno = ERRNO.get();
        try {
            return result(
                    (long)
                            SETRLIMIT.invokeExact(
                                    errno,
                                    (long) resource,
                                    limit.address(),
                                    0L,
                                    0L,
                                    0L,
                                    0L,
                                    limit,
                                    NONE),
                    errno);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /**
     * {@return what the request returns, see {@code ioctl(2)}}
     *
     * @param fd descriptor
     * @param request {@code SIOC...} and the like
     * @param argument what the request takes
     */
    public static int ioctl(int fd, long request, MemorySegment argument) {
        MemorySegment errno = ERRNO.get();
        try {
            return result(
                    (long)
                            IOCTL.invokeExact(
                                    errno,
                                    (long) fd,
                                    request,
                                    argument.address(),
                                    0L,
                                    0L,
                                    0L,
                                    argument,
                                    NONE),
                    errno);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /**
     * {@return a descriptor of an existing file, see {@code open(2)}}
     *
     * @param path ends with a zero byte
     * @param flags {@code O_...}
     */
    public static int open(MemorySegment path, int flags) {
        MemorySegment errno = ERRNO.get();
        try {
            return result(
                    (long)
                            OPEN.invokeExact(
                                    errno,
                                    path.address(),
                                    (long) flags,
                                    0L,
                                    0L,
                                    0L,
                                    0L,
                                    path,
                                    NONE),
                    errno);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /**
     * {@return what the system call returns, see {@code syscall(2)}}
     *
     * @param number see {@link Architecture}
     * @param first argument
     * @param second argument
     * @param third argument
     */
    public static long syscall(long number, long first, MemorySegment second, long third) {
        MemorySegment errno = ERRNO.get();
        try {
            long result =
                    (long)
                            SYSCALL.invokeExact(
                                    errno,
                                    number,
                                    first,
                                    second.address(),
                                    third,
                                    0L,
                                    0L,
                                    second,
                                    NONE);
            return result == FAILED ? -errno(errno) : result;
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /**
     * {@return what the command returns, a descriptor or 0, see {@code bpf(2)}}
     *
     * @param number of the system call, see {@link Architecture#bpf()}
     * @param command {@code BPF_...}
     * @param attributes {@code union bpf_attr}, all of it is passed
     */
    public static int bpf(int number, int command, MemorySegment attributes) {
        return (int) syscall(number, command, attributes, attributes.byteSize());
    }

    /**
     * {@return 0 once the option is set to a number, see {@code setsockopt(2)}}
     *
     * @param fd descriptor
     * @param level {@code SOL_...}
     * @param name of the option
     * @param value of the option
     */
    public static int setsockopt(int fd, int level, int name, int value) {
        try (Arena arena = Arena.ofConfined()) {
            return setsockopt(fd, level, name, arena.allocateFrom(JAVA_INT, value));
        }
    }

    /**
     * {@return a number that is the value of an option and 0 or more, see {@code getsockopt(2)}}
     *
     * @param fd descriptor
     * @param level {@code SOL_...}
     * @param name of the option
     */
    public static int getsockopt(int fd, int level, int name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(JAVA_INT);
            MemorySegment length = arena.allocateFrom(JAVA_INT, Integer.BYTES);
            int result = getsockopt(fd, level, name, value, length);
            return result < 0 ? result : value.get(JAVA_INT, 0);
        }
    }

    /** {@return the bytes of a page of memory} */
    public static int pageSize() {
        MemorySegment errno = ERRNO.get();
        try {
            return (int) (long) GETPAGESIZE.invokeExact(errno, 0L, 0L, 0L, 0L, 0L, 0L, NONE, NONE);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /** The memory at an address, until the arena closes: then it is unmapped. */
    static MemorySegment memory(long address, long length, Arena arena) {
        return MemorySegment.ofAddress(address).reinterpret(length, arena, Libc::munmap);
    }

    /** Of a function that returns an int. */
    private static int result(long returned, MemorySegment captured) {
        int result = (int) returned;
        return result == FAILED ? -errno(captured) : result;
    }

    private static int errno(MemorySegment captured) {
        return captured.get(JAVA_INT, 0);
    }

    private static MethodHandle function(String name) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name), SHAPE, CAPTURE_ERRNO);
    }

    /** The handles declare nothing: what they throw is unchecked, such as for a closed segment. */
    private static RuntimeException unchecked(Throwable e) {
        if (e instanceof RuntimeException known) {
            return known;
        }
        if (e instanceof Error error) {
            throw error;
        }
        return new IllegalStateException(e);
    }
}
