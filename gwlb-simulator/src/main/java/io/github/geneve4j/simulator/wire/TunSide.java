package io.github.geneve4j.simulator.wire;

import io.github.geneve4j.io.NetworkNamespace;
import io.github.geneve4j.io.TunDevice;
import io.github.geneve4j.io.TunQueue;
import io.github.geneve4j.simulator.GwlbSimulator;
import io.github.geneve4j.simulator.topology.SideSpec;
import io.netty.buffer.ByteBuf;
import java.io.IOException;

/** A TUN device as a side of an endpoint. */
final class TunSide implements EndpointSide {
    private final TunDevice device;
    private final TunQueue queue;

    private TunSide(TunDevice device) {
        this.device = device;
        this.queue = device.queues().get(0);
    }

    /** Makes the device, in its namespace, with its addresses and routes. */
    static TunSide open(SideSpec.Tun spec) throws IOException {
        TunSide side = new TunSide(device(spec));
        try {
            IpCommand.setUp(spec);
            return side;
        } catch (IOException | RuntimeException e) {
            side.close();
            throw e;
        }
    }

    private static TunDevice device(SideSpec.Tun spec) throws IOException {
        String namespace = spec.namespace();
        if (namespace == null) {
            return open(spec.device());
        }
        try {
            return NetworkNamespace.named(namespace).call(() -> open(spec.device()));
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(spec.device() + " in " + namespace + ": " + e, e);
        }
    }

    private static TunDevice open(String name) throws IOException {
        return TunDevice.open(name, 1, GwlbSimulator.HEADROOM);
    }

    /** {@return what the host routes into the endpoint} */
    TunQueue queue() {
        return queue;
    }

    @Override
    public boolean send(ByteBuf buffer, int offset, int length, long nowNanos) throws IOException {
        return queue.send(buffer, offset, length);
    }

    @Override
    public void close() {
        device.close();
    }
}
