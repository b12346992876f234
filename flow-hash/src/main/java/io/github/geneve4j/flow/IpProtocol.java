package io.github.geneve4j.flow;

/**
 * Protocol numbers that a flow key treats in some way of its own (IANA, "Assigned Internet Protocol
 * Numbers"); any other number is as good a protocol, without ports.
 */
public final class IpProtocol {
    /** IPv6 hop-by-hop options, an extension header (RFC 8200 §4.3). */
    public static final int HOP_BY_HOP = 0;

    /** Internet Control Message Protocol (RFC 792). */
    public static final int ICMP = 1;

    /** Transmission Control Protocol (RFC 9293). */
    public static final int TCP = 6;

    /** User Datagram Protocol (RFC 768). */
    public static final int UDP = 17;

    /** Datagram Congestion Control Protocol (RFC 4340). */
    public static final int DCCP = 33;

    /** IPv6 routing header, an extension header (RFC 8200 §4.4). */
    public static final int ROUTING = 43;

    /** IPv6 fragment header, an extension header (RFC 8200 §4.5). */
    public static final int FRAGMENT = 44;

    /** Generic Routing Encapsulation (RFC 2784). */
    public static final int GRE = 47;

    /** Encapsulating Security Payload (RFC 4303): nothing readable follows. */
    public static final int ESP = 50;

    /** Authentication Header (RFC 4302): a protocol in IPv4, an extension header in IPv6. */
    public static final int AH = 51;

    /** ICMP for IPv6 (RFC 4443). */
    public static final int ICMPV6 = 58;

    /** "No next header": an IPv6 packet that carries nothing (RFC 8200 §4.7). */
    public static final int NO_NEXT_HEADER = 59;

    /** IPv6 destination options, an extension header (RFC 8200 §4.6). */
    public static final int DESTINATION_OPTIONS = 60;

    /** Stream Control Transmission Protocol (RFC 9260). */
    public static final int SCTP = 132;

    /** Mobility header, an IPv6 extension header (RFC 6275 §6.1). */
    public static final int MOBILITY = 135;

    /** UDP with partial checksums (RFC 3828). */
    public static final int UDP_LITE = 136;

    /** Host Identity Protocol, an IPv6 extension header (RFC 7401 §5.1). */
    public static final int HIP = 139;

    /** Shim6, an IPv6 extension header (RFC 5533 §5). */
    public static final int SHIM6 = 140;

    // Numbers below 64 that name an extension header, as bits
    private static final long LOW_EXTENSIONS =
            1L << HOP_BY_HOP
                    | 1L << ROUTING
                    | 1L << FRAGMENT
                    | 1L << AH
                    | 1L << DESTINATION_OPTIONS;

    private IpProtocol() {}

    /**
     * {@return whether packets of a protocol begin with two ports: TCP, UDP, UDP-Lite, SCTP, DCCP}
     *
     * @param protocol IANA protocol number, 0 to 255
     */
    public static boolean hasPorts(int protocol) {
        return switch (protocol) {
            case TCP, UDP, UDP_LITE, SCTP, DCCP -> true;
            default -> false;
        };
    }

    /**
     * {@return whether a number names an extension header of IPv6, behind which the chain of
     * headers goes on (RFC 8200 §4; IANA, "IPv6 Extension Header Types", but for ESP and those for
     * experiments)} IPv4 has none: AH is a protocol there.
     *
     * @param protocol IANA protocol number, 0 to 255
     */
    public static boolean isExtensionHeader(int protocol) {
        return protocol < Long.SIZE
                ? (LOW_EXTENSIONS >>> protocol & 1) != 0
                : protocol == MOBILITY || protocol == HIP || protocol == SHIM6;
    }

    /**
     * {@return a lower-case name such as {@code tcp}, or {@code proto-N} for a number not listed
     * here}
     *
     * @param protocol IANA protocol number, 0 to 255
     */
    public static String name(int protocol) {
        return switch (protocol) {
            case HOP_BY_HOP -> "hopopt";
            case ICMP -> "icmp";
            case TCP -> "tcp";
            case UDP -> "udp";
            case DCCP -> "dccp";
            case ROUTING -> "ipv6-route";
            case FRAGMENT -> "ipv6-frag";
            case GRE -> "gre";
            case ESP -> "esp";
            case AH -> "ah";
            case ICMPV6 -> "icmpv6";
            case NO_NEXT_HEADER -> "ipv6-nonxt";
            case DESTINATION_OPTIONS -> "ipv6-opts";
            case SCTP -> "sctp";
            case MOBILITY -> "mobility";
            case UDP_LITE -> "udplite";
            case HIP -> "hip";
            case SHIM6 -> "shim6";
            default -> "proto-" + protocol;
        };
    }
}
