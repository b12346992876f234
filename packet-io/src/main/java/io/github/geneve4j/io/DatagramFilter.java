package io.github.geneve4j.io;

import static io.github.geneve4j.io.sys.ClassicBpf.JUMP_IF_ANY;
import static io.github.geneve4j.io.sys.ClassicBpf.JUMP_IF_EQUAL;
import static io.github.geneve4j.io.sys.ClassicBpf.LOAD_BYTE;
import static io.github.geneve4j.io.sys.ClassicBpf.LOAD_HEADER_LENGTH;
import static io.github.geneve4j.io.sys.ClassicBpf.LOAD_INT;
import static io.github.geneve4j.io.sys.ClassicBpf.LOAD_SHORT;
import static io.github.geneve4j.io.sys.ClassicBpf.LOAD_SHORT_AFTER;
import static io.github.geneve4j.io.sys.ClassicBpf.RETURN;
import static io.github.geneve4j.io.sys.ClassicBpf.WHOLE;
import static io.github.geneve4j.io.sys.ClassicBpf.instruction;

import io.github.geneve4j.io.sys.ClassicBpf;

/**
 * Keeps everything else on the interface out of a packet socket's ring: a filter that runs in the
 * kernel for each frame. It lets through what {@link OuterFrame} is to judge and to count: IPv4,
 * UDP, to the port, whole or the first fragment, sent to this host. The first VLAN tag is not in
 * the frame that it sees.
 */
final class DatagramFilter {
    private static final int PACKET_TYPE = -0x1000 + 4; // SKF_AD_OFF + SKF_AD_PKTTYPE
    private static final int TO_THIS_HOST = 0; // PACKET_HOST

    private static final int ETHER_TYPE = 12;
    private static final int IP = 14;
    private static final int TAGGED = 18; // IP behind the second tag
    private static final int IPV4 = 0x0800;
    private static final int VLAN = 0x8100;
    private static final int SERVICE_VLAN = 0x88a8;
    private static final int UDP = 17;
    private static final int TAG_LENGTH = 4;
    private static final int FRAGMENT_OFFSET_MASK = 0x1fff;

    private DatagramFilter() {}

    /** {@return the filter for a UDP port, see {@link ClassicBpf}} */
    static long[] of(int port) {
        return new long[] {
            /*  0 */ instruction(LOAD_INT, 0, 0, PACKET_TYPE),
            /*  1 */ instruction(JUMP_IF_EQUAL, 0, 20, TO_THIS_HOST),
            /*  2 */ instruction(LOAD_SHORT, 0, 0, ETHER_TYPE),
            /*  3 */ instruction(JUMP_IF_EQUAL, 0, 7, IPV4),
            /*  4 */ instruction(LOAD_BYTE, 0, 0, IP + OuterFrame.PROTOCOL_OFFSET),
            /*  5 */ instruction(JUMP_IF_EQUAL, 0, 16, UDP),
            /*  6 */ instruction(LOAD_SHORT, 0, 0, IP + OuterFrame.FRAGMENT_OFFSET),
            /*  7 */ instruction(JUMP_IF_ANY, 14, 0, FRAGMENT_OFFSET_MASK),
            /*  8 */ instruction(LOAD_HEADER_LENGTH, 0, 0, IP),
            /*  9 */ instruction(LOAD_SHORT_AFTER, 0, 0, IP + OuterFrame.DESTINATION_PORT_OFFSET),
            /* 10 */ instruction(JUMP_IF_EQUAL, 12, 11, port),
            /* 11 */ instruction(JUMP_IF_EQUAL, 1, 0, VLAN),
            /* 12 */ instruction(JUMP_IF_EQUAL, 0, 9, SERVICE_VLAN),
            /* 13 */ instruction(LOAD_SHORT, 0, 0, ETHER_TYPE + TAG_LENGTH),
            /* 14 */ instruction(JUMP_IF_EQUAL, 0, 7, IPV4),
            /* 15 */ instruction(LOAD_BYTE, 0, 0, TAGGED + OuterFrame.PROTOCOL_OFFSET),
            /* 16 */ instruction(JUMP_IF_EQUAL, 0, 5, UDP),
            /* 17 */ instruction(LOAD_SHORT, 0, 0, TAGGED + OuterFrame.FRAGMENT_OFFSET),
            /* 18 */ instruction(JUMP_IF_ANY, 3, 0, FRAGMENT_OFFSET_MASK),
            /* 19 */ instruction(LOAD_HEADER_LENGTH, 0, 0, TAGGED),
            /* 20 */ instruction(
                    LOAD_SHORT_AFTER, 0, 0, TAGGED + OuterFrame.DESTINATION_PORT_OFFSET),
            /* 21 */ instruction(JUMP_IF_EQUAL, 1, 0, port),
            /* 22 */ instruction(RETURN, 0, 0, 0),
            /* 23 */ instruction(RETURN, 0, 0, WHOLE),
        };
    }
}
