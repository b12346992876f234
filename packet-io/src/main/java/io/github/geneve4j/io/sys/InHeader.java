package io.github.geneve4j.io.sys;

/** Constants of {@code linux/in.h} and the control messages that carry some of them. */
public final class InHeader {
    /** Level of the {@code IP_...} options. */
    public static final int IPPROTO_IP = 0;

    /** The time to live of what is sent. */
    public static final int IP_TTL = 2;

    /** How the path's MTU is treated, {@code IP_PMTUDISC_...}. */
    public static final int IP_MTU_DISCOVER = 10;

    /** Whether it is told of a datagram in how large fragments it came, if in any. */
    public static final int IP_RECVFRAGSIZE = 25;

    /** Never fragmented, here or elsewhere: what the path cannot take is refused. */
    public static final int IP_PMTUDISC_DO = 2;

    /**
     * Never fragmented here, nor forbidden to others: what the interface cannot take is refused.
     */
    public static final int IP_PMTUDISC_INTERFACE = 4;

    private InHeader() {}

    /**
     * One number that goes with a datagram, {@code struct cmsghdr} with an {@code int}, or a number
     * of 16 bits:
     *
     * <pre>
     * struct cmsghdr { size_t cmsg_len; int cmsg_level; int cmsg_type; } int
     * </pre>
     */
    public static final class Cmsghdr {
        /** 64 bits: bytes of it with its number. */
        public static final long LENGTH = 0;

        /** 32 bits. */
        public static final long LEVEL = 8;

        /** 32 bits. */
        public static final long TYPE = 12;

        /** Where what it carries begins. */
        public static final long DATA = 16;

        /** Bytes of it with its number, and with what comes before the next. */
        public static final long SPACE = 24;

        private Cmsghdr() {}
    }
}
