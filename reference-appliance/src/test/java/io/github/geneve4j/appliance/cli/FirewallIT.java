package io.github.geneve4j.appliance.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The firewall between programs that know nothing of it, behind the simulated load balancer. */
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FirewallIT {
    private static final String SERVER = "10.3.0.2";
    private static final int HTTP = 80;
    private static final int ALLOWED = 8000;
    private static final int REJECTED = 8001;
    private static final int DROPPED = 8002;

    private static final String POLICY =
            """
            sets: {servers: [10.3.0.0/24, "fd00:3::/64"]}
            zones: {shop: vpce-00000000000000001}
            default: drop
            rules:
              - {name: web, zone: shop, destination: servers, protocol: tcp, destination-port: [80, 8000], action: allow}
              - {name: no admin, destination: servers, protocol: [tcp, udp], destination-port: 8001, action: reject, log: true}
              - {name: ping, destination: servers, icmp: [8, 128], action: allow}
            """;

    private static final Pattern COUNTS =
            Pattern.compile("([0-9]+) packets transmitted, ([0-9]+) received");

    @TempDir static Path folder;
    private Path policy;
    private Networks networks;
    private ApplianceProcess appliance;
    private ApplianceProcess simulator;
    private int generation = 1;

    @BeforeAll
    void start() throws Exception {
        networks = new Networks("ethtool", "ss", "ping", "curl", "python3");
        FirewallTopology.lay(networks, 9001);
        policy = Files.writeString(folder.resolve("policy.yaml"), POLICY);
        Path domains =
                Files.writeString(
                        folder.resolve("domains"), "*.allowed.example # and all below\n" + SERVER);
        appliance =
                ApplianceProcess.run(
                        networks.exec("fw"),
                        "--interface",
                        "lb",
                        "--allow-from",
                        "10.0.1.5",
                        "--health-port",
                        "8080",
                        "--idle",
                        "block",
                        "--admin",
                        "9100",
                        "--policy",
                        policy.toString(),
                        "--allow-domains",
                        domains.toString());
        appliance.awaitLine(line -> line.startsWith("policy 1 holds: "));
        simulator = FirewallTopology.startLoadBalancer(networks, folder, 8500);
        Path files = Files.createDirectories(folder.resolve("www"));
        Files.writeString(files.resolve("hello"), "hello\n");
        Files.write(files.resolve("body"), new byte[20_000_000]);
        for (int port : new int[] {HTTP, ALLOWED, REJECTED, DROPPED}) {
            networks.serve("server", files, port);
        }
    }

    /** Each test begins with the policy above. */
    @BeforeEach
    void restore() throws Exception {
        if (!Files.readString(policy).equals(POLICY)) {
            replace(POLICY);
            awaitNextPolicy();
        }
    }

    @AfterAll
    @SuppressWarnings("try") // the resources are there to be closed
    void stop() throws Exception {
        try (Networks _ = networks;
                ApplianceProcess _ = appliance;
                ApplianceProcess _ = simulator) {
            if (simulator == null) {
                return;
            }
            appliance.signal("TERM");
            assertThat(appliance.awaitExit()).isZero();
            List<String> last = appliance.rest();
            // Every packet was judged once, and no rule was out of play
            long received = number(last, "received=", "received=");
            assertThat(
                            number(last, "judged", " known=")
                                    + number(last, "judged", " allowed=")
                                    + number(last, "judged", " related=")
                                    + number(last, "received=", " dropped="))
                    .isEqualTo(received);
            assertThat(number(last, "rules", " web=")).isPositive();
            assertThat(number(last, "rules", " 'no admin'=")).isPositive();
            assertThat(number(last, "rules", " ping=")).isPositive();
            assertThat(number(last, "rules", " default=")).isPositive();
        }
    }

    @Test
    void whatIsAllowedPasses() throws Exception {
        assertThat(curl("http://10.3.0.2:8000/hello").ok()).isEqualTo("hello\n");
        assertThat(curl("http://[fd00:3::2]:8000/hello").ok()).isEqualTo("hello\n");
        assertThat(curl("-o", "/dev/null", "http://10.3.0.2:8000/body").status()).isZero();
        assertThat(networks.in("client", "ping", "-c", "2", "-i", "0.2", SERVER).status()).isZero();
    }

    /** Curl: 28 is a timeout, 7 a refused connection. */
    @Test
    void whatIsDroppedTimesOutAndWhatIsRejectedFailsAtOnce() throws Exception {
        assertThat(curl("--max-time", "2", "http://10.3.0.2:8002/hello").status()).isEqualTo(28);
        long begin = System.nanoTime();
        for (String host : List.of(SERVER, "[fd00:3::2]")) {
            Networks.Result rejected = curl("--max-time", "10", "http://" + host + ":8001/hello");
            assertThat(rejected.status()).as(rejected.output()).isEqualTo(7);
        }
        assertThat(System.nanoTime() - begin).isLessThan(5_000_000_000L);
        assertThat(appliance.awaitLine(line -> line.startsWith("log: ")))
                .contains("log: reject by 'no admin' vpce-00000000000000001 ")
                .contains(SERVER);
        String datagram =
                """
                import socket, sys
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                s.settimeout(5)
                s.connect(("10.3.0.2", int(sys.argv[1])))
                s.send(b"hello")
                try:
                    s.recv(10)
                except OSError as e:
                    print(type(e).__name__, e)
                """;
        // ICMP "administratively prohibited": the sender's kernel calls it so
        assertThat(networks.in("client", "python3", "-c", datagram, "8001").ok())
                .contains("No route to host");
    }

    /** Nobody outside begins anything. */
    @Test
    void theOtherDirectionIsAnotherMatter() throws Exception {
        Networks.Result back = networks.in("server", "ping", "-c", "1", "-W", "1", "10.1.0.10");
        assertThat(back.status()).as(back.output()).isNotZero();
    }

    /** The file is replaced, and read by a signal; pings and a download know nothing of it. */
    @Test
    void aReloadLosesNoAllowedPacket() throws Exception {
        Process ping =
                networks.begin("client", "ping", "-c", "400", "-i", "0.01", "-W", "2", SERVER);
        Process body = download("5M");
        for (int i = 0; i < 6; i++) {
            replace(POLICY + "  - {name: more " + i + ", protocol: gre, action: drop}\n");
            awaitNextPolicy();
            appliance.signal("HUP");
            awaitNextPolicy();
        }
        Matcher counts = COUNTS.matcher(Networks.finish(ping).ok());
        assertThat(counts.find()).isTrue();
        assertThat(counts.group(2)).isEqualTo(counts.group(1)).isEqualTo("400");
        assertThat(Networks.finish(body).ok()).isEqualTo("20000000");
    }

    @Test
    void aBrokenFileChangesNothing() throws Exception {
        replace(
                POLICY.replace("action: reject", "action: regret")
                        .replace("web, ", "web, sone: x, "));

        String mistake = appliance.awaitLine(line -> line.contains("policy.yaml:"));
        assertThat(mistake).contains("policy.yaml:5:").contains("sone: unknown in a rule");
        assertThat(appliance.awaitLine(line -> line.contains("policy.yaml:")))
                .contains("policy.yaml:6:")
                .contains("action: expected allow or drop or reject, found 'regret'");
        assertThat(appliance.awaitLine(line -> line.startsWith("policy NOT REPLACED")))
                .contains("number " + generation + " still holds: 2 mistakes");
        assertThat(curl("http://10.3.0.2:8000/hello").ok()).isEqualTo("hello\n");
        assertThat(curl("--max-time", "10", "http://10.3.0.2:8001/hello").status()).isEqualTo(7);
    }

    @Test
    void operatorsAreServed() throws Exception {
        assertThat(curl("http://10.3.0.2:8000/hello").ok()).isEqualTo("hello\n");
        String metrics = admin("/metrics").ok();
        Matcher passed =
                Pattern.compile("(?m)^appliance_passed_packets_total ([0-9.E]+)$").matcher(metrics);
        assertThat(passed.find()).as(metrics).isTrue();
        assertThat(Double.parseDouble(passed.group(1))).isPositive();
        assertThat(metrics)
                .contains("appliance_rule_decisions_total{rule=\"no admin\"} ")
                .contains("appliance_workers_turning 1.0\n");

        assertThat(admin("-X", "POST", "/policy/reload").ok())
                .isEqualTo(
                        "policy "
                                + (generation + 1)
                                + " holds: "
                                + policy
                                + ", 3 rules, default drop\n200");
        awaitNextPolicy();
        replace(POLICY.replace("action: reject", "action: regret"));
        assertThat(admin("-X", "POST", "/policy/reload").ok())
                .contains("found 'regret'")
                .contains("policy NOT REPLACED, number " + generation)
                .endsWith("\n422");
        assertThat(admin("/policy").ok()).startsWith("policy " + generation + " holds: ");
    }

    /** A download that is running is reset once the file forbids it. */
    @Test
    void aReloadEndsWhatItForbids() throws Exception {
        Process body = download("1M");
        Thread.sleep(1_000); // some of it is there
        assertThat(body.isAlive()).isTrue();
        replace(
                POLICY.replace("port: [80, 8000]", "port: 80")
                        .replace("default: drop", "default: reject"));
        awaitNextPolicy();
        Networks.Result ended = Networks.finish(body);
        assertThat(ended.status()).as(ended.output()).isEqualTo(56); // receiving failed: reset
    }

    @Test
    void serversAreReachedByListedNamesOnly() throws Exception {
        String allowed = "www.allowed.example";
        assertThat(
                        curl("--resolve", allowed + ":80:" + SERVER, "http://" + allowed + "/hello")
                                .ok())
                .isEqualTo("hello\n");
        String other = "www.other.example";
        Networks.Result refused =
                curl("--resolve", other + ":80:" + SERVER, "http://" + other + "/hello");
        assertThat(refused.status()).as(refused.output()).isEqualTo(56);
        assertThat(curl("http://10.3.0.2/hello").ok()).isEqualTo("hello\n");
    }

    /** {@return a download of 20 MB, at a rate, which prints how much it got} */
    private Process download(String rate) throws IOException {
        return networks.begin(
                "client",
                "curl",
                "-sS",
                "--max-time",
                "60",
                "--limit-rate",
                rate,
                "-o",
                "/dev/null",
                "-w",
                "%{size_download}",
                "http://10.3.0.2:8000/body");
    }

    private Networks.Result curl(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("curl", "-sS"));
        command.addAll(List.of(arguments));
        return networks.in("client", command.toArray(String[]::new));
    }

    /**
     * Asks the appliance, from its own host; {@return text and status, if it was to do something}
     */
    private Networks.Result admin(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("curl", "-sS"));
        command.addAll(List.of(arguments).subList(0, arguments.length - 1));
        if (arguments.length > 1) {
            command.addAll(List.of("-w", "%{http_code}"));
        }
        command.add("http://127.0.0.1:9100" + arguments[arguments.length - 1]);
        return networks.in("fw", command.toArray(String[]::new));
    }

    /** As careful editors do it. */
    private void replace(String text) throws IOException {
        Path next = Files.writeString(folder.resolve("next.yaml"), text);
        Files.move(
                next, policy, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private void awaitNextPolicy() throws InterruptedException {
        String line = appliance.awaitLine(l -> l.matches("policy [0-9]+ holds: .*"));
        generation = Integer.parseInt(line.split(" ")[1]);
    }

    private static long number(List<String> lines, String begin, String name) {
        Matcher number = Pattern.compile(Pattern.quote(name) + "([0-9]+)").matcher("");
        for (String line : lines) {
            if (line.startsWith(begin) && number.reset(line).find()) {
                return Long.parseLong(number.group(1));
            }
        }
        return 0;
    }
}
