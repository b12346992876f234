package io.github.geneve4j.appliance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import io.github.geneve4j.appliance.firewall.FirewallControl;
import io.github.geneve4j.appliance.firewall.FlowInspector;
import io.github.geneve4j.appliance.firewall.InspectedFlow;
import io.github.geneve4j.appliance.firewall.Judgement;
import io.github.geneve4j.appliance.policy.Policy;
import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.tunnel.EndpointPolicy;
import io.github.geneve4j.io.FastPath;
import io.github.geneve4j.io.FastPathTrial;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.Inet4Address;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Two firewalls see the same packets, and the same policies come and go. Before one of them the
 * kernel returns what it has learnt to: the packets that pass, and what is known of each flow at
 * its end, are the same, and so are the packets that inspectors see.
 */
class FastPathEquivalenceIT {
    private static final int PACKETS = Integer.getInteger("geneve4j.fastpath.packets", 100_000);
    private static final long SEED = Long.getLong("geneve4j.fastpath.seed", 4711);

    /**
     * Not more, or some datagram's first fragment is displaced: in one of the two firewalls, as
     * each has a seed of its own.
     */
    private static final int PACKETS_IN_ROUND = 10_000;

    private static final int ROUNDS = Math.max(1, PACKETS / PACKETS_IN_ROUND);
    private static final int TALKS = 40;
    private static final int RELOAD_PERIOD = 1_500;
    private static final int OWN = 0x0a01_0001;
    private static final int NODE = 0x0a01_0002;
    private static final long AN_HOUR_NS = 3_600_000_000_000L;

    @BeforeAll
    static void root() {
        boolean isRoot = "root".equals(System.getProperty("user.name"));
        if (!isRoot && System.getenv("GENEVE4J_REQUIRE_PRIVILEGED") == null) {
            abort("needs root");
        }
    }

    @Test
    void passesTheSamePackets() throws Exception {
        run(false);
    }

    /** Inspectors that pause now and then, in one direction or both, within all kinds of limits. */
    @Test
    void showsTheSamePackets() throws Exception {
        run(true);
    }

    private static void run(boolean pauses) throws Exception {
        long returned = 0;
        long shown = 0;
        long passed = 0;
        for (int round = 0; round < ROUNDS; round++) {
            Random random = new Random(SEED + round);
            try (FastPath fast = FastPath.builder().flows(1024).allowFrom(NODE, NODE).open();
                    FastPathTrial trial =
                            FastPathTrial.of(fast, Inet4Address.ofLiteral("10.1.0.1"), 6081)) {
                Policy first = FastPathPolicies.next(random);
                Side slow = new Side(first, null, pauses);
                Side quick = new Side(first, fast, pauses);
                FastPathTraffic traffic =
                        new FastPathTraffic(random, OWN, NODE, FastPathTrial.MAC, TALKS, 1);
                for (int i = 0; i < Math.min(PACKETS, PACKETS_IN_ROUND); i++) {
                    if (random.nextInt(RELOAD_PERIOD) == 0) {
                        Policy next = FastPathPolicies.next(random);
                        slow.control.replace(next);
                        quick.control.replace(next);
                    }
                    FastPathTraffic.Frame next = traffic.next();
                    byte[] frame = next.bytes();
                    byte[] back = trial.returned(frame);
                    Verdict expected = slow.judge(frame);
                    if (back != null) {
                        returned++;
                        assertThat(expected)
                                .as("packet %d of round %d", i, round)
                                .isEqualTo(Verdict.PASS);
                        assertThat(Arrays.copyOfRange(back, 34, back.length))
                                .isEqualTo(Arrays.copyOfRange(frame, 34, frame.length));
                    } else {
                        assertThat(quick.judge(frame))
                                .as("packet %d of round %d: %s", i, round, next.traits())
                                .isEqualTo(expected);
                    }
                    passed += expected == Verdict.PASS ? 1 : 0;
                    shown += slow.shown.size();
                    assertThat(quick.shown)
                            .as("packet %d of round %d is shown", i, round)
                            .isEqualTo(slow.shown);
                    slow.shown.clear();
                    quick.shown.clear();
                }
                assertThat(quick.known() + fast.hits()).isEqualTo(slow.known());
                List<String> ended = slow.ended();
                assertThat(quick.ended()).hasSameSizeAs(ended);
                quick.ended.forEach(flow -> assertThat(ended.remove(flow)).as(flow).isTrue());
                assertThat(fast.size()).isZero();
            }
        }
        assertThat(passed).isGreaterThan(PACKETS / 4);
        assertThat(returned).isGreaterThan(passed / (pauses ? 8 : 3)).isLessThan(passed);
        assertThat(shown).isGreaterThan(pauses ? passed / 10 : -1);
    }

    /** A firewall, and what it was told of the flows that ended. */
    private static final class Side {
        private final List<String> ended = new ArrayList<>();
        private final List<String> shown = new ArrayList<>(); // of one packet
        private final FirewallControl control;
        private final Inspector firewall;
        private final InspectedPacket packet = new InspectedPacket(FastPathTrial.MTU);
        private final ByteBuf buffer = Unpooled.buffer(FastPathTrial.MTU);
        private final EndpointPolicy policy = EndpointPolicy.builder().build();

        Side(Policy first, FastPath fast, boolean pauses) {
            FirewallControl.Builder builder =
                    FirewallControl.builder(first)
                            .flows(4096)
                            .checksWindows(false)
                            .inspector(() -> new FastPathWitness(ended));
            if (pauses) {
                builder.inspector(() -> new Pauser(1, shown)).inspector(() -> new Pauser(2, shown));
            }
            if (fast != null) {
                builder.fastPath(fast);
            }
            control = builder.build();
            firewall = control.newFirewall();
            firewall.onIdle(System.nanoTime());
        }

        Verdict judge(byte[] frame) {
            int geneve = FastPathTraffic.GENEVE;
            buffer.setBytes(0, frame, geneve, frame.length - geneve);
            packet.at(System.nanoTime());
            DecodeStatus status = packet.wrap(buffer, 0, frame.length - geneve, policy);
            assertThat(status).isEqualTo(DecodeStatus.OK);
            try {
                return firewall.inspect(packet);
            } catch (IllegalStateException e) {
                return Verdict.DROP;
            }
        }

        long known() {
            return control.counters().count(Judgement.KNOWN);
        }

        List<String> ended() {
            for (int i = 0; i < 4096; i++) {
                firewall.onIdle(System.nanoTime() + AN_HOUR_NS);
            }
            return ended;
        }
    }

    /** Does what depends on nothing but the flow and how far it is. */
    private record Pauser(int number, List<String> shown) implements FlowInspector {
        private static final long AN_HOUR_NS = 3_600_000_000_000L;

        @Override
        public boolean pauses() {
            return true;
        }

        @Override
        public void flowStarted(InspectedFlow flow, InspectedPacket packet) {
            act(flow, new Random(mix(flow, 7)));
        }

        @Override
        public Verdict inspect(InspectedFlow flow, InspectedPacket packet) {
            shown.add(number + ": " + flow.packets(true) + "/" + flow.packets(false));
            Random random = new Random(mix(flow, 0));
            act(flow, random);
            return switch (random.nextInt(40)) {
                case 0 -> Verdict.DROP;
                case 1 -> throw new IllegalStateException("now and then");
                default -> Verdict.PASS;
            };
        }

        private static void act(InspectedFlow flow, Random random) {
            boolean direction = random.nextBoolean();
            int packets = random.nextInt(60);
            switch (random.nextInt(12)) {
                case 0, 1, 2, 3 -> flow.pausePackets(direction, packets);
                case 4, 5, 6 -> flow.pauseBytes(direction, packets * 100L);
                case 7 -> flow.pause(direction, packets, packets * 150L, AN_HOUR_NS);
                case 8 -> flow.pauseFor(direction, random.nextInt(20) == 0 ? 0 : AN_HOUR_NS);
                case 9 -> {
                    flow.pausePackets(true, packets);
                    flow.pausePackets(false, packets);
                }
                case 10 -> flow.resumeInspecting(direction);
                default -> {
                    if (random.nextInt(4) == 0) {
                        flow.stopInspecting(direction);
                    }
                }
            }
        }

        private long mix(InspectedFlow flow, long salt) {
            return (flow.packets(true) * 1009 + flow.packets(false) * 31 + flow.bytes(true)) * 4
                    + number
                    + salt;
        }
    }
}
