package io.github.geneve4j.io.sys;

/**
 * Constants and structs of {@code linux/netlink.h} and {@code linux/rtnetlink.h}: messages in which
 * the kernel tells what becomes of network interfaces.
 */
public final class Netlink {
    /** Sockets for messages to and from the kernel ({@code sys/socket.h}). */
    public static final int AF_NETLINK = 16;

    /** Protocol: the network. */
    public static final int NETLINK_ROUTE = 0;

    /** Group: whatever changes of interfaces. */
    public static final int RTMGRP_LINK = 1;

    private Netlink() {}

    /**
     * {@code struct sockaddr_nl}.
     *
     * <pre>
     * sa_family_t    nl_family;  // AF_NETLINK
     * unsigned short nl_pad;
     * __u32          nl_pid;
     * __u32          nl_groups;  // RTMGRP_...
     * </pre>
     */
    public static final class SockaddrNl {
        /** 16 bits. */
        public static final long FAMILY = 0;

        /** 32 bits. */
        public static final long GROUPS = 8;

        /** Bytes of it. */
        public static final long SIZE = 12;

        private SockaddrNl() {}
    }

    /**
     * {@code struct ifinfomsg}, behind a {@code struct nlmsghdr} of 16 bytes.
     *
     * <pre>
     * unsigned char  ifi_family;
     * unsigned char  __ifi_pad;
     * unsigned short ifi_type;
     * int            ifi_index;
     * unsigned       ifi_flags;
     * unsigned       ifi_change;
     * </pre>
     */
    public static final class LinkMessage {
        /** 32 bits: number of the interface. */
        public static final long INDEX = 16 + 4;

        /** 32 bits: {@code IFF_...}, see {@link InterfaceFlags}. */
        public static final long FLAGS = 16 + 8;

        /** Bytes of it, header included; attributes follow. */
        public static final long SIZE = 16 + 16;

        private LinkMessage() {}
    }
}
