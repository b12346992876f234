package io.github.geneve4j.io.sys;

/** Constants of {@code linux/udp.h}. */
public final class UdpHeader {
    /** Level of the {@code UDP_...} options ({@code sys/socket.h}). */
    public static final int SOL_UDP = 17;

    /**
     * Of how many bytes each are the datagrams that what is sent is cut into, 0 for one; as a
     * control message, 16 bits. Linux 4.18.
     */
    public static final int UDP_SEGMENT = 103;

    /**
     * Whether datagrams of one sender are received joined; as a control message, how many bytes
     * each of them has, the last maybe fewer. Linux 5.0.
     */
    public static final int UDP_GRO = 104;

    /** Most datagrams that what is sent is cut into, on any kernel. */
    public static final int UDP_MAX_SEGMENTS = 64;

    private UdpHeader() {}
}
