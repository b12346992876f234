package io.github.geneve4j.geneve;

/**
 * What became of a received packet: {@link #OK}, or the first reason found to drop it.
 *
 * <p>Malformed input is an expected value, never an exception. The constants stand in the order in
 * which a packet is read: outer headers, Geneve header, endpoint policy, inner packet. {@link
 * GeneveDecoder} answers with the Geneve group only; a complete endpoint ({@link
 * io.github.geneve4j.geneve.tunnel.TunnelReceiver}) with all of them. Every constant but {@code OK}
 * names a counter by its {@link #label()}.
 */
public enum DecodeStatus {
    /** Valid: every accessor and option is readable. */
    OK("ok"),

    // Outer headers

    /**
     * The outer IP header is cut short, or its length fields reach past the packet (RFC 791, RFC
     * 8200).
     */
    TRUNCATED_IP("truncated_ip"),
    /** Not IPv4 and not IPv6, or an IPv4 header length below 20 bytes (RFC 791 §3.1). */
    BAD_IP_HEADER("bad_ip_header"),
    /** The outer IPv4 header checksum is wrong (RFC 791 §3.1). */
    BAD_IP_CHECKSUM("bad_ip_checksum"),
    /** The outer packet is a fragment; endpoints do not reassemble (RFC 8926 §4.4.1). */
    OUTER_FRAGMENT("outer_fragment"),
    /** The outer packet does not carry UDP. */
    NOT_UDP("not_udp"),
    /** The UDP header is cut short, or its length disagrees with the IP header (RFC 768). */
    BAD_UDP_LENGTH("bad_udp_length"),
    /** The UDP destination port is not the tunnel's (RFC 8926 §3.3). */
    WRONG_UDP_PORT("wrong_udp_port"),
    /** A non-zero UDP checksum that does not match (RFC 8926 §3.3). */
    BAD_UDP_CHECKSUM("bad_udp_checksum"),
    /** UDP checksum zero where it is not allowed: IPv6 by default (RFC 8926 §4.3.1, RFC 6936). */
    ZERO_UDP_CHECKSUM("zero_udp_checksum"),

    // Geneve header

    /** Fewer than 8 bytes: no fixed header (RFC 8926 §3.4). */
    TRUNCATED_HEADER("truncated_header"),
    /** A version other than 0 (RFC 8926 §3.4). */
    UNSUPPORTED_VERSION("unsupported_version"),
    /** Opt Len reaches past the packet (RFC 8926 §3.4). */
    TRUNCATED_OPTIONS("truncated_options"),
    /** Option lengths do not add up to Opt Len (RFC 8926 §3.5). */
    OPTION_OVERRUN("option_overrun"),

    // Endpoint policy

    /** More bytes of options than this endpoint processes (RFC 8926 §3.5.1). */
    OPTIONS_TOO_LONG("options_too_long"),
    /** A critical option that this endpoint does not know (RFC 8926 §3.5). */
    UNKNOWN_CRITICAL_OPTION("unknown_critical_option"),
    /**
     * A control packet, O set: for the control plane, its payload is never forwarded (RFC 8926
     * §3.4).
     */
    CONTROL_PACKET("control_packet"),

    // Inner packet

    /**
     * Protocol Type says Ethernet or IP, or an inner frame says IP, and no complete header of that
     * kind follows (RFC 8926 §3.4).
     */
    BAD_INNER_PACKET("bad_inner_packet"),
    /**
     * Congestion was marked outside on an inner packet that cannot carry the mark (RFC 6040 §4.2).
     */
    ECN_NOT_CAPABLE("ecn_not_capable");

    private final String label;

    DecodeStatus(String label) {
        this.label = label;
    }

    /** {@return the stable metric label; safe to persist, unlike {@link #ordinal()}} */
    public String label() {
        return label;
    }
}
