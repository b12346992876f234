package io.github.geneve4j.flow;

/**
 * What became of an inner packet whose flow was asked for: {@link #OK}, or the first violation that
 * leaves its flow unknown.
 *
 * <p>Malformed input is an expected value, never an exception. The constants stand in the order in
 * which a packet is read. Every constant but {@code OK} is a reason to drop and names a counter by
 * its {@link #label()}. Only what a flow key needs is judged: checksums, for example, are not.
 */
public enum FlowStatus {
    /** The flow is known: every accessor of the view is readable. */
    OK("ok"),

    /** No bytes at all. */
    EMPTY_PACKET("empty_packet"),
    /** The version nibble is neither 4 nor 6 (RFC 791 §3.1, RFC 8200 §3). */
    UNSUPPORTED_IP_VERSION("unsupported_ip_version"),

    /** Fewer than the 20 bytes of a fixed IPv4 header (RFC 791 §3.1). */
    TRUNCATED_IPV4_HEADER("truncated_ipv4_header"),
    /** An IPv4 header length of fewer than 5 words (RFC 791 §3.1). */
    BAD_IPV4_HEADER_LENGTH("bad_ipv4_header_length"),
    /** An IPv4 total length that does not cover its own header (RFC 791 §3.1). */
    BAD_IPV4_TOTAL_LENGTH("bad_ipv4_total_length"),
    /** The IPv4 total length reaches past the bytes that there are (RFC 791 §3.1). */
    TRUNCATED_IPV4_PACKET("truncated_ipv4_packet"),

    /** Fewer than the 40 bytes of an IPv6 header (RFC 8200 §3). */
    TRUNCATED_IPV6_HEADER("truncated_ipv6_header"),
    /** The IPv6 payload length reaches past the bytes that there are (RFC 8200 §3). */
    TRUNCATED_IPV6_PACKET("truncated_ipv6_packet"),
    /** The chain of IPv6 extension headers reaches past the packet (RFC 8200 §4). */
    TRUNCATED_EXTENSION_HEADER("truncated_extension_header"),
    /**
     * More than 16 IPv6 extension headers: a bound on the time that a packet can cost. RFC 8200
     * §4.1 knows of no use for more than seven; RFC 8883 lets a node discard what exceeds its
     * limit.
     */
    TOO_MANY_EXTENSION_HEADERS("too_many_extension_headers"),

    /** Fewer than the 20 bytes of a TCP header (RFC 9293 §3.1). */
    TRUNCATED_TCP_HEADER("truncated_tcp_header"),
    /** Fewer than the 8 bytes of a UDP or UDP-Lite header (RFC 768, RFC 3828 §3.1). */
    TRUNCATED_UDP_HEADER("truncated_udp_header"),
    /** Fewer than the 12 bytes of an SCTP common header (RFC 9260 §3.1). */
    TRUNCATED_SCTP_HEADER("truncated_sctp_header"),
    /** Fewer than the 12 bytes of the shortest DCCP header (RFC 4340 §5.1). */
    TRUNCATED_DCCP_HEADER("truncated_dccp_header"),
    /**
     * Fewer than the 4 bytes of type, code and checksum, or than the 8 bytes of an echo or error
     * message (RFC 792, RFC 4443 §2.1).
     */
    TRUNCATED_ICMP_HEADER("truncated_icmp_header");

    private final String label;

    FlowStatus(String label) {
        this.label = label;
    }

    /** {@return the stable metric label; safe to persist, unlike {@link #ordinal()}} */
    public String label() {
        return label;
    }
}
