package io.github.geneve4j.simulator.load;

import io.github.geneve4j.geneve.EtherType;

/** What is inside the tunnel: an IP version and a transport protocol. */
public enum InnerKind {
    /** UDP over IPv4. */
    UDP4(false, false),
    /** TCP over IPv4. */
    TCP4(false, true),
    /** UDP over IPv6. */
    UDP6(true, false),
    /** TCP over IPv6. */
    TCP6(true, true);

    private static final int IPV4_HEADER_LENGTH = 20;
    private static final int IPV6_HEADER_LENGTH = 40;
    private static final int UDP_HEADER_LENGTH = 8;
    private static final int TCP_HEADER_LENGTH = 20;

    private final boolean isIpv6;
    private final boolean isTcp;

    InnerKind(boolean isIpv6, boolean isTcp) {
        this.isIpv6 = isIpv6;
        this.isTcp = isTcp;
    }

    /** {@return whether it is IPv6} */
    public boolean isIpv6() {
        return isIpv6;
    }

    /** {@return whether it is TCP, else UDP} */
    public boolean isTcp() {
        return isTcp;
    }

    /** {@return the bytes of the IP header} */
    public int ipLength() {
        return isIpv6 ? IPV6_HEADER_LENGTH : IPV4_HEADER_LENGTH;
    }

    /** {@return the bytes of both headers} */
    public int headersLength() {
        return ipLength() + (isTcp ? TCP_HEADER_LENGTH : UDP_HEADER_LENGTH);
    }

    /** {@return the protocol type that the tunnel header says} */
    public int etherType() {
        return isIpv6 ? EtherType.IPV6 : EtherType.IPV4;
    }
}
