package io.github.geneve4j.appliance.ops;

import io.github.geneve4j.appliance.ops.SmallHttpServer.Page;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.function.BooleanSupplier;

/**
 * Answers a load balancer's health checks, TCP or HTTP, on a port of their own.
 *
 * <p>Every path gets 200 and {@code ok} while the appliance is healthy, 503 and {@code not turning}
 * when it is not. A TCP check sees the port accept as long as the process lives, so an HTTP check
 * tells more. A slow client, or many, hold up neither packets nor other checks; one that does not
 * finish its request in five seconds is cut off.
 */
public final class HealthServer implements AutoCloseable {
    private static final Page HEALTHY = new Page(200, "ok\n");
    private static final Page NOT_TURNING = new Page(503, "not turning\n");

    private final SmallHttpServer server;

    private HealthServer(SmallHttpServer server) {
        this.server = server;
    }

    /**
     * {@return a server that answers from now on}
     *
     * @param address where to listen; port 0 takes a free one
     * @param healthy asked for each HTTP check, by any thread
     * @throws IOException if the address cannot be listened on
     */
    public static HealthServer start(InetSocketAddress address, BooleanSupplier healthy)
            throws IOException {
        return new HealthServer(
                SmallHttpServer.start(
                        address, request -> healthy.getAsBoolean() ? HEALTHY : NOT_TURNING));
    }

    /** {@return where the server listens} */
    public InetSocketAddress address() {
        return server.address();
    }

    @Override
    public void close() {
        server.close();
    }
}
