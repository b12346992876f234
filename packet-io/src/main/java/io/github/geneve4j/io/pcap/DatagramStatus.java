package io.github.geneve4j.io.pcap;

/**
 * What {@link UdpDatagram#wrap} found in a frame: a datagram, or why there is none to show.
 *
 * <p>The constants stand in the order in which a frame is read. Every one has a stable {@link
 * #label()}.
 */
public enum DatagramStatus {
    /** The accessors describe a UDP datagram. */
    OK("ok"),
    /** A link type that is not in {@link LinkType}. */
    UNKNOWN_LINK_TYPE("unknown_link_type"),
    /** The frame ends inside its link-layer header or a VLAN tag. */
    TRUNCATED_LINK("truncated_link"),
    /** More VLAN tags than any network stacks (IEEE 802.1Q). */
    TOO_MANY_TAGS("too_many_tags"),
    /** Neither IPv4 nor IPv6: ARP, for instance. */
    NOT_IP("not_ip"),
    /** The frame ends inside the IP header or an IPv6 extension header (RFC 791, RFC 8200). */
    TRUNCATED_IP("truncated_ip"),
    /**
     * A version other than the link layer says, or lengths that contradict each other (RFC 791
     * §3.1).
     */
    BAD_IP_HEADER("bad_ip_header"),
    /** A fragment that is not the first, so without a UDP header (RFC 791 §3.2, RFC 8200 §4.5). */
    LATER_FRAGMENT("later_fragment"),
    /** IP that carries something else: TCP, for instance. */
    NOT_UDP("not_udp"),
    /** The frame, or the first fragment, ends inside the UDP header (RFC 768). */
    TRUNCATED_UDP("truncated_udp"),
    /** A UDP length of 1 to 7, less than its own header (RFC 768). */
    BAD_UDP_LENGTH("bad_udp_length");

    private final String label;

    DatagramStatus(String label) {
        this.label = label;
    }

    /** {@return the stable label, safe to persist, unlike {@link #ordinal()}} */
    public String label() {
        return label;
    }
}
