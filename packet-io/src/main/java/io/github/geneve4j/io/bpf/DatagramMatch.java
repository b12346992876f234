package io.github.geneve4j.io.bpf;

import static io.github.geneve4j.io.bpf.Assembler.networkOrder16;
import static io.github.geneve4j.io.bpf.Assembler.networkOrder32;
import static io.github.geneve4j.io.bpf.Condition.ANY;
import static io.github.geneve4j.io.bpf.Condition.EQ;
import static io.github.geneve4j.io.bpf.Condition.GT;
import static io.github.geneve4j.io.bpf.Condition.NE;
import static io.github.geneve4j.io.bpf.Register.R0;
import static io.github.geneve4j.io.bpf.Register.R2;
import static io.github.geneve4j.io.bpf.Register.R3;
import static io.github.geneve4j.io.bpf.Register.R4;
import static io.github.geneve4j.io.bpf.Register.R5;
import static io.github.geneve4j.io.bpf.Size.U16;
import static io.github.geneve4j.io.bpf.Size.U32;
import static io.github.geneve4j.io.bpf.Size.U8;

/**
 * The part of a program that tells the datagrams of a port from everything else.
 *
 * <p>It takes whatever the kernel would answer with "port unreachable", so also headers with
 * options, and a datagram's first fragment: the socket's owner counts what it cannot use. Later
 * fragments carry no port. They go on, and wait in vain for the first.
 *
 * <p>No number from the packet is added to a pointer: to do that takes one more capability, which
 * is CAP_PERFMON. So there is a case for each length of the IPv4 header.
 */
final class DatagramMatch {
    private static final int MAX_TAGS = 2;
    private static final int WORD_LENGTH = 4;
    private static final int MIN_WORDS = 5;
    private static final int MAX_WORDS = 15;

    private DatagramMatch() {}

    /**
     * Goes on with the next instruction for a datagram of the port.
     *
     * @param a with the frame's start in {@link Register#R2} and its end in {@link Register#R3};
     *     these and {@link Register#R0}, {@link Register#R4}, {@link Register#R5} are lost
     * @param port destination port, 1 to 65535
     * @param addresses destination addresses, IPv4, big-endian, one or more
     * @param fragmentBits of the IPv4 header's fragment field: goes on only if none of them is set
     * @param pass where to go for everything else
     */
    static void emit(Assembler a, int port, int[] addresses, int fragmentBits, Label pass) {
        Label ipv4 = a.label("ipv4");
        Label own = a.label("own");
        a.mov(R4, R2).add(R4, OuterHeaders.ETHERNET_LENGTH);
        a.jumpIf(GT, R4, R3, pass); //                              if (frame + 14 > end) goto pass
        a.load(U16, R5, R2, OuterHeaders.ETHER_TYPE); //            u16 type = ethernet->type
        for (int i = 1; i <= MAX_TAGS; i++) {
            skipTag(a, a.label("tag" + i), ipv4, pass);
        }
        a.jumpIf(NE, R5, networkOrder16(OuterHeaders.ETHER_TYPE_IPV4), pass);

        a.bind(ipv4);
        a.mov(R4, R2).add(R4, OuterHeaders.UDP);
        a.jumpIf(GT, R4, R3, pass); //                              if (frame + 34 > end) goto pass
        a.load(U8, R0, R2, OuterHeaders.IP_PROTOCOL); //            if (ip->protocol != UDP)
        a.jumpIf(NE, R0, OuterHeaders.PROTOCOL_UDP, pass);
        a.load(U16, R0, R2, OuterHeaders.IP_FRAGMENT); //           if (a fragment of those)
        a.jumpIf(ANY, R0, networkOrder16(fragmentBits), pass);
        a.load(U32, R0, R2, OuterHeaders.IP_DESTINATION); //        if (ip->destination is own)
        for (int address : addresses) {
            a.jumpIf32(EQ, R0, networkOrder32(address), own);
        }
        a.jump(pass);

        a.bind(own);
        a.load(U8, R5, R2, OuterHeaders.IP_VERSION_IHL); //         u8 first = version, length
        Label compare = a.label("compare");
        Label[] lengths = new Label[MAX_WORDS + 1];
        for (int words = MIN_WORDS; words <= MAX_WORDS; words++) {
            lengths[words] = a.label("length" + words * WORD_LENGTH);
            a.jumpIf(EQ, R5, OuterHeaders.VERSION_4 | words, lengths[words]);
        }
        a.jump(pass); //                                            if (it is none) goto pass
        for (int words = MIN_WORDS; words <= MAX_WORDS; words++) {
            int udp = OuterHeaders.IP + words * WORD_LENGTH;
            a.bind(lengths[words]);
            a.mov(R4, R2).add(R4, udp + OuterHeaders.UDP_LENGTH);
            a.jumpIf(GT, R4, R3, pass); //                          if (udp + 8 > end) goto pass
            a.load(U16, R0, R2, udp + OuterHeaders.UDP_DESTINATION);
            a.jump(compare);
        }

        a.bind(compare);
        a.jumpIf(NE, R0, networkOrder16(port), pass); //            if (udp->destination != port)
    }

    /**
     * Goes on with the next instruction for a frame to an interface's own address; {@link
     * Register#R0} is lost.
     *
     * @param a the program
     * @param frame register with the frame's start, of which the header was found to be there
     * @param mac of the interface, the lower 48 bits
     * @param pass where to go for every other frame
     */
    static void emitMac(Assembler a, Register frame, long mac, Label pass) {
        a.load(U32, R0, frame, OuterHeaders.MAC_DESTINATION); //    if (not to this interface)
        a.jumpIf32(NE, R0, networkOrder32((int) (mac >> Short.SIZE)), pass);
        a.load(U16, R0, frame, OuterHeaders.MAC_DESTINATION + OuterHeaders.MAC_LOW);
        a.jumpIf(NE, R0, networkOrder16((int) mac & 0xffff), pass);
    }

    /** Moves the frame's start over a VLAN tag, so that all behind it is where it always is. */
    private static void skipTag(Assembler a, Label tagged, Label ipv4, Label pass) {
        a.jumpIf(EQ, R5, networkOrder16(OuterHeaders.ETHER_TYPE_IPV4), ipv4);
        a.jumpIf(EQ, R5, networkOrder16(OuterHeaders.ETHER_TYPE_VLAN), tagged);
        a.jumpIf(NE, R5, networkOrder16(OuterHeaders.ETHER_TYPE_SERVICE_VLAN), pass);
        a.bind(tagged);
        a.add(R2, OuterHeaders.TAG_LENGTH); //                      frame += 4
        a.mov(R4, R2).add(R4, OuterHeaders.ETHERNET_LENGTH);
        a.jumpIf(GT, R4, R3, pass); //                              if (frame + 14 > end) goto pass
        a.load(U16, R5, R2, OuterHeaders.ETHER_TYPE); //            type = tag->type
    }
}
