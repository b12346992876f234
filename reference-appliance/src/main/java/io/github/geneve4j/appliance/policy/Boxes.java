package io.github.geneve4j.appliance.policy;

import io.github.geneve4j.flow.IpProtocol;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What rules match, as boxes, so that they can be compared. Fields of packets depend on one
 * another: there are ports only in some protocols, kinds of messages only in ICMP, both addresses
 * are of one family, and the direction follows from the source. So packets are told apart first, by
 * family and by what is known of their transport; in one such lane all fields are independent, and
 * what a rule matches is one box or nothing.
 *
 * <p>Endpoints and IPv6 addresses are numbered by the places where any rule tells them apart.
 */
final class Boxes {
    /** Lanes: families times what is known of the transport. */
    static final int LANES = 6;

    /** The field of the sender's address. */
    static final int SOURCE = 0;

    /** The field of the receiver's address. */
    static final int DESTINATION = 1;

    private static final int TRANSPORTS = 3;
    private static final int WITH_PORTS = 0;
    private static final int WITH_KIND = 1;

    private static final long[] ZERO = Spans.of(0, 0); // also a field that the lane does not have
    private static final long[] ONE = Spans.of(1, 1);
    private static final long[] NUMBERS = Spans.of(0, 0xffff);
    private static final long[] PROTOCOLS = Spans.of(0, 0xff);
    private static final long[] IPV4 = Spans.of(0, 0xffff_ffffL);
    private static final long[] PORT_PROTOCOLS =
            numbers(IntStream.rangeClosed(0, 0xff).filter(IpProtocol::hasPorts).toArray());
    private static final long[] ICMP_PROTOCOLS = numbers(IpProtocol.ICMP, IpProtocol.ICMPV6);

    private final Map<BigInteger, Integer> places = new HashMap<>(); // of IPv6
    private final IdentityHashMap<List<Network>, long[]> known4 = new IdentityHashMap<>();
    private final IdentityHashMap<List<Network>, long[]> known6 = new IdentityHashMap<>();
    private final long[] ipv6;
    private final Map<Long, Integer> endpoints = new HashMap<>();
    private final long[] inside4;
    private final long[] inside6;

    Boxes(Policy policy) {
        TreeSet<BigInteger> edges = new TreeSet<>();
        edges.add(BigInteger.ZERO);
        edges.add(BigInteger.ONE.shiftLeft(2 * Long.SIZE));
        Set<List<Network>> lists = Collections.newSetFromMap(new IdentityHashMap<>());
        lists.add(policy.inside());
        for (Rule rule : policy.rules()) {
            lists.add(rule.match().sources());
            lists.add(rule.match().destinations());
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
        boolean ports = lane % TRANSPORTS == WITH_PORTS;
        boolean kind = lane % TRANSPORTS == WITH_KIND;
        boolean wantsPorts = !match.sourcePorts().isEmpty() || !match.destinationPorts().isEmpty();
        if ((wantsPorts && !ports) || (!match.icmp().isEmpty() && !kind)) {
            return null;
        }
        long[] protocols = Spans.intersection(ranges(match.protocols(), PROTOCOLS), PROTOCOLS);
        if (ports || kind) {
            protocols = Spans.intersection(protocols, ports ? PORT_PROTOCOLS : ICMP_PROTOCOLS);
        }
        long[] sources = sources(match, v6);
        long[] destinations = addressesOrAny(match.destinations(), v6);
        if (protocols.length == 0 || sources.length == 0 || destinations.length == 0) {
            return null;
        }
        long[] second = ports ? ranges(match.destinationPorts(), NUMBERS) : ZERO;
        return new Box(
                sources,
                destinations,
                kind ? kinds(match.icmp()) : second,
                ports ? ranges(match.sourcePorts(), NUMBERS) : ZERO,
                protocols,
                endpoints(match),
                match.fragment().map(is -> is ? ONE : ZERO).orElse(Spans.of(0, 1)));
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
        return (v6 ? known6 : known4).computeIfAbsent(networks, list -> spans(list, v6));
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

    private static long[] kinds(List<IcmpKind> kinds) {
        if (kinds.isEmpty()) {
            return NUMBERS;
        }
        List<long[]> spans = new ArrayList<>();
        for (IcmpKind kind : kinds) {
            int type = kind.type() << Byte.SIZE;
            spans.add(Spans.of(type + kind.code().orElse(0), type + kind.code().orElse(0xff)));
        }
        return Spans.union(spans);
    }

    private static long[] numbers(int... numbers) {
        return Spans.union(IntStream.of(numbers).mapToObj(n -> Spans.of(n, n)).toList());
    }
}
