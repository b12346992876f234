package io.github.geneve4j.io.bpf;

import static io.github.geneve4j.io.bpf.Condition.GT;
import static io.github.geneve4j.io.bpf.Register.R0;
import static io.github.geneve4j.io.bpf.Register.R1;
import static io.github.geneve4j.io.bpf.Register.R2;
import static io.github.geneve4j.io.bpf.Register.R3;
import static io.github.geneve4j.io.bpf.Register.R4;
import static io.github.geneve4j.io.bpf.Register.R6;
import static io.github.geneve4j.io.bpf.Size.U32;

import java.util.function.Consumer;

/**
 * Sends the datagrams of one UDP port at some addresses to the AF_XDP socket of the queue that they
 * came by; all else goes on to the kernel's stack, and so does everything that comes by a queue
 * without a socket; see {@link DatagramMatch} for what a datagram is.
 */
public final class XdpRedirect {
    private XdpRedirect() {}

    /**
     * {@return the program}
     *
     * @param socketMap descriptor of a map from queue to AF_XDP socket
     * @param port destination port, 1 to 65535
     * @param addresses destination addresses, IPv4, big-endian, one or more
     * @param mac destination address of Ethernet, the lower 48 bits: frames for others, which a
     *     bridge floods or a capture lets in, are not for this host to answer
     */
    public static Bytecode assemble(int socketMap, int port, int[] addresses, long mac) {
        return assemble(socketMap, port, addresses, mac, XdpContext.PASS);
    }

    /**
     * {@return the program that leaves first fragments to the kernel's stack too, where they can
     * meet the others}
     *
     * @param socketMap as above
     * @param port as above
     * @param addresses as above
     * @param mac as above
     */
    public static Bytecode assembleWithoutFragments(
            int socketMap, int port, int[] addresses, long mac) {
        int bits = OuterHeaders.FRAGMENT_MASK;
        return assemble(socketMap, port, addresses, mac, bits, XdpContext.PASS);
    }

    /** The same, with another action for what comes by a queue without a socket. */
    static Bytecode assemble(
            int socketMap, int port, int[] addresses, long mac, int withoutSocket) {
        int bits = OuterHeaders.FRAGMENT_OFFSET_MASK;
        return assemble(socketMap, port, addresses, mac, bits, withoutSocket);
    }

    private static Bytecode assemble(
            int socketMap,
            int port,
            int[] addresses,
            long mac,
            int fragmentBits,
            int withoutSocket) {
        Assembler a = new Assembler();
        emit(a, socketMap, port, addresses, mac, fragmentBits, x -> x.mov(R3, withoutSocket));
        return a.assemble();
    }

    /**
     * Puts the whole of it into a program, which ends by it; with the context in R1.
     *
     * @param withoutSocket puts into R3 the action for what comes by a queue without a socket, and
     *     leaves R6 alone
     */
    static void emit(
            Assembler a,
            int socketMap,
            int port,
            int[] addresses,
            long mac,
            int fragmentBits,
            Consumer<Assembler> withoutSocket) {
        Label pass = a.label("pass");
        a.mov(R6, R1);
        a.load(U32, R2, R1, XdpContext.DATA); //                    u8 *frame = ctx->data
        a.load(U32, R3, R1, XdpContext.DATA_END); //                u8 *end = ctx->data_end
        a.mov(R4, R2).add(R4, OuterHeaders.ETHERNET_LENGTH);
        a.jumpIf(GT, R4, R3, pass); //                              if (frame + 14 > end) goto pass
        DatagramMatch.emitMac(a, R2, mac, pass);
        DatagramMatch.emit(a, port, addresses, fragmentBits, pass);

        withoutSocket.accept(a);
        a.load(U32, R2, R6, XdpContext.RX_QUEUE_INDEX);
        a.movMap(R1, socketMap);
        a.call(Helper.REDIRECT_MAP).exit(); //                      return redirect_map(...)

        a.bind(pass);
        a.mov(R0, XdpContext.PASS).exit(); //                       return XDP_PASS
    }
}
