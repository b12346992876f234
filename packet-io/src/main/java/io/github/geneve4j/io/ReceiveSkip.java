package io.github.geneve4j.io;

/**
 * Why a frame that a port saw was not handed to its handler. Every constant names a counter by its
 * {@link #label()}.
 *
 * <p>Only ports that read frames have these: elsewhere the kernel drops such datagrams itself, and
 * counts them in {@code /proc/net/snmp}.
 */
public enum ReceiveSkip {
    /**
     * Shorter than its own headers say, or longer than the port is made for, which is the MTU that
     * the interface had when the port was opened; perhaps cut for that.
     */
    TRUNCATED("truncated"),
    /** No IPv4, more than two VLAN tags, another protocol, address or UDP port than the port's. */
    NOT_FOR_US("not_for_us"),
    /** The IPv4 header is shorter than 20 bytes, or not of version 4 (RFC 791 §3.1). */
    BAD_IP_HEADER("bad_ip_header"),
    /** The IPv4 header's checksum is wrong (RFC 791 §3.1). */
    BAD_IP_CHECKSUM("bad_ip_checksum"),
    /** A fragment: the load balancer sends none, and the port does not put any together. */
    FRAGMENT("fragment"),
    /**
     * Several datagrams that the kernel or the network card joined (GRO, GSO), so that the headers
     * in between are lost. Ports that are not told of it go by the length: more than the
     * interface's MTU.
     */
    AGGREGATED("aggregated"),
    /** The UDP length is below 8, or more than IP has (RFC 768). */
    BAD_UDP_LENGTH("bad_udp_length"),
    /**
     * A checksum further inside is still to be computed by a network card, as in packets that a
     * tunnel of this host has wrapped, and the port does not know where or how: returned, it would
     * be wrong.
     */
    PARTIAL_INNER_CHECKSUM("partial_inner_checksum"),
    /** There is a UDP checksum, and it is wrong (RFC 8926 §3.3). */
    BAD_UDP_CHECKSUM("bad_udp_checksum"),
    /**
     * Told a UDP socket what to poll, see {@link AfXdpPort.Builder#busyPoll}; or came with that.
     */
    LESSON("lesson");

    private final String label;

    ReceiveSkip(String label) {
        this.label = label;
    }

    /** {@return the stable metric label; safe to persist, unlike {@link #ordinal()}} */
    public String label() {
        return label;
    }
}
