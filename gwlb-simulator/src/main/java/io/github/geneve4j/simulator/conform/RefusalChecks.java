package io.github.geneve4j.simulator.conform;

import io.github.geneve4j.flow.FlowFormat;
import java.io.IOException;
import java.util.List;

/** Checks of what must not come back, must do no harm, or must not come at all. */
final class RefusalChecks {
    private static final int EXPERIMENTAL_CLASS = 0xff2a; // RFC 8926 §7: for experiments
    private static final int CRITICAL_TYPE = 0x80 | 0x2a;

    private RefusalChecks() {}

    static List<Check> all() {
        return List.of(
                Check.of(
                        "foreign-origin",
                        "Whoever reaches the tunnel's port could inject packets, so that only the"
                                + " load balancer's nodes may be served.",
                        "RFC 8926 §6.2",
                        Aws.NONE,
                        RefusalChecks::foreignOrigin),
                Check.of(
                        "unknown-critical-option",
                        "A critical option says: who does not know me must drop this packet.",
                        "RFC 8926 §3.5.1",
                        Aws.NONE,
                        RefusalChecks::unknownCriticalOption),
                Check.of(
                        "control-packet",
                        "With the O bit the payload is for the control plane, and must not be"
                                + " forwarded.",
                        "RFC 8926 §3.4",
                        Aws.NONE,
                        RefusalChecks::controlPacket),
                Check.of(
                        "malformed-dropped",
                        "What cannot be Geneve must be dropped in silence.",
                        "RFC 8926 §3.4, §3.5",
                        Aws.NONE,
                        RefusalChecks::malformedDropped),
                Check.of(
                        "malformed-survived",
                        "Anybody can send garbage; it must not stop or spoil the appliance.",
                        "RFC 8926 §6",
                        Aws.UNHEALTHY,
                        RefusalChecks::malformedSurvived),
                Check.of(
                        "no-unsolicited",
                        "An appliance cannot begin a flow: the load balancer drops what answers"
                                + " nothing, and what answers twice is a duplicate on somebody's"
                                + " network.",
                        Aws.METRICS,
                        Aws.MISSING_FLOW,
                        RefusalChecks::noUnsolicited),
                Check.withHeaders(
                        "no-icmp-unreachable",
                        "The load balancer has no use for \"port unreachable\", which says that"
                                + " nobody listens where packets arrive.",
                        "RFC 1122 §4.1.3.1",
                        Aws.NONE,
                        RefusalChecks::noUnreachable));
    }

    /** {@return a pass if a request does not come back, and the appliance still works} */
    static Outcome refuses(Probe probe, Request request, String what) throws IOException {
        probe.sendUnwelcome(request);
        boolean alive = probe.isAliveAfter(request);
        probe.settle();
        Arrival answer = probe.answerTo(request);
        if (answer != null) {
            return Outcome.fail(
                    what + " came back", Evidence.unwanted("what came back", answer.seen()));
        }
        return alive
                ? Outcome.pass("dropped")
                : Outcome.fail(
                        "after " + what + " nothing was answered any more",
                        Evidence.unanswered(request.datagram().payload()));
    }

    private static Outcome foreignOrigin(Probe probe) throws IOException {
        if (probe.settings().stranger() == null) {
            return Outcome.notApplicable(
                    "needs an address here that the appliance is not to serve: --stranger ADDRESS");
        }
        int stranger = Probe.address(probe.settings().stranger());
        Request foreign = probe.plain().from(stranger);
        probe.sendUnwelcome(foreign);
        boolean alive = probe.isAliveAfter(probe.plain());
        // Another address may be another queue, of which the node's answers tell nothing
        probe.listen(probe.settings().patience().toNanos());
        Arrival answer = probe.answerTo(foreign);
        if (answer != null) {
            return Outcome.fail(
                    FlowFormat.ipv4(stranger) + " is no node, and was served: " + answer.text(),
                    Evidence.unwanted("what came back", answer.seen()));
        }
        return alive
                ? Outcome.pass(FlowFormat.ipv4(stranger) + " was not served")
                : Outcome.fail("the node was not answered any more");
    }

    private static Outcome unknownCriticalOption(Probe probe) throws IOException {
        Flow flow = probe.newFlow();
        GeneveBytes critical =
                probe.aws(flow)
                        .critical()
                        .option(EXPERIMENTAL_CLASS, CRITICAL_TYPE, Bytes.hex("00000001"));
        byte[] data = probe.data(64);
        return refuses(
                probe,
                probe.request(flow, critical, Inner.udp(flow, data), data),
                "a packet with an unknown critical option");
    }

    private static Outcome controlPacket(Probe probe) throws IOException {
        Flow flow = probe.newFlow();
        byte[] data = probe.data(64);
        return refuses(
                probe,
                probe.request(flow, probe.aws(flow).control(), Inner.udp(flow, data), data),
                "a control packet");
    }

    private static Outcome malformedDropped(Probe probe) throws IOException {
        List<MalformedVectors.Vector> vectors =
                MalformedVectors.all(probe).stream()
                        .filter(MalformedVectors.Vector::isNoGeneve)
                        .toList();
        probe.settle();
        boolean talksUnasked = !probe.unexplained().isEmpty(); // which no-unsolicited will say
        for (MalformedVectors.Vector vector : vectors) {
            probe.sendUnwelcome(vector.request());
            if (!probe.isAliveAfter(vector.request())) {
                return silenceAfter(vector.name(), vector.request());
            }
        }
        probe.settle();
        for (MalformedVectors.Vector vector : vectors) {
            Arrival answer = probe.answerTo(vector.request());
            if (answer != null) {
                return Outcome.fail(
                        "came back: " + vector.name(),
                        Evidence.unwanted("what came back", answer.seen()));
            }
        }
        List<Arrival> answers = probe.unexplained();
        if (!answers.isEmpty() && !talksUnasked) {
            return Outcome.fail(
                    "something came back for one of " + vectors.size() + " vectors",
                    Evidence.unwanted("what came back", answers.get(0).seen()));
        }
        return Outcome.pass(vectors.size() + " vectors, none of them came back");
    }

    private static Outcome malformedSurvived(Probe probe) throws IOException {
        List<MalformedVectors.Vector> vectors = MalformedVectors.all(probe);
        for (MalformedVectors.Vector vector : vectors) {
            probe.send(vector.request());
            if (!probe.isAliveAfter(vector.request())) {
                return silenceAfter(vector.name(), vector.request());
            }
        }
        List<Request> damaged = MalformedVectors.damaged(probe);
        for (Request request : damaged) {
            probe.send(request);
            if (!probe.isAliveAfter(request)) {
                return silenceAfter("a damaged packet", request);
            }
        }
        // Whatever those left behind must not change how a packet comes back
        Outcome fault = probe.exchange(probe.plain()).fault();
        return fault == null
                ? Outcome.pass(
                        vectors.size() + " vectors and " + damaged.size() + " damaged packets")
                : fault;
    }

    private static Outcome silenceAfter(String what, Request request) {
        return Outcome.fail(
                "nothing was answered any more after: " + what,
                new Evidence("sent last", request.datagram().payload(), new byte[0]));
    }

    private static Outcome noUnsolicited(Probe probe) throws IOException {
        List<Request> requests = ofEachKind(probe);
        requests.forEach(probe::expect);
        for (Request request : requests) {
            probe.send(request);
        }
        probe.listen(probe.settings().quietTime().toNanos());
        int answered = 0;
        for (Request request : requests) {
            List<Arrival> answers = probe.answersTo(request);
            if (answers.size() > 1) {
                return Outcome.fail(
                                "a request was answered " + answers.size() + " times",
                                Evidence.unwanted("the second answer", answers.get(1).seen()))
                        .countedAs(Aws.NONE);
            }
            answered += answers.size();
        }
        List<Arrival> unasked = probe.unexplained();
        if (!unasked.isEmpty()) {
            return Outcome.fail(
                    unasked.size() + " packets came that answer nothing",
                    Evidence.unwanted("the first", unasked.get(0).seen()));
        }
        if (answered == 0) {
            return Outcome.fail(
                            "none of " + requests.size() + " requests was answered",
                            Evidence.unanswered(requests.get(0).datagram().payload()))
                    .countedAs(Aws.NONE);
        }
        return Outcome.pass(
                requests.size()
                        + " requests, "
                        + answered
                        + " replies, nothing else for "
                        + probe.settings().quietTime().toMillis()
                        + " ms");
    }

    /** {@return packets that may be sent at once: each kind may have a way of its own} */
    private static List<Request> ofEachKind(Probe probe) {
        Flow flow = probe.newFlow();
        byte[] ping = probe.data(56);
        byte[] ping6 = probe.data(56);
        return List.of(
                probe.plain(flow),
                probe.plain(flow.reversed()),
                probe.plain(),
                Connection.ipv4(probe, probe.newFlow()).syn(),
                Connection.ipv6(probe, probe.newFlow()).syn(),
                OuterChecks.udp6(probe, 64),
                probe.request(flow, Inner.icmpEcho(flow, ping), ping),
                probe.request(flow, Inner.icmpEcho6(flow, ping6), ping6));
    }

    private static Outcome noUnreachable(Probe probe) throws IOException {
        for (int port : probe.wire().sourcePorts()) {
            probe.send(probe.plain(probe.newFlow().withSourcePort(port)));
        }
        probe.send(probe.bare(new byte[3], new byte[0]));
        probe.settle();
        Findings<Arrival> unreachables = probe.wire().unreachables();
        if (unreachables.isEmpty()) {
            return Outcome.pass("none in the whole run");
        }
        return Outcome.fail(
                unreachables.count() + " in the whole run",
                Evidence.unwanted("the first", unreachables.first().packet()));
    }
}
