package io.github.geneve4j.appliance;

import io.github.geneve4j.io.PacketHandler;
import io.github.geneve4j.io.PacketPort;
import io.github.geneve4j.io.PortCounters;
import io.github.geneve4j.io.ReturnPath;
import io.netty.buffer.ByteBuf;

/** A port that keeps nothing of what it is to send, so that nothing but a worker can allocate. */
class SilentPort implements PacketPort {
    private final PortCounters counters = new PortCounters();

    @Override
    public int poll(PacketHandler handler, int budget) {
        return 0;
    }

    @Override
    public void returnPath(ReturnPath into) {
        into.datagram(1, 2, 3);
    }

    @Override
    public void send(ReturnPath path, ByteBuf payload, int offset, int length) {
        counters.countOriginated();
    }

    @Override
    public void await(long timeoutNanos) {}

    @Override
    public void wakeup() {}

    @Override
    public PortCounters counters() {
        return counters;
    }

    @Override
    public long kernelDrops() {
        return 0;
    }

    @Override
    public int maxDatagramLength() {
        return 2048;
    }

    @Override
    public void close() {}
}
