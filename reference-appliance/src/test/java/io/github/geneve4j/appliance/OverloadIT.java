package io.github.geneve4j.appliance;

import static io.github.geneve4j.testkit.Packets.concat;
import static io.github.geneve4j.testkit.Packets.cut;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.appliance.cli.Networks;
import io.github.geneve4j.appliance.firewall.FirewallControl;
import io.github.geneve4j.appliance.firewall.Judgement;
import io.github.geneve4j.appliance.policy.Policy;
import io.github.geneve4j.appliance.policy.PolicyReader;
import io.github.geneve4j.io.NetworkNamespace;
import io.github.geneve4j.io.PacketHandler;
import io.github.geneve4j.io.PacketPort;
import io.github.geneve4j.io.PortKind;
import io.github.geneve4j.io.PortOpener;
import io.github.geneve4j.testkit.Hex;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * More comes over a cable than a slow inspector can judge: closed loses it, open returns it, and
 * judges on afterwards. Nobody gets back what is no packet of an allowed origin.
 *
 * <p>Slow as it is, a machine that has little time for this test changes nothing of that.
 */
@Timeout(120)
class OverloadIT {
    private static final long JUDGING_NS = 200_000; // 5,000 in a second
    private static final int PER_SECOND = 12_000; // three quarters of them good
    private static final int SOME = PER_SECOND / 16; // while it is no overload
    private static final int MANY = PER_SECOND * 3 / 4; // and what comes then
    private static final int HUGE = 8 * PER_SECOND; // in a second: more than any port has room for
    private static final int FEW = 256;
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(20);
    private static final int UDP_PAYLOAD = 14 + 20 + 8; // in a frame

    private final AtomicLong judged = new AtomicLong(); // by the worker alone
    private final Set<String> good = new HashSet<>();
    private final List<byte[]> traffic = new ArrayList<>();
    private final List<byte[]> others = new ArrayList<>(); // that come with it, for nobody here
    private final List<byte[]> replies = new ArrayList<>();
    private long sent;

    @ParameterizedTest
    @CsvSource({
        "AF_PACKET, CLOSED",
        "AF_PACKET, OPEN",
        "UDP, CLOSED",
        "UDP, OPEN",
        "NIO, CLOSED",
        "NIO, OPEN",
        "AF_XDP, OPEN"
    })
    void losesOrReturnsWhatIsTooMuch(PortKind kind, FailureMode onOverload) throws Exception {
        losesOrReturns(kind, onOverload, false);
    }

    /** Each look at the interface brings far less than a worker asks for. */
    @Test
    void noticesItWhenItPollsTheInterface() throws Exception {
        losesOrReturns(PortKind.AF_XDP, FailureMode.OPEN, true);
    }

    /** And less than a look can, since that takes what is for others, too. */
    @Test
    void noticesItWhenOthersAreSentPacketsToo() throws Exception {
        others.add(Hex.bytes("020000000001 020000000002 88b5" + "00".repeat(46)));
        losesOrReturns(PortKind.AF_XDP, FailureMode.OPEN, true);
    }

    private void losesOrReturns(PortKind kind, FailureMode onOverload, boolean busyPoll)
            throws Exception {
        makeTraffic();
        FirewallControl control = FirewallControl.builder(policy()).flows(1000).build();
        try (Networks networks = new Networks("ethtool", "sysctl")) {
            lay(networks);
            PacketPort port = in(networks, "fw", () -> open(kind, busyPoll));
            try (FrameSocket node = in(networks, "lb", () -> FrameSocket.open("fw"))) {
                if (busyPoll) {
                    teach(port, node);
                    waitForPolls(networks);
                }
                losesOrReturns(port, node, kind, onOverload, control);
            }
        }
    }

    @SuppressWarnings("try") // it is closed before its books are checked
    private void losesOrReturns(
            PacketPort port,
            FrameSocket node,
            PortKind kind,
            FailureMode onOverload,
            FirewallControl control)
            throws Exception {
        try (Appliance appliance =
                Appliance.builder()
                        .port(port)
                        .allowFrom(OriginFilter.parse("10.1.0.2"))
                        .onOverload(onOverload)
                        .inspector(() -> new InspectorChain(control.newFirewall(), this::slowly))
                        .start()) {
            long end = System.nanoTime() + PATIENCE_NS;
            while (appliance.overloadedWorkers() == 0) {
                send(node, SOME, PER_SECOND);
                assertThat(System.nanoTime() - end).as("waiting for it").isNegative();
            }
            awaitReplies(appliance, node);
            PacketCounters before = appliance.counters();
            long judgedFirst = judged.get();
            long sentFirst = sent;
            if (onOverload == FailureMode.CLOSED) {
                send(node, 2 * MANY, HUGE);
            } else {
                send(node, MANY, PER_SECOND);
            }
            awaitReplies(appliance, node);
            PacketCounters after = appliance.counters();
            long lost = sent - sentFirst - (after.received() - before.received());
            long unjudgedThen = after.unjudged() - before.unjudged();
            String summary =
                    String.format(
                            "%s, %s: of %d lost %d, judged %d, unjudged %d",
                            kind,
                            onOverload,
                            sent - sentFirst,
                            lost,
                            judged.get() - judgedFirst,
                            unjudgedThen);
            System.out.println(summary);
            if (onOverload == FailureMode.CLOSED) {
                assertThat(after.unjudged()).as(summary).isZero();
            } else {
                assertThat(lost).as(summary).isLessThan(MANY / 8);
                assertThat(unjudgedThen).as(summary).isGreaterThan(MANY / 8);
                assertThat(judged.get()).as(summary).isGreaterThan(judgedFirst);
            }
            awaitCalm(appliance);
            awaitReplies(appliance, node);
            if (onOverload == FailureMode.CLOSED) {
                assertThat(sent - appliance.counters().received())
                        .as(summary)
                        .isGreaterThan(sent / 16);
            }
            long unjudged = appliance.counters().unjudged();
            long judgedBefore = judged.get();

            send(node, FEW, PER_SECOND); // they wait, and are no overload
            awaitReplies(appliance, node);
            assertThat(appliance.counters().unjudged()).isEqualTo(unjudged);
            assertThat(judged.get() - judgedBefore).isEqualTo(FEW * 3 / 4);

            appliance.close();
            checkBooks(appliance, port, control);
        }
    }

    /** Has a port learn what to poll. */
    private void teach(PacketPort port, FrameSocket node) throws Exception {
        long end = System.nanoTime() + PATIENCE_NS;
        while (!port.toString().contains("busy polling by a UDP socket")) {
            node.send(traffic);
            port.poll((buffer, offset, length, source) -> PacketHandler.DROP, FEW);
            assertThat(System.nanoTime() - end).as("waiting for a lesson").isNegative();
        }
        for (int empty = 0; empty < FEW; ) {
            int count = port.poll((buffer, offset, length, source) -> PacketHandler.DROP, FEW);
            empty = count > 0 ? 0 : empty + 1;
        }
    }

    /** Has the interface receive when it is polled, and at no other time. */
    private static void waitForPolls(Networks networks) throws Exception {
        String directory = "/sys/class/net/lb/";
        String script =
                "echo 2 > %snapi_defer_hard_irqs && echo 10000000000 > %sgro_flush_timeout"
                        .formatted(directory, directory);
        networks.in("fw", "sh", "-c", script).ok();
    }

    private Verdict slowly(InspectedPacket packet) {
        long start = System.nanoTime();
        while (System.nanoTime() - start < JUDGING_NS) {
            Thread.onSpinWait();
        }
        judged.setOpaque(judged.getPlain() + 1);
        return Verdict.PASS;
    }

    private void checkBooks(Appliance appliance, PacketPort port, FirewallControl control) {
        PacketCounters counters = appliance.counters();
        assertThat(appliance.failure()).isEmpty();
        assertThat(appliance.inspectorFailure()).isEmpty();
        assertThat(counters.received()).isEqualTo(counters.passed() + counters.dropped());
        assertThat(counters.passed()).isEqualTo(judged.get() + counters.unjudged());
        assertThat(counters.dropped(DropReason.ORIGIN_NOT_ALLOWED)).isPositive();
        assertThat(counters.dropped(DropReason.TRUNCATED_OPTIONS)).isPositive();
        assertThat(counters.dropped())
                .isEqualTo(
                        counters.dropped(DropReason.ORIGIN_NOT_ALLOWED)
                                + counters.dropped(DropReason.TRUNCATED_OPTIONS));
        assertThat(control.counters().total()).isEqualTo(counters.passed());
        assertThat(control.counters().count(Judgement.UNJUDGED)).isEqualTo(counters.unjudged());
        assertThat(port.counters().returned()).isEqualTo(counters.passed());
        assertThat(replies).hasSize((int) counters.passed());
        for (byte[] reply : replies) {
            assertThat(good)
                    .contains(Hex.text(Arrays.copyOfRange(reply, UDP_PAYLOAD, reply.length)));
        }
    }

    /** Sends so many, evenly: what was late is not made good by a burst. */
    private void send(FrameSocket node, int packets, int perSecond) {
        long period = TimeUnit.SECONDS.toNanos(1) * traffic.size() / perSecond;
        long next = System.nanoTime();
        for (int done = 0; done < packets; done += traffic.size()) {
            node.send(traffic);
            node.send(others);
            sent += traffic.size();
            node.receive(replies);
            next = Math.max(next + period, System.nanoTime());
            while (next - System.nanoTime() > 0) {
                LockSupport.parkNanos(next - System.nanoTime());
            }
        }
    }

    /** Waits until nothing is under way. */
    private void awaitReplies(Appliance appliance, FrameSocket node) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE_NS;
        long before;
        do {
            before = appliance.counters().received();
            Thread.sleep(50);
            node.receive(replies);
            assertThat(System.nanoTime() - end).as("waiting for replies").isNegative();
        } while (appliance.counters().received() != before
                || replies.size() < appliance.counters().passed());
    }

    private static void awaitCalm(Appliance appliance) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE_NS;
        while (appliance.overloadedWorkers() > 0) {
            Thread.sleep(10);
            assertThat(System.nanoTime() - end).as("waiting for the end").isNegative();
        }
    }

    private void makeTraffic() {
        for (int i = 0; i < 64; i++) {
            byte[] inner = packet(ipv4("10.9.0.1", "10.9.0.2"), udp(1000 + i, 53), payload("0102"));
            byte[] datagram = WorkerVerdictTest.datagram(inner);
            if (i % 4 != 0) {
                good.add(Hex.text(datagram));
                traffic.add(frame("10.1.0.2", 30_000 + i, datagram));
            } else if (i % 8 == 0) {
                traffic.add(frame("10.1.0.3", 30_000 + i, datagram)); // not allowed
            } else {
                traffic.add(frame("10.1.0.2", 30_000 + i, cut(datagram, 20))); // no datagram
            }
        }
    }

    private static byte[] frame(String source, int sourcePort, byte[] datagram) {
        return concat(
                Hex.bytes("020000000001 020000000002 0800"),
                packet(ipv4(source, "10.1.0.1"), udp(sourcePort, 6081), payload(datagram)));
    }

    private static void lay(Networks networks) throws Exception {
        networks.add("lb", "fw");
        for (String end : List.of("lb", "fw")) {
            networks.in(end, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1").ok();
        }
        networks.cable("lb", "fw", 1500);
        networks.ip("fw", "link set lb address 02:00:00:00:00:01");
        networks.ip("lb", "link set fw address 02:00:00:00:00:02");
        networks.ip("fw", "addr add 10.1.0.1/24 dev lb");
        networks.ip("fw", "neigh add 10.1.0.2 lladdr 02:00:00:00:00:02 dev lb nud permanent");
        networks.ip("fw", "neigh add 10.1.0.3 lladdr 02:00:00:00:00:02 dev lb nud permanent");
    }

    private static PacketPort open(PortKind kind, boolean busyPoll) throws Exception {
        PortOpener opener = PortOpener.on("lb");
        if (busyPoll) {
            opener.busyPoll(20, 64);
        }
        if (kind == PortKind.UDP || kind == PortKind.NIO) {
            opener.replyFromListeningPort(true); // others would be opened by the worker, outside
        }
        return opener.open(kind).ports().getFirst();
    }

    private static <T> T in(Networks networks, String name, Callable<T> task) throws Exception {
        return NetworkNamespace.named(networks.name(name)).call(task);
    }

    private static Policy policy() throws Exception {
        return PolicyReader.parse("default: allow", "test");
    }
}
