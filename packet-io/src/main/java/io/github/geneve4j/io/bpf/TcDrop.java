package io.github.geneve4j.io.bpf;

import static io.github.geneve4j.io.bpf.Condition.LE;
import static io.github.geneve4j.io.bpf.Condition.NE;
import static io.github.geneve4j.io.bpf.Register.R0;
import static io.github.geneve4j.io.bpf.Register.R1;
import static io.github.geneve4j.io.bpf.Register.R2;
import static io.github.geneve4j.io.bpf.Register.R3;
import static io.github.geneve4j.io.bpf.Register.R4;
import static io.github.geneve4j.io.bpf.Register.R6;
import static io.github.geneve4j.io.bpf.Size.U32;

/**
 * Drops the datagrams of one UDP port at some addresses before IP sees them; see {@link
 * DatagramMatch} for what a datagram is. Packet sockets have had their copy by then. A first VLAN
 * tag is not in the frame that this program sees.
 */
public final class TcDrop {
    /** All headers at their longest: Ethernet, two tags, IPv4 with options, UDP. */
    private static final int HEADERS =
            OuterHeaders.UDP + 2 * OuterHeaders.TAG_LENGTH + 40 + OuterHeaders.UDP_LENGTH;

    private TcDrop() {}

    /**
     * {@return the program}
     *
     * @param port destination port, 1 to 65535
     * @param addresses destination addresses, IPv4, big-endian, one or more
     */
    public static Bytecode assemble(int port, int[] addresses) {
        Assembler a = new Assembler();
        Label small = a.label("small");
        Label readable = a.label("readable");
        Label next = a.label("next");
        a.load(U32, R0, R1, TcContext.PACKET_TYPE); //              if (not sent to this host)
        a.jumpIf(NE, R0, TcContext.TO_THIS_HOST, next);
        load(a);
        a.mov(R4, R2).add(R4, HEADERS);
        a.jumpIf(LE, R4, R3, readable); //                          if (all headers are there)

        a.mov(R6, R1);
        a.load(U32, R2, R1, TcContext.LENGTH); //                   u32 length = ctx->len
        a.jumpIf(LE, R2, HEADERS, small);
        a.mov(R2, HEADERS); //                                      if (length > 90) length = 90
        a.bind(small);
        a.call(Helper.SKB_PULL_DATA); //                            skb_pull_data(ctx, length)
        a.mov(R1, R6);
        load(a);

        a.bind(readable);
        DatagramMatch.emit(a, port, addresses, OuterHeaders.FRAGMENT_OFFSET_MASK, next);
        a.mov(R0, TcContext.DROP).exit(); //                        return TCX_DROP

        a.bind(next);
        a.mov(R0, TcContext.NEXT).exit(); //                        return TCX_NEXT
        return a.assemble();
    }

    private static void load(Assembler a) {
        a.load(U32, R2, R1, TcContext.DATA); //                     u8 *frame = ctx->data
        a.load(U32, R3, R1, TcContext.DATA_END); //                 u8 *end = ctx->data_end
    }
}
