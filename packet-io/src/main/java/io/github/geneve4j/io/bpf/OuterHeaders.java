package io.github.geneve4j.io.bpf;

/**
 * Where the fields of a frame's outer headers are, for programs that read them: from the start of
 * the frame while there is no VLAN tag, {@link #TAG_LENGTH} further on for each.
 */
final class OuterHeaders {
    static final int MAC_DESTINATION = 0;
    static final int MAC_SOURCE = 6;
    static final int MAC_LOW = 4; // a MAC address is read as 32 and 16 bits
    static final int ETHER_TYPE = 12;
    static final int ETHERNET_LENGTH = 14;
    static final int TAG_LENGTH = 4;

    static final int IP = ETHERNET_LENGTH;
    static final int IP_VERSION_IHL = IP;
    static final int IP_FRAGMENT = IP + 6;
    static final int IP_PROTOCOL = IP + 9;
    static final int IP_SOURCE = IP + 12;
    static final int IP_DESTINATION = IP + 16;
    static final int IP_LENGTH = 20; // without options

    static final int UDP = IP + IP_LENGTH;
    static final int UDP_DESTINATION = 2; // from the UDP header's start
    static final int UDP_LENGTH = 8;

    static final int ETHER_TYPE_IPV4 = 0x0800;
    static final int ETHER_TYPE_VLAN = 0x8100;
    static final int ETHER_TYPE_SERVICE_VLAN = 0x88a8;
    static final int VERSION_4 = 0x40;
    static final int VERSION_4_IHL_5 = 0x45;
    static final int VERSION_MASK = 0xf0;
    static final int IHL_MASK = 0x0f;
    static final int FRAGMENT_OFFSET_MASK = 0x1fff;
    static final int FRAGMENT_MASK = 0x3fff; // more fragments, or not the first
    static final int PROTOCOL_UDP = 17;

    private OuterHeaders() {}
}
