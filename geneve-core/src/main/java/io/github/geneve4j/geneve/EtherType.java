package io.github.geneve4j.geneve;

/** EtherTypes that Geneve's Protocol Type carries in practice (RFC 8926 §3.4, IANA). */
public final class EtherType {
    /** Bare IPv4, no Ethernet header in front. */
    public static final int IPV4 = 0x0800;

    /** ARP. */
    public static final int ARP = 0x0806;

    /** Trans-Ether bridging: a whole Ethernet frame without its FCS. */
    public static final int ETHERNET = 0x6558;

    /** IEEE 802.1Q tag. */
    public static final int VLAN = 0x8100;

    /** Bare IPv6. */
    public static final int IPV6 = 0x86dd;

    /** MPLS, unicast. */
    public static final int MPLS = 0x8847;

    /** IEEE 802.1ad outer tag. */
    public static final int QINQ = 0x88a8;

    /** Network Service Header. */
    public static final int NSH = 0x894f;

    private EtherType() {}

    /**
     * {@return a short name such as {@code ipv4}, or the number as {@code 0x88b5}}
     *
     * @param etherType 0 to 65535
     */
    public static String name(int etherType) {
        return switch (etherType) {
            case IPV4 -> "ipv4";
            case ARP -> "arp";
            case ETHERNET -> "ethernet";
            case VLAN -> "vlan";
            case IPV6 -> "ipv6";
            case MPLS -> "mpls";
            case QINQ -> "qinq";
            case NSH -> "nsh";
            default -> "0x" + GeneveFormat.hex(etherType, 4);
        };
    }
}
