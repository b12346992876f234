package io.github.geneve4j.appliance;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Frames from a load balancer, of many conversations at once: most of them in order, some with what
 * a fast path has to look out for: new connections on old ports, new cookies, resets, fragments,
 * extension headers, ICMP, broken headers.
 */
final class FastPathTraffic {
    /** Where the tunnel header is in a frame. */
    static final int GENEVE = 42;

    private static final int TALKS = 40;
    private static final int FIN = 1;
    private static final int SYN = 2;
    private static final int RST = 4;
    private static final int PSH = 8;
    private static final int ACK = 16;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int HOP_BY_HOP = 0;

    private final Random random;
    private final int own;
    private final int node;
    private final long mac;
    private final List<Talk> talks = new ArrayList<>();

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
    }

    FastPathTraffic(Random random, int own, int node, long mac) {
        this.random = random;
        this.own = own;
        this.node = node;
        this.mac = mac;
    }

    byte[] next() {
        int at = random.nextInt(TALKS);
        if (at >= talks.size()) {
            talks.add(talk());
            at = talks.size() - 1;
        }
        Talk talk = talks.get(at);
        if (random.nextInt(400) == 0) {
            talks.set(at, talk()); // maybe on ports that somebody has used
        } else if (random.nextInt(100) == 0) {
            talk.cookie = random.nextInt();
        }
        return talk.protocol == TCP ? segment(talk) : datagram(talk);
    }

    private Talk talk() {
        Talk talk = new Talk();
        talk.endpoint = 1 + random.nextInt(2);
        talk.ipv6 = random.nextBoolean();
        talk.protocol = random.nextInt(3) > 0 ? TCP : random.nextInt(8) > 0 ? UDP : 132;
        for (int i = 0; i < 2; i++) {
            talk.hosts[i] = random.nextInt(4);
            talk.ports[i] = 1000 + random.nextInt(4);
            talk.next[i] = random.nextInt();
        }
        talk.cookie = random.nextInt();
        return talk;
    }

    private byte[] datagram(Talk talk) {
        int from = talk.step++ == 0 || random.nextInt(3) > 0 ? 0 : 1;
        ByteBuf body = Unpooled.buffer();
        int length = random.nextInt(200);
        body.writeShort(talk.ports[from]).writeShort(talk.ports[1 - from]);
        body.writeShort(8 + length).writeShort(0).writeZero(length + 8);
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
        int odd = random.nextInt(300);
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
        ByteBuf body = Unpooled.buffer();
        body.writeShort(talk.ports[from]).writeShort(talk.ports[1 - from]);
        body.writeInt(talk.next[from]).writeInt((flags & ACK) == 0 ? 0 : talk.next[1 - from]);
        body.writeByte(odd == 100 ? random.nextInt(256) : 0x50).writeByte(flags);
        body.writeShort(8192).writeInt(0).writeZero(length);
        if (asPlanned) {
            talk.next[from] += length + ((flags & SYN) != 0 ? 1 : 0);
            talk.step++;
        } else if ((flags & (RST | FIN)) != 0 && random.nextBoolean()) {
            talk.step = 0; // and again on the same ports
            if (random.nextBoolean()) {
                talk.cookie = random.nextInt();
            }
        }
        return frame(talk, from, body);
    }

    private byte[] frame(Talk talk, int from, ByteBuf body) {
        boolean icmp = random.nextInt(150) == 0;
        int protocol = icmp ? (talk.ipv6 ? 58 : 1) : talk.protocol;
        if (icmp) {
            body = Unpooled.buffer().writeByte(talk.ipv6 ? 128 : 8).writeByte(0).writeShort(0);
            body.writeInt(random.nextInt(3));
        }
        int odd = random.nextInt(120);
        ByteBuf inner = Unpooled.buffer();
        if (talk.ipv6) {
            boolean extension = odd == 0;
            int length = body.readableBytes() + (extension ? 8 : 0);
            inner.writeInt(0x6000_0000).writeShort(length);
            inner.writeByte(extension ? HOP_BY_HOP : protocol).writeByte(64);
            inner.writeLong(0xfd00L << 48).writeLong(talk.hosts[from]);
            inner.writeLong(0xfd00L << 48).writeLong(talk.hosts[1 - from]);
            if (extension) {
                inner.writeByte(protocol).writeByte(0).writeShort(0x0104).writeInt(0);
            }
        } else {
            int fragment = odd == 0 ? 0x2000 : odd == 1 ? 0x0003 : 0;
            inner.writeShort(0x4500).writeShort(20 + body.readableBytes());
            inner.writeShort(random.nextInt(8)).writeShort(fragment);
            inner.writeByte(64).writeByte(protocol).writeShort(0);
            inner.writeInt(0x0a00_0000 + talk.hosts[from]);
            inner.writeInt(0x0a00_0000 + talk.hosts[1 - from]);
        }
        inner.writeBytes(body, body.readerIndex(), body.readableBytes());
        if (odd == 2) {
            inner.writeByte(0); // behind the inner packet
        }
        return outer(talk, inner, odd == 3);
    }

    private byte[] outer(Talk talk, ByteBuf inner, boolean otherOrder) {
        int udp = 8 + 40 + inner.readableBytes();
        ByteBuf frame = Unpooled.buffer();
        frame.writeShort((int) (mac >>> 32)).writeInt((int) mac).writeShort(0x0200).writeInt(9);
        frame.writeShort(0x0800).writeShort(0x4500).writeShort(20 + udp).writeInt(0x4000);
        frame.writeByte(254).writeByte(UDP).writeShort(0).writeInt(node).writeInt(own);
        int sum = 0;
        for (int i = 14; i < 34; i += 2) {
            sum += frame.getUnsignedShort(i);
        }
        sum = (sum & 0xffff) + (sum >>> 16);
        frame.setShort(24, ~(sum + (sum >>> 16)));
        frame.writeShort(40_000).writeShort(6081).writeShort(udp).writeShort(0);
        frame.writeShort(0x0800).writeShort(talk.ipv6 ? 0x86dd : 0x0800).writeInt(0);
        if (otherOrder) {
            frame.writeInt(0x0108_0301).writeInt(talk.cookie);
        }
        frame.writeInt(0x0108_0102).writeLong(talk.endpoint);
        frame.writeInt(0x0108_0202).writeLong(5);
        if (!otherOrder) {
            frame.writeInt(0x0108_0301).writeInt(talk.cookie);
        }
        frame.writeBytes(inner);
        byte[] bytes = new byte[frame.readableBytes()];
        frame.readBytes(bytes);
        return bytes;
    }
}
