package io.github.geneve4j.io.bpf;

import static io.github.geneve4j.io.bpf.Assembler.networkOrder16;
import static io.github.geneve4j.io.bpf.Condition.ANY;
import static io.github.geneve4j.io.bpf.Condition.GT;
import static io.github.geneve4j.io.bpf.Condition.NE;
import static io.github.geneve4j.io.bpf.Register.R0;
import static io.github.geneve4j.io.bpf.Register.R1;
import static io.github.geneve4j.io.bpf.Register.R2;
import static io.github.geneve4j.io.bpf.Register.R3;
import static io.github.geneve4j.io.bpf.Register.R4;
import static io.github.geneve4j.io.bpf.Register.R5;
import static io.github.geneve4j.io.bpf.Size.U16;
import static io.github.geneve4j.io.bpf.Size.U32;
import static io.github.geneve4j.io.bpf.Size.U8;

/**
 * Returns every datagram of one UDP port from within the kernel, unseen: what no port of this
 * module can be faster than, and so the measure of all. Frames with VLAN tags, IP options and
 * fragments go on to the kernel's stack.
 *
 * <p>MAC and IP addresses are swapped. UDP ports stay, as a reply keeps the request's source port
 * and goes to the tunnel's; so do the checksums, whose sums do not depend on the order.
 */
public final class XdpTxHairpin {
    private XdpTxHairpin() {}

    /**
     * {@return the program}
     *
     * @param port destination port of what is returned, 1 to 65535
     */
    public static Bytecode assemble(int port) {
        Assembler a = new Assembler();
        Label pass = a.label("pass");
        a.load(U32, R2, R1, XdpContext.DATA); //                    u8 *frame = ctx->data
        a.load(U32, R3, R1, XdpContext.DATA_END); //                u8 *end = ctx->data_end
        a.mov(R4, R2);
        a.add(R4, OuterHeaders.UDP + OuterHeaders.UDP_LENGTH);
        a.jumpIf(GT, R4, R3, pass); //                              if (frame + 42 > end) goto pass

        a.load(U16, R5, R2, OuterHeaders.ETHER_TYPE); //            if (ethernet->type != IPv4)
        a.jumpIf(NE, R5, networkOrder16(OuterHeaders.ETHER_TYPE_IPV4), pass);
        a.load(U8, R5, R2, OuterHeaders.IP_VERSION_IHL); //         if (ip has options)
        a.jumpIf(NE, R5, OuterHeaders.VERSION_4_IHL_5, pass);
        a.load(U16, R5, R2, OuterHeaders.IP_FRAGMENT); //           if (ip is a fragment)
        a.jumpIf(ANY, R5, networkOrder16(OuterHeaders.FRAGMENT_MASK), pass);
        a.load(U8, R5, R2, OuterHeaders.IP_PROTOCOL); //            if (ip->protocol != UDP)
        a.jumpIf(NE, R5, OuterHeaders.PROTOCOL_UDP, pass);
        a.load(U16, R5, R2, OuterHeaders.UDP + OuterHeaders.UDP_DESTINATION);
        a.jumpIf(NE, R5, networkOrder16(port), pass); //            if (udp->destination != port)

        swapAddresses(a, R2);
        a.mov(R0, XdpContext.TX).exit(); //                         return XDP_TX

        a.bind(pass);
        a.mov(R0, XdpContext.PASS).exit(); //                       return XDP_PASS
        return a.assemble();
    }

    /**
     * Swaps the addresses of Ethernet and IP; {@link Register#R4} and {@link Register#R5} are lost.
     *
     * @param frame register with the frame's start, of which the headers were found to be there
     */
    static void swapAddresses(Assembler a, Register frame) {
        a.load(U32, R4, frame, OuterHeaders.MAC_DESTINATION); //       swap the MAC addresses
        a.load(U32, R5, frame, OuterHeaders.MAC_SOURCE);
        a.store(U32, frame, OuterHeaders.MAC_DESTINATION, R5);
        a.store(U32, frame, OuterHeaders.MAC_SOURCE, R4);
        a.load(U16, R4, frame, OuterHeaders.MAC_DESTINATION + OuterHeaders.MAC_LOW);
        a.load(U16, R5, frame, OuterHeaders.MAC_SOURCE + OuterHeaders.MAC_LOW);
        a.store(U16, frame, OuterHeaders.MAC_DESTINATION + OuterHeaders.MAC_LOW, R5);
        a.store(U16, frame, OuterHeaders.MAC_SOURCE + OuterHeaders.MAC_LOW, R4);

        a.load(U32, R4, frame, OuterHeaders.IP_SOURCE); //             swap the IP addresses
        a.load(U32, R5, frame, OuterHeaders.IP_DESTINATION);
        a.store(U32, frame, OuterHeaders.IP_SOURCE, R5);
        a.store(U32, frame, OuterHeaders.IP_DESTINATION, R4);
    }
}
