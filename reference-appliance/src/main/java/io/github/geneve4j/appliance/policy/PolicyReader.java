package io.github.geneve4j.appliance.policy;

import io.github.geneve4j.config.ConfigException;
import io.github.geneve4j.config.ConfigFile;
import io.github.geneve4j.config.IpPrefix;
import io.github.geneve4j.config.Reading;
import io.github.geneve4j.config.Scalars;
import io.github.geneve4j.config.Section;
import io.github.geneve4j.flow.IpProtocol;
import io.github.geneve4j.gwlb.EndpointId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads a policy as an operator writes it, in YAML; docs/policy.md has the language. */
public final class PolicyReader {
    private static final Pattern NUMBERS = Pattern.compile("([0-9]{1,5})(?:-([0-9]{1,5}))?");
    private static final Pattern ICMP = Pattern.compile("([0-9]{1,3})(?:/([0-9]{1,3}))?");
    private static final int MAX_PORT = 0xffff;
    private static final int MAX_BYTE = 0xff;
    private static final int MAX_NAME = 200;
    private static final String ANY = "any";

    /** What is inside unless a policy says so: private addresses, and those of links. */
    static final List<Network> PRIVATE =
            List.of(
                    network("10.0.0.0/8"),
                    network("172.16.0.0/12"),
                    network("192.168.0.0/16"),
                    network("100.64.0.0/10"),
                    network("fc00::/7"),
                    network("fe80::/10"));

    private static final Map<String, Integer> PROTOCOLS =
            Map.of(
                    "icmp", IpProtocol.ICMP,
                    "icmpv6", IpProtocol.ICMPV6,
                    "tcp", IpProtocol.TCP,
                    "udp", IpProtocol.UDP,
                    "udp-lite", IpProtocol.UDP_LITE,
                    "sctp", IpProtocol.SCTP,
                    "dccp", IpProtocol.DCCP,
                    "gre", IpProtocol.GRE,
                    "esp", IpProtocol.ESP,
                    "ah", IpProtocol.AH);

    private final Map<String, List<Network>> sets = new HashMap<>();
    private final Map<Ends, List<Network>> known = new HashMap<>();
    private final Map<String, Zone> zones = new LinkedHashMap<>();
    private final Map<String, Integer> names = new HashMap<>(); // of rules, and their lines

    /** What a condition names: a set, or without its name one network, or none for any. */
    private record Named(String set, List<Network> networks) {}

    /** A condition about addresses: names of sets, and networks besides. */
    private record Ends(List<String> sets, List<Network> others) {}

    private PolicyReader() {}

    /**
     * {@return the policy that a file describes}
     *
     * @param file YAML 1.2 in UTF-8
     * @throws ConfigException if the file cannot be used, with all that is wrong with it
     * @throws IOException if it cannot be read
     */
    public static Policy read(Path file) throws IOException, ConfigException {
        return parse(ConfigFile.readText(file, ConfigFile.MAX_LENGTH), file.toString());
    }

    /**
     * {@return the policy that a text describes}
     *
     * @param yaml the text
     * @param file its name, for messages
     * @throws ConfigException if the text cannot be used, with all that is wrong with it
     */
    public static Policy parse(String yaml, String file) throws ConfigException {
        return ConfigFile.parse(yaml, file, "a policy", new PolicyReader()::policy);
    }

    private Policy policy(Section top) {
        List<Network> inside = top.oneOrMore("inside", literal());
        Section named = top.section("sets");
        if (named != null) {
            for (String name : named.keys()) {
                List<Network> networks = named.oneOrMore(name, literal());
                if (name.equals(ANY) || IpPrefix.parse(name) != null) {
                    named.problem(name, "expected a name that is neither 'any' nor an address");
                }
                sets.put(checkedName(named, name), List.copyOf(new LinkedHashSet<>(networks)));
            }
        }
        readZones(top);
        Action byDefault = top.required("default", Scalars.choice(actions()), Action.DROP);
        List<Rule> rules = new ArrayList<>();
        for (Section rule : top.sections("rules", "a rule")) {
            rules.add(rule(rule));
        }
        top.end();
        return new Policy(
                top.has("inside") ? inside : PRIVATE,
                List.copyOf(zones.values()),
                rules.stream().filter(rule -> names.containsKey(rule.name())).toList(),
                byDefault);
    }

    private static Map<String, Action> actions() {
        Map<String, Action> words = new LinkedHashMap<>();
        for (Action action : Action.values()) {
            words.put(action.label(), action);
        }
        return words;
    }

    private void readZones(Section top) {
        Section named = top.section("zones");
        if (named == null) {
            return;
        }
        Map<EndpointId, String> owners = new HashMap<>();
        for (String name : named.keys()) {
            Set<EndpointId> endpoints = new LinkedHashSet<>(named.oneOrMore(name, endpoint()));
            for (EndpointId endpoint : endpoints) {
                String owner = owners.putIfAbsent(endpoint, name);
                if (owner != null) {
                    named.problem(name, endpoint + " is in zone " + owner + " already");
                }
            }
            zones.put(checkedName(named, name), new Zone(name, endpoints));
        }
    }

    private static String checkedName(Section section, String name) {
        if (Scalars.name().parse().apply(name) == null) {
            section.problem(name, "expected " + Scalars.name().expected() + " before the colon");
        }
        return name;
    }

    private Rule rule(Section rule) {
        String name = name(rule);
        Set<Long> endpoints = endpoints(rule);
        Optional<Direction> direction =
                rule.has("direction")
                        ? Optional.of(
                                rule.required(
                                        "direction",
                                        Scalars.choice(
                                                Map.of(
                                                        Direction.INBOUND.label(),
                                                        Direction.INBOUND,
                                                        Direction.OUTBOUND.label(),
                                                        Direction.OUTBOUND)),
                                        Direction.INBOUND))
                        : Optional.empty();
        List<Range> protocols = rule.oneOrMore("protocol", protocol());
        List<Range> sourcePorts = rule.oneOrMore("source-port", ports());
        List<Range> destinationPorts = rule.oneOrMore("destination-port", ports());
        List<IcmpKind> icmp = rule.oneOrMore("icmp", icmp());
        Match match =
                new Match(
                        endpoints,
                        direction,
                        networks(rule, "source"),
                        networks(rule, "destination"),
                        protocols,
                        sourcePorts,
                        destinationPorts,
                        icmp,
                        rule.has("fragment")
                                ? Optional.of(rule.required("fragment", Scalars.flag(), false))
                                : Optional.empty());
        Action action = rule.required("action", Scalars.choice(actions()), Action.DROP);
        boolean log = rule.optional("log", Scalars.flag(), false);
        checkProtocols(rule, match);
        checkFamilies(rule, match);
        rule.end();
        return new Rule(name, match, action, log, rule.line());
    }

    /** {@return a rule's name, or an empty text if it cannot have it} */
    private String name(Section rule) {
        String name =
                rule.required(
                        "name",
                        new Reading<>(
                                "a name of 1 to "
                                        + MAX_NAME
                                        + " characters, none of them a control character, and not"
                                        + " default",
                                text -> isName(text) ? text : null),
                        "");
        Integer first = name.isEmpty() ? null : names.putIfAbsent(name, rule.line());
        if (first != null) {
            rule.problem("name", "a rule in line " + first + " has that name already");
            return "";
        }
        return name;
    }

    /** {@return the endpoints that both conditions hold for; none for any} */
    private Set<Long> endpoints(Section rule) {
        Set<Long> named = new LinkedHashSet<>(rule.oneOrMore("endpoint", endpointValue()));
        Set<Long> ofZones = new LinkedHashSet<>();
        for (Zone zone : rule.oneOrMore("zone", zone())) {
            zone.endpoints().forEach(endpoint -> ofZones.add(endpoint.value()));
        }
        if (named.isEmpty() || ofZones.isEmpty()) { // not there, or told of as wrong
            return named.isEmpty() ? ofZones : named;
        }
        named.retainAll(ofZones);
        if (named.isEmpty()) {
            rule.problem("endpoint", "expected one of the rule's zone");
        }
        return named;
    }

    /** {@return whether a rule can have this name in a line of a report, and be told by it} */
    private static boolean isName(String text) {
        return !text.equals("default")
                && !text.isBlank()
                && text.codePointCount(0, text.length()) <= MAX_NAME
                && text.codePoints().noneMatch(PolicyReader::isUnprintable);
    }

    /** {@return whether it is a control character, or half of another} */
    private static boolean isUnprintable(int codePoint) {
        return Character.isISOControl(codePoint)
                || Character.getType(codePoint) == Character.SURROGATE;
    }

    /** A rule that can never match is a mistake, and one that matters in a firewall. */
    private static void checkProtocols(Section rule, Match match) {
        boolean ports = !match.sourcePorts().isEmpty() || !match.destinationPorts().isEmpty();
        String where = match.destinationPorts().isEmpty() ? "source-port" : "destination-port";
        if (ports && !match.icmp().isEmpty()) {
            rule.problem("icmp", "a message has no ports: expected either of them");
        }
        if (match.protocols().isEmpty()) {
            return;
        }
        if (ports && match.protocols().stream().noneMatch(PolicyReader::hasPorts)) {
            rule.problem(where, "expected a protocol that has ports");
        }
        if (!match.icmp().isEmpty()
                && !has(match.protocols(), IpProtocol.ICMP)
                && !has(match.protocols(), IpProtocol.ICMPV6)) {
            rule.problem("icmp", "expected protocol icmp or icmpv6, or none");
        }
        if (isOnly(match.protocols(), IpProtocol.ICMP) && isOf(match, true)) {
            rule.problem("protocol", "expected icmpv6 between networks of IPv6");
        }
        if (isOnly(match.protocols(), IpProtocol.ICMPV6) && isOf(match, false)) {
            rule.problem("protocol", "expected icmp between networks of IPv4");
        }
    }

    private static boolean isOnly(List<Range> protocols, int protocol) {
        return protocols.stream().allMatch(new Range(protocol, protocol)::contains);
    }

    /** {@return whether all networks of one end are of that family} */
    private static boolean isOf(Match match, boolean ipv6) {
        return Stream.of(match.sources(), match.destinations())
                .anyMatch(
                        networks ->
                                !networks.isEmpty()
                                        && networks.stream()
                                                .allMatch(network -> network.ipv6() == ipv6));
    }

    private static void checkFamilies(Section rule, Match match) {
        if (!match.sources().isEmpty()
                && !match.destinations().isEmpty()
                && match.sources().stream()
                        .noneMatch(
                                s ->
                                        match.destinations().stream()
                                                .anyMatch(d -> d.ipv6() == s.ipv6()))) {
            rule.problem("destination", "expected one of the same IP version as the source");
        }
    }

    private static boolean hasPorts(Range protocols) {
        return IntStream.rangeClosed(protocols.first(), protocols.last())
                .anyMatch(IpProtocol::hasPorts);
    }

    private static boolean has(List<Range> protocols, int protocol) {
        return protocols.stream().anyMatch(range -> range.contains(protocol));
    }

    /**
     * {@return the networks of a condition; none for any} There is one list for all rules that say
     * the same, and sets are not copied: both may be long.
     */
    private List<Network> networks(Section rule, String key) {
        List<Named> named = rule.oneOrMore(key, networkOrSet());
        if (named.stream().anyMatch(one -> one.networks().isEmpty())) {
            return List.of(); // any, or a set that was told of as wrong
        }
        Set<String> ofSets = new LinkedHashSet<>();
        Set<Network> others = new LinkedHashSet<>();
        for (Named one : named) {
            if (one.set().isEmpty()) {
                others.addAll(one.networks());
            } else {
                ofSets.add(one.set());
            }
        }
        return known.computeIfAbsent(
                new Ends(List.copyOf(ofSets), List.copyOf(others)), this::networks);
    }

    private List<Network> networks(Ends ends) {
        List<List<Network>> lists = new ArrayList<>();
        ends.sets().forEach(name -> lists.add(sets.get(name)));
        if (!ends.others().isEmpty()) {
            lists.add(ends.others());
        }
        return lists.isEmpty() ? List.of() : JoinedNetworks.of(lists);
    }

    private Reading<Named> networkOrSet() {
        return new Reading<>(
                "a network, such as 10.1.0.0/16 or 2001:db8::/32, or the name of a set",
                text -> {
                    if (text.equals(ANY)) {
                        return new Named("", List.of());
                    }
                    Network network = parse(text);
                    if (network != null) {
                        return new Named("", List.of(network));
                    }
                    List<Network> set = sets.get(text);
                    return set == null ? null : new Named(text, set);
                });
    }

    private static Reading<Network> literal() {
        return new Reading<>(
                "a network without bits behind its length, such as 10.1.0.0/16 or 2001:db8::/32",
                PolicyReader::parse);
    }

    private static @Nullable Network parse(String text) {
        IpPrefix prefix = IpPrefix.parse(text);
        try {
            return prefix == null ? null : Network.of(prefix.address(), prefix.length());
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static Network network(String text) {
        Network network = parse(text);
        if (network == null) {
            throw new IllegalArgumentException("network '" + text + "'");
        }
        return network;
    }

    private Reading<Zone> zone() {
        return new Reading<>("a zone of this file", zones::get);
    }

    private static Reading<EndpointId> endpoint() {
        return new Reading<>(
                "an endpoint, such as vpce-0123456789abcdef0",
                text -> {
                    try {
                        return EndpointId.parse(text);
                    } catch (IllegalArgumentException e) {
                        return null;
                    }
                });
    }

    private static Reading<Long> endpointValue() {
        Reading<EndpointId> endpoint = endpoint();
        return new Reading<>(
                endpoint.expected(),
                text -> {
                    EndpointId id = endpoint.parse().apply(text);
                    return id == null ? null : id.value();
                });
    }

    /** {@return a protocol by name, or numbers of some} */
    static Reading<Range> protocol() {
        return new Reading<>(
                "a protocol: "
                        + String.join(", ", PROTOCOLS.keySet().stream().sorted().toList())
                        + ", or a number from 0 to 255",
                text -> {
                    Integer known = PROTOCOLS.get(text);
                    return known == null ? range(text, MAX_BYTE) : new Range(known, known);
                });
    }

    /** {@return a protocol's name in policies, or its number if it has none} */
    static String protocolName(int protocol) {
        return PROTOCOLS.entrySet().stream()
                .filter(entry -> entry.getValue() == protocol)
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseGet(() -> Integer.toString(protocol));
    }

    private static Reading<Range> ports() {
        return new Reading<>(
                "a port from 0 to 65535, or two with a dash between them, the lower one first, such as"
                        + " 8000-8099",
                text -> range(text, MAX_PORT));
    }

    private static @Nullable Range range(String text, int max) {
        Matcher ends = NUMBERS.matcher(text);
        if (!ends.matches()) {
            return null;
        }
        int first = Integer.parseInt(ends.group(1));
        int last = ends.group(2) == null ? first : Integer.parseInt(ends.group(2));
        return first <= last && last <= max ? new Range(first, last) : null;
    }

    /** {@return a type of message, with or without a code} */
    static Reading<IcmpKind> icmp() {
        return new Reading<>(
                "a type of ICMP message from 0 to 255, or type/code, such as 8 or 13/0",
                text -> {
                    Matcher parts = ICMP.matcher(text);
                    if (!parts.matches()) {
                        return null;
                    }
                    int type = Integer.parseInt(parts.group(1));
                    Optional<Integer> code =
                            Optional.ofNullable(parts.group(2)).map(Integer::valueOf);
                    return type > MAX_BYTE || code.orElse(0) > MAX_BYTE
                            ? null
                            : new IcmpKind(type, code);
                });
    }
}
