package io.github.geneve4j.packets;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowStatus;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Arrays;

/** A packet somewhere in a larger buffer, and what is made of it. */
final class Wrapped {
    private static final int OFFSET = 7;
    private static final int ROOM = 2048;

    final FiveTuple tuple = new FiveTuple();
    final ByteBuf buffer;
    final int offset = OFFSET;
    final FlowStatus status;

    Wrapped(byte[] packet) {
        byte[] memory = new byte[OFFSET + packet.length + ROOM];
        Arrays.fill(memory, (byte) 0xa5);
        System.arraycopy(packet, 0, memory, OFFSET, packet.length);
        buffer = Unpooled.wrappedBuffer(memory);
        status = tuple.wrap(buffer, OFFSET, packet.length);
    }

    boolean mayReset() {
        return TcpReset.mayAnswer(tuple, buffer, offset);
    }

    boolean mayTell() {
        return IcmpError.mayAnswer(tuple, buffer, offset);
    }

    byte[] reset() {
        ByteBuf into = room();
        return ByteBufUtil.getBytes(into, 3, TcpReset.answer(tuple, buffer, offset, into, 3));
    }

    byte[] resetInPlace() {
        int length = TcpReset.answer(tuple, buffer, offset, buffer, offset);
        return ByteBufUtil.getBytes(buffer, offset, length);
    }

    byte[] onward() {
        ByteBuf into = room();
        return ByteBufUtil.getBytes(into, 3, TcpReset.onward(tuple, buffer, offset, into, 3));
    }

    byte[] prohibited() {
        ByteBuf into = room();
        return ByteBufUtil.getBytes(into, 3, IcmpError.prohibited(tuple, buffer, offset, into, 3));
    }

    byte[] tooBig(int mtu) {
        ByteBuf into = room();
        return ByteBufUtil.getBytes(into, 3, IcmpError.tooBig(tuple, buffer, offset, mtu, into, 3));
    }

    private static ByteBuf room() {
        return Unpooled.wrappedBuffer(new byte[ROOM]).setBytes(0, new byte[] {1, 2, 3});
    }
}
