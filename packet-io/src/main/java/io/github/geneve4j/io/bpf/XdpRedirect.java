package io.github.geneve4j.io.bpf;

import static io.github.geneve4j.io.bpf.Register.R0;
import static io.github.geneve4j.io.bpf.Register.R1;
import static io.github.geneve4j.io.bpf.Register.R2;
import static io.github.geneve4j.io.bpf.Register.R3;
import static io.github.geneve4j.io.bpf.Size.U32;

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
     */
    public static Bytecode assemble(int socketMap, int port, int[] addresses) {
        return assemble(socketMap, port, addresses, XdpContext.PASS);
    }

    /** The same, with another action for what comes by a queue without a socket. */
    static Bytecode assemble(int socketMap, int port, int[] addresses, int withoutSocket) {
        Assembler a = new Assembler();
        Label pass = a.label("pass");
        a.load(U32, R2, R1, XdpContext.DATA); //                    u8 *frame = ctx->data
        a.load(U32, R3, R1, XdpContext.DATA_END); //                u8 *end = ctx->data_end
        DatagramMatch.emit(a, port, addresses, pass);

        a.load(U32, R2, R1, XdpContext.RX_QUEUE_INDEX);
        a.movMap(R1, socketMap);
        a.mov(R3, withoutSocket);
        a.call(Helper.REDIRECT_MAP).exit(); //                      return redirect_map(...)

        a.bind(pass);
        a.mov(R0, XdpContext.PASS).exit(); //                       return XDP_PASS
        return a.assemble();
    }
}
