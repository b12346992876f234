package io.github.geneve4j.io.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Constants and structs of {@code sys/socket.h}, {@code netinet/in.h} and the other headers that
 * any socket needs.
 */
public final class SocketHeader {
    /** Local sockets. */
    public static final int AF_UNIX = 1;

    /** IPv4. */
    public static final int AF_INET = 2;

    /** IPv6. */
    public static final int AF_INET6 = 10;

    /** Frames of a network interface. */
    public static final int AF_PACKET = 17;

    /** Frames that an XDP program redirects. */
    public static final int AF_XDP = 44;

    /** A byte stream. */
    public static final int SOCK_STREAM = 1;

    /** Datagrams. */
    public static final int SOCK_DGRAM = 2;

    /** Datagrams with their headers. */
    public static final int SOCK_RAW = 3;

    /** Flag of the type: calls do not block. */
    public static final int SOCK_NONBLOCK = 0x800;

    /** Flag of the type: programs that are started do not inherit it. */
    public static final int SOCK_CLOEXEC = 0x8_0000;

    /** Level of the {@code SO_...} options. */
    public static final int SOL_SOCKET = 1;

    /** Whether a bound address may be had again. */
    public static final int SO_REUSEADDR = 2;

    /** The pending error, which reading it clears. */
    public static final int SO_ERROR = 4;

    /** Bytes to keep that are still to be sent. */
    public static final int SO_SNDBUF = 7;

    /** Bytes to keep that are still to be read. */
    public static final int SO_RCVBUF = 8;

    /** Whether sockets of one user may share an address. */
    public static final int SO_REUSEPORT = 15;

    /** A {@link ClassicBpf} program that picks what is received. */
    public static final int SO_ATTACH_FILTER = 26;

    /** {@link #SO_SNDBUF} above the limit of {@code net.core.wmem_max}. */
    public static final int SO_SNDBUFFORCE = 32;

    /** {@link #SO_RCVBUF} above the limit of {@code net.core.rmem_max}. */
    public static final int SO_RCVBUFFORCE = 33;

    /** Keeps the filter from being changed. */
    public static final int SO_LOCK_FILTER = 44;

    /** The descriptor of a program, of any kind but a {@link ClassicBpf}, that does the same. */
    public static final int SO_ATTACH_BPF = 50;

    /** What the kernel keeps for the socket, numbers of 32 bits ({@code linux/sock_diag.h}). */
    public static final int SO_MEMINFO = 55;

    /** Which number of {@link #SO_MEMINFO} is the bytes of what is still to be sent. */
    public static final int SK_MEMINFO_WMEM_ALLOC = 2;

    /** Which number of {@link #SO_MEMINFO} is what was dropped rather than kept. */
    public static final int SK_MEMINFO_DROPS = 8;

    /** Numbers of {@link #SO_MEMINFO}. */
    public static final int SK_MEMINFO_VARS = 9;

    /** Microseconds to poll the device before waiting. */
    public static final int SO_BUSY_POLL = 46;

    /** Whether the device is left to busy polling. */
    public static final int SO_PREFER_BUSY_POLL = 69;

    /** Frames of one round of busy polling. */
    public static final int SO_BUSY_POLL_BUDGET = 70;

    /** Number of the NAPI instance that a datagram came by first, 0 for none. */
    public static final int SO_INCOMING_NAPI_ID = 56;

    /** Number of the socket's network namespace, 64 bits. */
    public static final int SO_NETNS_COOKIE = 71;

    /** UDP ({@code netinet/in.h}). */
    public static final int IPPROTO_UDP = 17;

    /** IPv4 with its header ({@code netinet/in.h}). */
    public static final int IPPROTO_RAW = 255;

    /** Tells the length of a message even where it did not fit. */
    public static final int MSG_TRUNC = 0x20;

    /** This call does not block. */
    public static final int MSG_DONTWAIT = 0x40;

    /** {@link Libc#eventfd}: reading an empty counter does not block. */
    public static final int EFD_NONBLOCK = 0x800;

    /** {@link Libc#eventfd}: programs that are started do not inherit it. */
    public static final int EFD_CLOEXEC = 0x8_0000;

    /** {@link Libc#open}: to read. */
    public static final int O_RDONLY = 0;

    /** {@link Libc#open}: to read and write. */
    public static final int O_RDWR = 2;

    /** {@link Libc#open}: calls do not block. */
    public static final int O_NONBLOCK = 0x800;

    /** {@link Libc#open}: programs that are started do not inherit it. */
    public static final int O_CLOEXEC = 0x8_0000;

    /** {@link Libc#setns}: a network namespace. */
    public static final int CLONE_NEWNET = 0x4000_0000;

    /** {@link Libc#setrlimit}: bytes of memory that may be locked. */
    public static final int RLIMIT_MEMLOCK = 8;

    private SocketHeader() {}

    /**
     * {@code struct sockaddr_in}.
     *
     * <pre>
     * sa_family_t    sin_family;  // AF_INET
     * in_port_t      sin_port;    // big-endian
     * struct in_addr sin_addr;    // big-endian
     * unsigned char  sin_zero[8];
     * </pre>
     */
    public static final class SockaddrIn {
        /** 16 bits. */
        public static final long FAMILY = 0;

        /** 16 bits, big-endian. */
        public static final long PORT = 2;

        /** 32 bits, big-endian. */
        public static final long ADDRESS = 4;

        /** Bytes of it. */
        public static final long SIZE = 16;

        private SockaddrIn() {}
    }

    /**
     * {@code struct iovec}.
     *
     * <pre>
     * void  *iov_base;
     * size_t iov_len;
     * </pre>
     */
    public static final class Iovec {
        /** 64 bits. */
        public static final long BASE = 0;

        /** 64 bits. */
        public static final long LENGTH = 8;

        /** Bytes of it. */
        public static final long SIZE = 16;

        private Iovec() {}
    }

    /**
     * {@code struct mmsghdr}.
     *
     * <pre>
     * struct msghdr msg_hdr {
     *     void         *msg_name;
     *     socklen_t     msg_namelen;
     *     struct iovec *msg_iov;
     *     size_t        msg_iovlen;
     *     void         *msg_control;
     *     size_t        msg_controllen;
     *     int           msg_flags;
     * };
     * unsigned int  msg_len;      // sent or received
     * </pre>
     */
    public static final class Mmsghdr {
        /** 64 bits. */
        public static final long NAME = 0;

        /** 32 bits; the kernel overwrites it on each receipt. */
        public static final long NAME_LENGTH = 8;

        /** 64 bits. */
        public static final long IOV = 16;

        /** 64 bits: elements. */
        public static final long IOV_LENGTH = 24;

        /** 64 bits. */
        public static final long CONTROL = 32;

        /** 64 bits; the kernel overwrites it on each receipt. */
        public static final long CONTROL_LENGTH = 40;

        /** 32 bits. */
        public static final long FLAGS = 48;

        /** 32 bits. */
        public static final long LENGTH = 56;

        /** Bytes of it. */
        public static final long SIZE = 64;

        private Mmsghdr() {}
    }

    /** A port, a protocol: 16 bits that the kernel wants big-endian. */
    private static final ValueLayout.OfShort BIG_ENDIAN_SHORT =
            JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    /** An IPv4 address. */
    private static final ValueLayout.OfInt BIG_ENDIAN_INT =
            JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    /**
     * Fills a {@link SockaddrIn}.
     *
     * @param into its memory, zero where nobody wrote
     * @param address IPv4 address, big-endian
     * @param port 0 to 65535
     */
    public static void sockaddrIn(MemorySegment into, int address, int port) {
        into.set(JAVA_SHORT_UNALIGNED, SockaddrIn.FAMILY, (short) AF_INET);
        into.set(BIG_ENDIAN_SHORT, SockaddrIn.PORT, (short) port);
        into.set(BIG_ENDIAN_INT, SockaddrIn.ADDRESS, address);
    }

    /**
     * Sets how much a socket keeps for who reads it: as much as is wanted where the process may
     * have that (CAP_NET_ADMIN), or else what the system gives.
     *
     * @param socket its descriptor
     * @param length bytes, 1 or more
     * @throws SystemCallException if the kernel refuses it
     */
    public static void receiveBuffer(int socket, int length) throws SystemCallException {
        buffer(socket, SO_RCVBUFFORCE, SO_RCVBUF, length, "setsockopt(SO_RCVBUF)");
    }

    /**
     * Sets how much a socket keeps that is still to be sent, with the same limits.
     *
     * @param socket its descriptor
     * @param length bytes, 1 or more
     * @throws SystemCallException if the kernel refuses it
     */
    public static void sendBuffer(int socket, int length) throws SystemCallException {
        buffer(socket, SO_SNDBUFFORCE, SO_SNDBUF, length, "setsockopt(SO_SNDBUF)");
    }

    private static void buffer(int socket, int forced, int option, int length, String call)
            throws SystemCallException {
        if (Libc.setsockopt(socket, SOL_SOCKET, forced, length) < 0) {
            SystemCallException.require(Libc.setsockopt(socket, SOL_SOCKET, option, length), call);
        }
    }
}
