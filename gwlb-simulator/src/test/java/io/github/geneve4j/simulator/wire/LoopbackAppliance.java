package io.github.geneve4j.simulator.wire;

import io.github.geneve4j.io.NioPort;
import io.github.geneve4j.io.PacketHandler;
import io.github.geneve4j.io.PacketPort;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.channels.ClosedChannelException;

/** An appliance on an address of loopback that answers as a handler wants. */
final class LoopbackAppliance implements AutoCloseable {
    private static final long SECOND = 1_000_000_000L;

    private final PacketPort port;
    private final Thread thread;

    LoopbackAppliance(String address, PacketHandler handler) throws IOException {
        this.port = NioPort.builder(InetAddress.ofLiteral(address)).open();
        this.thread = Thread.ofPlatform().daemon().start(() -> serve(handler));
    }

    /** Returns everything as it is. */
    static LoopbackAppliance hairpin(String address) throws IOException {
        return new LoopbackAppliance(
                address, (buffer, offset, length, source) -> PacketHandler.UNCHANGED);
    }

    private void serve(PacketHandler handler) {
        try {
            while (true) {
                if (port.poll(handler, 64) == 0) {
                    port.await(SECOND);
                }
            }
        } catch (ClosedChannelException e) {
            // The end
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        port.close();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
