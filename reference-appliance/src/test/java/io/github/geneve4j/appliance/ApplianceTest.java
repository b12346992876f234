package io.github.geneve4j.appliance;

import static io.github.geneve4j.testkit.Packets.geneve;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.tcp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.github.geneve4j.appliance.inspect.AllowAll;
import io.github.geneve4j.appliance.ops.CounterReport;
import io.github.geneve4j.flow.FlowStatus;
import io.github.geneve4j.geneve.tunnel.EndpointPolicy;
import io.github.geneve4j.testkit.Hex;
import io.github.geneve4j.testkit.KnownPackets;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ApplianceTest {
    private static final int NODE = 0x0a00_0001;
    private static final int STRANGER = 0x0a00_0002;
    private static final Duration LATELY = Duration.ofMillis(500);

    private final ScriptedPort port = new ScriptedPort();
    private Appliance appliance;

    @AfterEach
    void close() throws IOException {
        if (appliance != null) {
            appliance.close();
        }
    }

    @Test
    void returnsWhatTheInspectorPassesByteForByte() throws Exception {
        start(AllowAll::new);
        port.put(KnownPackets.awsDatagram(), NODE);

        assertThat(port.returned.poll(5, TimeUnit.SECONDS)).isEqualTo(KnownPackets.awsDatagram());
        PacketCounters counters = appliance.counters();
        assertThat(counters.received()).isEqualTo(1);
        assertThat(counters.receivedBytes()).isEqualTo(124);
        assertThat(counters.passed()).isEqualTo(1);
        assertThat(counters.passedBytes()).isEqualTo(124);
        assertThat(counters.dropped()).isZero();
    }

    /** Reserved bits, an unknown option and a C bit without reason: none of it is this end's. */
    @Test
    void returnsHeadersThatItDoesNotUnderstand() throws Exception {
        start(AllowAll::new);
        byte[] odd =
                packet(
                        geneve().critical(true)
                                .reservedFlags(0x3f)
                                .reservedByte(0xff)
                                .option(0x1234, 0x05, "61626364"),
                        payload("45"));
        port.put(odd, NODE);

        assertThat(port.returned.poll(5, TimeUnit.SECONDS)).isEqualTo(odd);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource({
        "00000800000000,                       TRUNCATED_HEADER",
        "4000080000000000,                     UNSUPPORTED_VERSION",
        "0100080000000000,                     TRUNCATED_OPTIONS",
        "010008000000000001080102,             OPTION_OVERRUN",
        "01400800000000000102ff00,             UNKNOWN_CRITICAL_OPTION",
        "01000800000000000102ff00,             UNKNOWN_CRITICAL_OPTION",
        "01400800000000000108ff00,             UNKNOWN_CRITICAL_OPTION",
        "01400800000000000108810045,           UNKNOWN_CRITICAL_OPTION",
        "0080080000000000,                     CONTROL_PACKET",
    })
    void dropsWhatAnEndpointMustDropAndSaysWhy(String hex, DropReason reason) {
        start(AllowAll::new);
        port.put(Hex.bytes(hex), NODE);

        await(() -> appliance.counters().received() == 1);
        await(() -> appliance.counters().dropped(reason) == 1);
        assertThat(appliance.counters().dropped()).isEqualTo(1);
        assertThat(appliance.counters().passed()).isZero();
        assertThat(port.returned).isEmpty();
    }

    @Test
    void dropsStrangersBeforeAnythingElse() {
        start(AllowAll::new);
        port.put(KnownPackets.awsDatagram(), STRANGER);
        port.put(Hex.bytes("40"), STRANGER);

        await(() -> appliance.counters().dropped(DropReason.ORIGIN_NOT_ALLOWED) == 2);
        assertThat(port.returned).isEmpty();
    }

    @Test
    void appliesAnOwnPolicy() {
        appliance =
                Appliance.builder()
                        .port(port)
                        .allowFrom(OriginFilter.parse("10.0.0.1"))
                        .policy(EndpointPolicy.builder().maxOptionsLength(28).build())
                        .inspector(AllowAll::new)
                        .start();
        port.put(KnownPackets.awsDatagram(), NODE);

        await(() -> appliance.counters().dropped(DropReason.OPTIONS_TOO_LONG) == 1);
    }

    @ParameterizedTest
    @EnumSource
    void idlesAsItIsTold(IdleMode mode) throws Exception {
        appliance =
                Appliance.builder()
                        .port(port)
                        .allowFrom(OriginFilter.parse("10.0.0.1"))
                        .inspector(AllowAll::new)
                        .idle(mode)
                        .start();
        if (mode == IdleMode.SPIN) {
            Thread.sleep(100);
            assertThat(port.awaits).isZero();
        } else {
            await(() -> port.awaits > 3);
        }
        port.put(KnownPackets.awsDatagram(), NODE);
        assertThat(port.returned.poll(5, TimeUnit.SECONDS)).isNotNull();
        assertThat(appliance.isTurning(LATELY)).isTrue();
    }

    @Test
    void needsAProcessorForEachWorkerOrNone() {
        ScriptedPort other = new ScriptedPort();
        Appliance.Builder builder =
                Appliance.builder()
                        .port(port)
                        .port(other)
                        .allowFrom(OriginFilter.parse("10.0.0.1"))
                        .inspector(AllowAll::new)
                        .cpus(0);
        assertThatThrownBy(builder::start)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("1 processors for 2 ports");
        assertThat(port.closed).isTrue();
        assertThat(other.closed).isTrue();
    }

    @Test
    void countsWhatTheInspectorDrops() {
        start(() -> packet -> Verdict.DROP);
        port.put(KnownPackets.awsDatagram(), NODE);

        await(() -> appliance.counters().dropped(DropReason.INSPECTOR) == 1);
        assertThat(port.returned).isEmpty();
    }

    @Test
    @SuppressWarnings("NullAway") // a null verdict is what is tested
    void survivesAnInspectorThatFails() throws Exception {
        List<Inspector> bad =
                List.of(
                        packet -> {
                            throw new IllegalStateException("broken");
                        },
                        packet -> null,
                        packet -> {
                            throw new StackOverflowError("deep");
                        });
        for (Inspector inspector : bad) {
            ScriptedPort own = new ScriptedPort();
            try (Appliance broken =
                    Appliance.builder()
                            .port(own)
                            .allowFrom(OriginFilter.parse("10.0.0.1"))
                            .inspector(() -> inspector)
                            .start()) {
                own.put(KnownPackets.awsDatagram(), NODE);
                own.put(KnownPackets.awsDatagram(), NODE);

                await(() -> broken.counters().dropped(DropReason.INSPECTOR_FAILED) == 2);
                assertThat(broken.isTurning(LATELY)).isTrue();
                assertThat(broken.inspectorFailure()).isPresent();
            }
        }
    }

    @Test
    void showsTheInspectorWhatIsInThePacket() {
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        start(
                () ->
                        packet -> {
                            seen.add(
                                    packet.flowStatus()
                                            + " "
                                            + packet.metadata().hasEndpointId()
                                            + " "
                                            + packet.innerLength()
                                            + " "
                                            + packet.buffer()
                                                    .getUnsignedByte(packet.innerOffset()));
                            return Verdict.PASS;
                        });
        byte[] inner = packet(ipv4("10.1.0.1", "10.2.0.2"), tcp(1024, 443), payload("00"));
        byte[] header = KnownPackets.awsHeader();
        port.put(packet(payload(header), payload(inner)), NODE);
        byte[] asIpv6 = header.clone();
        asIpv6[2] = (byte) 0x86;
        asIpv6[3] = (byte) 0xdd;
        port.put(packet(payload(asIpv6), payload(inner)), NODE);
        port.put(packet(geneve().protocolType(0x6558), payload(inner)), NODE);

        await(() -> seen.size() == 3);
        assertThat(seen)
                .containsExactly(
                        FlowStatus.OK + " true 41 69",
                        FlowStatus.UNSUPPORTED_IP_VERSION + " true 41 69",
                        FlowStatus.UNSUPPORTED_IP_VERSION + " false 41 69");
    }

    @Test
    void isNotTurningWhileAnInspectorHangs() throws Exception {
        CountDownLatch hanging = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        start(
                () ->
                        packet -> {
                            hanging.countDown();
                            try {
                                release.await();
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                            return Verdict.PASS;
                        });
        await(() -> appliance.isTurning(LATELY));
        port.put(KnownPackets.awsDatagram(), NODE);
        hanging.await();
        await(() -> !appliance.isTurning(LATELY));
        release.countDown();
        await(() -> appliance.isTurning(LATELY));
    }

    @Test
    void endsWhenThePortFailsAndSaysWhy() throws Exception {
        start(AllowAll::new);
        port.failure = new IOException("network is down");

        appliance.join();

        assertThat(appliance.failure()).get().asString().contains("network is down");
        assertThat(appliance.isTurning(LATELY)).isFalse();
    }

    /** Whoever fills the heap for a moment would end the appliance else. */
    @Test
    void waitsWithoutMemory() throws Exception {
        start(AllowAll::new);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        AtomicLong bytes = new AtomicLong(-1);
        Thread waiting =
                Thread.ofPlatform()
                        .start(
                                () -> {
                                    try {
                                        long before = threads.getCurrentThreadAllocatedBytes();
                                        appliance.join();
                                        bytes.set(
                                                threads.getCurrentThreadAllocatedBytes() - before);
                                    } catch (InterruptedException e) {
                                        Thread.currentThread().interrupt();
                                    }
                                });
        Thread.sleep(1_000);
        appliance.close();
        waiting.join();
        assertThat(bytes).hasValue(0);
    }

    @Test
    void closesItsPortsOnceAndStops() throws Exception {
        start(AllowAll::new);
        appliance.close();
        appliance.close();
        appliance.join();

        assertThat(port.closed).isTrue();
        assertThat(appliance.failure()).isEmpty();
        assertThat(appliance.isTurning(Duration.ofDays(1))).isFalse();
    }

    @Test
    void givesEachPortAWorkerAndAddsThemUp() throws Exception {
        ScriptedPort second = new ScriptedPort();
        List<Inspector> inspectors = Collections.synchronizedList(new ArrayList<>());
        appliance =
                Appliance.builder()
                        .port(port)
                        .port(second)
                        .allowFrom(OriginFilter.parse("0.0.0.0/0"))
                        .inspector(
                                () -> {
                                    Inspector own = packet -> Verdict.PASS;
                                    inspectors.add(new AllowAll());
                                    return own;
                                })
                        .start();
        port.put(KnownPackets.awsDatagram(), NODE);
        second.put(KnownPackets.awsDatagram(), STRANGER);

        await(() -> port.counters().returned() == 1);
        await(() -> second.counters().returned() == 1);
        assertThat(port.returned).hasSize(1);
        assertThat(second.returned).hasSize(1);
        assertThat(inspectors).hasSize(2);
        assertThat(CounterReport.line(appliance))
                .isEqualTo("received=2 returned=2 dropped=0 kernel_drops=10");
    }

    @Test
    void reportsReasonsThatOccurredOnly() {
        start(AllowAll::new);
        port.put(Hex.bytes("40"), NODE);
        await(() -> appliance.counters().received() == 1);
        await(() -> appliance.counters().dropped() == 1);

        assertThat(CounterReport.line(appliance))
                .isEqualTo("received=1 returned=0 dropped=1 truncated_header=1 kernel_drops=5");
    }

    @Test
    void reportsAnswersAndWhatPassedWithoutAVerdict() {
        appliance =
                Appliance.builder()
                        .port(port)
                        .allowFrom(OriginFilter.parse("10.0.0.1"))
                        .inspector(
                                () ->
                                        packet ->
                                                switch (packet.flow().protocol()) {
                                                    case 1 -> Verdict.REJECT;
                                                    case 6 -> throw new IllegalStateException("6");
                                                    default -> {
                                                        packet.edit();
                                                        yield Verdict.REWRITE;
                                                    }
                                                })
                        .onInspectorFailure(FailureMode.OPEN)
                        .icmpErrorsPerSecond(1)
                        .start();
        port.put(KnownPackets.awsDatagram(), NODE);
        port.put(KnownPackets.awsDatagram(), NODE);
        port.put(packet(geneve(), ipv4("10.0.0.3", "10.0.0.4"), tcp(1, 2)), NODE);
        port.put(packet(geneve(), ipv4("10.0.0.3", "10.0.0.4").protocol(99), payload("00")), NODE);
        await(() -> appliance.counters().received() == 4);
        await(() -> port.counters().returned() == 3);

        assertThat(CounterReport.line(appliance))
                .isEqualTo(
                        "received=4 returned=3 dropped=2 rewritten=1 uninspected=1 rejected=2"
                                + " icmp_prohibited=1 answer_limited=1 kernel_drops=5");
    }

    @Test
    void refusesToStartWithoutItsParts() {
        assertThatThrownBy(() -> Appliance.builder().port(port).inspector(AllowAll::new).start())
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(
                        () ->
                                Appliance.builder()
                                        .allowFrom(OriginFilter.parse("0.0.0.0/0"))
                                        .inspector(AllowAll::new)
                                        .start())
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(
                        () ->
                                Appliance.builder()
                                        .port(port)
                                        .allowFrom(OriginFilter.parse("0.0.0.0/0"))
                                        .start())
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void offersNoPacketThatAnApplianceWouldDrop() {
        byte[] control = Hex.bytes("0080080000000000");
        assertThatThrownBy(
                        () ->
                                InspectedPacket.of(
                                        Unpooled.wrappedBuffer(control), 0, control.length))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("CONTROL_PACKET");
    }

    @Test
    void closesThePortsWhenAnInspectorCannotBeMade() {
        assertThatThrownBy(
                        () ->
                                start(
                                        () -> {
                                            throw new IllegalStateException("no inspector");
                                        }))
                .hasMessage("no inspector");
        assertThat(port.closed).isTrue();
    }

    private void start(Supplier<? extends Inspector> inspector) {
        appliance =
                Appliance.builder()
                        .port(port)
                        .allowFrom(OriginFilter.parse("10.0.0.1"))
                        .inspector(inspector)
                        .start();
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - deadline).as("waited too long").isNegative();
            Thread.onSpinWait();
        }
    }
}
