package io.github.geneve4j.io;

import io.github.geneve4j.testkit.Checksums;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.random.RandomGenerator;

/** A frame as the load balancer sends it, for tests of the fast path; all of it can be chosen. */
final class FastPathPacket {
    static final long MAC = 0x0200_0000_0a01L;
    static final long PEER_MAC = 0x0200_0000_0b02L;
    static final int OWN = 0x0a01_02c8; // 10.1.2.200
    static final int NODE = 0x0a01_0203; // 10.1.2.3
    static final int GENEVE = 42;
    static final int INNER = 82;

    private static final int MTU = 1500;

    boolean ipv6;
    int protocol = 17;
    int node = NODE;
    int timeToLive = 64;
    boolean checksum = true;
    long endpoint = 0x0123_4567_89ab_cdefL;
    int cookie = 0x1234_5678;
    int flags = 0x10; // ACK
    int source = 1;
    int destination = 2;
    int sourcePort = 40_000;
    int destinationPort = 443;
    int payload = 10;

    /** {@return a packet of one of few flows, of any size that goes over the wire} */
    static FastPathPacket random(RandomGenerator random) {
        FastPathPacket packet = new FastPathPacket();
        packet.ipv6 = random.nextBoolean();
        packet.protocol = random.nextBoolean() ? 6 : 17;
        packet.endpoint = 1 + random.nextInt(2);
        packet.source = random.nextInt(3);
        packet.destination = random.nextInt(3);
        packet.sourcePort = 1000 + random.nextInt(2);
        packet.destinationPort = 1000 + random.nextInt(2);
        packet.cookie = random.nextInt();
        packet.timeToLive = 1 + random.nextInt(255);
        packet.checksum = random.nextBoolean();
        packet.node = random.nextInt(8) == 0 ? random.nextInt() : NODE;
        packet.payload = random.nextInt(random.nextBoolean() ? 4 : 1300);
        if (random.nextInt(4) == 0) {
            packet.flags = random.nextInt(256);
        }
        return packet;
    }

    /** {@return the frame} */
    byte[] bytes() {
        int transport = (protocol == 6 ? 20 : 8) + payload;
        int inner = (ipv6 ? 40 : 20) + transport;
        int udp = 8 + 40 + inner;
        ByteBuf frame = Unpooled.buffer(34 + udp);
        frame.writeLong(MAC << 16).writerIndex(6).writeLong(PEER_MAC << 16).writerIndex(12);
        frame.writeShort(0x0800).writeShort(0x4500).writeShort(20 + udp).writeInt(0x4000);
        frame.writeByte(timeToLive).writeByte(17).writeShort(0).writeInt(node).writeInt(OWN);
        frame.setShort(24, Checksums.internet(part(frame, 14, 20)));
        frame.writeShort(60_000).writeShort(6081).writeShort(udp).writeShort(0);
        frame.writeShort(0x0800).writeShort(ipv6 ? 0x86dd : 0x0800).writeInt(0);
        frame.writeInt(0x0108_0102).writeLong(endpoint);
        frame.writeInt(0x0108_0202).writeLong(7);
        frame.writeInt(0x0108_0301).writeInt(cookie);
        if (ipv6) {
            frame.writeInt(0x6000_0000).writeShort(transport).writeByte(protocol).writeByte(64);
            frame.writeLong(0xfd00L << 48).writeLong(source);
            frame.writeLong(0xfd00L << 48).writeLong(destination);
        } else {
            frame.writeShort(0x4500).writeShort(inner).writeInt(0x4000);
            frame.writeByte(64).writeByte(protocol).writeShort(0);
            frame.writeInt(0x0a00_0000 | source).writeInt(0x0a00_0000 | destination);
        }
        frame.writeShort(sourcePort).writeShort(destinationPort);
        if (protocol == 6) {
            frame.writeLong(0).writeByte(0x50).writeByte(flags).writeShort(1000).writeInt(0);
        } else {
            frame.writeShort(transport).writeShort(0);
        }
        for (int i = 0; i < payload; i++) {
            frame.writeByte(i);
        }
        if (checksum) {
            byte[] rest = {0, 17, (byte) (udp >> 8), (byte) udp};
            int sum = Checksums.internet(part(frame, 26, 8), rest, part(frame, 34, udp));
            frame.setShort(40, sum == 0 ? 0xffff : sum);
        }
        byte[] bytes = new byte[frame.writerIndex()];
        frame.readBytes(bytes);
        return bytes;
    }

    /** {@return the reply of the ports, or null if they would hand out no datagram} */
    static byte[] reply(byte[] frame) {
        java.lang.foreign.MemorySegment memory =
                java.lang.foreign.MemorySegment.ofArray(frame.clone());
        OuterFrame outer = new OuterFrame(memory, new int[] {OWN}, 6081, 6081, MTU);
        if (outer.parse(0, frame.length) != null) {
            return null;
        }
        int length = outer.replyUnchanged();
        return memory.asSlice(0, length).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
    }

    private static byte[] part(ByteBuf frame, int offset, int length) {
        byte[] part = new byte[length];
        frame.getBytes(offset, part);
        return part;
    }
}
