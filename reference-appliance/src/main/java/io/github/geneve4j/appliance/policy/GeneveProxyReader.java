package io.github.geneve4j.appliance.policy;

import io.github.geneve4j.config.ConfigException;
import io.github.geneve4j.config.ConfigFile;
import io.github.geneve4j.config.Reading;
import io.github.geneve4j.config.Section;
import io.github.geneve4j.flow.IpProtocol;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads the {@code config.yaml} of GeneveProxy, a proxy behind the load balancer in Python, as a
 * policy that decides the same.
 *
 * <p>The file has a map for each direction, with five keys. They are asked in this order:
 *
 * <ol>
 *   <li>{@code drop_all_traffic}: everything is dropped;
 *   <li>{@code allowed_transport_protocols}: what is not in the list is dropped; an empty list
 *       drops everything, none at all or {@code null} nothing;
 *   <li>{@code blocked_transport_protocols}: what is in the list is dropped;
 *   <li>{@code allowed_application_ports} and {@code blocked_application_ports}: the same for the
 *       destination port of a flow's first packet.
 * </ol>
 *
 * <p>A packet whose inner source is private is outbound, any other inbound. What is private it asks
 * Python's {@code ipaddress} library: besides the networks of RFC 1918 all of IANA's registry of
 * special addresses that nobody routes, such as 127/8, 169.254/16, 198.18/15 and the networks for
 * examples, but not 100.64/10. What GeneveProxy does not know is decided here: IPv6 is judged by
 * the same lists, with fc00::/7 and fe80::/10 as private; protocols without ports need none, as
 * ICMP needs none there. A fragmented datagram is judged by the ports that its first fragment
 * shows; where there is a list of ports, nothing passes of a protocol with ports that shows none.
 *
 * <p>To Python a number in quotes equals no port, and a flag in quotes is text, hence true. Neither
 * is what somebody means, so they are mistakes.
 */
public final class GeneveProxyReader {
    private static final Pattern DECIMAL = Pattern.compile("0|[1-9][0-9]{0,5}");
    private static final Pattern OCTAL = Pattern.compile("0[0-7]{1,6}"); // as in YAML 1.1
    private static final Pattern HEX = Pattern.compile("0x[0-9a-fA-F]{1,5}");
    private static final int HEX_PREFIX_LENGTH = 2;
    private static final int HEX_RADIX = 16;
    private static final int OCTAL_RADIX = 8;
    private static final int MAX_PROTOCOL = 0xff;
    private static final int MAX_PORT = 0xffff;

    /** Of IPv4 those for which {@code is_private} is true, in all versions of Python 3. */
    private static final List<Network> PRIVATE =
            List.of(
                    Network.of(Inet4Address.ofLiteral("0.0.0.0"), 8),
                    Network.of(Inet4Address.ofLiteral("10.0.0.0"), 8),
                    Network.of(Inet4Address.ofLiteral("127.0.0.0"), 8),
                    Network.of(Inet4Address.ofLiteral("169.254.0.0"), 16),
                    Network.of(Inet4Address.ofLiteral("172.16.0.0"), 12),
                    Network.of(Inet4Address.ofLiteral("192.0.0.0"), 29),
                    Network.of(Inet4Address.ofLiteral("192.0.0.170"), 31),
                    Network.of(Inet4Address.ofLiteral("192.0.2.0"), 24),
                    Network.of(Inet4Address.ofLiteral("192.168.0.0"), 16),
                    Network.of(Inet4Address.ofLiteral("198.18.0.0"), 15),
                    Network.of(Inet4Address.ofLiteral("198.51.100.0"), 24),
                    Network.of(Inet4Address.ofLiteral("203.0.113.0"), 24),
                    Network.of(Inet4Address.ofLiteral("240.0.0.0"), 4),
                    Network.of(Inet6Address.ofLiteral("fc00::"), 7),
                    Network.of(Inet6Address.ofLiteral("fe80::"), 10));

    /** YAML as Python's parsers read it has more words for them than YAML 1.2; others are text. */
    private static final Map<String, Boolean> FLAGS = flags();

    private static final List<String> NOTHING = List.of("~", "Null", "NULL"); // besides null

    private static final List<Range> ALL_PORTS = List.of(new Range(0, MAX_PORT));

    private static final List<Range> WITH_PORTS =
            IntStream.rangeClosed(0, MAX_PROTOCOL)
                    .filter(IpProtocol::hasPorts)
                    .mapToObj(GeneveProxyReader::one)
                    .toList();

    private GeneveProxyReader() {}

    private static Map<String, Boolean> flags() {
        Map<String, Boolean> flags = new HashMap<>();
        for (String word : List.of("true", "yes", "on", "false", "no", "off")) {
            boolean is = List.of("true", "yes", "on").contains(word);
            String upper = word.toUpperCase(Locale.ROOT);
            flags.put(word, is);
            flags.put(upper, is);
            flags.put(upper.charAt(0) + word.substring(1), is);
        }
        return flags;
    }

    /**
     * {@return the policy that a file describes}
     *
     * @param file GeneveProxy's config.yaml
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
        return ConfigFile.parse(
                yaml, file, "a configuration of GeneveProxy", GeneveProxyReader::policy);
    }

    private static Policy policy(Section top) {
        List<Rule> rules = new ArrayList<>();
        for (Direction direction : List.of(Direction.OUTBOUND, Direction.INBOUND)) {
            Section section = top.section(direction.label());
            if (section == null) {
                top.problem(direction.label(), "is missing: expected a map with its lists");
            } else {
                addRules(section, direction, rules);
            }
        }
        top.end();
        return new Policy(PRIVATE, List.of(), rules, Action.DROP);
    }

    private static void addRules(Section section, Direction direction, List<Rule> rules) {
        boolean dropAll =
                !isAbsent(section, "drop_all_traffic")
                        && section.optional("drop_all_traffic", flag(), false);
        List<Range> allowed = list(section, "allowed_transport_protocols", MAX_PROTOCOL);
        List<Range> blocked = list(section, "blocked_transport_protocols", MAX_PROTOCOL);
        List<Range> ports = list(section, "allowed_application_ports", MAX_PORT);
        List<Range> closed = list(section, "blocked_application_ports", MAX_PORT);
        section.end();
        Rules made = new Rules(direction, section.line(), rules);
        if (dropAll) {
            made.drop("drop_all_traffic", List.of(), List.of());
        }
        if (allowed != null) {
            made.dropProtocols("allowed_transport_protocols", others(allowed, MAX_PROTOCOL));
        }
        if (blocked != null) {
            made.dropProtocols("blocked_transport_protocols", blocked);
        }
        if (ports != null) {
            made.dropPorts("allowed_application_ports", others(ports, MAX_PORT));
        }
        if (closed != null) {
            made.dropPorts("blocked_application_ports", closed);
        }
        if (ports != null || closed != null) {
            made.allow(
                    "allowed_ports", WITH_PORTS, ALL_PORTS); // a rule for ports needs to see them
            made.drop("unknown_ports", WITH_PORTS, List.of());
        }
        made.allow("allowed", List.of(), List.of());
    }

    /** Adds the rules of one direction. */
    private record Rules(Direction direction, int line, List<Rule> into) {
        void dropProtocols(String name, List<Range> protocols) {
            if (!protocols.isEmpty()) {
                drop(name, protocols, List.of());
            }
        }

        void dropPorts(String name, List<Range> ports) {
            if (!ports.isEmpty()) {
                drop(name, WITH_PORTS, ports);
            }
        }

        void drop(String name, List<Range> protocols, List<Range> ports) {
            add(name, protocols, ports, Action.DROP);
        }

        void allow(String name, List<Range> protocols, List<Range> ports) {
            add(name, protocols, ports, Action.ALLOW);
        }

        private void add(String name, List<Range> protocols, List<Range> ports, Action action) {
            Match match =
                    new Match(
                            Set.of(),
                            Optional.of(direction),
                            List.of(),
                            List.of(),
                            protocols,
                            List.of(),
                            ports,
                            List.of(),
                            Optional.empty());
            into.add(new Rule(direction.label() + "." + name, match, action, false, line));
        }
    }

    /** {@return the numbers of a list, or null if there is none} */
    private static @Nullable List<Range> list(Section section, String key, int max) {
        if (isAbsent(section, key)) {
            return null;
        }
        return section.list(key, number(max)).stream().map(GeneveProxyReader::one).toList();
    }

    private static boolean isAbsent(Section section, String key) {
        return !section.has(key)
                || section.isNothing(key)
                || (section.isUnquoted(key)
                        && NOTHING.stream().anyMatch(word -> section.isWord(key, word)));
    }

    /** {@return all other numbers} */
    private static List<Range> others(List<Range> numbers, int max) {
        List<Range> others = new ArrayList<>();
        int next = 0;
        for (int number : numbers.stream().map(Range::first).sorted().distinct().toList()) {
            if (number > next) {
                others.add(new Range(next, number - 1));
            }
            next = number + 1;
        }
        if (next <= max) {
            others.add(new Range(next, max));
        }
        return others;
    }

    private static Range one(int number) {
        return new Range(number, number);
    }

    private static Reading<Boolean> flag() {
        return new Reading<>("true or false", FLAGS::get).unquoted();
    }

    private static Reading<Integer> number(int max) {
        return new Reading<>(
                        "a number from 0 to " + max + ", such as 17 or 0x11",
                        text -> {
                            int value = number(text);
                            return value < 0 || value > max ? null : value;
                        })
                .unquoted();
    }

    /** {@return the value, or -1 if the text is no number} */
    private static int number(String text) {
        if (HEX.matcher(text).matches()) {
            return Integer.parseInt(text.substring(HEX_PREFIX_LENGTH), HEX_RADIX);
        }
        if (OCTAL.matcher(text).matches()) {
            return Integer.parseInt(text, OCTAL_RADIX);
        }
        return DECIMAL.matcher(text).matches() ? Integer.parseInt(text) : -1;
    }
}
