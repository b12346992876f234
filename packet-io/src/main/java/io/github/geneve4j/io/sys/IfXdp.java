package io.github.geneve4j.io.sys;

/** AF_XDP sockets and the rings that they share with the kernel ({@code linux/if_xdp.h}). */
public final class IfXdp {
    /** Level of the socket options ({@code sys/socket.h}). */
    public static final int SOL_XDP = 283;

    // Socket options
    /** Gets {@code struct xdp_mmap_offsets}. */
    public static final int XDP_MMAP_OFFSETS = 1;

    /** Sets the number of descriptors in the receive ring, a power of two. */
    public static final int XDP_RX_RING = 2;

    /** Sets the number of descriptors in the transmit ring, a power of two. */
    public static final int XDP_TX_RING = 3;

    /** Sets {@code struct xdp_umem_reg}. */
    public static final int XDP_UMEM_REG = 4;

    /** Sets the number of addresses in the fill ring, a power of two. */
    public static final int XDP_UMEM_FILL_RING = 5;

    /** Sets the number of addresses in the completion ring, a power of two. */
    public static final int XDP_UMEM_COMPLETION_RING = 6;

    /** Gets {@code struct xdp_statistics}. */
    public static final int XDP_STATISTICS = 7;

    /** Gets {@code struct xdp_options}. */
    public static final int XDP_OPTIONS = 8;

    /** Sets how many frames one call sends in copy mode, 32 otherwise; Linux 6.18. */
    public static final int XDP_MAX_TX_SKB_BUDGET = 9;

    /** The kernel copies frames. */
    public static final int XDP_COPY = 1 << 1;

    /** The interface works on the frames where they are. */
    public static final int XDP_ZEROCOPY = 1 << 2;

    /** The kernel says when it wants to be woken, {@link #XDP_RING_NEED_WAKEUP}. */
    public static final int XDP_USE_NEED_WAKEUP = 1 << 3;

    /** In a ring's flags: the kernel does not look at the ring unless it is called. */
    public static final int XDP_RING_NEED_WAKEUP = 1;

    /** Where {@code mmap} has the receive ring. */
    public static final long XDP_PGOFF_RX_RING = 0;

    /** Where {@code mmap} has the transmit ring. */
    public static final long XDP_PGOFF_TX_RING = 0x8000_0000L;

    /** Where {@code mmap} has the fill ring. */
    public static final long XDP_UMEM_PGOFF_FILL_RING = 0x1_0000_0000L;

    /** Where {@code mmap} has the completion ring. */
    public static final long XDP_UMEM_PGOFF_COMPLETION_RING = 0x1_8000_0000L;

    /** The packet goes on in the next descriptor; not unless asked for. */
    public static final int XDP_PKT_CONTD = 1;

    /** {@link #XDP_OPTIONS}, 32 bits: the interface works on the frames where they are. */
    public static final int XDP_OPTIONS_ZEROCOPY = 1;

    private IfXdp() {}

    /**
     * {@code struct sockaddr_xdp}.
     *
     * <pre>
     * __u16 sxdp_family;          // AF_XDP
     * __u16 sxdp_flags;           // XDP_COPY, ...
     * __u32 sxdp_ifindex;
     * __u32 sxdp_queue_id;
     * __u32 sxdp_shared_umem_fd;
     * </pre>
     */
    public static final class SockaddrXdp {
        /** 16 bits. */
        public static final long FAMILY = 0;

        /** 16 bits. */
        public static final long FLAGS = 2;

        /** 32 bits. */
        public static final long IFINDEX = 4;

        /** 32 bits. */
        public static final long QUEUE_ID = 8;

        /** Bytes of it. */
        public static final long SIZE = 16;

        private SockaddrXdp() {}
    }

    /**
     * {@code struct xdp_umem_reg}.
     *
     * <pre>
     * __u64 addr;        // of the memory
     * __u64 len;
     * __u32 chunk_size;  // of a frame
     * __u32 headroom;    // to leave free before each packet
     * __u32 flags;
     * </pre>
     */
    public static final class UmemReg {
        /** 64 bits. */
        public static final long ADDR = 0;

        /** 64 bits. */
        public static final long LEN = 8;

        /** 32 bits. */
        public static final long CHUNK_SIZE = 16;

        /** 32 bits. */
        public static final long HEADROOM = 20;

        /** 32 bits. */
        public static final long FLAGS = 24;

        /** Bytes of it, up to the fields that kernels before 6.8 do not know. */
        public static final long SIZE = 32;

        private UmemReg() {}
    }

    /**
     * {@code struct xdp_ring_offset}: where a mapped ring has what.
     *
     * <pre>
     * __u64 producer;
     * __u64 consumer;
     * __u64 desc;
     * __u64 flags;
     * </pre>
     */
    public static final class RingOffset {
        /** 64 bits. */
        public static final long PRODUCER = 0;

        /** 64 bits. */
        public static final long CONSUMER = 8;

        /** 64 bits. */
        public static final long DESC = 16;

        /** 64 bits. */
        public static final long FLAGS = 24;

        /** Bytes of it. */
        public static final long SIZE = 32;

        private RingOffset() {}
    }

    /**
     * {@code struct xdp_mmap_offsets}.
     *
     * <pre>
     * struct xdp_ring_offset rx;
     * struct xdp_ring_offset tx;
     * struct xdp_ring_offset fr;  // fill
     * struct xdp_ring_offset cr;  // completion
     * </pre>
     */
    public static final class MmapOffsets {
        /** {@link RingOffset}. */
        public static final long RX = 0;

        /** {@link RingOffset}. */
        public static final long TX = 32;

        /** {@link RingOffset}. */
        public static final long FILL = 64;

        /** {@link RingOffset}. */
        public static final long COMPLETION = 96;

        /** Bytes of it. */
        public static final long SIZE = 128;

        private MmapOffsets() {}
    }

    /**
     * {@code struct xdp_desc}.
     *
     * <pre>
     * __u64 addr;     // of the packet, from the start of the memory
     * __u32 len;
     * __u32 options;  // XDP_PKT_CONTD
     * </pre>
     */
    public static final class Desc {
        /** 64 bits. */
        public static final long ADDR = 0;

        /** 32 bits. */
        public static final long LEN = 8;

        /** 32 bits. */
        public static final long OPTIONS = 12;

        /** Bytes of it. */
        public static final long SIZE = 16;

        private Desc() {}
    }

    /**
     * {@code struct xdp_statistics}.
     *
     * <pre>
     * __u64 rx_dropped;                // no frame to put it in, or it is too long for one
     * __u64 rx_invalid_descs;
     * __u64 tx_invalid_descs;
     * __u64 rx_ring_full;
     * __u64 rx_fill_ring_empty_descs;  // times
     * __u64 tx_ring_empty_descs;       // times
     * </pre>
     */
    public static final class Statistics {
        /** 64 bits. */
        public static final long RX_DROPPED = 0;

        /** 64 bits. */
        public static final long RX_INVALID_DESCS = 8;

        /** 64 bits. */
        public static final long TX_INVALID_DESCS = 16;

        /** 64 bits. */
        public static final long RX_RING_FULL = 24;

        /** 64 bits. */
        public static final long RX_FILL_RING_EMPTY_DESCS = 32;

        /** 64 bits. */
        public static final long TX_RING_EMPTY_DESCS = 40;

        /** Bytes of it. */
        public static final long SIZE = 48;

        private Statistics() {}
    }
}
