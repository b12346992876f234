package io.github.geneve4j.io.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Constants and structs of {@code linux/if_packet.h}: sockets that receive frames into a ring in
 * shared memory.
 */
public final class IfPacket {
    private static final ValueLayout.OfShort BIG_ENDIAN_SHORT =
            JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN);

    /** Protocol: IPv4 ({@code linux/if_ether.h}). */
    public static final int ETH_P_IP = 0x0800;

    /** Protocol: every frame, before the kernel looks at it ({@code linux/if_ether.h}). */
    public static final int ETH_P_ALL = 0x0003;

    /** Level of the {@code PACKET_...} options ({@code sys/socket.h}). */
    public static final int SOL_PACKET = 263;

    /** Packet type: to this host. */
    public static final int PACKET_HOST = 0;

    /** Packet type: to another host. */
    public static final int PACKET_OTHERHOST = 3;

    /** Packet type: from this host. */
    public static final int PACKET_OUTGOING = 4;

    /** Option: makes the receive ring, a {@link TpacketReq}. */
    public static final int PACKET_RX_RING = 5;

    /** Option: {@link TpacketStats} since it was asked last. */
    public static final int PACKET_STATISTICS = 6;

    /** Option, and type of a control message: a {@link TpacketAuxdata} with each frame. */
    public static final int PACKET_AUXDATA = 8;

    /** Option: layout of the ring. */
    public static final int PACKET_VERSION = 10;

    /** Option: bytes before each frame. */
    public static final int PACKET_RESERVE = 12;

    /** Option: a {@link VirtioNet.Header} before each frame, in both directions. */
    public static final int PACKET_VNET_HDR = 15;

    /** Option: joins a group that shares frames. */
    public static final int PACKET_FANOUT = 18;

    /** Option: frames go to the driver without a queue. */
    public static final int PACKET_QDISC_BYPASS = 20;

    /** Option: frames that this host sends are not received. */
    public static final int PACKET_IGNORE_OUTGOING = 23;

    /** Fanout by the flow. */
    public static final int PACKET_FANOUT_HASH = 0;

    /** Fanout: the kernel picks a group id that nobody has. */
    public static final int PACKET_FANOUT_FLAG_UNIQUEID = 0x2000;

    /** Fanout: {@link #PACKET_IGNORE_OUTGOING} for the group; newer than the group itself. */
    public static final int PACKET_FANOUT_FLAG_IGNORE_OUTGOING = 0x4000;

    /** Value of {@link #PACKET_VERSION}. */
    public static final int TPACKET_V2 = 1;

    /** Status: the slot is the kernel's. */
    public static final int TP_STATUS_KERNEL = 0;

    /** Status: the slot is the program's. */
    public static final int TP_STATUS_USER = 1;

    /** Status: the frame was too long for the slot. */
    public static final int TP_STATUS_COPY = 2;

    /** Status: frames were lost since the statistics were asked for last. */
    public static final int TP_STATUS_LOSING = 4;

    /** Status: the checksum of the payload is still to be computed. */
    public static final int TP_STATUS_CSUMNOTREADY = 8;

    /** Status: {@link Tpacket2Hdr#VLAN_TCI} is a tag. */
    public static final int TP_STATUS_VLAN_VALID = 0x10;

    /** Status: {@link Tpacket2Hdr#VLAN_TPID} is its protocol. */
    public static final int TP_STATUS_VLAN_TPID_VALID = 0x40;

    /** Status: the checksum of the payload was checked. */
    public static final int TP_STATUS_CSUM_VALID = 0x80;

    /** Status: several TCP segments in one, from Linux 6.3 on. */
    public static final int TP_STATUS_GSO_TCP = 0x100;

    private IfPacket() {}

    /**
     * {@code struct sockaddr_ll}.
     *
     * <pre>
     * unsigned short sll_family;    // AF_PACKET
     * __be16         sll_protocol;
     * int            sll_ifindex;
     * unsigned short sll_hatype;
     * unsigned char  sll_pkttype;
     * unsigned char  sll_halen;
     * unsigned char  sll_addr[8];
     * </pre>
     */
    public static final class SockaddrLl {
        /** 16 bits. */
        public static final long FAMILY = 0;

        /** 16 bits, big-endian. */
        public static final long PROTOCOL = 2;

        /** 32 bits. */
        public static final long IFINDEX = 4;

        /** 16 bits. */
        public static final long HATYPE = 8;

        /** 8 bits: {@code PACKET_HOST} and so on. */
        public static final long PKTTYPE = 10;

        /** 8 bits. */
        public static final long HALEN = 11;

        /** 64 bits. */
        public static final long ADDR = 12;

        /** Bytes of it. */
        public static final long SIZE = 20;

        private SockaddrLl() {}
    }

    /**
     * {@code struct tpacket_req}.
     *
     * <pre>
     * unsigned int tp_block_size;  // pages
     * unsigned int tp_block_nr;
     * unsigned int tp_frame_size;  // a multiple of 16
     * unsigned int tp_frame_nr;    // exactly as many as fit
     * </pre>
     */
    public static final class TpacketReq {
        /** 32 bits. */
        public static final long BLOCK_SIZE = 0;

        /** 32 bits. */
        public static final long BLOCK_NR = 4;

        /** 32 bits. */
        public static final long FRAME_SIZE = 8;

        /** 32 bits. */
        public static final long FRAME_NR = 12;

        /** Bytes of it. */
        public static final long SIZE = 16;

        private TpacketReq() {}
    }

    /**
     * {@code struct tpacket2_hdr}.
     *
     * <pre>
     * __u32 tp_status;
     * __u32 tp_len;      // of the frame on the wire
     * __u32 tp_snaplen;  // of it in the slot
     * __u16 tp_mac;      // from the slot's begin to the frame
     * __u16 tp_net;      // from the slot's begin to what follows the link header
     * __u32 tp_sec;
     * __u32 tp_nsec;
     * __u16 tp_vlan_tci;
     * __u16 tp_vlan_tpid;
     * __u8  tp_padding[4];
     * // at the next multiple of 16: struct sockaddr_ll
     * </pre>
     */
    public static final class Tpacket2Hdr {
        /** 32 bits. */
        public static final long STATUS = 0;

        /** 32 bits. */
        public static final long LEN = 4;

        /** 32 bits. */
        public static final long SNAPLEN = 8;

        /** 16 bits. */
        public static final long MAC = 12;

        /** 16 bits. */
        public static final long NET = 14;

        /** 16 bits. */
        public static final long VLAN_TCI = 24;

        /** 16 bits. */
        public static final long VLAN_TPID = 26;

        /** Where the {@link SockaddrLl} begins. */
        public static final long SOCKADDR = 32;

        /** Bytes of it. */
        public static final long SIZE = 32;

        private Tpacket2Hdr() {}
    }

    /**
     * {@code struct tpacket_auxdata}, behind a {@code struct cmsghdr} of 16 bytes.
     *
     * <pre>
     * __u32 tp_status;
     * __u32 tp_len;
     * __u32 tp_snaplen;
     * __u16 tp_mac;
     * __u16 tp_net;
     * __u16 tp_vlan_tci;
     * __u16 tp_vlan_tpid;
     * </pre>
     */
    public static final class TpacketAuxdata {
        /** 32 bits: {@code TP_STATUS_...}. */
        public static final long STATUS = 0;

        /** Bytes of it. */
        public static final long SIZE = 20;

        private TpacketAuxdata() {}
    }

    /**
     * {@code struct tpacket_stats}.
     *
     * <pre>
     * unsigned int tp_packets;
     * unsigned int tp_drops;
     * </pre>
     */
    public static final class TpacketStats {
        /** 32 bits. */
        public static final long PACKETS = 0;

        /** 32 bits. */
        public static final long DROPS = 4;

        /** Bytes of it. */
        public static final long SIZE = 8;

        private TpacketStats() {}
    }

    /**
     * Fills a {@link SockaddrLl}, to bind to.
     *
     * @param into its memory, zero where nobody wrote
     * @param protocol {@code ETH_P_...} of the frames to receive, or 0 for none
     * @param interfaceIndex number of the interface, or 0 for all
     */
    public static void sockaddrLl(MemorySegment into, int protocol, int interfaceIndex) {
        into.set(JAVA_SHORT, SockaddrLl.FAMILY, (short) SocketHeader.AF_PACKET);
        into.set(BIG_ENDIAN_SHORT, SockaddrLl.PROTOCOL, (short) protocol);
        into.set(JAVA_INT, SockaddrLl.IFINDEX, interfaceIndex);
    }

    /**
     * {@return the frames that a packet socket had no room for since this was asked last}
     *
     * @param socket its descriptor
     * @throws SystemCallException if it is none
     */
    public static long newDrops(int socket) throws SystemCallException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment statistics = arena.allocate(TpacketStats.SIZE, Integer.BYTES);
            MemorySegment length = arena.allocateFrom(JAVA_INT, (int) TpacketStats.SIZE);
            SystemCallException.require(
                    Libc.getsockopt(socket, SOL_PACKET, PACKET_STATISTICS, statistics, length),
                    "getsockopt(PACKET_STATISTICS)");
            return Integer.toUnsignedLong(statistics.get(JAVA_INT, TpacketStats.DROPS));
        }
    }
}
