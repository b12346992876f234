package io.github.geneve4j.benchmarks.dataplane;

import io.github.geneve4j.appliance.Appliance;
import io.github.geneve4j.appliance.IdleMode;
import io.github.geneve4j.appliance.Inspector;
import io.github.geneve4j.appliance.OriginFilter;
import io.github.geneve4j.appliance.firewall.FirewallControl;
import io.github.geneve4j.appliance.inspect.AllowAll;
import io.github.geneve4j.appliance.policy.Action;
import io.github.geneve4j.appliance.policy.Match;
import io.github.geneve4j.appliance.policy.Network;
import io.github.geneve4j.appliance.policy.Policy;
import io.github.geneve4j.appliance.policy.Range;
import io.github.geneve4j.appliance.policy.Rule;
import io.github.geneve4j.flow.IpProtocol;
import io.github.geneve4j.io.AfPacketPort;
import io.github.geneve4j.io.AfXdpMode;
import io.github.geneve4j.io.AfXdpPort;
import io.github.geneve4j.io.FastPath;
import io.github.geneve4j.io.NioPort;
import io.github.geneve4j.io.PacketPort;
import io.github.geneve4j.io.UdpPort;
import java.io.IOException;
import java.net.Inet4Address;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The appliance on a port of one's choice, passing everything, or all UDP by a firewall's last
 * rule.
 */
public final class ApplianceOnPort {
    /** Printed once packets are returned. */
    static final String READY = "serving";

    private static final int RULES = 1000;

    private ApplianceOnPort() {}

    /**
     * Serves until the process is ended.
     *
     * @param args port (as in {@link Programs}), interface, own address, origins
     * @throws IOException if the port does not open, or fails
     * @throws InterruptedException never
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        OriginFilter origins = OriginFilter.parse(args[3]);
        try (FastPath fast = args[0].startsWith(Programs.FAST) ? fastPath(origins) : null;
                Appliance appliance =
                        Appliance.builder()
                                .port(open(args[0], args[1], Inet4Address.ofLiteral(args[2]), fast))
                                .allowFrom(origins)
                                .inspector(inspectors(args[0], fast))
                                .idle(fast == null ? IdleMode.SPIN : IdleMode.ADAPTIVE)
                                .start()) {
            System.out.println(READY);
            appliance.join();
            if (appliance.failure().isPresent()) {
                throw new IOException("the packet loop ended", appliance.failure().get());
            }
        }
    }

    private static FastPath fastPath(OriginFilter origins) throws IOException {
        // Whose turn it is not is stopped, for longer than a process may hang otherwise
        FastPath.Builder builder = FastPath.builder().lease(Duration.ofHours(1));
        origins.forEachRange(builder::allowFrom);
        return builder.open();
    }

    private static Supplier<? extends Inspector> inspectors(String io, @Nullable FastPath fast) {
        if (!io.equals(Programs.FIREWALL) && fast == null) {
            return AllowAll::new;
        }
        List<Rule> rules = new ArrayList<>();
        for (int i = 1; i < RULES; i++) {
            Network host = new Network(false, 0, 0xc612_0000L + i, 32); // of 198.18.0.0/15
            rules.add(rule("host " + i, List.of(host), Action.DROP));
        }
        rules.add(rule("udp", List.of(), Action.ALLOW));
        Policy policy = new Policy(List.of(), List.of(), rules, Action.DROP);
        FirewallControl.Builder builder = FirewallControl.builder(policy);
        if (fast != null) {
            builder.checksWindows(false).fastPath(fast);
        }
        return builder.build()::newFirewall;
    }

    private static Rule rule(String name, List<Network> sources, Action action) {
        Match match =
                new Match(
                        Set.of(),
                        Optional.empty(),
                        sources,
                        List.of(),
                        List.of(new Range(IpProtocol.UDP, IpProtocol.UDP)),
                        List.of(),
                        List.of(),
                        List.of(),
                        Optional.empty());
        return new Rule(name, match, action, false, 0);
    }

    private static PacketPort open(
            String io, String device, Inet4Address own, @Nullable FastPath fast)
            throws IOException {
        return switch (io) {
            case Programs.AF_XDP_DRIVER, Programs.FIREWALL ->
                    AfXdpPort.builder(device).address(own).mode(AfXdpMode.DRIVER).open();
            case Programs.AF_XDP_GENERIC ->
                    AfXdpPort.builder(device).address(own).mode(AfXdpMode.GENERIC).open();
            case Programs.AF_XDP_SINGLE ->
                    AfXdpPort.builder(device)
                            .address(own)
                            .mode(AfXdpMode.GENERIC)
                            .joinReplies(false)
                            .open();
            case Programs.AF_XDP_BUSY ->
                    AfXdpPort.builder(device)
                            .address(own)
                            .mode(AfXdpMode.DRIVER)
                            .busyPoll(
                                    AfXdpPort.Builder.BUSY_POLL_MICROS,
                                    AfXdpPort.Builder.BUSY_POLL_BUDGET)
                            .open();
            case Programs.AF_PACKET -> AfPacketPort.builder(device).address(own).open();
            case Programs.AF_PACKET_SINGLE ->
                    AfPacketPort.builder(device).address(own).joinReplies(false).open();
            case Programs.AF_PACKET_PLAIN ->
                    AfPacketPort.builder(device).address(own).understandOffloads(false).open();
            case Programs.FAST_GENERIC ->
                    AfXdpPort.builder(device)
                            .address(own)
                            .mode(AfXdpMode.GENERIC)
                            .fastPath(Objects.requireNonNull(fast))
                            .open();
            case Programs.FAST_DRIVER ->
                    AfXdpPort.builder(device)
                            .address(own)
                            .mode(AfXdpMode.DRIVER)
                            .fastPath(Objects.requireNonNull(fast))
                            .open();
            case Programs.FAST_AF_PACKET ->
                    AfPacketPort.builder(device)
                            .address(own)
                            .fastPath(Objects.requireNonNull(fast))
                            .open();
            case Programs.UDP -> UdpPort.builder(own).open();
            case Programs.NIO -> NioPort.builder(own).open();
            default -> throw new IllegalArgumentException("port '" + io + "'");
        };
    }
}
