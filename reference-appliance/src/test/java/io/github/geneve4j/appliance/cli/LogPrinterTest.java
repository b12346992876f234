package io.github.geneve4j.appliance.cli;

import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.appliance.Verdicts;
import io.github.geneve4j.appliance.firewall.Firewall;
import io.github.geneve4j.appliance.firewall.FirewallControl;
import io.github.geneve4j.appliance.firewall.FlowRecord;
import io.github.geneve4j.appliance.firewall.FlowRecord.Traffic;
import io.github.geneve4j.appliance.policy.PolicyReader;
import io.github.geneve4j.appliance.track.ConnectionEnd;
import io.github.geneve4j.flow.FiveTuple;
import io.netty.buffer.Unpooled;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What operators read of decisions and flows. */
class LogPrinterTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:10Z");
    private static final long NOW_NS = -5; // such clocks may begin anywhere

    private static FlowRecord flow(Optional<ConnectionEnd> end, long cookie) {
        byte[] datagram = packet(ipv4("10.1.0.10", "10.3.0.2"), udp(5000, 53), payload("01"));
        FiveTuple tuple = new FiveTuple();
        tuple.wrap(Unpooled.wrappedBuffer(datagram), 0, datagram.length);
        return new FlowRecord(
                tuple,
                0x0123_4567_89ab_cdefL,
                "names",
                end,
                cookie,
                NOW_NS - 9_876_543_210L,
                NOW_NS - 8_000_000_000L,
                new Traffic(4_294_967_295L, 5_000_000_000_000L),
                new Traffic(0, 0));
    }

    @Test
    void writesAFlow() {
        assertThat(LogPrinter.line(flow(Optional.of(ConnectionEnd.IDLE), 0xf), NOW, NOW_NS))
                .isEqualTo(
                        "flow: idle, allowed by 'names' vpce-00123456789abcdef"
                                + " udp 10.1.0.10:5000 > 10.3.0.2:53"
                                + " packets=4294967295/0 bytes=5000000000000/0"
                                + " start=2026-03-01T12:00:00.123Z seconds=1.877"
                                + " cookie=0x0000000f");
    }

    @Test
    void writesAFlowThatIsAliveAndHasNoCookie() {
        assertThat(LogPrinter.line(flow(Optional.empty(), -1), NOW, NOW_NS))
                .startsWith("flow: alive, allowed by 'names' ")
                .endsWith(" seconds=1.877");
    }

    @Test
    void closesWithAllThatIsLeft() throws Exception {
        FirewallControl control =
                FirewallControl.builder(
                                PolicyReader.parse(
                                        """
                                        default: drop
                                        rules:
                                          - {name: all, protocol: udp, action: allow, log: true}
                                        """,
                                        "test"))
                        .flows(1)
                        .logsFlows(true)
                        .build();
        StringWriter printed = new StringWriter();
        LogPrinter printer = new LogPrinter(control, new PrintWriter(printed));
        Firewall firewall = control.newFirewall();
        for (int i = 0; i < 20_000; i++) {
            Verdicts.on(
                    firewall,
                    packet(ipv4("10.1.0.10", "10.3.0.2"), udp(5000 + i, 53), payload("01")));
        }
        printer.close();
        String text = printed.toString();
        assertThat(text).contains("log: allow by 'all' ").endsWith(System.lineSeparator());
        assertThat(text.lines())
                .filteredOn(line -> line.startsWith("flow: alive, "))
                .singleElement()
                .asString()
                .contains(":24999 > ");
        long evicted = text.lines().filter(line -> line.startsWith("flow: evicted, ")).count();
        long lost =
                text.lines()
                        .filter(line -> line.endsWith(" flows ended too fast to be told"))
                        .mapToLong(line -> Long.parseLong(line.split(" ", -1)[1]))
                        .sum();
        assertThat(evicted + lost).isEqualTo(19_999);
    }
}
