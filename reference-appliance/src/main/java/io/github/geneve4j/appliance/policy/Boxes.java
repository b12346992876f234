package io.github.geneve4j.appliance.policy;

import io.github.geneve4j.flow.IpProtocol;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What rules match, as boxes, so that they can be compared. Fields of packets depend on one
 * another: there are ports only in some protocols, kinds of messages only in ICMP, errors are not
 * judged by rules, both addresses are of one family, and the direction follows from the source. So
 * packets are told apart first, by family and by what is known of their transport; in one such lane
 * all fields are independent, and what a rule matches is one box or nothing.
 *
 * <p>Endpoints and IPv6 addresses are numbered by the places where any rule tells them apart.
 */
final class Boxes {
    /** Lanes: families times what is known of the transport. */
    static final int LANES = 8;

    /** The field of the sender's address. */
    static final int SOURCE = 0;

    /** The field of the receiver's address. */
    static final int DESTINATION = 1;

    private static final int TRANSPORTS = 4;
    private static final int WITH_PORTS = 0;
    private static final int WITH_KIND = 1; // ICMP of the family, whole, and no error
    private static final int ECHO_IN_PARTS = 2; // of other messages, fragments are not judged

    private static final long[] ZERO = Spans.of(0, 0); // also a field that the lane does not have
    private static final long[] ONE = Spans.of(1, 1);
    private static final long[] NUMBERS = Spans.of(0, 0xffff);
    private static final long[] EITHER = Spans.of(0, 1);
    private static final long[] PROTOCOLS = Spans.of(0, 0xff);
    private static final long[] PROTOCOLS_V6 = // a header before that of the flow is no protocol
            Spans.difference(
                    PROTOCOLS,
                    numbers(
                            IpProtocol.HOP_BY_HOP,
                            IpProtocol.ROUTING,
                            IpProtocol.FRAGMENT,
                            IpProtocol.DESTINATION_OPTIONS,
                            IpProtocol.SHIM6));
    private static final long[] IPV4 = Spans.of(0, 0xffff_ffffL);
    private static final long[] PORT_PROTOCOLS =
            numbers(IntStream.rangeClosed(0, 0xff).filter(IpProtocol::hasPorts).toArray());
    private static final long[] ICMP = numbers(IpProtocol.ICMP);
    private static final long[] ICMP_V6 = numbers(IpProtocol.ICMPV6);
    private static final long[] MESSAGES = types(type -> !IcmpKind.isError(type, false));
    private static final long[] MESSAGES_V6 = types(type -> !IcmpKind.isError(type, true));
    private static final long[] ECHO = types(type -> IcmpKind.isEcho(type, false));
    private static final long[] ECHO_V6 = types(type -> IcmpKind.isEcho(type, true));

    private final Map<BigInteger, Integer> places = new HashMap<>(); // of IPv6
    private final IdentityHashMap<List<Network>, long[]> known4 = new IdentityHashMap<>();
    private final IdentityHashMap<List<Network>, long[]> known6 = new IdentityHashMap<>();
    private final long[] ipv6;
    private final Map<Long, Integer> endpoints = new HashMap<>();
    private final long[] inside4;
    private final long[] inside6;
    private long joined;

    Boxes(Policy policy) {
        TreeSet<BigInteger> edges = new TreeSet<>();
        edges.add(BigInteger.ZERO);
        edges.add(BigInteger.ONE.shiftLeft(2 * Long.SIZE));
        Set<List<Network>> lists = Collections.newSetFromMap(new IdentityHashMap<>());
        lists.add(policy.inside());
        for (Rule rule : policy.rules()) {
            lists.addAll(JoinedNetworks.parts(rule.match().sources()));
            lists.addAll(JoinedNetworks.parts(rule.match().destinations()));
            for (Long endpoint : rule.match().endpoints()) {
                endpoints.putIfAbsent(endpoint, endpoints.size());
            }
        }
        lists.forEach(networks -> addEdges(edges, networks));
        for (BigInteger edge : edges) {
            places.put(edge, places.size());
        }
        this.ipv6 = Spans.of(0, places.size() - 2L);
        this.inside4 = addresses(policy.inside(), false);
        this.inside6 = addresses(policy.inside(), true);
    }

    /** {@return what a rule of the policy matches in one lane, or null if nothing} */
    @Nullable Box of(Match match, int lane) {
        boolean v6 = lane >= TRANSPORTS;
        int transport = lane % TRANSPORTS;
        boolean ports = transport == WITH_PORTS;
        boolean kind = transport == WITH_KIND || transport == ECHO_IN_PARTS;
        boolean wantsPorts = !match.sourcePorts().isEmpty() || !match.destinationPorts().isEmpty();
        if ((wantsPorts && !ports) || (!match.icmp().isEmpty() && !kind)) {
            return null;
        }
        long[] known = v6 ? PROTOCOLS_V6 : PROTOCOLS;
        if (ports || kind) {
            long[] icmp = v6 ? ICMP_V6 : ICMP;
            known = ports ? PORT_PROTOCOLS : icmp;
        }
        long[] second = ports ? ranges(match.destinationPorts(), NUMBERS) : ZERO;
        long[][] fields = {
            sources(match, v6),
            addressesOrAny(match.destinations(), v6),
            kind ? kinds(match.icmp(), transport, v6) : second,
            ports ? ranges(match.sourcePorts(), NUMBERS) : ZERO,
            Spans.intersection(ranges(match.protocols(), PROTOCOLS), known),
            endpoints(match),
            fragment(match, transport)
        };
        return Arrays.stream(fields).anyMatch(field -> field.length == 0) ? null : new Box(fields);
    }

    private static long[] fragment(Match match, int transport) {
        long[] known =
                switch (transport) {
                    case WITH_KIND -> ZERO;
                    case ECHO_IN_PARTS -> ONE;
                    default -> EITHER;
                };
        return match.fragment().map(is -> Spans.intersection(known, is ? ONE : ZERO)).orElse(known);
    }

    private long[] sources(Match match, boolean v6) {
        long[] named = addressesOrAny(match.sources(), v6);
        long[] inside = v6 ? inside6 : inside4;
        return match.direction()
                .map(
                        direction ->
                                direction == Direction.OUTBOUND
                                        ? Spans.intersection(named, inside)
                                        : Spans.difference(named, inside))
                .orElse(named);
    }

    private long[] endpoints(Match match) {
        return match.endpoints().isEmpty()
                ? Spans.of(0, endpoints.size()) // the last one: all that no rule names
                : numbers(
                        match.endpoints().stream()
                                .mapToInt(id -> Objects.requireNonNull(endpoints.get(id)))
                                .toArray());
    }

    private long[] addressesOrAny(List<Network> networks, boolean v6) {
        if (networks.isEmpty()) {
            return v6 ? ipv6 : IPV4;
        }
        return addresses(networks, v6);
    }

    /** {@return the addresses of networks, made once for all rules that name one set} */
    private long[] addresses(List<Network> networks, boolean v6) {
        IdentityHashMap<List<Network>, long[]> known = v6 ? known6 : known4;
        long[] addresses = known.get(networks);
        if (addresses == null) {
            List<List<Network>> parts = JoinedNetworks.parts(networks);
            addresses =
                    parts.size() == 1
                            ? spans(networks, v6)
                            : Spans.union(parts.stream().map(part -> addresses(part, v6)).toList());
            joined += parts.size() == 1 ? 0 : addresses.length;
            known.put(networks, addresses);
        }
        return addresses;
    }

    /** {@return how many numbers were kept for lists that sets were joined to} */
    long joined() {
        return joined;
    }

    private long[] spans(List<Network> networks, boolean v6) {
        return Spans.union(
                networks.stream()
                        .filter(network -> network.ipv6() == v6)
                        .map(
                                network ->
                                        v6
                                                ? Spans.of(
                                                        place(first(network)),
                                                        place(behind(network)) - 1)
                                                : Spans.of(network.low(), network.lastLow()))
                        .toList());
    }

    private long place(BigInteger edge) {
        return Objects.requireNonNull(places.get(edge));
    }

    private static void addEdges(Collection<BigInteger> edges, List<Network> networks) {
        for (Network network : networks) {
            if (network.ipv6()) {
                edges.add(first(network));
                edges.add(behind(network));
            }
        }
    }

    private static BigInteger first(Network network) {
        return number(network.high(), network.low());
    }

    private static BigInteger behind(Network network) {
        return number(network.lastHigh(), network.lastLow()).add(BigInteger.ONE);
    }

    private static BigInteger number(long high, long low) {
        return new BigInteger(
                1, ByteBuffer.allocate(2 * Long.BYTES).putLong(high).putLong(low).array());
    }

    private static long[] ranges(List<Range> ranges, long[] any) {
        return ranges.isEmpty()
                ? any
                : Spans.union(ranges.stream().map(r -> Spans.of(r.first(), r.last())).toList());
    }

    private static long[] kinds(List<IcmpKind> kinds, int transport, boolean v6) {
        long[] messages = v6 ? MESSAGES_V6 : MESSAGES;
        long[] echo = v6 ? ECHO_V6 : ECHO;
        long[] known = transport == ECHO_IN_PARTS ? echo : messages;
        if (kinds.isEmpty()) {
            return known;
        }
        List<long[]> spans = new ArrayList<>();
        for (IcmpKind kind : kinds) {
            int type = kind.type() << Byte.SIZE;
            spans.add(Spans.of(type + kind.code().orElse(0), type + kind.code().orElse(0xff)));
        }
        return Spans.intersection(Spans.union(spans), known);
    }

    /** {@return all kinds of these types} */
    private static long[] types(IntPredicate types) {
        return Spans.union(
                IntStream.rangeClosed(0, 0xff)
                        .filter(types)
                        .map(type -> type << Byte.SIZE)
                        .mapToObj(type -> Spans.of(type, type + 0xff))
                        .toList());
    }

    private static long[] numbers(int... numbers) {
        return Spans.union(IntStream.of(numbers).mapToObj(n -> Spans.of(n, n)).toList());
    }
}
