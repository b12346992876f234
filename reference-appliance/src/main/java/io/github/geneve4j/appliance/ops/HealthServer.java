package io.github.geneve4j.appliance.ops;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;

/**
 * Answers a load balancer's health checks, TCP or HTTP, on a port of their own.
 *
 * <p>Every path gets 200 and {@code ok} while the appliance is healthy, 503 and {@code not turning}
 * when it is not. A TCP check sees the port accept as long as the process lives, so an HTTP check
 * tells more. Checks are served by threads of their own: a slow client holds up neither packets nor
 * another check.
 */
public final class HealthServer implements AutoCloseable {
    private static final int BACKLOG = 128;

    private final HttpServer server;
    private final ExecutorService executor;

    private HealthServer(HttpServer server, ExecutorService executor) {
        this.server = server;
        this.executor = executor;
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
        HttpServer server = HttpServer.create(address, BACKLOG);
        ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
        server.setExecutor(executor);
        server.createContext("/", exchange -> answer(exchange, healthy.getAsBoolean()));
        server.start();
        return new HealthServer(server, executor);
    }

    /** {@return where the server listens} */
    public InetSocketAddress address() {
        return server.getAddress();
    }

    private static void answer(HttpExchange exchange, boolean healthy) throws IOException {
        try (exchange) {
            boolean hasBody = !exchange.getRequestMethod().equals("HEAD");
            byte[] body = (healthy ? "ok\n" : "not turning\n").getBytes(StandardCharsets.US_ASCII);
            exchange.getResponseHeaders().set("Content-Type", "text/plain");
            exchange.getResponseHeaders().set("Cache-Control", "no-store");
            exchange.sendResponseHeaders(healthy ? 200 : 503, hasBody ? body.length : -1);
            if (hasBody) {
                exchange.getResponseBody().write(body);
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
        executor.shutdownNow();
    }
}
