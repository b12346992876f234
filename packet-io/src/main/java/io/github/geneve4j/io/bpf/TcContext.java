package io.github.geneve4j.io.bpf;

/**
 * What a program of the traffic control layer is given, {@code struct __sk_buff} of linux/bpf.h,
 * and what it may return, {@code enum tcx_action_base}.
 */
public final class TcContext {
    /** {@code u32 len}: bytes of the packet, those included that cannot be read at once. */
    public static final int LENGTH = 0;

    /** {@code u32 pkt_type}: whom the packet is sent to. */
    public static final int PACKET_TYPE = 4;

    /** {@code u32 data}: first byte of the packet; the verifier makes a pointer of it. */
    public static final int DATA = 76;

    /** {@code u32 data_end}: behind the last byte that can be read at once. */
    public static final int DATA_END = 80;

    /** Packet type: to this host ({@code PACKET_HOST}). */
    public static final int TO_THIS_HOST = 0;

    /** The packet goes on to the next program, or to the kernel's stack ({@code TCX_NEXT}). */
    public static final int NEXT = -1;

    /** The packet is dropped ({@code TCX_DROP}). */
    public static final int DROP = 2;

    private TcContext() {}
}
