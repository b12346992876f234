package io.github.geneve4j.appliance.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.testkit.KnownPackets;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The appliance as a process on loopback: its output, its signals, its exit status. */
@Timeout(120)
class RunIT {
    private static final String NETWORK = "127.62.81.";
    private static final int PORT = 6081;

    @Test
    void servesWhatTheLauncherHasTheJvmLearnFrom() throws Exception {
        Networks.requireRoot();
        Networks.require("unshare");
        Networks.require("ip");
        List<String> apart = List.of("unshare", "--net");
        try (ApplianceProcess appliance = ApplianceProcess.start(apart, "train")) {
            appliance.awaitLine(line -> line.startsWith("listening on 192.0.2.2:6081 by af_xdp"));
            assertThat(appliance.awaitExit()).isZero();
        }
    }

    /** One that somebody has set up, as by {@code ip netns exec}, although not the parent's. */
    @Test
    void learnsInNoNamespaceThatIsUsed() throws Exception {
        Networks.requireRoot();
        Networks.require("unshare");
        Networks.require("ip");
        List<String> used =
                List.of("unshare", "--net", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh");
        try (ApplianceProcess appliance = ApplianceProcess.start(used, "train")) {
            assertThat(appliance.awaitExit()).isEqualTo(Main.FAILED);
        }
    }

    @Test
    void answersPacketsAndHealthChecksAndSignals() throws Exception {
        try (ApplianceProcess appliance =
                ApplianceProcess.run(
                        List.of(),
                        "--listen",
                        NETWORK + 1,
                        "--allow-from",
                        NETWORK + 2,
                        "--health-port",
                        "28081")) {
            appliance.awaitLine(line -> line.startsWith("listening on " + NETWORK + "1:6081"));
            appliance.awaitLine("no policy: every packet passes"::equals);

            assertThat(roundTrip(NETWORK + 1, NETWORK + 2, 60_001)).isEqualTo(60_001);
            assertThat(health()).isEqualTo(200);
            new Socket(NETWORK + 1, 28_081).close(); // a TCP check

            appliance.signal("USR1");
            appliance.awaitLine(line -> line.startsWith("received=1 returned=1 dropped=0"));

            appliance.signal("TERM");
            appliance.awaitLine(line -> line.startsWith("received=1 returned=1 dropped=0"));
            assertThat(appliance.awaitExit()).isZero();
        }
    }

    @Test
    void repliesFromTheListeningPortIfToldSoAndPrintsCountersInTurn() throws Exception {
        try (ApplianceProcess appliance =
                ApplianceProcess.run(
                        // A shell may have started these tests in the background, deaf to SIGINT
                        List.of("env", "--default-signal=INT"),
                        "--listen",
                        NETWORK + "5:6081",
                        "--allow-from",
                        NETWORK + "0/24",
                        "--reply-port",
                        "6081",
                        "--drop-ports",
                        "23,445",
                        "--stats-interval",
                        "1")) {
            appliance.awaitLine(line -> line.contains("replies leave from port 6081"));
            appliance.awaitLine("dropping ports [23, 445]"::equals);

            assertThat(roundTrip(NETWORK + 5, NETWORK + 6, 60_002)).isEqualTo(6081);
            appliance.awaitLine(line -> line.startsWith("received=1 returned=1"));

            appliance.signal("INT");
            assertThat(appliance.awaitExit()).isZero();
        }
    }

    /** The JVM leaves SIGHUP at that, and its handler, which is installed all the same, unused. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void saysThatItDoesNotHearSighup(boolean ignored, @TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("policy.yaml"), "default: drop\n");
        try (ApplianceProcess appliance =
                ApplianceProcess.run(
                        List.of("env", "--" + (ignored ? "ignore" : "default") + "-signal=HUP"),
                        "--listen",
                        NETWORK + 7,
                        "--allow-from",
                        NETWORK + "0/24",
                        "--policy",
                        file.toString())) {
            appliance.awaitLine(line -> line.startsWith("policy 1 holds: "));
            appliance.signal("HUP");
            String next = appliance.awaitLine(line -> true);
            if (ignored) {
                assertThat(next).isEqualTo("SIGHUP is ignored (nohup?): reload by file or HTTP");
                Files.writeString(file, "default: allow\n");
                appliance.awaitLine(line -> line.startsWith("policy 2 holds: "));
            } else {
                assertThat(next).startsWith("policy 2 holds: ");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"192.0.2.1"})
    void failsWithAMessageWhereItCannotListen(String address) throws Exception {
        try (ApplianceProcess appliance =
                ApplianceProcess.run(List.of(), "--listen", address, "--allow-from", "0.0.0.0/0")) {
            appliance.awaitLine(line -> line.startsWith("appliance: "));
            assertThat(appliance.awaitExit()).isEqualTo(1);
        }
    }

    /** {@return the source port of the reply to one request} */
    private static int roundTrip(String appliance, String node, int sourcePort) throws Exception {
        InetAddress nodeAddress = InetAddress.ofLiteral(node);
        try (DatagramChannel replies =
                        DatagramChannel.open().bind(new InetSocketAddress(nodeAddress, PORT));
                DatagramChannel sender =
                        DatagramChannel.open()
                                .bind(new InetSocketAddress(nodeAddress, sourcePort))) {
            sender.send(
                    ByteBuffer.wrap(KnownPackets.awsDatagram()),
                    new InetSocketAddress(appliance, PORT));
            ByteBuffer reply = ByteBuffer.allocate(0xffff);
            replies.socket().setSoTimeout(10_000);
            InetSocketAddress from = (InetSocketAddress) replies.receive(reply);
            byte[] bytes = new byte[reply.flip().remaining()];
            reply.get(bytes);
            assertThat(bytes).isEqualTo(KnownPackets.awsDatagram());
            assertThat(from.getAddress()).isEqualTo(InetAddress.ofLiteral(appliance));
            return from.getPort();
        }
    }

    private static int health() throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            URI uri = URI.create("http://" + NETWORK + "1:28081/health");
            return client.send(
                            HttpRequest.newBuilder(uri).build(),
                            HttpResponse.BodyHandlers.discarding())
                    .statusCode();
        }
    }
}
