package io.github.geneve4j.appliance.ops;

import io.github.geneve4j.appliance.ops.SmallHttpServer.Page;
import io.github.geneve4j.appliance.ops.SmallHttpServer.Request;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Serves operators by HTTP: metrics to scrape, and the policy to look at and to read again.
 *
 * <table>
 *   <caption>What there is</caption>
 *   <tr><td>{@code GET /metrics}</td><td>all counters, for Prometheus</td></tr>
 *   <tr><td>{@code GET /policy}</td><td>which policy holds</td></tr>
 *   <tr><td>{@code POST /policy/reload}</td><td>reads it again: 200 if it was replaced, 422 with the
 *       mistakes if it was not, 503 if a reading does not end</td></tr>
 * </table>
 *
 * <p>It asks nobody for a password: who reaches the port may have the policy read again, though not
 * choose the file. So it belongs on a loopback address, or behind what decides who gets there. A
 * page in the browser of somebody who reaches it may not: what has an {@code Origin}, as browsers
 * send with each POST, gets 403.
 */
public final class AdminServer implements AutoCloseable {
    private static final Page NOT_FOUND =
            new Page(404, "there are /metrics, /policy and /policy/reload\n");
    private static final Page NOT_FOR_PAGES =
            new Page(403, "not for pages in a browser: send no Origin\n");
    private static final Page NO_POLICY = new Page(404, "no policy\n");

    private final Supplier<Page> metrics;
    private final @Nullable PolicyAdmin policy;
    private final SmallHttpServer server;

    private AdminServer(
            InetSocketAddress address, Supplier<Page> metrics, @Nullable PolicyAdmin policy)
            throws IOException {
        this.metrics = metrics;
        this.policy = policy;
        this.server = SmallHttpServer.start(address, this::page);
    }

    /**
     * {@return a server that answers from now on}
     *
     * @param address where to listen; port 0 takes a free one
     * @param metrics read for each scrape, by any thread
     * @param policy asked and told, by any thread; null if there is none
     * @throws IOException if the address cannot be listened on
     */
    public static AdminServer start(
            InetSocketAddress address, Metrics metrics, @Nullable PolicyAdmin policy)
            throws IOException {
        return new AdminServer(
                address, () -> new Page(200, Metrics.CONTENT_TYPE, metrics.text(), ""), policy);
    }

    /** {@return where the server listens} */
    public InetSocketAddress address() {
        return server.address();
    }

    private Page page(Request request) {
        String method = request.method();
        return switch (request.path()) {
            case "/metrics" -> method.equals("GET") ? metrics.get() : only("GET, HEAD");
            case "/policy" -> method.equals("GET") ? describe() : only("GET, HEAD");
            case "/policy/reload" -> method.equals("POST") ? reload(request) : only("POST");
            default -> NOT_FOUND;
        };
    }

    private Page describe() {
        return policy == null ? NO_POLICY : new Page(200, policy.describe() + "\n");
    }

    private Page reload(Request request) {
        if (request.ofWebPage()) {
            return NOT_FOR_PAGES;
        }
        if (policy == null) {
            return NO_POLICY;
        }
        PolicyAdmin.Reload reload = policy.reload();
        int status =
                switch (reload.outcome()) {
                    case REPLACED -> 200;
                    case REFUSED -> 422;
                    case UNFINISHED -> 503;
                };
        return new Page(status, String.join("\n", reload.lines()) + "\n");
    }

    private static Page only(String methods) {
        return new Page(405, Page.PLAIN, "only " + methods + "\n", methods);
    }

    @Override
    public void close() {
        server.close();
    }
}
