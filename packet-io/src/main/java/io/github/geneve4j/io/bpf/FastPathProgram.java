package io.github.geneve4j.io.bpf;

import static io.github.geneve4j.io.bpf.Assembler.networkOrder16;
import static io.github.geneve4j.io.bpf.Assembler.networkOrder32;
import static io.github.geneve4j.io.bpf.Condition.ANY;
import static io.github.geneve4j.io.bpf.Condition.EQ;
import static io.github.geneve4j.io.bpf.Condition.GE;
import static io.github.geneve4j.io.bpf.Condition.GT;
import static io.github.geneve4j.io.bpf.Condition.LE;
import static io.github.geneve4j.io.bpf.Condition.LT;
import static io.github.geneve4j.io.bpf.Condition.NE;
import static io.github.geneve4j.io.bpf.Register.R0;
import static io.github.geneve4j.io.bpf.Register.R1;
import static io.github.geneve4j.io.bpf.Register.R10;
import static io.github.geneve4j.io.bpf.Register.R2;
import static io.github.geneve4j.io.bpf.Register.R3;
import static io.github.geneve4j.io.bpf.Register.R4;
import static io.github.geneve4j.io.bpf.Register.R5;
import static io.github.geneve4j.io.bpf.Register.R6;
import static io.github.geneve4j.io.bpf.Register.R7;
import static io.github.geneve4j.io.bpf.Register.R8;
import static io.github.geneve4j.io.bpf.Register.R9;
import static io.github.geneve4j.io.bpf.Size.U16;
import static io.github.geneve4j.io.bpf.Size.U32;
import static io.github.geneve4j.io.bpf.Size.U64;
import static io.github.geneve4j.io.bpf.Size.U8;

import io.github.geneve4j.io.bpf.FastPathLayout.Miss;
import io.github.geneve4j.io.bpf.FastPathLayout.Slot;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Returns the packets of judged flows to the load balancer from within the kernel, and leaves all
 * others to a port.
 *
 * <p>A packet is returned if it has the shape that nearly all have, in every bit that could mean
 * something else, and its flow has a slot that holds: see {@link FastPathLayout}. Then addresses
 * are swapped and the time to live is set, as a port does for a reply; ports and all behind them
 * stay. What is not returned is not touched.
 *
 * <p>Where things are, from the start of the frame:
 *
 * <pre>
 *   0 Ethernet    14 IPv4 without options    34 UDP    42 Geneve, 8 words of options
 *  50 endpoint's option    62 attachment's    74 flow cookie's    82 inner packet
 * 102 inner ports (IPv4)    122 inner ports (IPv6)
 * </pre>
 *
 * <p>Registers: {@code R6} is the context, {@code R7} the frame, {@code R8} the slot once it is
 * found, and {@code R9} a length, at last that of the inner packet. No number from the packet is
 * added to a pointer, as in {@link DatagramMatch}.
 */
public final class FastPathProgram {
    private static final int IP = OuterHeaders.IP;
    private static final int IP_TOTAL_LENGTH = IP + 2;
    private static final int IP_TTL = IP + 8; // and the protocol
    private static final int IP_CHECKSUM = IP + 10;
    private static final int UDP = OuterHeaders.UDP;
    private static final int UDP_LENGTH_FIELD = UDP + 4;
    private static final int UDP_CHECKSUM = UDP + 6;

    private static final int GENEVE = UDP + OuterHeaders.UDP_LENGTH;
    private static final int INNER = GENEVE + UsualPacket.HEADER_LENGTH;

    private static final int VERSION_6 = 0x60;
    private static final int INNER_LENGTH = 2; // from the inner IPv4 header's start
    private static final int INNER6_LENGTH = 4; // from the inner IPv6 header's start

    private static final int TCP_LENGTH = 20;
    private static final int TCP_DATA_OFFSET = 12; // upper four bits, in words
    private static final int TCP_FLAGS = 13;
    private static final int FIN_SYN_RST_ACK = 0x17;
    private static final int ACK = 0x10;
    private static final int TTL = 64;
    private static final int LOW_16 = 0xffff;
    private static final int ATTEMPTS = 4; // to count, while others count the same flow's packets

    // On the stack
    private static final int INDEX = -4; // of a bucket, or of a processor
    private static final int HASH = -16;
    private static final int PORTS = -24;

    private final Assembler a = new Assembler();
    private final Maps maps;
    private final Match match;
    private final long seed;
    private final List<Label> misses; // in the order of their causes
    private final Label other = a.label("other");
    private final Label send = a.label("send");

    /**
     * Descriptors of the maps that it works with.
     *
     * @param control an array of one: the owner's words
     * @param counters an array by processor
     * @param flows an array of buckets of {@link Slot#IPV4}
     * @param buckets how many, a power of two
     * @param flows6 an array of buckets of {@link Slot#IPV6}
     * @param buckets6 how many, a power of two
     */
    public record Maps(
            int control, int counters, int flows, int buckets, int flows6, int buckets6) {}

    /**
     * What a datagram has to have before anything is looked up.
     *
     * @param port destination port, 1 to 65535
     * @param addresses destination addresses, IPv4, big-endian, one or more
     * @param mac destination address of Ethernet, the lower 48 bits
     * @param mtu most bytes of the outer packet
     * @param origins of networks that it may come from
     */
    public record Match(
            int port, List<Integer> addresses, long mac, int mtu, List<Origin> origins) {}

    /**
     * Addresses that datagrams may come from.
     *
     * @param first IPv4, big-endian
     * @param last not below the first, unsigned
     */
    public record Origin(int first, int last) {}

    private FastPathProgram(Maps maps, Match match, long seed) {
        this.maps = maps;
        this.match = match;
        this.seed = seed;
        this.misses =
                Stream.of(Miss.values())
                        .map(miss -> a.label("miss_" + miss.name().toLowerCase(Locale.ROOT)))
                        .toList();
    }

    /**
     * {@return the program that leaves everything else to the kernel's stack, and so to an
     * AF_PACKET port}
     *
     * @param maps in this process
     * @param match what datagrams have
     * @param seed of the hash
     */
    public static Bytecode assemble(Maps maps, Match match, long seed) {
        FastPathProgram program = new FastPathProgram(maps, match, seed);
        return program.assemble(a -> a.mov(R0, XdpContext.PASS).exit());
    }

    /**
     * {@return the program that leaves the port's datagrams to AF_XDP sockets, and the rest to the
     * kernel's stack}
     *
     * @param maps in this process
     * @param match what datagrams have
     * @param seed of the hash
     * @param socketMap descriptor of a map from queue to AF_XDP socket
     * @param drops whether the port's datagrams go nowhere while there is none, unless the owner
     *     has not vouched for the slots for too long: then they go to the stack too, where another
     *     port may wait for them
     */
    public static Bytecode assemble(
            Maps maps, Match match, long seed, int socketMap, boolean drops) {
        FastPathProgram program = new FastPathProgram(maps, match, seed);
        return program.assemble(
                a -> {
                    int bits = OuterHeaders.FRAGMENT_OFFSET_MASK;
                    a.mov(R1, R6);
                    XdpRedirect.emit(
                            a,
                            socketMap,
                            match.port,
                            match.addresses.stream().mapToInt(Integer::intValue).toArray(),
                            match.mac,
                            bits,
                            drops ? program::withoutSocket : x -> x.mov(R3, XdpContext.PASS));
                });
    }

    /** {@code r3 = now > lease ? XDP_PASS : XDP_DROP}. */
    private void withoutSocket(Assembler a) {
        Label chosen = a.label("chosen");
        a.call(Helper.KTIME_GET_NS);
        a.movMapValue(R1, maps.control, 0);
        a.load(U64, R1, R1, FastPathLayout.LEASE);
        a.mov(R3, XdpContext.PASS);
        a.jumpIf(GT, R0, R1, chosen);
        a.mov(R3, XdpContext.DROP);
        a.bind(chosen);
    }

    private Bytecode assemble(Consumer<Assembler> otherwise) {
        Label ipv6 = a.label("inner_ipv6");
        outer();
        geneve(ipv6);
        innerIpv4();
        find(Slot.IPV4, INNER + UsualPacket.IPV4_ADDRESSES, maps.flows, maps.buckets);
        a.bind(ipv6);
        innerIpv6();
        find(Slot.IPV6, INNER + UsualPacket.IPV6_ADDRESSES, maps.flows6, maps.buckets6);
        a.bind(send);
        returnFrame();
        for (Miss miss : Miss.values()) {
            countMiss(miss);
        }
        a.bind(other);
        otherwise.accept(a);
        return a.assemble();
    }

    /** Everything up to the UDP header; what is not the port's is not counted. */
    private void outer() {
        Label outer = miss(Miss.OUTER);
        a.mov(R6, R1);
        a.load(U32, R7, R6, XdpContext.DATA); //                    u8 *frame = ctx->data
        a.load(U32, R3, R6, XdpContext.DATA_END);
        a.mov(R4, R7).add(R4, INNER + OuterHeaders.IP_LENGTH + OuterHeaders.UDP_LENGTH);
        a.jumpIf(GT, R4, R3, other); //                             if (too short for any)
        DatagramMatch.emitMac(a, R7, match.mac, other);
        a.load(U16, R0, R7, OuterHeaders.ETHER_TYPE); //            if (not IPv4)
        a.jumpIf(NE, R0, networkOrder16(OuterHeaders.ETHER_TYPE_IPV4), other);
        a.load(U8, R0, R7, OuterHeaders.IP_VERSION_IHL); //         if (it has options)
        a.jumpIf(NE, R0, OuterHeaders.VERSION_4_IHL_5, other);
        a.load(U8, R0, R7, OuterHeaders.IP_PROTOCOL); //            if (not UDP)
        a.jumpIf(NE, R0, OuterHeaders.PROTOCOL_UDP, other);
        a.load(U16, R0, R7, UDP + OuterHeaders.UDP_DESTINATION); // if (not to the port)
        a.jumpIf(NE, R0, networkOrder16(match.port), other);
        Label own = a.label("own");
        a.load(U32, R4, R7, OuterHeaders.IP_DESTINATION); //        if (not to this host)
        for (int address : match.addresses) {
            a.jumpIf32(EQ, R4, networkOrder32(address), own);
        }
        a.jump(other);

        a.bind(own);
        a.load(U32, R5, R7, OuterHeaders.IP_SOURCE); //             u32 source = ip->source
        origin();
        a.load(U16, R0, R7, OuterHeaders.IP_FRAGMENT); //           if (a fragment)
        a.jumpIf(ANY, R0, networkOrder16(OuterHeaders.FRAGMENT_MASK), outer);
        checksums(outer);
        lengths(outer);
    }

    /** With the source address in {@code R5}, which stays. */
    private void origin() {
        Label known = a.label("known_origin");
        a.mov(R0, R5).swapBytes(U32, R0);
        int number = 0;
        for (Origin range : match.origins) {
            if (range.first == range.last) {
                a.jumpIf32(EQ, R0, range.first, known);
            } else {
                Label next = a.label("origin" + ++number);
                a.jumpIf32(LT, R0, range.first, next);
                a.jumpIf32(LE, R0, range.last, known);
                a.bind(next);
            }
        }
        a.jump(miss(Miss.ORIGIN));
        a.bind(known);
    }

    /**
     * The IPv4 header's checksum has to be right. UDP's stays as right as it was; but one that the
     * sender left to a network card to complete, which is the sum of the pseudo-header, would be
     * lost. With the addresses in {@code R4} and {@code R5}.
     */
    private void checksums(Label outer) {
        a.mov(R9, R4).add(R9, R5); //                               u64 sum = addresses
        a.mov(R0, R9);
        for (int word = 0; word < OuterHeaders.IP_SOURCE - IP; word += Integer.BYTES) {
            a.load(U32, R1, R7, IP + word);
            a.add(R0, R1);
        }
        fold(R0, R1);
        a.jumpIf(NE, R0, LOW_16, outer); //                         if (the sum is wrong)
        a.load(U16, R1, R7, UDP_LENGTH_FIELD);
        a.add(R9, R1).add(R9, networkOrder16(OuterHeaders.PROTOCOL_UDP));
        fold(R9, R1);
        a.load(U16, R0, R7, UDP_CHECKSUM); //                       if (to be completed)
        a.jumpIf(EQ, R0, R9, outer);
    }

    /** Folds a sum of some words of 32 bits into 16. */
    private void fold(Register sum, Register scratch) {
        a.mov(scratch, sum).shr(scratch, Integer.SIZE); //          from 35 bits to 33
        a.alu32(Alu.MOV, sum, sum);
        a.add(sum, scratch);
        for (int i = 0; i < 3; i++) { //                            to 18, to 17, to 16
            a.mov(scratch, sum).shr(scratch, Short.SIZE);
            a.and(sum, LOW_16);
            a.add(sum, scratch);
        }
    }

    /** All lengths have to agree; that of the UDP payload is in {@code R9} afterwards. */
    private void lengths(Label outer) {
        a.load(U16, R9, R7, IP_TOTAL_LENGTH);
        a.swapBytes(U16, R9); //                                    u64 length = ip->total_length
        a.jumpIf(GT, R9, match.mtu, outer);
        a.mov(R1, R6).call(Helper.XDP_GET_BUFF_LEN);
        a.add(R0, -OuterHeaders.ETHERNET_LENGTH); //                if (the frame is not as long)
        a.jumpIf(NE, R0, R9, outer);
        a.add(R9, -OuterHeaders.IP_LENGTH);
        a.load(U16, R0, R7, UDP_LENGTH_FIELD);
        a.swapBytes(U16, R0); //                                    if (udp->length is not)
        a.jumpIf(NE, R0, R9, outer);
        a.add(R9, -OuterHeaders.UDP_LENGTH);
    }

    /** Exactly the header that the load balancer sends. */
    private void geneve(Label ipv6) {
        Label outer = miss(Miss.OUTER);
        word(UsualPacket.VNI, 0, outer);
        word(UsualPacket.ENDPOINT_OPTION, UsualPacket.ENDPOINT_HEADER, outer);
        word(UsualPacket.ATTACHMENT_OPTION, UsualPacket.ATTACHMENT_HEADER, outer);
        word(UsualPacket.COOKIE_OPTION, UsualPacket.COOKIE_HEADER, outer);
        a.add(R9, -UsualPacket.HEADER_LENGTH); //                   length of the inner packet
        a.load(U32, R0, R7, GENEVE);
        a.jumpIf32(EQ, R0, networkOrder32(UsualPacket.GENEVE_IPV6), ipv6);
        a.jumpIf32(NE, R0, networkOrder32(UsualPacket.GENEVE_IPV4), outer);
    }

    private void word(int offset, int value, Label otherwise) {
        a.load(U32, R0, R7, GENEVE + offset);
        a.jumpIf32(NE, R0, networkOrder32(value), otherwise);
    }

    private void innerIpv4() {
        Label inner = miss(Miss.INNER);
        a.load(U8, R0, R7, INNER); //                               if (options, or not IPv4)
        a.jumpIf(NE, R0, OuterHeaders.VERSION_4_IHL_5, inner);
        a.load(U16, R0, R7, INNER + INNER_LENGTH);
        a.swapBytes(U16, R0); //                                    if (not all of the payload)
        a.jumpIf(NE, R0, R9, inner);
        a.load(U16, R0, R7, INNER + UsualPacket.IPV4_FRAGMENT); //   if (a fragment)
        a.jumpIf(ANY, R0, networkOrder16(OuterHeaders.FRAGMENT_MASK), inner);
        a.load(U8, R1, R7, INNER + UsualPacket.IPV4_PROTOCOL);
        transport(OuterHeaders.IP_LENGTH);
    }

    private void innerIpv6() {
        Label inner = miss(Miss.INNER);
        a.load(U32, R3, R6, XdpContext.DATA_END);
        a.mov(R4, R7).add(R4, INNER + UsualPacket.IPV6_LENGTH + OuterHeaders.UDP_LENGTH);
        a.jumpIf(GT, R4, R3, inner); //                             if (too short for UDP)
        a.load(U8, R0, R7, INNER); //                               if (not IPv6)
        a.and(R0, OuterHeaders.VERSION_MASK);
        a.jumpIf(NE, R0, VERSION_6, inner);
        a.load(U16, R0, R7, INNER + INNER6_LENGTH);
        a.swapBytes(U16, R0);
        a.add(R0, UsualPacket.IPV6_LENGTH); //                      if (not all of the payload)
        a.jumpIf(NE, R0, R9, inner);
        a.load(U8, R1, R7, INNER + UsualPacket.IPV6_PROTOCOL);
        transport(UsualPacket.IPV6_LENGTH);
    }

    /** UDP, or a segment in the middle of a TCP connection; the protocol is in {@code R1}. */
    private void transport(int headerLength) {
        Label inner = miss(Miss.INNER);
        Label ports = a.label("ports" + headerLength);
        int transport = INNER + headerLength;
        a.jumpIf(EQ, R1, OuterHeaders.PROTOCOL_UDP, ports);
        a.jumpIf(NE, R1, UsualPacket.TCP, inner);
        a.load(U32, R3, R6, XdpContext.DATA_END);
        a.mov(R4, R7).add(R4, transport + TCP_LENGTH);
        a.jumpIf(GT, R4, R3, inner); //                             if (too short for TCP)
        a.load(U8, R0, R7, transport + TCP_FLAGS);
        a.and(R0, FIN_SYN_RST_ACK); //                              if (not just an ACK)
        a.jumpIf(NE, R0, ACK, miss(Miss.TCP_FLAGS));
        a.load(U8, R0, R7, transport + TCP_DATA_OFFSET);
        a.shr(R0, 4).shl(R0, 2); //                                 u64 length of its header
        a.jumpIf(LT, R0, TCP_LENGTH, miss(Miss.TCP_FLAGS));
        a.add(R0, headerLength);
        a.jumpIf(GT, R0, R9, miss(Miss.TCP_FLAGS));
        a.bind(ports);
        a.load(U32, R0, R7, transport);
        a.shl(R1, Integer.SIZE); //                                 u64 ports = protocol, ports
        a.alu(Alu.OR, R1, R0);
        a.store(U64, R10, PORTS, R1);
    }

    /** Looks for the flow in its two buckets, and lets the packet pass if it is there. */
    private void find(Slot slot, int addresses, int map, int buckets) {
        hash(slot, addresses);
        Label found = a.label("found" + slot.length());
        int mask = buckets - 1;
        for (int choice = 0; choice < 2; choice++) {
            a.load(U64, R0, R10, HASH);
            if (choice > 0) {
                a.shr(R0, Integer.SIZE);
            }
            a.and(R0, mask); //                                     u32 index = hash & mask
            a.store(U32, R10, INDEX, R0);
            lookUp(map, miss(Miss.UNKNOWN));
            key(addresses);
            for (int i = 0; i < FastPathLayout.BUCKET_SLOTS; i++) {
                compare(slot, addresses, found);
            }
        }
        a.jump(miss(Miss.UNKNOWN));
        a.bind(found);
        take(slot);
    }

    /** {@code r0 = &map[index]}, without a call in fact: the verifier puts it in place. */
    private void lookUp(int map, Label otherwise) {
        a.movMap(R1, map);
        a.mov(R2, R10).add(R2, INDEX);
        a.call(Helper.MAP_LOOKUP_ELEM);
        a.jumpIf(EQ, R0, 0, otherwise);
    }

    private void hash(Slot slot, int addresses) {
        a.mov64(R0, seed); //                                       u64 hash = seed
        a.mov64(R2, FastPathLayout.FIRST_FACTOR);
        mix(GENEVE + UsualPacket.ENDPOINT);
        for (int i = 0; i < slot.addressWords(); i++) {
            mix(addresses + i * Long.BYTES);
        }
        a.add(R0, R1); //                                           R1 has the ports still
        a.mov64(R2, FastPathLayout.SECOND_FACTOR).alu(Alu.MUL, R0, R2);
        xorShift(29);
        a.mov64(R2, FastPathLayout.THIRD_FACTOR).alu(Alu.MUL, R0, R2);
        xorShift(Integer.SIZE);
        a.store(U64, R10, HASH, R0);
    }

    private void mix(int offset) {
        a.load(U64, R3, R7, offset);
        a.add(R0, R3).alu(Alu.MUL, R0, R2);
        xorShift(Integer.SIZE);
    }

    private void xorShift(int bits) {
        a.mov(R3, R0).shr(R3, bits);
        a.alu(Alu.XOR, R0, R3);
    }

    /** {@code r2 = endpoint, r3 = ports, r4 = first word of the addresses}. */
    private void key(int addresses) {
        a.load(U64, R2, R7, GENEVE + UsualPacket.ENDPOINT);
        a.load(U64, R3, R10, PORTS);
        a.load(U64, R4, R7, addresses);
    }

    /** Goes to {@code found} if the slot in {@code R0} has the key, or moves on to the next. */
    private void compare(Slot slot, int addresses, Label found) {
        Label next = a.label("next");
        a.load(U64, R1, R0, FastPathLayout.ADDRESSES);
        a.jumpIf(NE, R1, R4, next);
        a.load(U64, R1, R0, slot.ports());
        a.jumpIf(NE, R1, R3, next);
        a.load(U64, R1, R0, FastPathLayout.ENDPOINT);
        a.jumpIf(NE, R1, R2, next);
        for (int i = 1; i < slot.addressWords(); i++) {
            a.load(U64, R1, R0, FastPathLayout.ADDRESSES + i * Long.BYTES);
            a.load(U64, R5, R7, addresses + i * Long.BYTES);
            a.jumpIf(NE, R1, R5, next);
        }
        a.jump(found);
        a.bind(next);
        a.add(R0, slot.length());
    }

    /**
     * Lets the packet pass, if the slot in {@code R0} holds. The packet is added to just the word
     * that was looked at: whatever the owner or another processor does meanwhile, it is counted if
     * and only if it passes.
     */
    private void take(Slot slot) {
        Label generation = miss(Miss.GENERATION);
        Label limit = miss(Miss.LIMIT);
        Label taken = a.label("taken" + slot.length());
        int counts = slot.counts();
        a.mov(R8, R0);
        a.call(Helper.KTIME_GET_NS);
        a.mov(R5, R0); //                                           u64 now
        a.movMapValue(R3, maps.control, 0);
        a.load(U64, R1, R3, FastPathLayout.LEASE); //               if (nobody vouches for it)
        a.jumpIf(GT, R5, R1, miss(Miss.LEASE));
        a.load(U64, R2, R3, FastPathLayout.GENERATION);
        a.load(U64, R0, R8, FastPathLayout.WORD);
        a.mov(R1, R0).shr(R1, Integer.SIZE); //                     if (judged by another policy)
        a.jumpIf(NE, R1, R2, generation);
        a.load(U64, R3, R8, counts + FastPathLayout.BYTES);
        a.add(R3, R9);
        a.load(U64, R1, R8, counts + FastPathLayout.MOST_BYTES); // if (too many bytes)
        a.jumpIf(GT, R3, R1, limit);
        a.load(U32, R3, R8, counts + FastPathLayout.MOST_PACKETS);
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            if (attempt > 0) { //                                   if (ended meanwhile)
                a.mov(R1, R0).shr(R1, Integer.SIZE);
                a.jumpIf(NE, R1, R2, generation);
            }
            a.alu32(Alu.MOV, R1, R0);
            a.jumpIf(GE, R1, R3, limit); //                         if (too many packets)
            a.mov(R4, R0);
            a.mov(R1, R0).add(R1, 1); //                            word = word + 1
            a.compareExchange(U64, R8, FastPathLayout.WORD, R1);
            a.jumpIf(EQ, R0, R4, taken);
        }
        a.jump(limit);

        a.bind(taken);
        a.atomicAdd(U64, R8, counts + FastPathLayout.BYTES, R9);
        a.store(U64, R8, counts + FastPathLayout.LAST_SEEN, R5);
        a.load(U32, R1, R7, GENEVE + UsualPacket.COOKIE);
        a.store(U32, R8, counts + FastPathLayout.COOKIE, R1);
        a.jump(send);
    }

    /** Counts the packet, and turns the frame into its own reply, as a port does. */
    private void returnFrame() {
        Label counted = a.label("counted");
        counters(counted);
        increase(FastPathLayout.HITS);
        a.load(U64, R1, R0, FastPathLayout.HIT_BYTES);
        a.add(R1, R9);
        a.store(U64, R0, FastPathLayout.HIT_BYTES, R1);
        a.bind(counted);
        XdpTxHairpin.swapAddresses(a, R7);
        a.load(U16, R4, R7, IP_TTL); //                             u16 before = ttl, protocol
        int after = networkOrder16(TTL << Byte.SIZE | OuterHeaders.PROTOCOL_UDP);
        Label turned = a.label("turned");
        a.jumpIf(EQ, R4, after, turned);
        a.load(U16, R5, R7, IP_CHECKSUM); //                        RFC 1624, equation 3
        a.alu(Alu.XOR, R5, LOW_16);
        a.alu(Alu.XOR, R4, LOW_16);
        a.add(R5, R4).add(R5, after);
        for (int i = 0; i < 2; i++) {
            a.mov(R4, R5).shr(R4, Short.SIZE);
            a.and(R5, LOW_16).add(R5, R4);
        }
        a.alu(Alu.XOR, R5, LOW_16);
        a.store(U16, R7, IP_CHECKSUM, R5);
        a.mov(R4, after);
        a.store(U16, R7, IP_TTL, R4);
        a.bind(turned);
        a.mov(R0, XdpContext.TX).exit(); //                         return XDP_TX
    }

    private Label miss(Miss miss) {
        return misses.get(miss.ordinal());
    }

    private void countMiss(Miss miss) {
        a.bind(miss(miss));
        counters(other);
        increase(FastPathLayout.MISSES + miss.ordinal() * Long.BYTES);
        a.jump(other);
    }

    /** {@code r0 = &counters[processor]}. */
    private void counters(Label otherwise) {
        a.call(Helper.GET_SMP_PROCESSOR_ID);
        a.store(U32, R10, INDEX, R0);
        lookUp(maps.counters, otherwise);
    }

    /** One more; nobody else writes there. */
    private void increase(int offset) {
        a.load(U64, R1, R0, offset);
        a.add(R1, 1);
        a.store(U64, R0, offset, R1);
    }
}
