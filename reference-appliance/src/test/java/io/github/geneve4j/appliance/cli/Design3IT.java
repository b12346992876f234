package io.github.geneve4j.appliance.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The example {@code design-3.yaml} with four appliances as processes: one of them dies, one is
 * drained, and what happens to the flows is what the load balancer's documentation says. They wait
 * for health checks and timeouts most of the time.
 */
@Timeout(300)
@Tag("waits")
@Execution(ExecutionMode.CONCURRENT)
class Design3IT {
    private static final String SERVER = "198.51.100.10";
    private static final int HTTP = 8000;
    private static final List<String> WORKLOADS =
            List.of("workload-1a", "workload-1b", "workload-2a", "workload-2b");
    private static final Pattern REPLY = Pattern.compile("icmp_seq=([0-9]+) ttl=");
    private static final Pattern TRANSMITTED = Pattern.compile("([0-9]+) packets transmitted");

    @TempDir Path folder;
    private final Map<String, ApplianceProcess> appliances = new TreeMap<>();
    private Networks networks;
    private ApplianceProcess simulator;

    private void start(String failover) throws Exception {
        networks = new Networks("ethtool", "ss", "ping", "curl", "nc", "python3");
        networks.add("lb", "fw", "internet");
        networks.add(WORKLOADS.toArray(String[]::new));
        networks.cable("lb", "fw", 9001);
        String topology =
                Files.readString(
                        Path.of(
                                System.getProperty("geneve4j.root"),
                                "examples/topologies/design-3.yaml"));
        assertThat(topology).contains("failover: no_rebalance");
        topology = topology.replace("failover: no_rebalance", "failover: " + failover);
        assertThat(topology).contains("deregistration-delay: 20s"); // shorter shows the same
        topology = topology.replace("deregistration-delay: 20s", "deregistration-delay: 10s");
        for (String namespace : WORKLOADS) {
            topology = topology.replace(namespace + ",", networks.name(namespace) + ",");
        }
        topology =
                topology.replace("namespace: internet", "namespace: " + networks.name("internet"));
        for (String zone : List.of("1", "2")) {
            networks.ip("lb", "addr add 10.0." + zone + ".5/24 dev fw");
            for (String number : List.of("1", "2")) {
                String address = "10.0." + zone + ".1" + number;
                networks.ip("fw", "addr add " + address + "/24 dev lb");
                String name = "fw-" + (zone.equals("1") ? "a" : "b") + number;
                appliances.put(
                        name,
                        ApplianceProcess.run(
                                networks.exec("fw"),
                                "--listen",
                                address,
                                "--io",
                                "nio",
                                "--idle",
                                "block",
                                "--allow-from",
                                "10.0.1.5,10.0.2.5",
                                "--health-port",
                                "80"));
            }
        }
        for (ApplianceProcess appliance : appliances.values()) {
            appliance.awaitLine("no policy: every packet passes"::equals);
        }
        Path file = Files.writeString(folder.resolve("design-3.yaml"), topology);
        simulator =
                ApplianceProcess.start(
                        networks.exec("lb"),
                        "simulate",
                        file.toString(),
                        "--interval",
                        "1",
                        "--events",
                        folder.resolve("events.log").toString());
        simulator.awaitLine(line -> line.contains("healthy=4"));
        Path files = Files.createDirectories(folder.resolve("www"));
        Files.writeString(files.resolve("hello"), "hello\n");
        networks.begin(
                "internet",
                "python3",
                "-m",
                "http.server",
                "--directory",
                files.toString(),
                "" + HTTP);
        networks.awaitListener("internet", HTTP);
    }

    @AfterEach
    void stop() throws Exception {
        if (simulator != null) {
            simulator.close();
        }
        appliances.values().forEach(ApplianceProcess::close);
        if (networks != null) {
            networks.close();
        }
    }

    /** Flows stay where they are, even if nobody is there any more. */
    @Test
    @Execution(ExecutionMode.SAME_THREAD)
    void withoutRebalancingFlowsOfADeadApplianceStayAndNewOnesGoElsewhere() throws Exception {
        start("no_rebalance");
        Map<String, Process> pings = beginPings("-i", "0.2");
        Map<String, String> targets = pingTargets();
        String dead = targets.get("workload-1a");
        appliances.get(dead).close();
        simulator.awaitLine(line -> line.contains("healthy=3 unhealthy=1"));

        newFlowsPass();
        Map<String, Boolean> alive = endPings(pings);
        targets.forEach(
                (workload, target) ->
                        assertThat(alive.get(workload))
                                .as("%s on %s, of which %s is dead", workload, target, dead)
                                .isEqualTo(!target.equals(dead)));
        assertThat(events()).noneMatch(line -> line.contains(" flow-move "));
        assertThat(endSimulator())
                .containsPattern("\nHealthyHostCount +3\n")
                .containsPattern("\nUnHealthyHostCount +1\n")
                .containsPattern("\nRejectedFlowCount +0\n");
    }

    /** Flows go to an appliance that is well, as soon as it is known that theirs is not. */
    @Test
    @Execution(ExecutionMode.SAME_THREAD)
    void withRebalancingFlowsOfADeadApplianceGoOnElsewhere() throws Exception {
        start("rebalance");
        Map<String, Process> pings = beginPings("-i", "0.2");
        Map<String, String> before = pingTargets();
        String dead = before.get("workload-1a");
        appliances.get(dead).close();
        simulator.awaitLine(line -> line.contains("healthy=3 unhealthy=1"));

        newFlowsPass();
        Map<String, String> after = pingTargets();
        assertThat(endPings(pings)).doesNotContainValue(false);
        before.forEach(
                (workload, target) -> {
                    if (target.equals(dead)) { // the other one of its zone takes over
                        assertThat(after.get(workload)).isNotEqualTo(dead).startsWith("fw-a");
                    } else {
                        assertThat(after.get(workload)).as(workload).isEqualTo(target);
                    }
                });
        assertThat(events()).anyMatch(line -> line.matches(".* flow-move .* " + dead + " -> .*"));
    }

    /** An appliance on its way out keeps its flows, to the last packet, and gets no others. */
    @Test
    @Execution(ExecutionMode.SAME_THREAD)
    void drainingLosesNoPacketOfAnEstablishedFlow() throws Exception {
        start("no_rebalance");
        Map<String, Process> pings = beginPings("-q", "-i", "0.05", "-c", "400");
        String leaving = pingTargets().get("workload-1a");
        Stream stream = streamThrough(leaving);
        Process client = stream.client;
        StringBuilder expected = new StringBuilder("line 0\n");

        simulator.say("deregister " + leaving);
        simulator.awaitLine(line -> line.startsWith("simulate: target " + leaving + " is drain"));
        newFlowsPass();
        for (int i = 1; i <= 20; i++) { // beyond the 10 s of the deregistration delay
            expected.append(write(client, i));
            Thread.sleep(550);
        }
        simulator.awaitLine(line -> line.contains("healthy=3 unused=1"));
        newFlowsPass();
        expected.append(write(client, 21));
        client.outputWriter().close();
        Networks.finish(client).ok();
        Networks.finish(stream.server).ok();

        assertThat(stream.received).hasContent(expected.toString());
        for (Process ping : pings.values()) {
            assertThat(Networks.finish(ping).ok()).contains("400 received, 0% packet loss");
        }
        List<String> events = events();
        int drained = 0;
        while (!events.get(drained).contains(leaving + " healthy -> draining")) {
            drained++;
        }
        assertThat(events.subList(drained, events.size()))
                .anyMatch(line -> line.contains(" flow-start "))
                .noneMatch(line -> line.contains(" flow-start ") && line.endsWith(leaving))
                .noneMatch(line -> line.contains(" flow-move "));
        assertThat(endSimulator()).contains("\n").doesNotContain("dropped ");
    }

    /** Lines from workload 1a to the server. */
    private record Stream(Process client, Process server, Path received) {}

    /** Which target has a flow is chance, of the seed and the ports: some are tried. */
    private Stream streamThrough(String target) throws Exception {
        for (int port = 9000; port < 9010; port++) {
            Path received = folder.resolve("stream-" + port);
            Process server =
                    networks.begin("internet", "sh", "-c", "exec nc -l " + port + " > " + received);
            networks.awaitListener("internet", port);
            Process client =
                    networks.begin(
                            "workload-1a",
                            "nc",
                            "-N",
                            "-p",
                            "" + (port + 30_000),
                            SERVER,
                            "" + port);
            write(client, 0);
            for (int i = 0; i < 100 && Files.size(received) == 0; i++) {
                Thread.sleep(50);
            }
            Pattern flow =
                    Pattern.compile(".*(vpce-[0-9a-f]+) tcp .*:" + port + " .* target (\\S+) .*");
            if (flowTargets(flow, 1).containsValue(target)) {
                return new Stream(client, server, received);
            }
            client.outputWriter().close();
            Networks.finish(client).ok();
            Networks.finish(server).ok();
        }
        throw new AssertionError("no stream through " + target);
    }

    /** Each is a flow of its own, and all of them must be there before anything happens to them. */
    private Map<String, Process> beginPings(String... options) throws Exception {
        Map<String, Process> pings = new TreeMap<>();
        for (String workload : WORKLOADS) {
            List<String> command = new ArrayList<>(List.of("ping", "-n"));
            command.addAll(List.of(options));
            command.add(SERVER);
            pings.put(workload, networks.begin(workload, command.toArray(String[]::new)));
        }
        Thread.sleep(1000);
        return pings;
    }

    /** {@return of each workload, whether its replies came up to the end} */
    private static Map<String, Boolean> endPings(Map<String, Process> pings) throws Exception {
        Map<String, Boolean> alive = new TreeMap<>();
        for (Map.Entry<String, Process> ping : pings.entrySet()) {
            signal(ping.getValue(), "INT");
            String output = Networks.finish(ping.getValue()).output();
            Matcher reply = REPLY.matcher(output);
            int last = 0;
            while (reply.find()) {
                last = Integer.parseInt(reply.group(1));
            }
            Matcher total = TRANSMITTED.matcher(output);
            assertThat(total.find()).as(output).isTrue();
            assertThat(last).as(output).isPositive();
            alive.put(ping.getKey(), last > Integer.parseInt(total.group(1)) - 10);
        }
        return alive;
    }

    private Map<String, String> pingTargets() throws Exception {
        return flowTargets(
                Pattern.compile(".*(vpce-[0-9a-f]+) icmp .* target (\\S+) .*"), WORKLOADS.size());
    }

    /** {@return which target has the flow of each workload, by what the simulator tells} */
    private Map<String, String> flowTargets(Pattern pattern, int count) throws Exception {
        simulator.say("flows 1000");
        Map<String, String> targets = new HashMap<>();
        while (targets.size() < count) {
            Matcher flow =
                    pattern.matcher(simulator.awaitLine(line -> pattern.matcher(line).matches()));
            assertThat(flow.matches()).isTrue();
            String endpoint = flow.group(1);
            targets.put("workload-" + endpoint.substring(endpoint.length() - 2), flow.group(2));
        }
        return targets;
    }

    /** Many, so that every appliance that takes flows has some. */
    private void newFlowsPass() throws Exception {
        for (int i = 0; i < 5; i++) {
            for (String workload : WORKLOADS) {
                String url = "http://" + SERVER + ":" + HTTP + "/hello";
                assertThat(networks.in(workload, "curl", "-sS", "--fail", "-m", "20", url).ok())
                        .isEqualTo("hello\n");
            }
        }
    }

    private static String write(Process client, int number) throws Exception {
        String line = "line " + number + "\n";
        client.outputWriter().append(line).flush();
        return line;
    }

    private List<String> events() throws Exception {
        Thread.sleep(200); // they are written a little later than they happen
        return Files.readAllLines(folder.resolve("events.log"));
    }

    private String endSimulator() throws Exception {
        simulator.signal("TERM");
        simulator.awaitLine(line -> line.startsWith("AWS/GatewayELB"));
        assertThat(simulator.awaitExit()).isZero();
        return "\n" + String.join("\n", simulator.rest()) + "\n";
    }

    private static void signal(Process process, String name) throws Exception {
        Process kill = new ProcessBuilder("kill", "-" + name, "" + process.pid()).start();
        assertThat(kill.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }
}
