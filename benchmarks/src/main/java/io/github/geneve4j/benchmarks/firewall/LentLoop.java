package io.github.geneve4j.benchmarks.firewall;

import io.github.geneve4j.io.PacketHandler;
import io.github.geneve4j.io.PacketPort;
import io.github.geneve4j.io.PortCounters;
import io.github.geneve4j.io.ReturnPath;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

/**
 * A port without a network, which lends the appliance's packet loop to whoever measures it: the
 * appliance's own thread waits in {@link #poll} until the port is closed, so that another one may
 * hand datagrams to the handler in its place.
 */
final class LentLoop implements PacketPort {
    private static final int MAX_DATAGRAM_LENGTH = 8973;

    private final CompletableFuture<PacketHandler> lent = new CompletableFuture<>();
    private final CountDownLatch over = new CountDownLatch(1);
    private final PortCounters counters = new PortCounters();

    /** {@return what handles datagrams, once the appliance has asked for some} */
    PacketHandler handler() {
        return lent.join();
    }

    @Override
    public int poll(PacketHandler handler, int budget) {
        lent.complete(handler);
        await(0);
        return 0;
    }

    @Override
    public void await(long timeoutNanos) {
        try {
            over.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void wakeup() {
        over.countDown();
    }

    @Override
    public void close() {
        over.countDown();
    }

    @Override
    public void returnPath(ReturnPath into) {
        throw new UnsupportedOperationException("nothing is to be answered");
    }

    @Override
    public void send(ReturnPath path, ByteBuf payload, int offset, int length) {
        throw new UnsupportedOperationException("nothing is to be answered");
    }

    @Override
    public PortCounters counters() {
        return counters;
    }

    @Override
    public long kernelDrops() {
        return -1;
    }

    @Override
    public int maxDatagramLength() {
        return MAX_DATAGRAM_LENGTH;
    }
}
