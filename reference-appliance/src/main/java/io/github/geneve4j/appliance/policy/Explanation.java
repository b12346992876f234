package io.github.geneve4j.appliance.policy;

import io.github.geneve4j.gwlb.EndpointId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Tells an operator which rule decides about the first packet of a flow, and of each rule before it
 * the first condition that does not hold.
 */
public final class Explanation {
    private static final int MOST = 8; // elements of a list that are shown

    private final Policy policy;
    private final FirstMatch judge;
    private final SamplePacket packet;

    private Explanation(Policy policy, SamplePacket packet) {
        this.policy = policy;
        this.judge = new FirstMatch(policy);
        this.packet = packet;
    }

    /**
     * {@return lines for people: the packet, the rules that do not match, and what decides}
     *
     * @param policy what decides
     * @param packet the first of a flow
     */
    public static List<String> of(Policy policy, SamplePacket packet) {
        return new Explanation(policy, packet).lines();
    }

    private List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add(packet + ": " + judge.direction(packet.flow()).label());
        int decision = judge.decide(packet.endpointId(), packet.flow(), packet.icmp());
        for (Rule rule : policy.rules().subList(0, decision)) {
            lines.add("line " + rule.line() + ", '" + rule.name() + "': no, " + reason(rule));
        }
        String action = policy.action(decision).label();
        if (decision == policy.rules().size()) {
            lines.add("default: " + action);
        } else {
            Rule rule = policy.rules().get(decision);
            lines.add("line " + rule.line() + ", '" + rule.name() + "': matches, " + action);
        }
        return lines;
    }

    private String reason(Rule rule) {
        String field =
                judge.mismatch(rule, packet.endpointId(), packet.flow(), packet.icmp())
                        .orElseThrow();
        Match match = rule.match();
        return field
                + " is "
                + switch (field) {
                    case "endpoint" ->
                            but(
                                    packet.endpointId() == 0
                                            ? "not known"
                                            : new EndpointId(packet.endpointId()).toString(),
                                    match.endpoints().stream()
                                            .sorted()
                                            .map(EndpointId::new)
                                            .toList());
                    case "direction" ->
                            but(
                                    judge.direction(packet.flow()).label(),
                                    List.of(match.direction().orElseThrow().label()));
                    case "source" ->
                            but(
                                    Network.text(
                                            packet.flow().isIpv6(),
                                            packet.flow().sourceHigh(),
                                            packet.flow().sourceLow()),
                                    match.sources());
                    case "destination" ->
                            but(
                                    Network.text(
                                            packet.flow().isIpv6(),
                                            packet.flow().destinationHigh(),
                                            packet.flow().destinationLow()),
                                    match.destinations());
                    case "protocol" ->
                            but(
                                    PolicyReader.protocolName(packet.flow().protocol()),
                                    match.protocols().stream()
                                            .map(Explanation::protocols)
                                            .toList());
                    case "source-port" ->
                            but(port(packet.flow().sourcePort()), match.sourcePorts());
                    case "destination-port" ->
                            but(port(packet.flow().destinationPort()), match.destinationPorts());
                    case "icmp" -> but(kind(), match.icmp());
                    default ->
                            but(
                                    Boolean.toString(packet.flow().isFragment()),
                                    List.of(match.fragment().orElseThrow()));
                };
    }

    private static String but(String is, Collection<?> expected) {
        Optional<String> more =
                expected.size() > MOST
                        ? Optional.of(" or " + (expected.size() - MOST) + " more")
                        : Optional.empty();
        return is
                + ", not "
                + expected.stream()
                        .limit(MOST)
                        .map(Object::toString)
                        .collect(Collectors.joining(" or "))
                + more.orElse("");
    }

    private static String protocols(Range range) {
        return range.first() == range.last()
                ? PolicyReader.protocolName(range.first())
                : range.toString();
    }

    private String port(int port) {
        return Match.hasPorts(packet.flow()) ? Integer.toString(port) : "not known";
    }

    private String kind() {
        int icmp = packet.icmp();
        return icmp < 0 ? "not known" : (icmp >>> Byte.SIZE) + "/" + (icmp & 0xff);
    }
}
