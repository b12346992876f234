package io.github.geneve4j.io.sys;

/**
 * Constants and structs of {@code linux/virtio_net.h}: what is said of a frame besides its bytes
 * where a packet socket has {@link IfPacket#PACKET_VNET_HDR}.
 */
public final class VirtioNet {
    /** Flag: a checksum is still to be computed. */
    public static final int VIRTIO_NET_HDR_F_NEEDS_CSUM = 1;

    /** Kind of joined packets: none. */
    public static final int VIRTIO_NET_HDR_GSO_NONE = 0;

    /** Kind of joined packets: a UDP datagram to be cut into fragments. */
    public static final int VIRTIO_NET_HDR_GSO_UDP = 3;

    /** Kind of joined packets: UDP datagrams; Linux 6.2. */
    public static final int VIRTIO_NET_HDR_GSO_UDP_L4 = 5;

    private VirtioNet() {}

    /**
     * {@code struct virtio_net_hdr}, in the byte order of the machine.
     *
     * <pre>
     * __u8       flags;        // VIRTIO_NET_HDR_F_...
     * __u8       gso_type;     // VIRTIO_NET_HDR_GSO_...
     * __virtio16 hdr_len;
     * __virtio16 gso_size;     // of each packet, without headers
     * __virtio16 csum_start;   // where the sum begins, from the frame's first byte
     * __virtio16 csum_offset;  // where the checksum goes, from there
     * </pre>
     */
    public static final class Header {
        /** 8 bits. */
        public static final long FLAGS = 0;

        /** 8 bits. */
        public static final long GSO_TYPE = 1;

        /** 16 bits. */
        public static final long HDR_LEN = 2;

        /** 16 bits. */
        public static final long GSO_SIZE = 4;

        /** 16 bits. */
        public static final long CSUM_START = 6;

        /** 16 bits. */
        public static final long CSUM_OFFSET = 8;

        /** Bytes of it. */
        public static final int SIZE = 10;

        private Header() {}
    }
}
