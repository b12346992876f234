package io.github.geneve4j.appliance.demo;

import io.github.geneve4j.appliance.Appliance;
import io.github.geneve4j.appliance.OriginFilter;
import io.github.geneve4j.appliance.PacketCounters;
import io.github.geneve4j.appliance.inspect.DropPorts;
import io.github.geneve4j.geneve.Geneve;
import io.github.geneve4j.io.NioPort;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** Runs the appliance on loopback behind a simulated load balancer, and tells how it went. */
public final class Demo {
    /** Networks of loopback addresses to try, so that two demos can run at once. */
    private static final int FIRST_NETWORK = 81;

    private static final int NETWORKS = 16;

    private Demo() {}

    /**
     * {@return what was sent, what came back and what was wrong}
     *
     * @param flows how many, 2 or more
     * @param duration for how long new packets are sent
     * @param progress is given a line every second
     * @throws IOException if the sockets cannot be opened or used
     */
    public static DemoResult run(int flows, Duration duration, Consumer<String> progress)
            throws IOException {
        for (int network = FIRST_NETWORK; ; network++) {
            try {
                return run("127.60." + network + ".", flows, duration, progress);
            } catch (BindException e) {
                if (network == FIRST_NETWORK + NETWORKS - 1) {
                    throw new IOException(
                            "no free loopback network for UDP port " + Geneve.UDP_PORT, e);
                }
            }
        }
    }

    private static DemoResult run(
            String network, int flows, Duration duration, Consumer<String> progress)
            throws IOException {
        InetAddress listen = InetAddress.ofLiteral(network + 1);
        InetAddress node = InetAddress.ofLiteral(network + 2);
        InetAddress stranger = InetAddress.ofLiteral(network + 3);
        List<DemoPacket> packets = DemoTraffic.packets(flows);
        try (Appliance appliance =
                        Appliance.builder()
                                .port(NioPort.builder(listen).open())
                                .allowFrom(OriginFilter.parse(node.getHostAddress()))
                                .inspector(() -> new DropPorts(DemoTraffic.CLOSED_PORT))
                                .start();
                DemoLoadBalancer balancer = new DemoLoadBalancer(node, stranger, listen)) {
            long start = System.nanoTime();
            balancer.exchange(packets, duration.toNanos(), new Progress(balancer, progress));
            long elapsed = System.nanoTime() - start;
            PacketCounters counters = settled(appliance, balancer.sent());
            long returned = appliance.ports().getFirst().counters().returned();
            return DemoResult.of(elapsed, balancer, counters, returned);
        }
    }

    /** {@return the appliance's counters, once the last dropped packet has reached it too} */
    private static PacketCounters settled(Appliance appliance, long sent) {
        long deadline = System.nanoTime() + Duration.ofSeconds(1).toNanos();
        PacketCounters counters = appliance.counters();
        while (counters.received() < sent && System.nanoTime() - deadline < 0) {
            Thread.onSpinWait();
            counters = appliance.counters();
        }
        return counters;
    }

    /** Says every second how many replies were verified in it. */
    private static final class Progress implements Runnable {
        private final DemoLoadBalancer balancer;
        private final Consumer<String> lines;
        private int seconds;
        private long before;

        Progress(DemoLoadBalancer balancer, Consumer<String> lines) {
            this.balancer = balancer;
            this.lines = lines;
        }

        @Override
        public void run() {
            seconds++;
            long verified = balancer.verified();
            lines.accept(
                    String.format(
                            Locale.ROOT,
                            "%3d s  %,9d verified replies/s",
                            seconds,
                            verified - before));
            before = verified;
        }
    }
}
