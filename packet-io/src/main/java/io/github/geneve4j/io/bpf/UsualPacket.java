package io.github.geneve4j.io.bpf;

/**
 * The one shape of a load balancer's datagram that the fast path is for: what its program looks
 * for, and whoever adds flows. Numbers are as one reads them, big-endian in the packet.
 *
 * <pre>
 *  0 Geneve, 8 words of options    8 endpoint's option    20 attachment's    32 flow cookie's
 * 40 inner packet
 * </pre>
 */
public final class UsualPacket {
    // From the tunnel header's first byte

    /** 32 bits: network identifier and reserved, all zero. */
    public static final int VNI = 4;

    /** 32 bits, {@link #ENDPOINT_HEADER}. */
    public static final int ENDPOINT_OPTION = 8;

    /** 64 bits: the endpoint's identifier. */
    public static final int ENDPOINT = ENDPOINT_OPTION + 4;

    /** 32 bits, {@link #ATTACHMENT_HEADER}. */
    public static final int ATTACHMENT_OPTION = ENDPOINT + 8;

    /** 32 bits, {@link #COOKIE_HEADER}. */
    public static final int COOKIE_OPTION = ATTACHMENT_OPTION + 12;

    /** 32 bits: the flow cookie. */
    public static final int COOKIE = COOKIE_OPTION + 4;

    /** Bytes of the tunnel header: where the inner packet begins. */
    public static final int HEADER_LENGTH = COOKIE + 4;

    /** First word of the tunnel header: version 0, 8 words of options, no flags, IPv4 inside. */
    public static final int GENEVE_IPV4 = 0x0800_0800;

    /** The same with IPv6 inside. */
    public static final int GENEVE_IPV6 = 0x0800_86dd;

    /** Class of AWS, type 1, 2 words. */
    public static final int ENDPOINT_HEADER = 0x0108_0102;

    /** Class of AWS, type 2, 2 words. */
    public static final int ATTACHMENT_HEADER = 0x0108_0202;

    /** Class of AWS, type 3, 1 word. */
    public static final int COOKIE_HEADER = 0x0108_0301;

    // From the inner packet's first byte

    /** IPv4: 8 bits, version and a header without options. */
    public static final int IPV4_VERSION_IHL = OuterHeaders.VERSION_4_IHL_5;

    /** IPv4: 16 bits, of which {@link #FRAGMENT_MASK} is zero in a whole datagram. */
    public static final int IPV4_FRAGMENT = 6;

    /** IPv4: more fragments, or not the first. */
    public static final int FRAGMENT_MASK = OuterHeaders.FRAGMENT_MASK;

    /** IPv4: 8 bits. */
    public static final int IPV4_PROTOCOL = 9;

    /** IPv4: 64 bits, source and destination. */
    public static final int IPV4_ADDRESSES = 12;

    /** IPv4: bytes of the header. */
    public static final int IPV4_LENGTH = OuterHeaders.IP_LENGTH;

    /** IPv6: 8 bits, the next header. */
    public static final int IPV6_PROTOCOL = 6;

    /** IPv6: 256 bits, source and destination. */
    public static final int IPV6_ADDRESSES = 8;

    /** IPv6: bytes of the header. */
    public static final int IPV6_LENGTH = 40;

    /** Bytes of UDP's header. */
    public static final int UDP_LENGTH = OuterHeaders.UDP_LENGTH;

    /** Number of TCP. */
    public static final int TCP = 6;

    /** Number of UDP. */
    public static final int UDP = OuterHeaders.PROTOCOL_UDP;

    private UsualPacket() {}
}
