package io.github.geneve4j.appliance.policy;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.IpProtocol;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which flows a rule is about, told by their first packets. Each condition has to hold; of a list,
 * one element; an empty one holds for all.
 *
 * <p>Conditions about ports hold only where ports are known: of a fragmented datagram they are
 * those that its first fragment shows. The identifier of an echo is none. Those about kinds of ICMP
 * only for messages of their own, ICMP over IPv4 and ICMPv6 over IPv6, not for flows that an error
 * quotes.
 *
 * @param endpoints ids of endpoints
 * @param direction of the first packet
 * @param sources networks of its sender
 * @param destinations networks of its receiver
 * @param protocols numbers of IP protocols, 0 to 255
 * @param sourcePorts its sender's
 * @param destinationPorts its receiver's
 * @param icmp kinds of messages
 * @param fragment whether it is a fragment
 */
public record Match(
        Set<Long> endpoints,
        Optional<Direction> direction,
        List<Network> sources,
        List<Network> destinations,
        List<Range> protocols,
        List<Range> sourcePorts,
        List<Range> destinationPorts,
        List<IcmpKind> icmp,
        Optional<Boolean> fragment) {
    /** What matches everything. */
    public static final Match ANY =
            new Match(
                    Set.of(),
                    Optional.empty(),
                    List.of(),
                    List.of(),
                    List.of(),
                    List.of(),
                    List.of(),
                    List.of(),
                    Optional.empty());

    /** Copies the lists. */
    public Match {
        endpoints = Set.copyOf(endpoints);
        sources = JoinedNetworks.copyOf(sources);
        destinations = JoinedNetworks.copyOf(destinations);
        protocols = List.copyOf(protocols);
        sourcePorts = List.copyOf(sourcePorts);
        destinationPorts = List.copyOf(destinationPorts);
        icmp = List.copyOf(icmp);
    }

    /** {@return whether a flow's ports are ports: those of an echo are an identifier} */
    static boolean hasPorts(FiveTuple flow) {
        return flow.hasPorts() && !isIcmp(flow.protocol());
    }

    /** {@return whether the protocol is ICMP or ICMPv6} */
    static boolean isIcmp(int protocol) {
        return protocol == IpProtocol.ICMP || protocol == IpProtocol.ICMPV6;
    }
}
