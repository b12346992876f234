package io.github.geneve4j.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.appliance.FastPathTraffic.Flow;
import io.github.geneve4j.appliance.FastPathTraffic.Frame;
import io.github.geneve4j.appliance.FastPathTraffic.Trait;
import io.github.geneve4j.appliance.cli.Networks;
import io.github.geneve4j.appliance.firewall.FirewallControl;
import io.github.geneve4j.appliance.firewall.Judgement;
import io.github.geneve4j.appliance.policy.Policy;
import io.github.geneve4j.flow.FlowTimeouts;
import io.github.geneve4j.io.FastPath;
import io.github.geneve4j.io.FastPathTrial;
import io.github.geneve4j.io.NetworkNamespace;
import io.github.geneve4j.io.PacketPort;
import io.github.geneve4j.io.PortCounters;
import io.github.geneve4j.io.PortKind;
import io.github.geneve4j.io.PortOpener;
import io.github.geneve4j.testkit.Hex;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Two appliances, each on a cable of its own, get the same packets under the same policies, and the
 * kernel below one of them returns what it has learnt to: what comes back over the one cable is
 * what comes back over the other, packet for packet and byte for byte, and so is what is known of
 * each flow at its end.
 *
 * <p>A packet that the kernel returns may overtake one that the worker still has. So packets go in
 * batches, and the next batch goes when the appliances' counters say that all of one has been
 * answered or dropped. What changes how a flow's next packets fare is the last of its flow in a
 * batch, and the first; a fragment, which may be of any flow, is alone.
 */
@Timeout(600)
class FastPathWireIT {
    private static final int PACKETS = Integer.getInteger("geneve4j.fastpath.wire.packets", 25_000);
    private static final long SEED = Long.getLong("geneve4j.fastpath.wire.seed", 4711);

    /**
     * Packets for the same two appliances. With many more, one of them displaces some datagram's
     * first fragment, and the other, which has a seed of its own, does not.
     */
    private static final int ROUND = Math.min(20_000, PACKETS / 2);

    private static final int CALM = 8; // every other round
    private static final int BATCH = 512; // of them in flight, at most
    private static final int TALKS = 400;
    private static final int RELOAD_PERIOD = 5_000;
    private static final int OWN = 0x0a01_0001;
    private static final int NODE = 0x0a01_0002;
    private static final int FLOWS = 8192;
    private static final int FEW_FAST_FLOWS = 128;
    private static final int MANY_FAST_FLOWS = 4096;
    private static final long LATER_NS = TimeUnit.HOURS.toNanos(3); // than all timeouts
    private static final FlowTimeouts LONG =
            new FlowTimeouts(FlowTimeouts.MOST, FlowTimeouts.MOST, FlowTimeouts.MOST);

    private final Map<Trait, Integer> seen = new EnumMap<>(Trait.class);
    private long reloads;
    private long batches;
    private long returned;
    private long byKernel;
    private long ended; // flows

    @ParameterizedTest
    @EnumSource(names = {"AF_XDP", "AF_PACKET"})
    @SuppressWarnings("try") // the cables are there to be closed
    void returnsTheSamePackets(PortKind kind) throws Exception {
        long start = System.nanoTime();
        try (Networks networks = new Networks("ethtool", "sysctl")) {
            lay(networks, "slow");
            lay(networks, "fast");
            for (int sent = 0, round = 0; sent < PACKETS; sent += ROUND, round++) {
                int calm = round % 2 == 0 ? 1 : CALM;
                round(networks, kind, SEED + round, calm, Math.min(ROUND, PACKETS - sent));
            }
        }
        String summary =
                String.format(
                        "%s: %d packets to each in %d batches and %d ms: %d came back, %d of them by"
                                + " the kernel, %d reloads, %s",
                        kind.label(),
                        PACKETS,
                        batches,
                        Duration.ofNanos(System.nanoTime() - start).toMillis(),
                        returned,
                        byKernel,
                        reloads,
                        seen);
        System.out.println(summary);
        assertThat(returned).as(summary).isGreaterThan(PACKETS / 4);
        assertThat(byKernel).as(summary).isGreaterThan(returned * 3 / 10).isLessThan(returned);
        assertThat(reloads).as(summary).isPositive();
        assertThat(ended).as(summary).isPositive();
        assertThat(seen.keySet()).as(summary).containsExactlyInAnyOrder(Trait.values());
    }

    /** Both cables look the same to whoever is at them. */
    private static void lay(Networks networks, String name) throws Exception {
        String node = "n" + name;
        networks.add(node, name);
        for (String end : List.of(node, name)) {
            networks.in(end, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1").ok();
        }
        networks.cable(node, name, 1500);
        String mac = String.format("%012x", FastPathTrial.MAC).replaceAll("..(?=.)", "$0:");
        networks.ip(name, "link set " + node + " address " + mac);
        networks.ip(name, "addr add 10.1.0.1/24 dev " + node);
    }

    private void round(Networks networks, PortKind kind, long seed, int calm, int packets)
            throws Exception {
        Random random = new Random(seed);
        Policy first = FastPathPolicies.next(random);
        int fastFlows = random.nextInt(4) == 0 ? FEW_FAST_FLOWS : MANY_FAST_FLOWS;
        boolean tellsBothEnds = random.nextBoolean();
        try (FastPath fast = FastPath.builder().flows(fastFlows).allowFrom(NODE, NODE).open();
                Side slow = new Side(networks, "slow", kind, first, tellsBothEnds, null);
                Side quick = new Side(networks, "fast", kind, first, tellsBothEnds, fast)) {
            FastPathTraffic traffic =
                    new FastPathTraffic(random, OWN, NODE, FastPathTrial.MAC, TALKS, calm);
            Batch batch = new Batch("seed " + seed, slow, quick);
            for (int i = 0; i < packets; i++) {
                if (random.nextInt(RELOAD_PERIOD) == 0) {
                    batch.exchange();
                    Policy next = FastPathPolicies.next(random);
                    slow.control.replace(next);
                    quick.control.replace(next);
                    reloads++;
                }
                Frame frame = traffic.next();
                frame.traits().forEach(trait -> seen.merge(trait, 1, Integer::sum));
                if (batch.waitsFor(frame)) {
                    batch.exchange();
                }
                batch.add(frame);
            }
            batch.exchange();
            batches += batch.number;
            slow.stop();
            quick.stop();
            returned += slow.replies;
            byKernel += fast.hits();
            assertThat(quick.ended).isEqualTo(slow.ended); // none if the policy allows nothing
            ended += slow.ended.size();
            for (Judgement judgement : Judgement.values()) {
                long unseen = judgement == Judgement.KNOWN ? fast.hits() : 0;
                assertThat(quick.control.counters().count(judgement) + unseen)
                        .as("%s", judgement)
                        .isEqualTo(slow.control.counters().count(judgement));
            }
            assertThat(fast.size()).isZero();
        }
    }

    /** Packets that may be under way at the same time. */
    private static final class Batch {
        private final String round;
        private final Side slow;
        private final Side quick;
        private final List<byte[]> frames = new ArrayList<>();
        private final Map<Flow, Integer> cookies = new HashMap<>();
        private final Set<Flow> changed = new HashSet<>();
        private boolean isAlone;
        private int number;

        Batch(String round, Side slow, Side quick) {
            this.round = round;
            this.slow = slow;
            this.quick = quick;
        }

        /** {@return whether a packet has to wait until all of these are through} */
        boolean waitsFor(Frame frame) {
            if (frames.isEmpty()) {
                return false;
            }
            if (isAlone || frame.is(Trait.FRAGMENT) || frames.size() == BATCH) {
                return true;
            }
            if (frame.is(Trait.ICMP) || !cookies.containsKey(frame.flow())) {
                return false;
            }
            return frame.changesItsFlow()
                    || changed.contains(frame.flow())
                    || cookies.get(frame.flow()) != frame.cookie();
        }

        void add(Frame frame) {
            frames.add(frame.bytes());
            isAlone = frame.is(Trait.FRAGMENT);
            if (!frame.is(Trait.ICMP)) {
                cookies.put(frame.flow(), frame.cookie());
                if (frame.changesItsFlow()) {
                    changed.add(frame.flow());
                }
            }
        }

        /** Sends all, and compares what comes back. */
        void exchange() throws InterruptedException {
            if (frames.isEmpty()) {
                return;
            }
            number++;
            long hits = quick.hits();
            long worked = quick.worked();
            slow.send(frames);
            quick.send(frames);
            List<byte[]> expected = slow.awaitReplies();
            List<byte[]> replies = quick.awaitReplies();
            boolean oneWay = quick.hits() == hits || quick.worked() == worked;
            if (!oneWay) { // the kernel's may have overtaken the worker's
                expected.sort(Arrays::compare);
                replies.sort(Arrays::compare);
            }
            compare(expected, replies);
            frames.clear();
            cookies.clear();
            changed.clear();
        }

        private void compare(List<byte[]> expected, List<byte[]> replies) {
            int same = Math.min(expected.size(), replies.size());
            for (int i = 0; i < same; i++) {
                if (!Arrays.equals(expected.get(i), replies.get(i))) {
                    same = i;
                }
            }
            if (same < expected.size() || same < replies.size()) {
                throw new AssertionError(
                        String.format(
                                "%s, batch %d of %d packets: after %d equal replies of %d and %d,%n%s%n%s%nto%n%s",
                                round,
                                number,
                                frames.size(),
                                same,
                                expected.size(),
                                replies.size(),
                                at(expected, same),
                                at(replies, same),
                                String.join("\n", frames.stream().map(Hex::text).toList())));
            }
        }

        private static String at(List<byte[]> frames, int index) {
            return index < frames.size() ? Hex.text(frames.get(index)) : "none";
        }
    }

    /** An appliance, and the node at the other end of its cable. */
    private static final class Side implements AutoCloseable {
        private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(20);

        private final @Nullable FastPath fast;
        private final List<String> ended = new ArrayList<>();
        private final FirewallControl control;
        private final FrameSocket node;
        private final PacketPort port;
        private final Appliance appliance;
        private @Nullable Inspector firewall;
        private long sent;
        private long replies;

        Side(
                Networks networks,
                String name,
                PortKind kind,
                Policy first,
                boolean tellsBothEnds,
                @Nullable FastPath fast)
                throws Exception {
            this.fast = fast;
            FirewallControl.Builder builder =
                    FirewallControl.builder(first)
                            .flows(FLOWS)
                            .timeouts(LONG)
                            .checksWindows(false)
                            .tellsBothEnds(tellsBothEnds)
                            .inspector(() -> new FastPathWitness(ended));
            PortOpener opener = PortOpener.on("n" + name);
            if (fast != null) {
                builder.fastPath(fast);
                opener.fastPath(fast);
            }
            control = builder.build();
            node = in(networks, "n" + name, () -> FrameSocket.open(name));
            port = in(networks, name, () -> opener.open(kind).ports().getFirst());
            appliance =
                    Appliance.builder()
                            .port(port)
                            .allowFrom(OriginFilter.parse("10.1.0.2"))
                            .icmpErrorsPerSecond(1_000_000_000)
                            .idle(IdleMode.BLOCK)
                            .inspector(this::newFirewall)
                            .start();
        }

        private static <T> T in(Networks networks, String name, Callable<T> task) throws Exception {
            return NetworkNamespace.named(networks.name(name)).call(task);
        }

        private Inspector newFirewall() {
            firewall = control.newFirewall();
            return firewall;
        }

        void send(List<byte[]> frames) {
            node.send(frames);
            sent += frames.size();
        }

        /** {@return packets that the kernel has returned by itself} */
        long hits() {
            return fast == null ? 0 : fast.hits();
        }

        /** {@return packets that came up to the worker} */
        long worked() {
            return port.counters().received();
        }

        /** {@return what came back since this was asked last, now that nothing is under way} */
        List<byte[]> awaitReplies() throws InterruptedException {
            List<byte[]> frames = new ArrayList<>();
            long end = System.nanoTime() + PATIENCE_NS;
            while (true) {
                boolean settled = isSettled();
                node.receive(frames);
                if (settled && replies + frames.size() >= expected()) {
                    replies += frames.size();
                    assertThat(replies).isEqualTo(expected());
                    return frames;
                }
                assertThat(System.nanoTime() - end).as("%s", this).isNegative();
                Thread.onSpinWait();
            }
        }

        /**
         * {@return whether all that was sent has been returned, or is known to have been dropped}
         */
        private boolean isSettled() {
            PortCounters counters = port.counters();
            long finished = counters.returned() + counters.freed();
            return hits() + finished == sent;
        }

        /** {@return how many frames the node gets, once all is settled} */
        private long expected() {
            return hits() + port.counters().returned() + appliance.counters().resetsOnward();
        }

        /** Ends the appliance, and all of its flows. */
        void stop() throws Exception {
            appliance.close();
            assertThat(appliance.failure()).isEmpty();
            assertThat(appliance.inspectorFailure()).isEmpty();
            PortCounters counters = port.counters();
            assertThat(counters.failed() + counters.skipped()).as("%s", this).isZero();
            assertThat(counters.originated()).isEqualTo(appliance.counters().resetsOnward());
            List<byte[]> late = new ArrayList<>();
            node.receive(late);
            assertThat(late).isEmpty();
            for (int i = 0; i < FLOWS; i++) {
                firewall.onIdle(System.nanoTime() + LATER_NS);
            }
            ended.sort(null);
        }

        @Override
        public void close() throws IOException {
            appliance.close();
            node.close();
        }

        @Override
        public String toString() {
            PortCounters counters = port.counters();
            return String.format(
                    "%s: sent %d, by the kernel %d, received %d, returned %d, freed %d,"
                            + " skipped %d, failed %d, dropped by the kernel %d, onward %d;"
                            + " replies %d, %s",
                    port,
                    sent,
                    hits(),
                    counters.received(),
                    counters.returned(),
                    counters.freed(),
                    counters.skipped(),
                    counters.failed(),
                    port.kernelDrops(),
                    appliance.counters().resetsOnward(),
                    replies,
                    appliance.failure());
        }
    }
}
