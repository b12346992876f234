package io.github.geneve4j.simulator.wire;

import io.github.geneve4j.config.Quantity;
import io.github.geneve4j.simulator.Endpoint;
import io.github.geneve4j.simulator.FlowSnapshot;
import io.github.geneve4j.simulator.GwlbSimulator;
import io.github.geneve4j.simulator.Node;
import io.github.geneve4j.simulator.Target;
import io.github.geneve4j.simulator.TargetState;
import io.github.geneve4j.simulator.fault.WireFaults;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.net.Inet4Address;
import java.util.List;
import java.util.StringJoiner;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * What can be done to a running simulation, by a line of words.
 *
 * <pre>
 * deregister TARGET · register TARGET     take it out of the target group, and back
 * kill TARGET · revive TARGET             lose all of its datagrams and probes
 * accept ENDPOINT · reject ENDPOINT · delete ENDPOINT
 * move ZONE ADDRESS                       give the zone's node another address of this host
 * faults [to-targets|from-targets] KEY=VALUE ...|none
 * flows [COUNT] · help
 * </pre>
 *
 * <p><b>Threads:</b> the simulation's.
 */
final class Orders {
    private static final String HELP =
            """
            deregister TARGET | register TARGET | kill TARGET | revive TARGET
            accept ENDPOINT | reject ENDPOINT | delete ENDPOINT | move ZONE ADDRESS
            faults [to-targets|from-targets] loss=1% duplication= corruption= reordering= \
            reordering-delay=1ms delay= jitter=
            faults [to-targets|from-targets] none | flows [COUNT] | help""";
    private static final int FLOWS = 20;
    private static final long NANOS_PER_MICRO = 1_000;
    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final long NANOS_PER_SECOND = 1_000_000_000;
    private static final int MAX_FLOWS = 1_000;
    private static final int MAX_LENGTH = 1_000;
    private static final char REPLACEMENT = '\ufffd'; // of what was no UTF-8
    private static final String TO_TARGETS = "to-targets";
    private static final String FROM_TARGETS = "from-targets";

    private final PacketLoop loop;
    private final GwlbSimulator simulator;
    private final List<String> words;

    private Orders(PacketLoop loop, List<String> words) {
        this.loop = loop;
        this.simulator = loop.simulator();
        this.words = words;
    }

    /**
     * Does what a line says.
     *
     * @return what was done
     * @throws IllegalArgumentException if there is no such order, or nothing that is named so
     * @throws IllegalStateException if it cannot be done now
     * @throws UncheckedIOException if an address cannot be had
     */
    static String execute(String line, PacketLoop loop) {
        if (line.length() > MAX_LENGTH || line.chars().anyMatch(Orders::isUnprintable)) {
            throw new IllegalArgumentException(
                    line.length() + " characters: no order, which is a short line; see help");
        }
        return new Orders(loop, List.of(line.strip().split("\\s+"))).execute();
    }

    /** Answers quote the order: what is no text would be no answer either. */
    private static boolean isUnprintable(int c) {
        return (Character.isISOControl(c) && c != '\t') || c == REPLACEMENT;
    }

    private String execute() {
        return switch (words.get(0)) {
            case "deregister", "register", "kill", "revive" -> target();
            case "accept", "reject", "delete" -> endpoint();
            case "move" -> move();
            case "faults" -> faults();
            case "flows" -> flows();
            case "help" -> HELP;
            default ->
                    throw new IllegalArgumentException(
                            "'" + words.get(0) + "': no order; see help");
        };
    }

    private String target() {
        String name = argument(1, "the name of a target");
        String order = words.get(0);
        if (order.equals("register")) {
            Target spare = loop.registerSpare(name);
            if (spare != null) {
                return told(spare);
            }
        }
        Target target =
                simulator.targets().stream()
                        .filter(t -> t.name().equals(name))
                        .findFirst()
                        .orElseThrow(
                                () ->
                                        new IllegalArgumentException(
                                                "'"
                                                        + name
                                                        + "': no target, or not registered yet"));
        switch (order) {
            case "register" -> simulator.register(target, loop.now());
            case "deregister" -> simulator.deregister(target, loop.now());
            case "kill" -> {
                loop.wire().kill(target);
                return "target " + name + " is dead: " + state(target);
            }
            default -> {
                loop.wire().revive(target);
                return "target " + name + " is back: " + state(target);
            }
        }
        return told(target);
    }

    private static String told(Target target) {
        return "target " + target.name() + " is " + state(target);
    }

    private static String state(Target target) {
        TargetState state = target.state();
        return state.label() + " with " + target.activeFlows() + " flows";
    }

    private String endpoint() {
        String id = argument(1, "the id of an endpoint");
        Endpoint endpoint =
                simulator.endpoints().stream()
                        .filter(e -> e.toString().equals(id))
                        .findFirst()
                        .orElseThrow(
                                () -> new IllegalArgumentException("'" + id + "': no endpoint"));
        switch (words.get(0)) {
            case "accept" -> endpoint.service().accept(endpoint, loop.now());
            case "reject" -> endpoint.service().reject(endpoint, loop.now());
            default -> endpoint.service().delete(endpoint, loop.now());
        }
        return "endpoint " + endpoint + " is " + endpoint.state().label();
    }

    private String move() {
        String zone = argument(1, "a zone");
        String text = argument(2, "an address");
        Node node =
                simulator.nodes().stream()
                        .filter(n -> n.zone().equals(zone))
                        .findFirst()
                        .orElseThrow(
                                () ->
                                        new IllegalArgumentException(
                                                "'" + zone + "': no node's zone"));
        try {
            loop.move(node, Inet4Address.ofLiteral(text));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return "node " + node;
    }

    private String faults() {
        argument(1, "KEY=VALUE, or none");
        if (words.get(1).equals("none")) {
            loop.faults(WireFaults.NONE, WireFaults.NONE);
            return "no faults";
        }
        String direction = words.get(1);
        boolean one = direction.equals(TO_TARGETS) || direction.equals(FROM_TARGETS);
        WireFaults to = loop.towardsTargets();
        WireFaults from = loop.fromTargets();
        for (String word : words.subList(one ? 2 : 1, words.size())) {
            to = direction.equals(FROM_TARGETS) ? to : changed(to, word);
            from = direction.equals(TO_TARGETS) ? from : changed(from, word);
        }
        loop.faults(to, from);
        return "faults "
                + TO_TARGETS
                + " "
                + text(to)
                + System.lineSeparator()
                + "faults "
                + FROM_TARGETS
                + " "
                + text(from);
    }

    /** {@return faults as they are ordered} */
    private static String text(WireFaults faults) {
        StringJoiner text = new StringJoiner(" ");
        text.setEmptyValue("none");
        addChance(text, "loss", faults.loss());
        addChance(text, "duplication", faults.duplication());
        addChance(text, "corruption", faults.corruption());
        addChance(text, "reordering", faults.reordering());
        addTime(text, "reordering-delay", faults.reordering() > 0 ? faults.reorderNanos() : 0);
        addTime(text, "delay", faults.delayNanos());
        addTime(text, "jitter", faults.jitterNanos());
        return text.toString();
    }

    private static void addChance(StringJoiner text, String key, double chance) {
        if (chance > 0) {
            BigDecimal percent = BigDecimal.valueOf(chance).movePointRight(2);
            text.add(key + "=" + percent.stripTrailingZeros().toPlainString() + "%");
        }
    }

    private static void addTime(StringJoiner text, String key, long nanos) {
        if (nanos > 0) {
            text.add(key + "=" + time(nanos));
        }
    }

    /** {@return a time in the greatest unit that leaves no rest} */
    private static String time(long nanos) {
        if (nanos % NANOS_PER_SECOND == 0) {
            return nanos / NANOS_PER_SECOND + "s";
        }
        return nanos % NANOS_PER_MILLI == 0
                ? nanos / NANOS_PER_MILLI + "ms"
                : nanos / NANOS_PER_MICRO + "us";
    }

    private static WireFaults changed(WireFaults faults, String word) {
        if (word.equals("none")) {
            return WireFaults.NONE;
        }
        int equals = word.indexOf('=');
        if (equals < 0) {
            throw new IllegalArgumentException("'" + word + "': not KEY=VALUE");
        }
        String value = word.substring(equals + 1);
        return switch (word.substring(0, equals)) {
            case "loss" -> faults.withLoss(chance(word, value));
            case "duplication" -> faults.withDuplication(chance(word, value));
            case "corruption" -> faults.withCorruption(chance(word, value));
            case "reordering" -> faults.withReordering(chance(word, value), faults.reorderNanos());
            case "reordering-delay" ->
                    faults.withReordering(faults.reordering(), nanos(word, value));
            case "delay" -> faults.withDelay(nanos(word, value), faults.jitterNanos());
            case "jitter" -> faults.withDelay(faults.delayNanos(), nanos(word, value));
            default -> throw new IllegalArgumentException("'" + word + "': no fault; see help");
        };
    }

    private static double chance(String word, String value) {
        double chance = Quantity.chance(value);
        if (Double.isNaN(chance)) {
            throw new IllegalArgumentException(
                    "'" + word + "': not a chance from 0% to 100%, or from 0 to 1");
        }
        return chance;
    }

    private static long nanos(String word, String value) {
        long nanos = Quantity.nanos(value);
        if (nanos == Quantity.NO_TIME || nanos > WireFaults.LONGEST_NANOS) {
            throw new IllegalArgumentException(
                    "'"
                            + word
                            + "': not a time such as 20ms or 1s, up to "
                            + TimeUnit.NANOSECONDS.toSeconds(WireFaults.LONGEST_NANOS)
                            + "s");
        }
        return nanos;
    }

    private String flows() {
        int count = FLOWS;
        if (words.size() > 1) {
            String text = words.get(1);
            count = text.matches("[0-9]{1,6}") ? Integer.parseInt(text) : 0;
            if (count < 1 || count > MAX_FLOWS) {
                throw new IllegalArgumentException("'" + text + "': not 1 to " + MAX_FLOWS);
            }
        }
        List<FlowSnapshot> flows = simulator.flows(count);
        return flows.isEmpty()
                ? "no flows"
                : flows.stream()
                        .map(SimulationReport::flow)
                        .collect(Collectors.joining(System.lineSeparator()));
    }

    private String argument(int index, String what) {
        if (words.size() <= index) {
            throw new IllegalArgumentException(words.get(0) + ": expected " + what);
        }
        return words.get(index);
    }
}
