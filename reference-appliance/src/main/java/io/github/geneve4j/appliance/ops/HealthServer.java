package io.github.geneve4j.appliance.ops;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.BindException;
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
 * another check. A client that does not finish its request in {@value #SECONDS_FOR_A_REQUEST}
 * seconds is cut off, and no more than {@value #MAX_CONNECTIONS} are served at once, so that
 * whoever reaches this port cannot take the file descriptors that replies need.
 */
public final class HealthServer implements AutoCloseable {
    private static final int BACKLOG = 128;
    private static final int SECONDS_FOR_A_REQUEST = 5;
    private static final int MAX_CONNECTIONS = 64;

    static {
        // The JDK's server knows these limits by system property only, and reads them once.
        limit("sun.net.httpserver.maxReqTime", SECONDS_FOR_A_REQUEST);
        limit("sun.net.httpserver.maxRspTime", SECONDS_FOR_A_REQUEST);
        limit("jdk.httpserver.maxConnections", MAX_CONNECTIONS);
    }

    private static void limit(String property, int value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, Integer.toString(value));
        }
    }

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
        HttpServer server = listen(address);
        ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
        server.setExecutor(executor);
        server.createContext("/", exchange -> answer(exchange, healthy.getAsBoolean()));
        server.start();
        return new HealthServer(server, executor);
    }

    /** Listens, or says what could not be had: the JDK's message names neither address nor port. */
    private static HttpServer listen(InetSocketAddress address) throws IOException {
        try {
            return HttpServer.create(address, BACKLOG);
        } catch (BindException e) {
            throw new IOException(
                    "TCP "
                            + address.getAddress().getHostAddress()
                            + ":"
                            + address.getPort()
                            + ": "
                            + e.getMessage(),
                    e);
        }
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
