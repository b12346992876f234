package io.github.geneve4j.io.pcap;

/**
 * What a captured frame starts with: the numbers of the LINKTYPE_ list that {@link UdpDatagram}
 * reads.
 *
 * <p>The list is open, so a link type stays an {@code int} everywhere; this type only names it.
 */
public final class LinkType {
    /** BSD loopback: four bytes of address family in the capturing host's byte order. */
    public static final int NULL = 0;

    /** Ethernet, 802.1Q and 802.1ad tags included, FCS usually not. */
    public static final int ETHERNET = 1;

    /** Bare IPv4 or IPv6, as most systems number it inside their own capture library. */
    public static final int RAW_DLT = 12;

    /** Bare IPv4 or IPv6, as OpenBSD numbers it inside its own capture library. */
    public static final int RAW_OPENBSD = 14;

    /** Bare IPv4 or IPv6: the version field tells which. */
    public static final int RAW = 101;

    /** OpenBSD loopback: four bytes of address family, big-endian. */
    public static final int LOOP = 108;

    /** Linux "cooked" capture, version 1: 16 bytes, EtherType last. */
    public static final int LINUX_SLL = 113;

    /** Bare IPv4. */
    public static final int IPV4 = 228;

    /** Bare IPv6. */
    public static final int IPV6 = 229;

    /** Linux "cooked" capture, version 2: 20 bytes, EtherType first. */
    public static final int LINUX_SLL2 = 276;

    /** Largest number that both file formats can hold. */
    static final int MAX = 0xffff;

    private LinkType() {}

    /**
     * {@return a short name such as {@code ethernet}, or the number as {@code linktype 147}}
     *
     * @param linkType any number; an unknown one is not an error
     */
    public static String name(int linkType) {
        return switch (linkType) {
            case NULL -> "null";
            case ETHERNET -> "ethernet";
            case RAW_DLT, RAW_OPENBSD, RAW -> "raw";
            case LOOP -> "loop";
            case LINUX_SLL -> "linux_sll";
            case IPV4 -> "ipv4";
            case IPV6 -> "ipv6";
            case LINUX_SLL2 -> "linux_sll2";
            default -> "linktype " + linkType;
        };
    }
}
