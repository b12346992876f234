package io.github.geneve4j.geneve.tunnel;

import io.github.geneve4j.geneve.Geneve;

/**
 * How large inner packets may be so that outer ones need no fragmentation (RFC 8926 §4.4.1).
 *
 * <p>Whoever does not know the options of every sender has to allow for the longest, so that is
 * where a new value starts.
 *
 * {@snippet :
 * TunnelMtu.overIpv4().innerMtu(9001);                       // 8713: any options
 * TunnelMtu.overIpv4().withOptionsLength(32).innerMtu(9001); // 8933: as AWS's load balancer
 * }
 *
 * @param outerIpLength bytes of the outer IP header: 20 or 40
 * @param optionsLength bytes of options to allow for, a multiple of 4, 0 to 252
 * @param innerFrameLength bytes of link header that inner packets carry, which their MTU does not
 *     count: 0 for bare IP, 14 for Ethernet, 18 or 22 with one or two VLAN tags
 */
public record TunnelMtu(int outerIpLength, int optionsLength, int innerFrameLength) {
    private static final int MAX_IP_LENGTH = 65535;

    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException if a number is not one that its header can have
     */
    public TunnelMtu {
        if (outerIpLength != Ip.V4_HEADER_LENGTH && outerIpLength != Ip.V6_HEADER_LENGTH) {
            throw new IllegalArgumentException(
                    "outer IP header of " + outerIpLength + " bytes: not 20 or 40");
        }
        if (optionsLength < 0
                || optionsLength > Geneve.MAX_OPTIONS_LENGTH
                || (optionsLength & 3) != 0) {
            throw new IllegalArgumentException(
                    "options of "
                            + optionsLength
                            + " bytes: not a multiple of 4 from 0 to "
                            + Geneve.MAX_OPTIONS_LENGTH);
        }
        int tags = innerFrameLength - Ethernet.HEADER_LENGTH;
        if (innerFrameLength != 0
                && (tags < 0
                        || tags > Ethernet.MAX_VLAN_TAGS * Ethernet.VLAN_TAG_LENGTH
                        || tags % Ethernet.VLAN_TAG_LENGTH != 0)) {
            throw new IllegalArgumentException(
                    "inner link header of " + innerFrameLength + " bytes: not 0, 14, 18 or 22");
        }
    }

    /** {@return a tunnel over IPv4 with any options, bare IP inside} */
    public static TunnelMtu overIpv4() {
        return new TunnelMtu(Ip.V4_HEADER_LENGTH, Geneve.MAX_OPTIONS_LENGTH, 0);
    }

    /** {@return a tunnel over IPv6 with any options, bare IP inside} */
    public static TunnelMtu overIpv6() {
        return new TunnelMtu(Ip.V6_HEADER_LENGTH, Geneve.MAX_OPTIONS_LENGTH, 0);
    }

    /**
     * {@return the same tunnel, whose options never take more than this}
     *
     * @param optionsLength bytes, a multiple of 4, 0 to 252
     * @throws IllegalArgumentException if the length is not allowed
     */
    public TunnelMtu withOptionsLength(int optionsLength) {
        return new TunnelMtu(outerIpLength, optionsLength, innerFrameLength);
    }

    /**
     * {@return the same tunnel with Ethernet frames inside}
     *
     * @param vlanTags most VLAN tags that a frame carries, 0 to 2
     * @throws IllegalArgumentException if the number is out of its range
     */
    public TunnelMtu withInnerEthernet(int vlanTags) {
        if (vlanTags < 0 || vlanTags > Ethernet.MAX_VLAN_TAGS) {
            throw new IllegalArgumentException(
                    vlanTags + " VLAN tags: not 0 to " + Ethernet.MAX_VLAN_TAGS);
        }
        return new TunnelMtu(
                outerIpLength,
                optionsLength,
                Ethernet.HEADER_LENGTH + Ethernet.VLAN_TAG_LENGTH * vlanTags);
    }

    /** {@return the bytes that the tunnel adds to what the inner MTU counts} */
    public int overhead() {
        return outerIpLength
                + Udp.HEADER_LENGTH
                + Geneve.HEADER_LENGTH
                + optionsLength
                + innerFrameLength;
    }

    /**
     * {@return the MTU of the inner network}
     *
     * @param linkMtu largest outer IP packet in bytes, up to 65535
     * @throws IllegalArgumentException if nothing is left for an inner packet
     */
    public int innerMtu(int linkMtu) {
        if (linkMtu <= overhead() || linkMtu > MAX_IP_LENGTH) {
            throw new IllegalArgumentException(
                    "link MTU " + linkMtu + ": not " + (overhead() + 1) + " to " + MAX_IP_LENGTH);
        }
        return linkMtu - overhead();
    }

    /**
     * {@return the MTU that links need for an inner network}
     *
     * @param innerMtu largest inner IP packet in bytes
     * @throws IllegalArgumentException if the outer packets would be larger than IP allows
     */
    public int linkMtu(int innerMtu) {
        if (innerMtu < 1 || innerMtu > MAX_IP_LENGTH - overhead()) {
            throw new IllegalArgumentException(
                    "inner MTU " + innerMtu + ": not 1 to " + (MAX_IP_LENGTH - overhead()));
        }
        return innerMtu + overhead();
    }
}
