package io.github.geneve4j.appliance.firewall;

import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.appliance.Verdict;
import io.github.geneve4j.appliance.Verdicts;
import io.github.geneve4j.appliance.firewall.FlowRecord.Traffic;
import io.github.geneve4j.appliance.policy.Policy;
import io.github.geneve4j.appliance.policy.PolicyReader;
import io.github.geneve4j.appliance.track.ConnectionEnd;
import io.github.geneve4j.config.ConfigException;
import io.github.geneve4j.flow.FlowFormat;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a flow log learns of flows that ended, or are alive, and how much of it. */
class FlowLogTest {
    private static final String CLIENT = "10.1.0.10";
    private static final String SERVER = "93.184.216.34";
    private static final int HEADERS = 28; // IPv4 and UDP
    private static final long SECOND = 1_000_000_000L;
    private static final long FAR_FUTURE_NS = 10_000 * SECOND;

    private final List<FlowRecord> told = new ArrayList<>();
    private final long now = System.nanoTime();

    private static Policy policy(String rules) {
        try {
            return PolicyReader.parse("default: drop\nrules:\n" + rules, "test");
        } catch (ConfigException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static FirewallControl.Builder builder() {
        return FirewallControl.builder(
                        policy(
                                """
                                  - {name: other, protocol: udp, destination-port: 54, action: allow}
                                  - {name: names, protocol: udp, destination-port: 53, action: allow}
                                """))
                .logsFlows(true);
    }

    private static Verdict there(Firewall firewall, int port, String data, long nowNs) {
        return Verdicts.on(
                firewall, packet(ipv4(CLIENT, SERVER), udp(port, 53), payload(data)), nowNs);
    }

    private static Verdict back(Firewall firewall, int port, String data, long nowNs) {
        return Verdicts.on(
                firewall, packet(ipv4(SERVER, CLIENT), udp(53, port), payload(data)), nowNs);
    }

    @Test
    void tellsAFlowOnceWhenItHasEnded() {
        FirewallControl control = builder().build();
        Firewall firewall = control.newFirewall();
        there(firewall, 5000, "01", now);
        back(firewall, 5000, "0102", now + SECOND);
        back(firewall, 5000, "010203", now + 2 * SECOND);
        assertThat(control.drainFlows(told::add)).isZero();
        assertThat(told).isEmpty();

        firewall.onIdle(now + FAR_FUTURE_NS);
        assertThat(control.drainFlows(told::add)).isZero();
        assertThat(control.drainFlows(told::add)).isZero();
        control.tellAlive(told::add);
        assertThat(told).hasSize(1);
        FlowRecord flow = told.get(0);
        assertThat(FlowFormat.text(flow.flow())).isEqualTo("udp 10.1.0.10:5000 > 93.184.216.34:53");
        assertThat(flow.rule()).isEqualTo("names");
        assertThat(flow.end()).contains(ConnectionEnd.IDLE);
        assertThat(flow.byBeginner()).isEqualTo(new Traffic(1, HEADERS + 1));
        assertThat(flow.byOther()).isEqualTo(new Traffic(2, 2 * HEADERS + 5));
        assertThat(flow.startNs()).isEqualTo(now);
        assertThat(flow.lastNs()).isEqualTo(now + 2 * SECOND);
        assertThat(flow.endpointId()).isNotZero();
        assertThat(flow.cookie()).isBetween(1L, 0xffff_ffffL);
    }

    @Test
    void tellsTheLivingOfAllWorkers() {
        FirewallControl control = builder().build();
        there(control.newFirewall(), 5000, "01", now);
        there(control.newFirewall(), 5001, "01", now);
        control.tellAlive(told::add);
        assertThat(told).extracting(flow -> flow.flow().sourcePort()).containsExactly(5000, 5001);
        assertThat(told).allMatch(flow -> flow.end().isEmpty() && flow.rule().equals("names"));
        assertThat(control.drainFlows(told::add)).isZero();
        assertThat(told).hasSize(2);
    }

    /**
     * The policy that allowed it is long gone, and its rules have other places in the next ones.
     */
    @Test
    void namesTheRuleThatAllowedAFlowWhenItBegan() {
        for (boolean rejudges : new boolean[] {true, false}) {
            told.clear();
            FirewallControl control = builder().rejudges(rejudges).build();
            Firewall firewall = control.newFirewall();
            there(firewall, 5000, "01", now);
            control.replace(policy("  - {name: all, protocol: udp, action: allow}\n"));
            assertThat(back(firewall, 5000, "01", now)).isEqualTo(Verdict.PASS);
            there(firewall, 5001, "01", now);
            control.replace(policy("  - {name: web, protocol: tcp, action: allow}\n"));
            control.replace(policy("  - {name: none, protocol: gre, action: drop}\n"));
            there(firewall, 5001, "01", now);
            firewall.onIdle(now + FAR_FUTURE_NS);
            control.drainFlows(told::add);
            assertThat(told)
                    .extracting(flow -> flow.flow().sourcePort() + " " + flow.rule())
                    .containsExactlyInAnyOrder("5000 names", "5001 all");
            assertThat(told)
                    .extracting(flow -> flow.end().orElseThrow())
                    .contains(rejudges ? ConnectionEnd.REMOVED : ConnectionEnd.IDLE);
        }
    }

    @Test
    void tellsWhatGaveItsPlaceToAnother() {
        FirewallControl control = builder().flows(1).build();
        Firewall firewall = control.newFirewall();
        there(firewall, 5000, "01", now);
        there(firewall, 5001, "0102", now);
        control.drainFlows(told::add);
        assertThat(told).hasSize(1);
        assertThat(told.get(0).flow().sourcePort()).isEqualTo(5000);
        assertThat(told.get(0).end()).contains(ConnectionEnd.EVICTED);
    }

    @Test
    void countsWhatThereWasNoRoomFor() {
        int room = 16_384;
        FirewallControl control = builder().flows(1).build();
        Firewall firewall = control.newFirewall();
        for (int i = 0; i < room + 8; i++) {
            there(firewall, 5000 + i, "01", now);
        }
        assertThat(control.drainFlows(told::add)).isEqualTo(7); // the last one is alive
        assertThat(told).hasSize(room);
        assertThat(told.get(room - 1).flow().sourcePort()).isEqualTo(5000 + room - 1);
    }

    @Test
    void isNotKeptUnlessAskedFor() {
        FirewallControl control = builder().logsFlows(false).flows(1).build();
        Firewall firewall = control.newFirewall();
        there(firewall, 5000, "01", now);
        there(firewall, 5001, "01", now);
        assertThat(control.drainFlows(told::add)).isZero();
        control.tellAlive(told::add);
        assertThat(told).isEmpty();
    }
}
