package io.github.geneve4j.appliance;

import io.github.geneve4j.testkit.Checksums;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Frames from a load balancer, of many conversations at once: most of them in order, some with what
 * a fast path has to look out for: new connections on old ports, new cookies, resets, fragments,
 * extension headers, ICMP, broken headers.
 */
final class FastPathTraffic {
    /** Where the tunnel header is in a frame. */
    static final int GENEVE = 42;

    private static final int IP = 14;
    private static final int IP_CHECKSUM = IP + 10;
    private static final int IP_ADDRESSES = IP + 12;
    private static final int UDP_HEADER = 34;
    private static final int UDP_CHECKSUM = UDP_HEADER + 6;
    private static final int FIN = 1;
    private static final int SYN = 2;
    private static final int RST = 4;
    private static final int PSH = 8;
    private static final int ACK = 16;
    private static final int FIN_SYN_RST_ACK = FIN | SYN | RST | ACK;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int SCTP = 132;
    private static final int HOP_BY_HOP = 0;
    private static final int FRAGMENT_HEADER = 44;

    private final Random random;
    private final int own;
    private final int node;
    private final long mac;
    private final int most;
    private final int calm;
    private final List<Talk> talks = new ArrayList<>();
    private final Set<Flow> seen = new HashSet<>();
    private final Set<Trait> traits = EnumSet.noneOf(Trait.class); // of the frame at hand

    /** What a frame has that an ordinary one has not. */
    enum Trait {
        SYN,
        FIN,
        RST,
        /** TCP without an ACK, or with flags that do not go together. */
        ODD_FLAGS,
        /** TCP whose header is shorter than it can be, or longer than its segment. */
        BROKEN_HEADER,
        FRAGMENT,
        EXTENSION,
        ICMP,
        /** Options in another order, or bytes behind the inner packet. */
        OTHER_SHAPE,
        NEW_COOKIE,
        /** The first of a conversation between ports that have had one before. */
        REUSED_PORTS
    }

    /** Both directions of what a frame belongs to, unless it is ICMP. */
    record Flow(
            long endpoint,
            boolean ipv6,
            int protocol,
            int lowerHost,
            int lowerPort,
            int upperHost,
            int upperPort) {}

    /** What a load balancer sends. */
    record Frame(byte[] bytes, Flow flow, int cookie, Set<Trait> traits) {
        boolean is(Trait trait) {
            return traits.contains(trait);
        }

        /** {@return whether what comes behind it may fare otherwise, in its flow} */
        boolean changesItsFlow() {
            return is(Trait.SYN) || is(Trait.FIN) || is(Trait.RST) || is(Trait.ODD_FLAGS);
        }
    }

    /** Two who talk: the client is 0, the server 1. */
    private static final class Talk {
        long endpoint;
        boolean ipv6;
        int protocol;
        final int[] hosts = new int[2];
        final int[] ports = new int[2];
        final int[] next = new int[2]; // sequence numbers
        int cookie;
        int step;
        boolean hasNewCookie;
        boolean reusesPorts;

        Flow flow() {
            boolean inOrder = hosts[0] < hosts[1] || (hosts[0] == hosts[1] && ports[0] <= ports[1]);
            int lower = inOrder ? 0 : 1;
            int upper = 1 - lower;
            return new Flow(
                    endpoint,
                    ipv6,
                    protocol,
                    hosts[lower],
                    ports[lower],
                    hosts[upper],
                    ports[upper]);
        }
    }

    /**
     * Creates traffic.
     *
     * @param own address that the frames are for, IPv4, big-endian
     * @param node address that they come from
     * @param mac of Ethernet, that they are for
     * @param most conversations at once
     * @param calm 1, or more: by how much all that is special is rarer, two on the same ports
     *     included
     */
    FastPathTraffic(Random random, int own, int node, long mac, int most, int calm) {
        this.random = random;
        this.own = own;
        this.node = node;
        this.mac = mac;
        this.most = most;
        this.calm = calm;
    }

    Frame next() {
        traits.clear();
        int at = random.nextInt(most);
        if (at >= talks.size()) {
            talks.add(talk());
            at = talks.size() - 1;
        } else if (oddOf(400) == 0) {
            talks.set(at, talk()); // maybe on ports that somebody has used
        }
        Talk talk = talks.get(at);
        if (oddOf(100) == 0) {
            newCookie(talk);
        }
        int cookie = talk.cookie;
        byte[] bytes = talk.protocol == TCP ? segment(talk) : datagram(talk);
        return new Frame(bytes, talk.flow(), cookie, EnumSet.copyOf(traits));
    }

    private Talk talk() {
        Talk talk = new Talk();
        talk.endpoint = 1 + random.nextInt(2);
        talk.ipv6 = random.nextBoolean();
        talk.protocol = random.nextInt(3) > 0 ? TCP : random.nextInt(8) > 0 ? UDP : SCTP;
        for (int i = 0; i < 2; i++) {
            talk.hosts[i] = random.nextInt(4);
            talk.ports[i] = 1000 + random.nextInt(4 * calm);
            talk.next[i] = random.nextInt();
        }
        newCookie(talk);
        talk.reusesPorts = !seen.add(talk.flow());
        return talk;
    }

    private void newCookie(Talk talk) {
        talk.cookie = random.nextInt();
        talk.hasNewCookie = true;
    }

    private byte[] datagram(Talk talk) {
        int from = talk.step++ == 0 || random.nextInt(3) > 0 ? 0 : 1;
        ByteBuf body = Unpooled.buffer();
        int length = random.nextInt(200);
        body.writeShort(talk.ports[from]).writeShort(talk.ports[1 - from]);
        boolean lies = oddOf(50) == 0; // the length is IP's to tell
        body.writeShort(lies ? random.nextInt(1 << 16) : 8 + length);
        body.writeShort(random.nextInt()).writeZero(length + 8);
        return frame(talk, from, body.slice(0, Math.max(16, 8 + length)));
    }

    private byte[] segment(Talk talk) {
        int from = random.nextInt(2);
        int flags;
        int length = 0;
        switch (talk.step) {
            case 0 -> {
                from = 0;
                flags = SYN;
                talk.next[0] = random.nextInt();
            }
            case 1 -> {
                from = 1;
                flags = SYN | ACK;
                talk.next[1] = random.nextInt();
            }
            case 2 -> {
                from = 0;
                flags = ACK;
            }
            default -> {
                flags = random.nextBoolean() ? ACK : ACK | PSH;
                length = random.nextInt(3) == 0 ? 0 : random.nextInt(300);
            }
        }
        int odd = oddOf(300);
        boolean asPlanned = odd > 8;
        if (!asPlanned) {
            flags =
                    switch (odd) {
                        case 0 -> RST;
                        case 1 -> RST | ACK;
                        case 2, 3 -> FIN | ACK;
                        case 4 -> SYN;
                        case 5 -> SYN | ACK;
                        case 6 -> 0;
                        default -> random.nextInt(256);
                    };
        }
        boolean broken = odd == 100;
        ByteBuf body = Unpooled.buffer();
        body.writeShort(talk.ports[from]).writeShort(talk.ports[1 - from]);
        body.writeInt(talk.next[from]).writeInt((flags & ACK) == 0 ? 0 : talk.next[1 - from]);
        int words = 5 + Math.min(length / 4, random.nextInt(11)); // of the header, with options
        int reserved = random.nextInt(16);
        body.writeByte(broken ? random.nextInt(256) : words << 4 | reserved).writeByte(flags);
        body.writeShort(random.nextInt()).writeInt(random.nextInt()).writeZero(length);
        add(Trait.BROKEN_HEADER, broken);
        add(Trait.SYN, (flags & SYN) != 0);
        add(Trait.FIN, (flags & FIN) != 0);
        add(Trait.RST, (flags & RST) != 0);
        add(Trait.ODD_FLAGS, !asPlanned && (flags & FIN_SYN_RST_ACK) != ACK);
        byte[] frame = frame(talk, from, body);
        if (asPlanned) {
            talk.next[from] += length + ((flags & SYN) != 0 ? 1 : 0);
            talk.step++;
        } else if ((flags & (RST | FIN)) != 0 && random.nextBoolean()) {
            talk.step = 0; // and again on the same ports
            talk.reusesPorts = true;
            if (random.nextBoolean()) {
                newCookie(talk);
            }
        }
        return frame;
    }

    private byte[] frame(Talk talk, int from, ByteBuf body) {
        boolean icmp = oddOf(150) == 0;
        int protocol = icmp ? (talk.ipv6 ? 58 : 1) : talk.protocol;
        if (icmp) {
            traits.clear(); // it goes instead of what was planned
            traits.add(Trait.ICMP);
            body = Unpooled.buffer().writeByte(talk.ipv6 ? 128 : 8).writeByte(0).writeShort(0);
            body.writeInt(random.nextInt(3));
        }
        int odd = oddOf(120);
        ByteBuf inner = talk.ipv6 ? ipv6(talk, from, protocol, odd) : ipv4(talk, from, protocol);
        if (talk.ipv6) {
            inner.writeBytes(body);
            inner.setShort(4, inner.readableBytes() - 40);
        } else {
            int fragment = odd == 0 ? 0x2000 : odd == 1 ? 0x0003 : 0;
            add(Trait.FRAGMENT, fragment != 0);
            fragment |= random.nextInt(4) << 14; // or not to be fragmented, and a bit without use
            inner.writeBytes(body);
            inner.setShort(2, inner.readableBytes()).setShort(6, fragment);
        }
        if (odd == 2) {
            inner.writeByte(0); // behind the inner packet
        }
        add(Trait.OTHER_SHAPE, odd == 2 || odd == 3);
        add(Trait.NEW_COOKIE, talk.hasNewCookie && !icmp);
        add(Trait.REUSED_PORTS, talk.reusesPorts && !icmp);
        talk.hasNewCookie &= icmp;
        talk.reusesPorts &= icmp;
        return outer(talk, inner, odd == 3);
    }

    private ByteBuf ipv4(Talk talk, int from, int protocol) {
        ByteBuf inner = Unpooled.buffer();
        inner.writeByte(0x45).writeByte(random.nextInt()).writeShort(0);
        inner.writeShort(random.nextInt(8)).writeShort(0);
        inner.writeByte(random.nextInt()).writeByte(protocol).writeShort(random.nextInt());
        inner.writeInt(0x0a00_0000 + talk.hosts[from]);
        return inner.writeInt(0x0a00_0000 + talk.hosts[1 - from]);
    }

    private ByteBuf ipv6(Talk talk, int from, int protocol, int odd) {
        boolean extension = odd == 0;
        boolean fragment = odd == 1;
        add(Trait.EXTENSION, extension);
        add(Trait.FRAGMENT, fragment);
        ByteBuf inner = Unpooled.buffer();
        inner.writeInt(0x6000_0000 | random.nextInt() >>> 4).writeShort(0);
        inner.writeByte(extension ? HOP_BY_HOP : fragment ? FRAGMENT_HEADER : protocol);
        inner.writeByte(random.nextInt());
        inner.writeLong(0xfd00L << 48).writeLong(talk.hosts[from]);
        inner.writeLong(0xfd00L << 48).writeLong(talk.hosts[1 - from]);
        if (extension) {
            inner.writeByte(protocol).writeByte(0).writeShort(0x0104).writeInt(0);
        } else if (fragment) {
            boolean first = random.nextBoolean();
            inner.writeByte(protocol).writeByte(0).writeShort(first ? 1 : 3 << 3);
            inner.writeInt(random.nextInt(8));
        }
        return inner;
    }

    private byte[] outer(Talk talk, ByteBuf inner, boolean otherOrder) {
        int udp = 8 + 40 + inner.readableBytes();
        ByteBuf frame = Unpooled.buffer();
        frame.writeShort((int) (mac >>> 32)).writeInt((int) mac).writeShort(0x0200).writeInt(9);
        frame.writeShort(0x0800).writeByte(0x45).writeByte(random.nextInt()).writeShort(20 + udp);
        frame.writeShort(random.nextInt()).writeShort(random.nextInt(4) << 14);
        frame.writeByte(1 + random.nextInt(255)).writeByte(UDP).writeShort(0);
        frame.writeInt(node).writeInt(own);
        frame.writeShort(1 + random.nextInt(0xffff)).writeShort(6081).writeShort(udp).writeShort(0);
        frame.writeShort(0x0800).writeShort(talk.ipv6 ? 0x86dd : 0x0800).writeInt(0);
        if (otherOrder) {
            frame.writeInt(0x0108_0301).writeInt(talk.cookie);
        }
        frame.writeInt(0x0108_0102).writeLong(talk.endpoint);
        frame.writeInt(0x0108_0202).writeLong(random.nextLong());
        if (!otherOrder) {
            frame.writeInt(0x0108_0301).writeInt(talk.cookie);
        }
        frame.writeBytes(inner);
        byte[] bytes = new byte[frame.readableBytes()];
        frame.readBytes(bytes);
        return withChecksums(bytes);
    }

    /** UDP's is there or not, as the sender likes. */
    private byte[] withChecksums(byte[] bytes) {
        ByteBuffer frame = ByteBuffer.wrap(bytes);
        byte[] header = Arrays.copyOfRange(bytes, IP, UDP_HEADER);
        frame.putShort(IP_CHECKSUM, (short) Checksums.internet(header));
        if (random.nextBoolean()) {
            byte[] datagram = Arrays.copyOfRange(bytes, UDP_HEADER, bytes.length);
            byte[] addresses = Arrays.copyOfRange(bytes, IP_ADDRESSES, UDP_HEADER);
            byte[] rest = {0, UDP, (byte) (datagram.length >> 8), (byte) datagram.length};
            int sum = Checksums.internet(addresses, rest, datagram);
            frame.putShort(UDP_CHECKSUM, (short) (sum == 0 ? 0xffff : sum));
        }
        return bytes;
    }

    /** {@return any number, whose lowest ones have this chance each, at most} */
    private int oddOf(int chance) {
        return random.nextInt(chance * calm);
    }

    private void add(Trait trait, boolean there) {
        if (there) {
            traits.add(trait);
        }
    }
}
