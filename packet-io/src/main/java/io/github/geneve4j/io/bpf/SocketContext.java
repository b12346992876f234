package io.github.geneve4j.io.bpf;

/**
 * What a program that filters for a socket is given, {@code struct __sk_buff} of linux/bpf.h, and
 * what it may return: how many bytes of the packet the socket receives. The bytes themselves are
 * had by {@link Assembler#loadPacket(Size, int)}.
 */
public final class SocketContext {
    /** {@code u32 pkt_type}: whom the packet is sent to. */
    public static final int PACKET_TYPE = 4;

    /** {@code u32 gso_size}: of joined packets the payload of each, or 0; Linux 5.7. */
    public static final int GSO_SIZE = 176;

    /** Packet type: to this host ({@code PACKET_HOST}). */
    public static final int TO_THIS_HOST = 0;

    /** The socket does not receive the packet. */
    public static final int NOTHING = 0;

    /** The socket receives all of the packet. */
    public static final int WHOLE = -1;

    private SocketContext() {}
}
