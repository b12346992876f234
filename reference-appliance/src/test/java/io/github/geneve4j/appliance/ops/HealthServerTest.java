package io.github.geneve4j.appliance.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HealthServerTest {
    private final AtomicBoolean healthy = new AtomicBoolean(true);
    private volatile boolean isFull;
    private HealthServer server;
    private HttpClient client;

    @BeforeEach
    void start() throws IOException {
        server =
                HealthServer.start(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        this::isHealthy);
        client = HttpClient.newHttpClient();
    }

    private boolean isHealthy() {
        if (isFull) {
            throw new OutOfMemoryError("which this test makes up");
        }
        return healthy.get();
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/health", "/any/path?with=query"})
    void answers200ToAnyPathWhileHealthy(String path) throws Exception {
        HttpResponse<String> response = get(path);

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEqualTo("ok\n");
    }

    @Test
    void answers503WhenNotHealthyAnd200Again() throws Exception {
        healthy.set(false);
        assertThat(get("/").statusCode()).isEqualTo(503);
        assertThat(get("/").body()).isEqualTo("not turning\n");

        healthy.set(true);
        assertThat(get("/").statusCode()).isEqualTo(200);
    }

    @Test
    void answersHeadWithoutABody() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(uri("/")).method("HEAD", noBody()).build();

        HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEmpty();
    }

    /** A TCP health check connects and closes; a broken client connects and says nothing. */
    @Test
    void silentClientsDoNotHoldUpOthers() throws Exception {
        Socket[] silent = new Socket[20];
        try {
            for (int i = 0; i < silent.length; i++) {
                silent[i] = new Socket();
                silent[i].connect(server.address(), 5_000);
                silent[i].getOutputStream().write("GET".getBytes("US-ASCII"));
                silent[i].getOutputStream().flush();
            }
            assertThat(get("/").statusCode()).isEqualTo(200);
        } finally {
            for (Socket socket : silent) {
                if (socket != null) {
                    socket.close();
                }
            }
        }
        assertThat(get("/").statusCode()).isEqualTo(200);
    }

    /** Else a few hundred of them would hold all file descriptors of the process. */
    @Test
    @Timeout(60)
    void cutsOffAClientThatDoesNotFinishItsRequest() throws Exception {
        try (Socket silent = new Socket()) {
            silent.connect(server.address(), 5_000);
            silent.getOutputStream().write("GET".getBytes("US-ASCII"));
            silent.getOutputStream().flush();

            silent.setSoTimeout(50_000);
            int end;
            try {
                end = silent.getInputStream().read();
            } catch (SocketException reset) {
                end = -1;
            }
            assertThat(end).isEqualTo(-1);
        }
    }

    @Test
    void servesNoMoreThanABoundedNumberAtOnce() throws Exception {
        List<Socket> open = new ArrayList<>();
        try {
            int cutOff = 0;
            for (int i = 0; i < 100; i++) {
                Socket socket = new Socket();
                open.add(socket);
                socket.connect(server.address(), 5_000);
            }
            for (Socket socket : open) {
                socket.setSoTimeout(50);
                try {
                    cutOff += socket.getInputStream().read() < 0 ? 1 : 0;
                } catch (SocketTimeoutException stillOpen) {
                    // one of those that are served
                } catch (SocketException reset) {
                    cutOff++;
                }
            }
            assertThat(cutOff).isBetween(30, 99);
        } finally {
            for (Socket socket : open) {
                socket.close();
            }
        }
    }

    /** Each as when somebody else has filled the heap at that moment. */
    @Test
    @Timeout(60)
    void outlivesThatMemoryRunsOutInARequest() throws Exception {
        isFull = true;
        for (int i = 0; i < 100; i++) { // more than connections that there may be
            assertThat(get("/").statusCode()).isEqualTo(503);
            assertThat(get("/").body()).isEqualTo("out of memory\n");
        }
        isFull = false;
        assertThat(get("/").statusCode()).isEqualTo(200);
    }

    /** The one that accepts connections, and one that cuts off who does not finish. */
    @ParameterizedTest
    @ValueSource(strings = {"HTTP-Dispatcher", "req-rsp-timeout-task"})
    @Timeout(60)
    void outlivesThatMemoryRunsOutInAThreadOfTheServer(String thread) throws Exception {
        AtomicInteger failures = new AtomicInteger(2);
        Handler failing =
                new Handler() {
                    @Override
                    public void publish(LogRecord message) {
                        if (Thread.currentThread().getName().equals(thread)
                                && failures.getAndDecrement() > 0) {
                            throw new OutOfMemoryError("which this test makes up");
                        }
                    }

                    @Override
                    public void flush() {}

                    @Override
                    public void close() {}
                };
        Logger logger = Logger.getLogger("com.sun.net.httpserver");
        logger.setUseParentHandlers(false);
        logger.addHandler(failing);
        logger.setLevel(Level.ALL);
        try {
            int rounds = 0;
            while (failures.get() > 0 || rounds < 2) {
                try (HttpClient next = HttpClient.newHttpClient()) {
                    HttpRequest request = HttpRequest.newBuilder(uri("/")).build();
                    assertThat(next.send(request, HttpResponse.BodyHandlers.ofString()).body())
                            .isEqualTo("ok\n");
                }
                cutsOffAClientThatDoesNotFinishItsRequest();
                rounds++;
            }
        } finally {
            logger.setLevel(null);
            logger.removeHandler(failing);
            logger.setUseParentHandlers(true);
        }
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private static HttpRequest.BodyPublisher noBody() {
        return HttpRequest.BodyPublishers.noBody();
    }

    private URI uri(String path) {
        InetSocketAddress address = server.address();
        return URI.create(
                "http://" + address.getAddress().getHostAddress() + ":" + address.getPort() + path);
    }
}
