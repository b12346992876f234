package io.github.geneve4j.simulator.conform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Inet4Address;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the suite makes of checks that go wrong themselves; on loopback, without rights. */
@Timeout(60)
class ConformanceSuiteTest {
    private static final Inet4Address APPLIANCE = Inet4Address.ofLiteral("127.62.14.1");
    private static final Inet4Address NODE = Inet4Address.ofLiteral("127.62.14.2");
    private static final int PORT = 16_082;

    private UdpWire wire;
    private Probe probe;

    @BeforeEach
    void open() throws Exception {
        ConformanceSettings settings =
                ConformanceSettings.builder(APPLIANCE, List.of(NODE))
                        .port(PORT)
                        .patience(Duration.ofMillis(20))
                        .build();
        wire = UdpWire.open(List.of(Probe.address(NODE)), Probe.address(APPLIANCE), PORT);
        probe = new Probe(settings, wire);
    }

    @AfterEach
    void close() {
        wire.close();
    }

    private CheckResult run(boolean first, Check.Body body) throws Exception {
        Check check = Check.of("it", "It does.", "a rule", Aws.UNHEALTHY, body);
        return ConformanceSuite.run(check, probe, false, first);
    }

    /** What was found out before is kept. */
    @Test
    void aFailureOfThisHostIsAnError() throws Exception {
        CheckResult lost =
                run(
                        false,
                        p -> {
                            throw new IOException("Network is unreachable");
                        });
        assertThat(lost.verdict()).isEqualTo(Verdict.ERROR);
        assertThat(lost.message()).startsWith("could not be asked").contains("unreachable");
        assertThat(lost.metric()).isEqualTo(CheckInfo.NO_METRIC);

        CheckResult wrong =
                run(
                        false,
                        p -> {
                            throw new IllegalStateException("port 99999");
                        });
        assertThat(wrong.verdict()).isEqualTo(Verdict.ERROR);
    }

    @Test
    void beforeTheFirstResultThereIsNothingToKeep() {
        assertThatThrownBy(
                        () ->
                                run(
                                        true,
                                        p -> {
                                            throw new IOException("Network is unreachable");
                                        }))
                .isInstanceOf(IOException.class);
    }

    @Test
    void whatIsTooLongIsNotApplicable() throws Exception {
        CheckResult result =
                run(
                        true,
                        p -> {
                            throw new TooLongException(9_000);
                        });
        assertThat(result.verdict()).isEqualTo(Verdict.NOT_APPLICABLE);
    }

    /** An appliance that changes what a reply is known by does answer. */
    @Test
    void silenceShowsWhatIsNotKnown() throws Exception {
        byte[] other = new byte[48];
        CheckResult result =
                run(
                        false,
                        p -> {
                            p.keep(datagram(514, other)); // its log
                            p.keep(datagram(PORT, p.plain().datagram().payload()));
                            p.keep(datagram(PORT, other));
                            return p.exchange(p.plain()).silence();
                        });
        assertThat(result.evidence()).hasSize(2);
        assertThat(result.evidence().get(1).what())
                .isEqualTo("instead came 127.62.14.1:60000 > 127.62.14.2:" + PORT);
        assertThat(result.evidence().get(1).observed()).hasSize(132);
    }

    private static Arrival datagram(int destinationPort, byte[] payload) {
        int from = Probe.address(APPLIANCE);
        int to = Probe.address(NODE);
        int sourcePort = destinationPort == PORT ? 60_000 : destinationPort;
        return Arrival.datagram(from, sourcePort, to, destinationPort, payload);
    }

    /** Silence for which somebody gave a reason. */
    @Test
    void silenceShowsThePortUnreachable() throws Exception {
        byte[] icmp = Bytes.hex("45000024000000004001 0000 7f3e0e01 7f3e0e02 0303000000000000");
        CheckResult result =
                run(
                        false,
                        p -> {
                            p.keep(Arrival.packet(icmp, false));
                            return p.exchange(p.plain()).silence();
                        });
        assertThat(result.verdict()).isEqualTo(Verdict.FAIL);
        assertThat(result.evidence()).hasSize(2);
        assertThat(result.evidence().get(1).what())
                .isEqualTo("instead came 127.62.14.1 > 127.62.14.2 ICMP");
        assertThat(result.evidence().get(1).observed()).isEqualTo(icmp);

        CheckResult other =
                run(
                        false,
                        p -> {
                            p.keep(Arrival.packet(icmp, false));
                            return Outcome.fail("changed");
                        });
        assertThat(other.evidence()).isEmpty();
    }
}
