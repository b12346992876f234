package io.github.geneve4j.appliance;

import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.ethernet;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.junit.jupiter.api.Assumptions.abort;

import io.github.geneve4j.appliance.firewall.FirewallControl;
import io.github.geneve4j.appliance.firewall.FlowInspector;
import io.github.geneve4j.appliance.firewall.InspectedFlow;
import io.github.geneve4j.appliance.policy.PolicyReader;
import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.tunnel.EndpointPolicy;
import io.github.geneve4j.io.FastPath;
import io.github.geneve4j.io.FastPathTrial;
import io.github.geneve4j.testkit.Allocations;
import io.github.geneve4j.testkit.Layer;
import io.github.geneve4j.testkit.TcpLayer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.Inet4Address;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an inspector does not want to see passes by the kernel, to the packet, and no more. */
class FastPathPauseIT {
    private static final int NODE = 0x0a01_0002;
    private static final int FIRST = 5; // packet of a UDP flow that gets it a place
    private static final int LENGTH = 38; // of each inner IPv4 packet
    private static final long A_SECOND = 1_000_000_000;

    private final List<Integer> shown = new ArrayList<>();
    private final List<Integer> byKernel = new ArrayList<>();
    private final InspectedPacket packet = new InspectedPacket(FastPathTrial.MTU);
    private final ByteBuf buffer = Unpooled.buffer(FastPathTrial.MTU);
    private FastPath fast;
    private FastPathTrial trial;
    private FirewallControl control;
    private Inspector firewall;
    private boolean v6;
    private int sent;
    private long nowNs = System.nanoTime();

    /** Notes which packets it sees. */
    private static final class Pauser implements FlowInspector {
        final Runnable note;
        BiConsumer<InspectedFlow, Integer> then = (flow, number) -> {};
        int number;

        Pauser(Runnable note) {
            this.note = note;
        }

        @Override
        public boolean pauses() {
            return true;
        }

        @Override
        public Verdict inspect(InspectedFlow flow, InspectedPacket packet) {
            note.run();
            then.accept(flow, ++number);
            return Verdict.PASS;
        }
    }

    @BeforeAll
    static void root() {
        boolean isRoot = "root".equals(System.getProperty("user.name"));
        if (!isRoot && System.getenv("GENEVE4J_REQUIRE_PRIVILEGED") == null) {
            abort("needs root");
        }
    }

    @BeforeEach
    void open() throws Exception {
        fast = FastPath.builder().flows(1024).allowFrom(NODE, NODE).open();
        trial = FastPathTrial.of(fast, Inet4Address.ofLiteral("10.1.0.1"), 6081);
    }

    @AfterEach
    void close() {
        trial.close();
        fast.close();
    }

    /** The first pause begins before there is a place, the others keep it. */
    @ParameterizedTest
    @CsvSource({"4, false", "10, false", "100, true"})
    void packets(int packets, boolean v6) throws Exception {
        this.v6 = v6;
        Pauser pauser = pauser();
        pauser.then = (flow, number) -> flow.pausePackets(true, packets);
        run(pauser);
        int period = packets + 1;
        out(4 * period);
        assertThat(shown).containsExactly(1, 1 + period, 1 + 2 * period, 1 + 3 * period);
        List<Integer> expected = new ArrayList<>();
        for (int i = FIRST + 1; i <= sent; i++) {
            if ((i - 1) % period != 0) {
                expected.add(i);
            }
        }
        if (packets > FIRST) {
            assertThat(byKernel).isEqualTo(expected);
        }
        assertThat(byKernel).hasSizeGreaterThan(packets);
        assertThat(fast.size()).isEqualTo(1);
    }

    /** Ten packets have passed after 380 bytes. */
    @ParameterizedTest
    @CsvSource({"379, 10", "380, 11", "381, 11"})
    void bytes(long bytes, int passing) throws Exception {
        Pauser pauser = pauser();
        pauser.then =
                (flow, number) -> {
                    if (number == 1) {
                        flow.pauseBytes(true, bytes);
                    }
                };
        run(pauser);
        out(20);
        assertThat(shown).startsWith(1, passing + 1).hasSize(1 + 20 - passing);
        assertThat(byKernel).startsWith(FIRST + 1).endsWith(passing).hasSize(passing - FIRST);
    }

    @Test
    void time() throws Exception {
        Pauser pauser = pauser();
        pauser.then = (flow, number) -> flow.pauseFor(true, A_SECOND);
        run(pauser);
        out(10);
        nowNs += A_SECOND - 1;
        firewall.onIdle(nowNs);
        out(1);
        nowNs++;
        firewall.onIdle(nowNs);
        out(10); // the first of which begins another pause
        assertThat(shown).containsExactly(1, 12);
        assertThat(byKernel)
                .containsExactly(6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 19, 20, 21);
    }

    /** As often as packets of others come, the worker looks for what is due. */
    @Test
    void timeWhileOthersSend() throws Exception {
        Pauser pauser = pauser();
        pauser.then =
                (flow, number) -> {
                    if (flow.fiveTuple().sourcePort() == 5000) {
                        flow.pauseFor(true, A_SECOND);
                    }
                };
        run(pauser);
        out(10);
        nowNs += A_SECOND;
        for (int i = 0; i < 64; i++) {
            send("10.2.0.1", "10.2.0.2", udp(7, 7));
        }
        shown.clear();
        out(1);
        assertThat(shown).containsExactly(sent);
    }

    @Test
    void aShorterPauseComesBackBeforeALongerOne() throws Exception {
        Pauser pauser = pauser();
        pauser.then =
                (flow, number) -> {
                    if (flow.isFromBeginner()) {
                        flow.pauseFor(true, 9 * A_SECOND);
                    } else {
                        flow.pauseFor(false, A_SECOND);
                    }
                };
        run(pauser);
        for (int i = 0; i < 6; i++) {
            out(1);
            in(1);
        }
        assertThat(fast.size()).isEqualTo(2);
        nowNs += A_SECOND;
        firewall.onIdle(nowNs);
        byKernel.clear();
        out(1); // 13
        in(1);
        nowNs += 8 * A_SECOND;
        firewall.onIdle(nowNs);
        out(1); // 15
        in(1);
        assertThat(shown).containsExactly(1, 2, 14, 15, 16);
        assertThat(byKernel).containsExactly(13);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aDirectionThatIsLookedAtTakesNoPlace(boolean byBeginner) throws Exception {
        Pauser pauser = pauser();
        pauser.then = (flow, number) -> flow.pausePackets(byBeginner, 100);
        run(pauser);
        out(1);
        for (int i = 0; i < 20; i++) {
            in(1);
            out(1);
        }
        assertThat(fast.size()).isEqualTo(1);
        assertThat(shown).hasSize(21);
        assertThat(byKernel).hasSizeGreaterThan(15);
        byKernel.forEach(i -> assertThat(i % 2 != 0).isEqualTo(byBeginner));
    }

    @Test
    void theStrictestOfTwoCounts() throws Exception {
        Pauser first = pauser();
        first.then = (flow, number) -> flow.pausePackets(true, 20);
        List<Integer> seen = new ArrayList<>();
        Pauser second = new Pauser(() -> seen.add(sent));
        second.then = (flow, number) -> flow.pauseBytes(true, 30 * LENGTH);
        run(first, second);
        out(100);
        assertThat(shown).containsExactly(1, 22, 43, 64, 85);
        assertThat(seen).containsExactly(1, 32, 63, 94);
        assertThat(byKernel).hasSizeGreaterThan(75).doesNotContainAnyElementsOf(shown);
        assertThat(byKernel).doesNotContainAnyElementsOf(seen);
    }

    @Test
    void nothingPassesTheOtherThatLooks() throws Exception {
        Pauser first = pauser();
        first.then = (flow, number) -> flow.pausePackets(true, 20);
        run(first, (flow, packet) -> Verdict.PASS);
        out(100);
        assertThat(shown).containsExactly(1, 22, 43, 64, 85);
        assertThat(byKernel).isEmpty();
        assertThat(fast.size()).isZero();
    }

    /** Not even if the inspector that asked for it fails then. */
    @Test
    void aPauseIsEndedByAPacketOfTheOtherDirection() throws Exception {
        Pauser pauser = pauser();
        pauser.then =
                (flow, number) -> {
                    if (number == 1) {
                        flow.pausePackets(true, 1000);
                    } else if (!flow.isFromBeginner()) {
                        flow.resumeInspecting(true);
                        throw new IllegalStateException("failed");
                    }
                };
        run(pauser);
        out(10);
        assertThatIllegalStateException().isThrownBy(() -> in(1)).withMessage("failed");
        out(2);
        assertThat(shown).containsExactly(1, 11, 12, 13);
        assertThat(byKernel).containsExactly(6, 7, 8, 9, 10);
    }

    @Test
    void aPauseIsMadeShorterByAPacketOfTheOtherDirection() throws Exception {
        Pauser pauser = pauser();
        pauser.then =
                (flow, number) -> {
                    if (number == 1) {
                        flow.pausePackets(true, 1000);
                    } else if (!flow.isFromBeginner()) {
                        flow.pausePackets(true, 4);
                    }
                };
        run(pauser);
        out(10);
        in(1);
        out(5);
        assertThat(shown).containsExactly(1, 11, 16);
        assertThat(byKernel).containsExactly(6, 7, 8, 9, 10, 12, 13, 14, 15);
    }

    @Test
    void packetsThatTheKernelDoesNotReturnCountToo() throws Exception {
        Pauser pauser = pauser();
        pauser.then = (flow, number) -> flow.pausePackets(true, 20);
        run(pauser);
        for (int i = 0; i < 22; i++) {
            out(1);
            send("10.3.0.1", "10.3.0.2", udp(5000, 53)); // somebody else's
            shown.remove(Integer.valueOf(0)); // where it was shown
            sent++;
            int before = byKernel.size();
            deliver(frame(ipv4("10.1.0.10", "93.184.216.34").options("01010101"), udp(5000, 53)));
            assertThat(byKernel).hasSize(before);
        }
        assertThat(shown).containsExactly(1, 22, 43);
    }

    @Test
    void anotherPolicyIsAskedAndThePauseGoesOn() throws Exception {
        Pauser pauser = pauser();
        pauser.then = (flow, number) -> flow.pausePackets(true, 20);
        run(pauser);
        out(10);
        control.replace(PolicyReader.parse("default: allow", "test"));
        out(12);
        assertThat(shown).containsExactly(1, 22);
        assertThat(byKernel).doesNotContain(11).endsWith(21).hasSize(15);
        control.replace(PolicyReader.parse("default: drop", "test"));
        for (int i = 0; i < 3; i++) {
            sent++;
            assertThat(deliver(frame(true))).isEqualTo(Verdict.DROP);
        }
        assertThat(fast.size()).isZero();
    }

    /** The kernel goes by the policy that holds, though the flow's is another one. */
    @Test
    void whereNothingIsJudgedAgainThePauseGoesOnToo() throws Exception {
        Pauser pauser = pauser();
        pauser.then = (flow, number) -> flow.pausePackets(true, 20);
        run(false, pauser);
        out(10);
        control.replace(PolicyReader.parse("default: drop", "test"));
        out(30);
        assertThat(shown).containsExactly(1, 22);
        assertThat(byKernel).doesNotContain(11).contains(12, 21, 23, 40).hasSize(5 + 10 + 18);
    }

    @Test
    void thePlaceIsGivenBackWhenTheInspectorGoesOnLooking() throws Exception {
        Pauser pauser = pauser();
        pauser.then =
                (flow, number) -> {
                    if (number == 1) {
                        flow.pausePackets(true, 10);
                    }
                };
        run(pauser);
        out(11);
        assertThat(fast.size()).isEqualTo(1);
        out(64);
        assertThat(fast.size()).isZero();
        assertThat(shown).hasSize(65);
        assertThat(byKernel).hasSize(6);
    }

    @Test
    void aFinThatIsInspectedEndsTheOtherDirectionToo() throws Exception {
        Pauser pauser = pauser();
        pauser.then = (flow, number) -> flow.stopInspecting(true);
        run(pauser);
        String client = "10.1.0.10";
        String server = "93.184.216.34";
        establish(client, server);
        send(
                server,
                client,
                tcp(80, 5000).flags(TcpLayer.FIN | TcpLayer.ACK).sequence(11).acknowledgment(2));
        assertThat(fast.size()).isZero();
    }

    /** Opens a connection of which the server's direction alone is on the fast path. */
    private void establish(String client, String server) throws Exception {
        send(client, server, tcp(5000, 80).flags(TcpLayer.SYN).sequence(1));
        send(
                server,
                client,
                tcp(80, 5000).flags(TcpLayer.SYN | TcpLayer.ACK).sequence(10).acknowledgment(2));
        Layer ack = tcp(5000, 80).flags(TcpLayer.ACK).sequence(2).acknowledgment(11);
        Layer answer = tcp(80, 5000).flags(TcpLayer.ACK).sequence(11).acknowledgment(2);
        for (int i = 0; i < 3; i++) {
            send(client, server, ack);
            send(server, client, answer);
        }
        assertThat(fast.size()).isEqualTo(1);
        assertThat(fast.hits()).isEqualTo(2);
    }

    /** What the other side still sends comes up, and does not keep the connection. */
    @Test
    void aRefusedSegmentEndsTheOtherDirectionToo() throws Exception {
        String client = "10.1.0.10";
        String server = "93.184.216.34";
        AtomicBoolean refuses = new AtomicBoolean();
        run(
                new FlowInspector() {
                    @Override
                    public Verdict inspect(InspectedFlow flow, InspectedPacket packet) {
                        flow.stopInspecting(false);
                        return refuses.get() ? Verdict.REJECT_BOTH_ENDS : Verdict.PASS;
                    }
                });
        Layer ack = tcp(5000, 80).flags(TcpLayer.ACK).sequence(2).acknowledgment(11);
        Layer answer = tcp(80, 5000).flags(TcpLayer.ACK).sequence(11).acknowledgment(2);
        establish(client, server);
        refuses.set(true);
        send(client, server, ack);
        assertThat(fast.size()).isZero();
        send(server, client, answer);
        assertThat(fast.size()).isZero();
        assertThat(fast.hits()).isEqualTo(2);
    }

    /** Not by limits that are set anew for each packet, nor when the time is over. */
    @Test
    void allocatesNothing() throws Exception {
        int[] seen = {0};
        FlowInspector pauser =
                new FlowInspector() {
                    @Override
                    public boolean pauses() {
                        return true;
                    }

                    @Override
                    public Verdict inspect(InspectedFlow flow, InspectedPacket packet) {
                        seen[0]++;
                        flow.pause(true, 10, 100_000, A_SECOND);
                        return Verdict.PASS;
                    }
                };
        run(pauser);
        byte[] frame = frame(true);
        int geneve = FastPathTraffic.GENEVE;
        buffer.setBytes(0, frame, geneve, frame.length - geneve);
        EndpointPolicy policy = EndpointPolicy.builder().build();
        long allocated =
                Allocations.of(
                        100_000,
                        () -> {
                            nowNs += A_SECOND / 7;
                            packet.at(nowNs);
                            packet.wrap(buffer, 0, frame.length - geneve, policy);
                            return firewall.inspect(packet).ordinal();
                        });
        assertThat(allocated).isLessThanOrEqualTo(Allocations.SLACK);
        assertThat(fast.size()).isEqualTo(1);
        assertThat(seen[0]).isGreaterThan(100_000 / 8);
    }

    /** A question for each of a host's addresses from one port, and an answer to each. */
    @Test
    void twoQuestionsAndTheirAnswersTakeNoPlace() throws Exception {
        run();
        out(2);
        in(2);
        assertThat(fast.size()).isZero();
        in(1);
        assertThat(fast.size()).isEqualTo(1);
        out(1);
        assertThat(fast.size()).isEqualTo(2);
        assertThat(byKernel).isEmpty();
        in(1);
        assertThat(byKernel).containsExactly(7);
    }

    /** The last packet of a pause is the worker's or the kernel's, and there is but one. */
    @Test
    void showsTheFirstPacketBeyondWhileBothCount() throws Exception {
        List<Long> counts = new ArrayList<>();
        Pauser pauser = new Pauser(() -> {});
        pauser.then =
                (flow, number) -> {
                    counts.add(flow.packets(true));
                    flow.pausePackets(true, 3);
                };
        run(pauser);
        byte[] frame = frame(true);
        AtomicBoolean done = new AtomicBoolean();
        FutureTask<Integer> kernel =
                new FutureTask<>(
                        () -> {
                            int passed = 0;
                            while (!done.get()) { // what it does not pass was never there
                                passed += trial.returned(frame) == null ? 0 : 1;
                            }
                            return passed;
                        });
        Thread.ofPlatform().start(kernel);
        int packets = 0;
        for (long end = System.nanoTime() + A_SECOND; System.nanoTime() < end; packets++) {
            assertThat(judge(frame)).isEqualTo(Verdict.PASS);
        }
        done.set(true);
        long all = packets + kernel.get();
        assertThat(all).isGreaterThan(packets);
        assertThat(counts.size()).isGreaterThan(100);
        for (int i = 0; i < counts.size(); i++) {
            assertThat(counts.get(i)).as("%d of %d", i, counts.size()).isEqualTo(4L * i + 1);
        }
        assertThat(counts.size()).isEqualTo((all + 3) / 4);
    }

    private Pauser pauser() {
        return new Pauser(() -> shown.add(sent));
    }

    private void run(FlowInspector... inspectors) throws Exception {
        run(true, inspectors);
    }

    private void run(boolean rejudges, FlowInspector... inspectors) throws Exception {
        FirewallControl.Builder builder =
                FirewallControl.builder(PolicyReader.parse("default: allow", "test"))
                        .flows(100)
                        .rejudges(rejudges)
                        .checksWindows(false)
                        .fastPath(fast);
        for (FlowInspector inspector : inspectors) {
            builder.inspector(() -> inspector);
        }
        control = builder.build();
        firewall = control.newFirewall();
        firewall.onIdle(nowNs);
    }

    private void out(int packets) throws IOException {
        for (int i = 0; i < packets; i++) {
            sent++;
            assertThat(deliver(frame(true))).isEqualTo(Verdict.PASS);
        }
    }

    private void in(int packets) throws IOException {
        for (int i = 0; i < packets; i++) {
            sent++;
            assertThat(deliver(frame(false))).isEqualTo(Verdict.PASS);
        }
    }

    /** A packet that does not count here. */
    private void send(String from, String to, Layer transport) throws IOException {
        int before = sent;
        sent = 0;
        deliver(frame(ipv4(from, to), transport));
        sent = before;
    }

    private Verdict deliver(byte[] frame) throws IOException {
        if (trial.returned(frame) != null) {
            if (sent > 0) {
                byKernel.add(sent);
            }
            return Verdict.PASS;
        }
        return judge(frame);
    }

    private Verdict judge(byte[] frame) {
        int geneve = FastPathTraffic.GENEVE;
        buffer.setBytes(0, frame, geneve, frame.length - geneve);
        packet.at(nowNs);
        DecodeStatus status =
                packet.wrap(buffer, 0, frame.length - geneve, EndpointPolicy.builder().build());
        assertThat(status).isEqualTo(DecodeStatus.OK);
        return firewall.inspect(packet);
    }

    private byte[] frame(boolean out) {
        Layer transport = out ? udp(5000, 53) : udp(53, 5000);
        if (v6) {
            return frame(out ? ipv6("fd00::1", "fd00::2") : ipv6("fd00::2", "fd00::1"), transport);
        }
        String client = "10.1.0.10";
        String server = "93.184.216.34";
        return frame(out ? ipv4(client, server) : ipv4(server, client), transport);
    }

    private static byte[] frame(Layer network, Layer transport) {
        return packet(
                ethernet("02:00:00:00:00:01", "02:00:00:00:00:09"),
                ipv4("10.1.0.2", "10.1.0.1"),
                udp(40_000, 6081),
                HostileConversations.aws(1, 7),
                network,
                transport,
                payload(counting(transport instanceof TcpLayer ? 0 : 10)));
    }
}
