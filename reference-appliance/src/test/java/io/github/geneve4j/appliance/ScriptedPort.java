package io.github.geneve4j.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.io.PacketHandler;
import io.github.geneve4j.io.PacketPort;
import io.github.geneve4j.io.PortCounters;
import io.github.geneve4j.io.ReturnPath;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A port whose datagrams a test puts in, and whose returned ones it takes out. */
final class ScriptedPort implements PacketPort {
    private static final int OFFSET = 42; // as after Ethernet, IPv4 and UDP headers
    static final int MAX_DATAGRAM_LENGTH = 9001 - 28; // of an interface

    private record Datagram(byte[] bytes, int source) {}

    private final BlockingQueue<Datagram> in = new LinkedBlockingQueue<>();
    final BlockingQueue<byte[]> returned = new LinkedBlockingQueue<>();
    private final PortCounters counters = new PortCounters();
    volatile @Nullable IOException failure;
    volatile boolean closed;
    volatile int awaits; // only the worker counts
    int maxDatagramLength = MAX_DATAGRAM_LENGTH;
    private int source;

    void put(byte[] bytes, int source) {
        in.add(new Datagram(bytes, source));
    }

    @Override
    public int poll(PacketHandler handler, int budget) throws IOException {
        if (failure != null) {
            throw failure;
        }
        int delivered = 0;
        for (Datagram next; delivered < budget && (next = in.poll()) != null; delivered++) {
            ByteBuf ring = Unpooled.buffer(OFFSET + MAX_DATAGRAM_LENGTH);
            ring.writeZero(OFFSET).writeBytes(next.bytes);
            counters.countReceived();
            source = next.source;
            int answer = handler.onDatagram(ring, OFFSET, next.bytes.length, next.source);
            int length = answer == PacketHandler.UNCHANGED ? next.bytes.length : answer;
            if (length == PacketHandler.DROP) {
                counters.countFreed();
            } else {
                returned.add(ByteBufUtil.getBytes(ring, OFFSET, length));
                counters.countReturned();
            }
        }
        return delivered;
    }

    @Override
    public void returnPath(ReturnPath into) {
        into.datagram(0, source, 0);
    }

    @Override
    public void send(ReturnPath path, ByteBuf payload, int offset, int length) throws IOException {
        if (failure != null) {
            throw failure;
        }
        assertThat(path.remoteAddress()).isEqualTo(source);
        returned.add(ByteBufUtil.getBytes(payload, offset, length));
        counters.countOriginated();
    }

    @Override
    public void await(long timeoutNanos) {
        awaits++;
        try {
            TimeUnit.MILLISECONDS.sleep(1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void wakeup() {}

    @Override
    public PortCounters counters() {
        return counters;
    }

    @Override
    public long kernelDrops() {
        return 5;
    }

    @Override
    public int maxDatagramLength() {
        return maxDatagramLength;
    }

    @Override
    public void close() {
        closed = true;
    }
}
