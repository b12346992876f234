package io.github.geneve4j.io.bpf;

import static io.github.geneve4j.io.bpf.Condition.ANY;
import static io.github.geneve4j.io.bpf.Condition.EQ;
import static io.github.geneve4j.io.bpf.Condition.NE;
import static io.github.geneve4j.io.bpf.Register.R0;
import static io.github.geneve4j.io.bpf.Register.R1;
import static io.github.geneve4j.io.bpf.Register.R10;
import static io.github.geneve4j.io.bpf.Register.R2;
import static io.github.geneve4j.io.bpf.Register.R6;
import static io.github.geneve4j.io.bpf.Register.R7;
import static io.github.geneve4j.io.bpf.Size.U16;
import static io.github.geneve4j.io.bpf.Size.U32;
import static io.github.geneve4j.io.bpf.Size.U64;
import static io.github.geneve4j.io.bpf.Size.U8;

/**
 * Lets the datagrams of one UDP port into a packet socket, those excepted that the kernel or a
 * network card has joined: it counts these. First fragments get in, whoever they are for and
 * whatever is wrong with them; the socket's owner counts what it cannot use.
 *
 * <p>The first VLAN tag is not in the frame that this program sees.
 */
public final class SocketFilter {
    private static final int WORD_SHIFT = 2;
    private static final int KEY = -8; // on the stack

    private SocketFilter() {}

    /**
     * {@return the program}
     *
     * @param port destination port, 1 to 65535
     * @param countMap descriptor of an array of {@code u64}; the first counts joined frames
     */
    public static Bytecode assemble(int port, int countMap) {
        Assembler a = new Assembler();
        Label tagged = a.label("tagged");
        Label ipv4 = a.label("ipv4");
        Label joined = a.label("joined");
        Label nothing = a.label("nothing");
        a.mov(R6, R1);
        a.load(U32, R0, R6, SocketContext.PACKET_TYPE); //          if (not sent to this host)
        a.jumpIf(NE, R0, SocketContext.TO_THIS_HOST, nothing);
        a.mov(R7, OuterHeaders.IP); //                              int ip = 14
        a.loadPacket(U16, OuterHeaders.ETHER_TYPE); //              u16 type = ethernet->type
        a.jumpIf(EQ, R0, OuterHeaders.ETHER_TYPE_IPV4, ipv4);
        a.jumpIf(EQ, R0, OuterHeaders.ETHER_TYPE_VLAN, tagged);
        a.jumpIf(NE, R0, OuterHeaders.ETHER_TYPE_SERVICE_VLAN, nothing);
        a.bind(tagged);
        a.mov(R7, OuterHeaders.IP + OuterHeaders.TAG_LENGTH); //    ip = 18
        a.loadPacket(U16, OuterHeaders.ETHER_TYPE + OuterHeaders.TAG_LENGTH);
        a.jumpIf(NE, R0, OuterHeaders.ETHER_TYPE_IPV4, nothing);

        a.bind(ipv4);
        loadIp(a, U8, OuterHeaders.IP_PROTOCOL); //                 if (protocol != UDP)
        a.jumpIf(NE, R0, OuterHeaders.PROTOCOL_UDP, nothing);
        loadIp(a, U16, OuterHeaders.IP_FRAGMENT); //                if (not the first fragment)
        a.jumpIf(ANY, R0, OuterHeaders.FRAGMENT_OFFSET_MASK, nothing);
        loadIp(a, U8, OuterHeaders.IP_VERSION_IHL);
        a.and(R0, OuterHeaders.IHL_MASK).shl(R0, WORD_SHIFT);
        a.add(R7, R0); //                                           int udp = ip + 4 * words
        a.loadPacket(U16, R7, OuterHeaders.UDP_DESTINATION); //     if (destination != port)
        a.jumpIf(NE, R0, port, nothing);
        a.load(U32, R0, R6, SocketContext.GSO_SIZE); //             if (ctx->gso_size != 0)
        a.jumpIf(NE, R0, 0, joined);
        a.mov(R0, SocketContext.WHOLE).exit();

        a.bind(joined);
        a.store(U64, R10, KEY, 0); //                               u32 key = 0
        a.movMap(R1, countMap);
        a.mov(R2, R10).add(R2, KEY);
        a.call(Helper.MAP_LOOKUP_ELEM); //                          u64 *count = lookup(map, &key)
        a.jumpIf(EQ, R0, 0, nothing);
        a.mov(R1, 1);
        a.atomicAdd(U64, R0, 0, R1); //                             (*count)++
        a.bind(nothing);
        a.mov(R0, SocketContext.NOTHING).exit();
        return a.assemble();
    }

    /** Loads a field of the IPv4 header into R0. */
    private static void loadIp(Assembler a, Size size, int field) {
        a.loadPacket(size, R7, field - OuterHeaders.IP);
    }
}
