package io.github.geneve4j.simulator.health;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.github.geneve4j.simulator.HealthCheck;
import io.github.geneve4j.simulator.HealthProtocol;
import io.github.geneve4j.simulator.health.HealthAnswer.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Health checks of servers on loopback, well and unwell. */
@Timeout(60)
class HealthClientTest {
    private static final int NODE = 0x7f3e_5501; // 127.62.85.1
    private static final int TARGET = 0x7f3e_550b;
    private static final InetAddress TARGET_ADDRESS = InetAddress.ofLiteral("127.62.85.11");
    private static final InetAddress NODE_ADDRESS = InetAddress.ofLiteral("127.62.85.1");

    private final HealthClient client = new HealthClient();

    @AfterEach
    void close() {
        client.close();
    }

    private HealthAnswer ask(HealthProtocol protocol, int port, String path) {
        return client.ask(
                NODE, TARGET, HealthCheck.DEFAULT.asking(protocol, port, path).every(5, 2));
    }

    private boolean passes(HealthProtocol protocol, int port, String path) {
        return ask(protocol, port, path).hasPassed();
    }

    /** A server that answers its first connection with some bytes, and keeps it open. */
    private static ServerSocket answering(String text) throws IOException {
        ServerSocket server = new ServerSocket(0, 50, TARGET_ADDRESS);
        Thread.ofVirtual()
                .start(
                        () -> {
                            try {
                                Socket socket = server.accept();
                                socket.getOutputStream()
                                        .write(text.getBytes(StandardCharsets.US_ASCII));
                            } catch (IOException e) {
                                // The test ended
                            }
                        });
        return server;
    }

    @Test
    void tcpPassesWhenItIsAcceptedAndComesFromTheNode() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 50, TARGET_ADDRESS)) {
            assertThat(passes(HealthProtocol.TCP, server.getLocalPort(), "/")).isTrue();
            assertThat(server.accept().getInetAddress()).isEqualTo(NODE_ADDRESS);
        }
    }

    @Test
    void tcpFailsWhenItIsRefused() throws Exception {
        int port;
        try (ServerSocket server = new ServerSocket(0, 50, TARGET_ADDRESS)) {
            port = server.getLocalPort();
        }
        assertThat(ask(HealthProtocol.TCP, port, "/").kind()).isEqualTo(Kind.BROKEN);
    }

    @ParameterizedTest
    @CsvSource({
        "200, 200, 399, true",
        "399, 200, 399, true",
        "400, 200, 399, false",
        "199, 200, 399, false",
        "302, 200, 399, true", // a redirection is an answer, and not followed
        "302, 200, 301, false",
        "500, 200, 399, false",
    })
    void httpPassesByStatus(int status, int least, int greatest, boolean passes) throws Exception {
        try (ServerSocket server = answering("HTTP/1.1 " + status + " Whatever\r\n\r\n")) {
            HealthCheck check =
                    HealthCheck.DEFAULT
                            .asking(HealthProtocol.HTTP, server.getLocalPort(), "/")
                            .every(5, 2)
                            .passing(least, greatest);
            HealthAnswer answer = client.ask(NODE, TARGET, check);
            assertThat(answer.kind()).isEqualTo(passes ? Kind.PASSED : Kind.UNWELL);
            assertThat(answer.text()).isEqualTo("HTTP status " + status);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\r\n",
                "SSH-2.0-x\r\n",
                "HTTP/1.1 20\r\n",
                "HTTP/1.1 2000\r\n",
                "HTTP/2 200\r\n"
            })
    void httpFailsWhenItIsNone(String answer) throws Exception {
        try (ServerSocket server = answering(answer)) {
            assertThat(passes(HealthProtocol.HTTP, server.getLocalPort(), "/")).isFalse();
        }
    }

    /** A process that ends with a connection open. */
    @Test
    void httpIsBrokenWhenTheConnectionEnds() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 50, TARGET_ADDRESS)) {
            Thread.ofVirtual()
                    .start(
                            () -> {
                                try (Socket socket = server.accept()) {
                                    socket.shutdownOutput();
                                    socket.getInputStream().readAllBytes();
                                } catch (IOException e) {
                                    // The check has gone
                                }
                            });
            assertThat(ask(HealthProtocol.HTTP, server.getLocalPort(), "/").kind())
                    .isEqualTo(Kind.BROKEN);
        }
    }

    @Test
    void httpAsksAsItShould() throws Exception {
        CompletableFuture<String> request = new CompletableFuture<>();
        try (ServerSocket server = new ServerSocket(0, 50, TARGET_ADDRESS)) {
            Thread.ofVirtual()
                    .start(
                            () -> {
                                try (Socket socket = server.accept()) {
                                    InputStream in = socket.getInputStream();
                                    StringBuilder text = new StringBuilder();
                                    while (text.indexOf("\r\n\r\n") < 0) {
                                        text.append((char) in.read());
                                    }
                                    request.complete(text.toString());
                                    socket.getOutputStream()
                                            .write(
                                                    "HTTP/1.0 204\r\n"
                                                            .getBytes(StandardCharsets.US_ASCII));
                                } catch (IOException e) {
                                    request.completeExceptionally(e);
                                }
                            });
            assertThat(passes(HealthProtocol.HTTP, server.getLocalPort(), "/well?a=1")).isTrue();
            assertThat(request.get(10, TimeUnit.SECONDS))
                    .startsWith(
                            "GET /well?a=1 HTTP/1.1\r\nHost: 127.62.85.11:"
                                    + server.getLocalPort()
                                    + "\r\nUser-Agent: ELB-HealthChecker/2.0\r\n")
                    .contains("\r\nConnection: close\r\n");
        }
    }

    /** Neither silence nor a byte now and then keeps a probe for longer than its timeout of 2 s. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void slowAnswersAreTooLate(boolean dripping) throws Exception {
        try (ServerSocket server = new ServerSocket(0, 50, TARGET_ADDRESS)) {
            Thread.ofVirtual()
                    .start(
                            () -> {
                                try (Socket socket = server.accept()) {
                                    for (int i = 0; i < 300; i++) {
                                        Thread.sleep(100);
                                        if (dripping) {
                                            socket.getOutputStream().write('H');
                                        }
                                    }
                                } catch (IOException | InterruptedException e) {
                                    // The probe has gone
                                }
                            });
            long begin = System.nanoTime();
            assertThat(ask(HealthProtocol.HTTP, server.getLocalPort(), "/"))
                    .isEqualTo(new HealthAnswer(Kind.LATE, "no answer within 2 s"));
            assertThat(System.nanoTime() - begin).isBetween(1_900_000_000L, 10_000_000_000L);
        }
    }

    @Test
    void httpsPassesWhateverTheCertificate(@TempDir Path folder) throws Exception {
        HttpsServer server = HttpsServer.create(new InetSocketAddress(TARGET_ADDRESS, 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(SelfSigned.context(folder)));
        server.createContext(
                "/",
                exchange -> {
                    exchange.sendResponseHeaders(200, -1);
                    exchange.close();
                });
        server.start();
        try {
            assertThat(passes(HealthProtocol.HTTPS, server.getAddress().getPort(), "/")).isTrue();
            assertThat(passes(HealthProtocol.HTTP, server.getAddress().getPort(), "/")).isFalse();
        } finally {
            server.stop(0);
        }
    }

    @Test
    void httpsFailsWithoutTls() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(TARGET_ADDRESS, 0), 0);
        server.start();
        try {
            assertThat(passes(HealthProtocol.HTTPS, server.getAddress().getPort(), "/")).isFalse();
        } finally {
            server.stop(0);
        }
    }
}
