package io.github.geneve4j.geneve.tunnel;

import io.github.geneve4j.geneve.EtherType;

/** Where the fields of an Ethernet header stand (IEEE 802.3, 802.1Q). */
final class Ethernet {
    static final int ETHER_TYPE_OFFSET = 12; // 16 bits, after two addresses
    static final int HEADER_LENGTH = 14;

    /** Bytes of a tag: its EtherType and 16 bits of priority and VLAN. */
    static final int VLAN_TAG_LENGTH = 4;

    /** A service tag and a customer tag (IEEE 802.1ad); what has more is not looked into. */
    static final int MAX_VLAN_TAGS = 2;

    private Ethernet() {}

    static boolean isVlanTag(int etherType) {
        return etherType == EtherType.VLAN || etherType == EtherType.QINQ;
    }
}
