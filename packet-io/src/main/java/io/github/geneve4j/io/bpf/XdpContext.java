package io.github.geneve4j.io.bpf;

/** What an XDP program is given and what it may return: {@code struct xdp_md} of linux/bpf.h. */
public final class XdpContext {
    /** {@code u32 data}: first byte of the packet; the verifier makes a pointer of it. */
    public static final int DATA = 0;

    /** {@code u32 data_end}: behind the last byte of the packet. */
    public static final int DATA_END = 4;

    /** {@code u32 ingress_ifindex}. */
    public static final int INGRESS_IFINDEX = 12;

    /** {@code u32 rx_queue_index}: the queue that the packet came by. */
    public static final int RX_QUEUE_INDEX = 16;

    /** The packet is dropped, and an error is traced. */
    public static final int ABORTED = 0;

    /** The packet is dropped. */
    public static final int DROP = 1;

    /** The packet goes on to the kernel's stack. */
    public static final int PASS = 2;

    /** The packet leaves by the interface that it came by. */
    public static final int TX = 3;

    /** The packet goes where a helper said. */
    public static final int REDIRECT = 4;

    private XdpContext() {}
}
