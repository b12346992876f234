package io.github.geneve4j.appliance.ops;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.appliance.Answer;
import io.github.geneve4j.appliance.Appliance;
import io.github.geneve4j.appliance.DropReason;
import io.github.geneve4j.appliance.OriginFilter;
import io.github.geneve4j.appliance.Verdicts;
import io.github.geneve4j.appliance.firewall.Firewall;
import io.github.geneve4j.appliance.firewall.FirewallControl;
import io.github.geneve4j.appliance.firewall.Judgement;
import io.github.geneve4j.appliance.policy.Policy;
import io.github.geneve4j.appliance.policy.PolicyReader;
import io.github.geneve4j.appliance.policy.Rule;
import io.github.geneve4j.io.NioPort;
import io.github.geneve4j.io.ReceiveSkip;
import io.github.geneve4j.io.SendFailure;
import io.github.geneve4j.testkit.Packets;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class AdminServerTest {
    private static final InetAddress LISTEN = InetAddress.ofLiteral("127.63.83.1");
    private static final InetAddress NODE = InetAddress.ofLiteral("127.63.83.2");
    private static final int PORT = 26_083;

    private final AtomicInteger reloads = new AtomicInteger();
    private final HttpClient client = HttpClient.newHttpClient();
    private FirewallControl control;
    private Appliance appliance;
    private volatile boolean unfinished;
    private volatile Duration delay = Duration.ZERO;
    private volatile String text = "policy 1 holds: p.yaml, 2 rules, default drop";

    private final PolicyAdmin policy =
            new PolicyAdmin() {
                @Override
                public String describe() {
                    return text;
                }

                @Override
                public Readings readings() {
                    return new Readings(
                            Instant.ofEpochMilli(1_500),
                            Instant.ofEpochSecond(7),
                            3,
                            Duration.ofMillis(250));
                }

                /** Every other one is good. */
                @Override
                public synchronized Reload reload() {
                    LockSupport.parkNanos(delay.toNanos());
                    if (unfinished) {
                        return new Reload(
                                Outcome.UNFINISHED, List.of("a reading has lasted for 31 s"));
                    }
                    return reloads.incrementAndGet() % 2 == 1
                            ? new Reload(Outcome.REPLACED, List.of("policy 2 holds: p.yaml"))
                            : new Reload(
                                    Outcome.REFUSED,
                                    List.of("p.yaml:3:7: a mistake", "NOT REPLACED"));
                }
            };

    @BeforeEach
    void start() throws Exception {
        control =
                FirewallControl.builder(
                                PolicyReader.parse(
                                        """
                                        default: drop
                                        rules:
                                          - {name: "the \\"web\\"", protocol: tcp, action: allow}
                                          - {name: names, protocol: udp, destination-port: 53, action: allow}
                                        """,
                                        "test"))
                        .flows(10)
                        .build();
        appliance =
                Appliance.builder()
                        .port(
                                NioPort.builder(LISTEN)
                                        .port(PORT)
                                        .peerPort(PORT)
                                        .replyFromListeningPort(true)
                                        .open())
                        .allowFrom(OriginFilter.parse(NODE.getHostAddress()))
                        .inspector(control::newFirewall)
                        .start();
    }

    @AfterEach
    void stop() throws IOException {
        appliance.close();
        client.close();
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /policy, 200",
        "HEAD, /policy, 200",
        "POST, /policy, 405",
        "GET, /metrics, 200",
        "HEAD, /metrics, 200",
        "DELETE, /metrics, 405",
        "GET, /policy/reload, 405",
        "HEAD, /policy/reload, 405",
        "GET, /, 404",
        "GET, /policy/, 404",
        "POST, /reload, 404",
    })
    void answersByPathAndMethod(String method, String path, int status) throws Exception {
        try (AdminServer server = server(policy)) {
            HttpResponse<String> response = ask(server, method, path);
            assertThat(response.statusCode()).isEqualTo(status);
            assertThat(response.headers().firstValue("Allow").isPresent()).isEqualTo(status == 405);
            assertThat(response.body().isEmpty()).isEqualTo(method.equals("HEAD"));
        }
        assertThat(reloads).hasValue(0);
    }

    @Test
    void tellsWhatCameOfAReload() throws Exception {
        try (AdminServer server = server(policy)) {
            HttpResponse<String> good = ask(server, "POST", "/policy/reload");
            assertThat(good.statusCode()).isEqualTo(200);
            assertThat(good.body()).isEqualTo("policy 2 holds: p.yaml\n");
            HttpResponse<String> bad = ask(server, "POST", "/policy/reload");
            assertThat(bad.statusCode()).isEqualTo(422);
            assertThat(bad.body()).isEqualTo("p.yaml:3:7: a mistake\nNOT REPLACED\n");
        }
    }

    @Test
    void tellsThatAReadingDoesNotEnd() throws Exception {
        unfinished = true;
        try (AdminServer server = server(policy)) {
            HttpResponse<String> none = ask(server, "POST", "/policy/reload");
            assertThat(none.statusCode()).isEqualTo(503);
            assertThat(none.body()).isEqualTo("a reading has lasted for 31 s\n");
        }
    }

    /** A large policy takes its time, for longer than a client may take for its request. */
    @ParameterizedTest
    @ValueSource(strings = {"", "{}"})
    void waitsForASlowReload(String body) throws Exception {
        delay = Duration.ofSeconds(8);
        try (AdminServer server = server(policy)) {
            HttpRequest request =
                    HttpRequest.newBuilder(
                                    request(server, "POST", "/policy/reload"), (n, v) -> true)
                            .POST(HttpRequest.BodyPublishers.ofString(body))
                            .build();
            HttpResponse<String> answer =
                    client.send(request, HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo("policy 2 holds: p.yaml\n");
        }
    }

    /** Else a few of them would be all that there may be. */
    @Test
    void whoDoesNotTakeTheAnswerIsCutOff() throws Exception {
        text = "x".repeat(1 << 26); // more than the kernel keeps
        try (AdminServer server = server(policy);
                Socket socket = new Socket(LISTEN, server.address().getPort())) {
            socket.getOutputStream()
                    .write("GET /policy HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(UTF_8));
            assertThat(firstLine(socket)).isEqualTo("HTTP/1.1 200 OK");
            Thread.sleep(Duration.ofSeconds(8));
            assertThat(taken(socket)).isLessThan(text.length());
        }
    }

    /** {@return the bytes until the connection ends, at once if it has been closed} */
    private static long taken(Socket socket) throws IOException {
        socket.setSoTimeout(10_000);
        try {
            return socket.getInputStream().transferTo(OutputStream.nullOutputStream());
        } catch (SocketException reset) {
            return 0;
        }
    }

    /** Which needs no permission for a POST to wherever, though it is not shown the answer. */
    @ParameterizedTest
    @ValueSource(strings = {"https://evil.example", "null", "http://127.0.0.1:9100", ""})
    void aPageInABrowserReloadsNothing(String origin) throws Exception {
        try (AdminServer server = server(policy);
                Socket socket = new Socket(LISTEN, server.address().getPort())) {
            socket.getOutputStream()
                    .write(
                            ("POST /policy/reload HTTP/1.1\r\nHost: x\r\norigin: "
                                            + origin
                                            + "\r\nContent-Length: 0\r\n\r\n")
                                    .getBytes(StandardCharsets.US_ASCII));
            assertThat(firstLine(socket)).isEqualTo("HTTP/1.1 403 Forbidden");
        }
        assertThat(reloads).hasValue(0);
    }

    @Test
    void manyMayAskAtOnce() throws Exception {
        try (AdminServer server = server(policy)) {
            List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                all.add(
                        client.sendAsync(
                                request(server, "POST", "/policy/reload"),
                                HttpResponse.BodyHandlers.ofString()));
            }
            long good = all.stream().filter(one -> one.join().statusCode() == 200).count();
            assertThat(good).isEqualTo(10);
            assertThat(reloads).hasValue(20);
        }
    }

    @Test
    void withoutAPolicyThereIsNothingToReload() throws Exception {
        try (AdminServer server = server(null)) {
            assertThat(ask(server, "POST", "/policy/reload").statusCode()).isEqualTo(404);
            assertThat(ask(server, "GET", "/policy").body()).isEqualTo("no policy\n");
            assertThat(metrics(server).keySet())
                    .noneMatch(name -> name.startsWith("appliance_policy_re"));
        }
    }

    /** Somebody who says nothing, and somebody who sends half of a request. */
    @Test
    void whoStallsHoldsUpNobody() throws Exception {
        try (AdminServer server = server(policy);
                Socket silent = new Socket(LISTEN, server.address().getPort());
                Socket half = new Socket(LISTEN, server.address().getPort())) {
            half.getOutputStream()
                    .write(
                            "POST /policy/reload HTTP/1.1\r\nHo"
                                    .getBytes(StandardCharsets.US_ASCII));
            // before the stalled ones are cut off, which takes five seconds
            HttpRequest soon =
                    HttpRequest.newBuilder(request(server, "GET", "/policy"), (n, v) -> true)
                            .timeout(Duration.ofSeconds(4))
                            .build();
            assertThat(client.send(soon, HttpResponse.BodyHandlers.ofString()).statusCode())
                    .isEqualTo(200);
            assertThat(silent.isConnected()).isTrue();
        }
        assertThat(reloads).hasValue(0);
    }

    /** None of these is a reload, or keeps others from being answered. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "\u0000\u0001\u0002\r\n\r\n",
                "POST\r\n\r\n",
                "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
                "POST /policy/../policy/reload HTTP/1.1\r\nHost: x\r\n\r\n",
                "POST //policy/reload HTTP/1.1\r\nHost: x\r\n\r\n",
                "post /policy/reload HTTP/1.1\r\nHost: x\r\n\r\n",
                "POST /policy/reload HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                "POST /policy/reload HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
            })
    void whatIsNoRequestHarmsNobody(String bytes) throws Exception {
        try (AdminServer server = server(policy);
                Socket socket = new Socket(LISTEN, server.address().getPort())) {
            socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
            assertThat(ask(server, "GET", "/policy").statusCode()).isEqualTo(200);
            assertThat(firstLine(socket)).doesNotContain(" 200 ", " 422 ");
        }
        assertThat(reloads).hasValue(0);
    }

    /** A body is not read, however long it says that it is. */
    @Test
    void aBodyIsNotWaitedFor() throws Exception {
        try (AdminServer server = server(policy);
                Socket socket = new Socket(LISTEN, server.address().getPort())) {
            socket.getOutputStream()
                    .write(
                            ("POST /policy/reload HTTP/1.1\r\nHost: x\r\n"
                                            + "Content-Length: 1000000000000\r\n\r\n{")
                                    .getBytes(StandardCharsets.US_ASCII));
            socket.setSoTimeout(4_000);
            assertThat(firstLine(socket)).isEqualTo("HTTP/1.1 200 OK");
            assertThat(ask(server, "GET", "/policy").statusCode()).isEqualTo(200);
        }
    }

    /** {@return the first line of an answer, empty if the connection ends without one} */
    private static String firstLine(Socket socket) throws IOException {
        StringBuilder line = new StringBuilder();
        try {
            for (int c = socket.getInputStream().read();
                    c >= 0 && c != '\r';
                    c = socket.getInputStream().read()) {
                line.append((char) c);
            }
        } catch (SocketException reset) {
            return line.toString();
        }
        return line.toString();
    }

    /** Each counter there is, and what three packets make of them. */
    @Test
    void metricsAddUp() throws Exception {
        try (DatagramChannel node = DatagramChannel.open().bind(new InetSocketAddress(NODE, PORT));
                AdminServer server = server(policy)) {
            InetSocketAddress to = new InetSocketAddress(LISTEN, PORT);
            int allowed = send(node, to, 53);
            send(node, to, 54); // which the policy drops
            node.send(ByteBuffer.wrap(new byte[3]), to); // no Geneve
            send(node, to, 53);
            for (int i = 0; i < 2; i++) {
                node.receive(ByteBuffer.allocate(2048)); // replies come in order
            }
            Map<String, Double> metrics = metrics(server);
            assertThat(metrics)
                    .containsEntry("appliance_received_packets_total", 4.0)
                    .containsEntry("appliance_received_bytes_total", 3.0 * allowed + 3)
                    .containsEntry("appliance_passed_packets_total", 2.0)
                    .containsEntry("appliance_returned_packets_total", 2.0)
                    .containsEntry("appliance_dropped_packets_total{reason=\"inspector\"}", 1.0)
                    .containsEntry(
                            "appliance_dropped_packets_total{reason=\"truncated_header\"}", 1.0)
                    .containsEntry("appliance_judged_packets_total{judgement=\"allowed\"}", 1.0)
                    .containsEntry("appliance_judged_packets_total{judgement=\"known\"}", 1.0)
                    .containsEntry("appliance_rule_decisions_total{rule=\"names\"}", 1.0)
                    .containsEntry("appliance_rule_decisions_total{rule=\"default\"}", 1.0)
                    .containsEntry("appliance_rule_decisions_total{rule=\"the \\\"web\\\"\"}", 0.0)
                    .containsEntry("appliance_failed_flow_ends_total", 0.0)
                    .containsEntry("appliance_policy_generation", 1.0)
                    .containsEntry("appliance_policy_refusals_total", 3.0)
                    .containsEntry(
                            "appliance_policy_read_timestamp_seconds{outcome=\"replaced\"}", 1.5)
                    .containsEntry(
                            "appliance_policy_read_timestamp_seconds{outcome=\"refused\"}", 7.0)
                    .containsEntry("appliance_policy_reading_seconds", 0.25)
                    .containsEntry("appliance_unjudged_packets_total", 0.0)
                    .containsEntry("appliance_overloads_total", 0.0)
                    .containsEntry("appliance_overloaded_workers", 0.0)
                    .containsEntry("appliance_workers_turning", 1.0);
            assertThat(metrics.keySet())
                    .contains("appliance_kernel_drops_total", "appliance_rewritten_packets_total");
            for (DropReason reason : DropReason.values()) {
                assertThat(metrics)
                        .containsKey(series("dropped_packets", "reason", reason.label()));
            }
            for (Answer answer : Answer.values()) {
                assertThat(metrics).containsKey(series("answers", "answer", answer.label()));
            }
            for (SendFailure cause : SendFailure.values()) {
                assertThat(metrics).containsKey(series("send_failures", "reason", cause.label()));
            }
            for (ReceiveSkip reason : ReceiveSkip.values()) {
                assertThat(metrics)
                        .containsKey(series("skipped_packets", "reason", reason.label()));
            }
            for (Judgement judgement : Judgement.values()) {
                assertThat(metrics)
                        .containsKey(series("judged_packets", "judgement", judgement.label()));
            }
        }
    }

    /** Where there are 30,000 rules, few have decided. */
    @Test
    void theReportLeavesZerosOut() {
        assertThat(FirewallReport.rules(control)).isEqualTo("rules");
        decide("names");
        assertThat(FirewallReport.rules(control)).isEqualTo("rules names=1");
    }

    /** GeneveProxy's file has names of any kind. */
    @Test
    void aNameEndsNeitherEarlyNorTheLine() {
        String name = "it's\na \\";
        Policy named = control.policy();
        Rule rule = named.rules().get(1);
        control.replace(
                new Policy(
                        named.inside(),
                        named.zones(),
                        List.of(
                                new Rule(
                                        name,
                                        rule.match(),
                                        rule.action(),
                                        rule.log(),
                                        rule.line())),
                        named.byDefault()));
        decide(name);
        assertThat(FirewallReport.rules(control)).isEqualTo("rules 'it\\'s\\u000aa \\\\'=1");
    }

    private void decide(String name) {
        Verdicts.on(
                control.newFirewall(),
                Packets.packet(Packets.ipv4("10.0.0.1", "10.0.0.2"), Packets.udp(9, 53)));
        assertThat(control.decided()).containsEntry(name, 1L);
    }

    /** Another firewall of the same control, as of a second worker. */
    @Test
    void metricsAreThoseOfAllWorkers() throws Exception {
        Firewall second = control.newFirewall();
        Verdicts.on(
                second, Packets.packet(Packets.ipv4("10.0.0.1", "10.0.0.2"), Packets.udp(9, 53)));
        try (AdminServer server = server(policy)) {
            assertThat(metrics(server))
                    .containsEntry("appliance_judged_packets_total{judgement=\"allowed\"}", 1.0);
        }
    }

    private static String series(String name, String label, String value) {
        return "appliance_" + name + "_total{" + label + "=\"" + value + "\"}";
    }

    /** Sends a datagram; {@return its length} */
    private static int send(DatagramChannel node, InetSocketAddress to, int port)
            throws IOException {
        byte[] geneve = {0, 0, 8, 0, 0, 0, 0, 0};
        byte[] inner = Packets.packet(Packets.ipv4("10.0.0.1", "10.0.0.2"), Packets.udp(9, port));
        byte[] datagram = Packets.concat(geneve, inner);
        return node.send(ByteBuffer.wrap(datagram), to);
    }

    /** Reads the text format: a value behind each series, remarks between. */
    private Map<String, Double> metrics(AdminServer server) throws Exception {
        HttpResponse<String> response = ask(server, "GET", "/metrics");
        assertThat(response.headers().firstValue("Content-Type").orElseThrow())
                .startsWith("text/plain; version=0.0.4");
        Map<String, Double> metrics = new HashMap<>();
        for (String line : response.body().split("\n")) {
            if (!line.startsWith("#")) {
                int space = line.lastIndexOf(' ');
                Double before =
                        metrics.put(
                                line.substring(0, space),
                                Double.valueOf(line.substring(space + 1)));
                assertThat(before).as(line).isNull();
            }
        }
        assertThat(response.body()).contains("# HELP appliance_received_packets_total ");
        assertThat(response.body()).contains("# TYPE appliance_received_packets_total counter");
        return metrics;
    }

    private AdminServer server(@Nullable PolicyAdmin admin) throws IOException {
        return AdminServer.start(
                new InetSocketAddress(LISTEN, 0), new Metrics(appliance, control, admin), admin);
    }

    private HttpResponse<String> ask(AdminServer server, String method, String path)
            throws Exception {
        return client.send(request(server, method, path), HttpResponse.BodyHandlers.ofString());
    }

    private static HttpRequest request(AdminServer server, String method, String path) {
        return HttpRequest.newBuilder(
                        URI.create(
                                "http://"
                                        + LISTEN.getHostAddress()
                                        + ":"
                                        + server.address().getPort()
                                        + path))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build();
    }
}
