package io.github.geneve4j.appliance;

import static io.github.geneve4j.testkit.Packets.ethernet;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.appliance.cli.Networks;
import io.github.geneve4j.appliance.firewall.FirewallControl;
import io.github.geneve4j.appliance.firewall.FlowInspector;
import io.github.geneve4j.appliance.firewall.InspectedFlow;
import io.github.geneve4j.appliance.policy.PolicyReader;
import io.github.geneve4j.io.FastPath;
import io.github.geneve4j.io.NetworkNamespace;
import io.github.geneve4j.io.PacketPort;
import io.github.geneve4j.io.PortCounters;
import io.github.geneve4j.io.PortKind;
import io.github.geneve4j.io.PortOpener;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * An inspector that pauses, above a port on a cable: packets of one direction come so close to each
 * other that the worker has some of them while the kernel returns the next ones, and both count.
 */
@Timeout(120)
class FastPathPausePortIT {
    private static final int BURSTS = Integer.getInteger("geneve4j.fastpath.bursts", 100);
    private static final int BURST = 256;
    private static final int PAUSE = 20; // packets
    private static final int INNER = 64; // bytes of each
    private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(40);

    /** How late a pause by the clock may end, and some for a busy machine. */
    private static final long LATE_NS = TimeUnit.MILLISECONDS.toNanos(100 + 200);

    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(20);

    private final List<Long> shown = Collections.synchronizedList(new ArrayList<>());
    private final List<AutoCloseable> opened = new ArrayList<>();
    private Networks networks;
    private FrameSocket node;
    private FastPath fast;
    private PacketPort port;
    private Appliance appliance;
    private long sent;
    private long replies;

    @BeforeEach
    void lay() throws Exception {
        networks = new Networks("ethtool", "sysctl");
        opened.add(networks);
        networks.add("node", "fw");
        for (String end : List.of("node", "fw")) {
            networks.in(end, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1").ok();
        }
        networks.cable("node", "fw", 1500);
        networks.ip("fw", "link set node address 02:00:00:00:00:01");
        networks.ip("fw", "addr add 10.1.0.1/24 dev node");
        node = in("node", () -> FrameSocket.open("fw"));
        opened.add(node);
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : opened.reversed()) {
            each.close();
        }
    }

    private void run(PortKind kind, Consumer<InspectedFlow> pause, FlowNumber number)
            throws Exception {
        fast = FastPath.builder().flows(64).allowFrom(0x0a01_0002, 0x0a01_0002).open();
        opened.add(fast);
        FirewallControl control =
                FirewallControl.builder(PolicyReader.parse("default: allow", "test"))
                        .flows(64)
                        .checksWindows(false)
                        .inspector(() -> new Pauser(pause, number))
                        .fastPath(fast)
                        .build();
        port = in("fw", () -> PortOpener.on("node").fastPath(fast).open(kind).ports().getFirst());
        appliance =
                Appliance.builder()
                        .port(port)
                        .allowFrom(OriginFilter.parse("10.1.0.2"))
                        .idle(IdleMode.BLOCK)
                        .inspector(control::newFirewall)
                        .start();
        opened.add(appliance);
    }

    private <T> T in(String name, Callable<T> task) throws Exception {
        return NetworkNamespace.named(networks.name(name)).call(task);
    }

    /** What is noted of a flow whose packet is shown. */
    private interface FlowNumber {
        long of(InspectedFlow flow, InspectedPacket packet);
    }

    private final class Pauser implements FlowInspector {
        private final Consumer<InspectedFlow> pause;
        private final FlowNumber number;

        Pauser(Consumer<InspectedFlow> pause, FlowNumber number) {
            this.pause = pause;
            this.number = number;
        }

        @Override
        public boolean pauses() {
            return true;
        }

        @Override
        public Verdict inspect(InspectedFlow flow, InspectedPacket packet) {
            shown.add(number.of(flow, packet));
            pause.accept(flow);
            return Verdict.PASS;
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"AF_XDP", "AF_PACKET"})
    void showsExactlyThePacketBeyondAPauseOfPackets(PortKind kind) throws Exception {
        run(kind, flow -> flow.pausePackets(true, PAUSE), (flow, packet) -> flow.packets(true));
        for (int i = 0; i < BURSTS; i++) {
            exchange(BURST);
        }
        stop();
        assertThat(shown).isEqualTo(steps(1, PAUSE + 1));
    }

    @ParameterizedTest
    @EnumSource(names = {"AF_XDP", "AF_PACKET"})
    void showsThePacketBeyondAPauseOfBytes(PortKind kind) throws Exception {
        run(kind, flow -> flow.pauseBytes(true, PAUSE * INNER), (flow, packet) -> flow.bytes(true));
        for (int i = 0; i < BURSTS; i++) {
            exchange(BURST);
        }
        stop();
        assertThat(shown.getFirst()).isEqualTo(INNER);
        for (int i = 1; i < shown.size(); i++) {
            // Exceeded by a packet at most, where the worker and the kernel count at once
            assertThat(shown.get(i) - shown.get(i - 1))
                    .isBetween((PAUSE + 1L) * INNER, (PAUSE + 2L) * INNER);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"AF_XDP", "AF_PACKET"})
    void showsAPacketWhenTheTimeIsOver(PortKind kind) throws Exception {
        run(kind, flow -> flow.pauseFor(true, PAUSE_NS), (flow, packet) -> packet.nowNs());
        long start = System.nanoTime();
        while (System.nanoTime() - start < 25 * PAUSE_NS) {
            exchange(BURST / 8);
            Thread.sleep(1);
        }
        stop();
        assertThat(shown).hasSizeGreaterThan(3);
        for (int i = 1; i < shown.size(); i++) {
            assertThat(shown.get(i) - shown.get(i - 1)).isBetween(PAUSE_NS, PAUSE_NS + LATE_NS);
        }
    }

    /** {@return the numbers from the first one on, up to what was sent} */
    private List<Long> steps(long first, long step) {
        List<Long> steps = new ArrayList<>();
        for (long number = first; number <= sent; number += step) {
            steps.add(number);
        }
        return steps;
    }

    /** Sends that many packets of the flow, and waits until all have come back. */
    private void exchange(int packets) {
        node.send(Collections.nCopies(packets, FRAME));
        sent += packets;
        long end = System.nanoTime() + PATIENCE_NS;
        List<byte[]> frames = new ArrayList<>();
        while (replies < sent) {
            frames.clear();
            node.receive(frames);
            replies += frames.size();
            assertThat(System.nanoTime() - end)
                    .as("%d of %d, %d by the kernel", replies, sent, fast.hits())
                    .isNegative();
        }
    }

    /**
     * Ends the appliance; all that was sent was returned once, by the kernel or by the port. How
     * much by which of them depends on who gets the processor.
     */
    private void stop() throws Exception {
        appliance.close();
        assertThat(appliance.failure()).isEmpty();
        assertThat(appliance.inspectorFailure()).isEmpty();
        PortCounters counters = port.counters();
        assertThat(counters.failed() + counters.skipped()).isZero();
        assertThat(replies).isEqualTo(sent);
        assertThat(fast.hits() + counters.returned()).isEqualTo(sent);
        assertThat(fast.hits()).isPositive().isLessThan(sent);
    }

    private static final byte[] FRAME =
            packet(
                    ethernet("02:00:00:00:00:01", "02:00:00:00:00:09"),
                    ipv4("10.1.0.2", "10.1.0.1"),
                    udp(40_000, 6081),
                    HostileConversations.aws(1, 7),
                    ipv4("10.1.0.10", "93.184.216.34"),
                    udp(5000, 443),
                    payload("00".repeat(INNER - 28)));
}
