package io.github.geneve4j.appliance.ops;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Answers HTTP requests with a few lines of text, beside the packets and in nobody's way.
 *
 * <p>Requests are served by threads of their own: a slow client holds up neither packets nor
 * another client. One that does not finish its request in {@value #SECONDS_FOR_A_REQUEST} seconds
 * is cut off, and so is one that does not take the answer in as many. What the answer is may take
 * longer to find out. No more than {@value #MAX_CONNECTIONS} are served at once, so that whoever
 * reaches this port cannot take the file descriptors that replies need.
 *
 * <p>Somebody else may fill the heap, as by a policy that turns out too large. A request that meets
 * that is answered with 503. A thread of the JDK's server that meets it would die unheard, so it
 * goes on, or another server takes the place of its own. It would be no help to end the process:
 * packets are judged all the while, and need no memory for that.
 */
final class SmallHttpServer implements AutoCloseable {
    private static final int BACKLOG = 128;
    private static final int SECONDS_FOR_A_REQUEST = 5;
    private static final Duration LIMIT = Duration.ofSeconds(SECONDS_FOR_A_REQUEST);
    private static final int MAX_CONNECTIONS = 64;

    /** Bytes of a body that is read, though no request here needs one. */
    private static final int SHORT_BODY = 1 << 16;

    private static final int SECONDS_UNTIL_FORGOTTEN = 300;
    private static final Duration RETRY = Duration.ofSeconds(1);

    private static final Page NO_MEMORY = new Page(503, "out of memory\n");

    static {
        // The JDK's server knows these limits by system property only, and reads them once. Its
        // limit for answers includes the time that it takes to find them, so it is for what an
        // error has left behind.
        limit("sun.net.httpserver.maxReqTime", SECONDS_FOR_A_REQUEST);
        limit("sun.net.httpserver.maxRspTime", SECONDS_UNTIL_FORGOTTEN);
        limit("jdk.httpserver.maxConnections", MAX_CONNECTIONS);
    }

    private static void limit(String property, int value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, Integer.toString(value));
        }
    }

    private final ThreadGroup parent = Thread.currentThread().getThreadGroup();
    private final Pages pages;
    private final InetSocketAddress address;
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private final AtomicReference<@Nullable HttpServer> server = new AtomicReference<>();
    private volatile boolean closed;

    /** What is asked, by any thread. */
    @FunctionalInterface
    interface Pages {
        /**
         * {@return the answer to a request}
         *
         * @param request what is asked
         */
        Page page(Request request);
    }

    /**
     * A request.
     *
     * @param method such as GET; HEAD is asked as GET
     * @param path without its query
     * @param ofWebPage whether a page made it that somebody looks at: browsers send where such a
     *     request comes from, but for GET and HEAD (Fetch standard, {@code Origin} header)
     */
    record Request(String method, String path, boolean ofWebPage) {}

    /**
     * An answer.
     *
     * @param status of HTTP
     * @param contentType of the text
     * @param text of the answer
     * @param allow methods that the path has, for status 405; else empty
     */
    record Page(int status, String contentType, String text, String allow) {
        static final String PLAIN = "text/plain; charset=utf-8";

        /** Of plain text. */
        Page(int status, String text) {
            this(status, PLAIN, text, "");
        }
    }

    private SmallHttpServer(InetSocketAddress address, Pages pages) throws IOException {
        this.pages = pages;
        HttpServer first = begin(address);
        this.address = first.getAddress();
        this.server.set(first);
    }

    /** Those of one of the JDK's servers: what they begin is in their group too. */
    private final class Threads extends ThreadGroup {
        private volatile @Nullable HttpServer served;

        Threads() {
            super(parent, "http"); // not in that of one whose place it takes
        }

        /**
         * By the thread that dies. The one that accepts connections goes on with that, since nobody
         * else can; from a timer its work is gone, and what it limits is limited by another server.
         */
        @Override
        public void uncaughtException(Thread thread, Throwable failure) {
            Runnable work = thread; // its own, on itself
            boolean ended = false;
            while (!ended) {
                try {
                    super.uncaughtException(thread, failure); // tells of it
                    work.run();
                    ended = true;
                } catch (RuntimeException | Error e) {
                    LockSupport.parkNanos(RETRY.toNanos());
                }
            }
            takeOver(served);
        }
    }

    /**
     * {@return a server that answers from now on}
     *
     * @param address where to listen; port 0 takes a free one
     * @param pages asked for each request
     * @throws IOException if the address cannot be listened on
     */
    static SmallHttpServer start(InetSocketAddress address, Pages pages) throws IOException {
        return new SmallHttpServer(address, pages);
    }

    private HttpServer begin(InetSocketAddress address) throws IOException {
        FutureTask<HttpServer> beginning = new FutureTask<>(() -> serve(address));
        Threads threads = new Threads();
        new Thread(threads, beginning, "http").start();
        try {
            HttpServer next = beginning.get();
            threads.served = next;
            return next;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private HttpServer serve(InetSocketAddress address) throws IOException {
        HttpServer next = listen(address);
        next.setExecutor(executor);
        next.createContext("/", exchange -> answer(exchange, pages));
        next.start();
        return next;
    }

    /** Has another server listen in place of one, unless that has been stopped. */
    private void takeOver(@Nullable HttpServer old) {
        if (old == null || !server.compareAndSet(old, null)) {
            return;
        }
        HttpServer next = null;
        while (next == null && !closed) {
            try {
                old.stop(0);
                next = begin(address);
            } catch (IOException | RuntimeException | OutOfMemoryError e) {
                LockSupport.parkNanos(RETRY.toNanos());
            }
        }
        server.set(next);
        if (closed) {
            stop();
        }
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
    InetSocketAddress address() {
        return address;
    }

    private static void answer(HttpExchange exchange, Pages pages) throws IOException {
        try (exchange) {
            String method = exchange.getRequestMethod();
            boolean hasBody = !method.equals("HEAD");
            Request request =
                    new Request(
                            hasBody ? method : "GET",
                            exchange.getRequestURI().getPath(),
                            exchange.getRequestHeaders().containsKey("Origin"));
            finishRequest(exchange);
            Page page = page(pages, request);
            byte[] body = page.text().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", page.contentType());
            exchange.getResponseHeaders().set("Cache-Control", "no-store");
            if (!page.allow().isEmpty()) {
                exchange.getResponseHeaders().set("Allow", page.allow());
            }
            write(exchange, page.status(), hasBody ? body : null);
        } catch (OutOfMemoryError e) {
            throw new IOException(e); // the JDK's server closes the connection for no error
        }
    }

    private static Page page(Pages pages, Request request) {
        try {
            return pages.page(request);
        } catch (OutOfMemoryError e) {
            return NO_MEMORY;
        }
    }

    /**
     * Reads a short body: until then the request is not finished in the eyes of the JDK's server,
     * which would cut it off while a slow answer is found. Longer ones are nobody's.
     */
    private static void finishRequest(HttpExchange exchange) throws IOException {
        String length = exchange.getRequestHeaders().getFirst("Content-Length");
        if (length == null || Long.parseLong(length) <= SHORT_BODY) {
            byte[] _ = exchange.getRequestBody().readNBytes(SHORT_BODY);
        }
    }

    /** Writes an answer; a client that does not take it in time finds its connection closed. */
    private static void write(HttpExchange exchange, int status, byte @Nullable [] body)
            throws IOException {
        Thread writer = Thread.currentThread();
        Thread limit =
                Thread.startVirtualThread(
                        () -> {
                            try {
                                Thread.sleep(LIMIT);
                                writer.interrupt(); // closes the socket that it waits for
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt(); // it was in time
                            }
                        });
        try {
            exchange.sendResponseHeaders(status, body == null ? -1 : body.length);
            if (body != null) {
                exchange.getResponseBody().write(body);
                exchange.getResponseBody().flush(); // before what is left of the request
            }
        } finally {
            limit.interrupt();
        }
    }

    @Override
    public void close() {
        closed = true;
        stop();
        executor.shutdownNow();
    }

    private void stop() {
        HttpServer last = server.getAndSet(null);
        if (last != null) {
            last.stop(0);
        }
    }
}
