package io.github.geneve4j.simulator.conform;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Checks of what is around a reply's Geneve header: addresses, ports, checksums, fragments. */
final class OuterChecks {
    /** Inner lengths for a reply that a careless sender would fragment, longest first. */
    private static final int[] LONG_LENGTHS = {8500, 1432, 1000};

    private static final int SHORT_ODD = 93;
    private static final int LONGEST_ODD = 8933;

    private OuterChecks() {}

    static List<Check> all() {
        return List.of(
                Check.of(
                        "answers",
                        "An ordinary TCP and an ordinary UDP packet have to come back, or nothing"
                                + " works at all.",
                        Aws.USER_GUIDE,
                        Aws.NONE,
                        OuterChecks::answers),
                Check.of(
                        "address-swap",
                        "A reply comes from the address that the request went to, and goes to the"
                                + " one that it came from.",
                        Aws.METRICS,
                        Aws.INVALID_TUNNEL,
                        OuterChecks::addressSwap),
                Check.of(
                        "destination-port",
                        "A reply goes to the tunnel's port, whatever port the request came from.",
                        Aws.METRICS + "; RFC 8926 §3.3",
                        Aws.INVALID_TUNNEL,
                        OuterChecks::destinationPort),
                Check.of(
                        "source-port",
                        "A reply keeps the request's source port: ports are not swapped.",
                        "RFC 8926 §3.3",
                        Aws.NONE,
                        OuterChecks::sourcePort),
                Check.of(
                        "reply-path",
                        "Packets of every kind go back the same way, not only those that everybody"
                                + " tries first.",
                        Aws.METRICS,
                        Aws.INVALID_TUNNEL,
                        OuterChecks::replyPath),
                Check.withHeaders(
                        "reply-checksums",
                        "A reply with a wrong IPv4 or UDP checksum is lost on the way.",
                        "RFC 791 §3.1; RFC 8926 §3.3",
                        Aws.NONE,
                        OuterChecks::replyChecksums),
                Check.withHeaders(
                        "no-fragments",
                        "The load balancer drops fragments, so that a reply has to come in one"
                                + " piece.",
                        Aws.FAQ,
                        Aws.NONE,
                        OuterChecks::noFragments),
                Check.withHeaders(
                        "udp-checksum-zero",
                        "A request without a UDP checksum is a good request.",
                        "RFC 8926 §3.3, §4.3",
                        Aws.NONE,
                        OuterChecks::checksumZero),
                Check.withHeaders(
                        "udp-checksum-wrong",
                        "A request whose UDP checksum is wrong is damaged, and must be dropped.",
                        "RFC 8926 §3.3",
                        Aws.NONE,
                        OuterChecks::checksumWrong),
                Check.of(
                        "second-node",
                        "With cross-zone balancing a flow's packets may come from another node, and"
                                + " have to go back to that one.",
                        Aws.USER_GUIDE,
                        Aws.INVALID_TUNNEL,
                        OuterChecks::secondNode));
    }

    private static Outcome answers(Probe probe) throws IOException {
        Exchange syn = probe.exchange(Connection.ipv4(probe, probe.newFlow()).syn());
        if (!syn.isAnswered()) {
            return syn.silence();
        }
        Exchange udp = probe.exchange(probe.plain());
        return udp.isAnswered() ? Outcome.pass("TCP and UDP came back") : udp.silence();
    }

    private static Outcome addressSwap(Probe probe) throws IOException {
        Exchange exchange = probe.exchange(probe.plain());
        Arrival reply = exchange.reply();
        if (reply == null) {
            return exchange.silence();
        }
        return addressFault(probe, exchange, reply, probe.node());
    }

    private static Outcome addressFault(Probe probe, Exchange exchange, Arrival reply, int node) {
        if (reply.source() == probe.target() && reply.destination() == node) {
            return Outcome.pass(reply.text());
        }
        return exchange.endsFault(
                "the reply went " + reply.text(),
                probe.target(),
                node,
                reply.sourcePort(),
                reply.destinationPort());
    }

    private static Outcome destinationPort(Probe probe) throws IOException {
        for (int port : probe.wire().sourcePorts()) {
            Exchange exchange = probe.exchange(probe.plain(probe.newFlow().withSourcePort(port)));
            Arrival reply = exchange.reply();
            if (reply == null) {
                return exchange.silence();
            }
            int tunnel = probe.settings().port();
            if (reply.destinationPort() != tunnel) {
                return exchange.endsFault(
                        "the reply went to port " + reply.destinationPort(),
                        reply.source(),
                        reply.destination(),
                        reply.sourcePort(),
                        tunnel);
            }
        }
        return Outcome.pass("replies went to " + probe.settings().port());
    }

    private static Outcome sourcePort(Probe probe) throws IOException {
        List<Integer> ports = probe.wire().sourcePorts();
        for (int port : ports) {
            Exchange exchange = probe.exchange(probe.plain(probe.newFlow().withSourcePort(port)));
            Arrival reply = exchange.reply();
            if (reply == null) {
                return exchange.silence();
            }
            if (reply.sourcePort() != port) {
                String message =
                        "requests from port "
                                + port
                                + " were answered from port "
                                + reply.sourcePort();
                if (reply.sourcePort() == probe.settings().port()) {
                    message += "; known to work at AWS, promised by nobody";
                }
                return exchange.endsFault(
                        message,
                        reply.source(),
                        reply.destination(),
                        port,
                        reply.destinationPort());
            }
        }
        return Outcome.pass("kept: " + ports);
    }

    /** Judges where every reply of the run went, and adds some of each sort. */
    private static Outcome replyPath(Probe probe) throws IOException {
        Flow flow = probe.newFlow();
        byte[] data = probe.data(56);
        Exchange plain = probe.exchange(probe.plain(flow));
        if (!plain.isAnswered()) {
            return plain.silence();
        }
        probe.exchangeOnce(
                List.of(
                        probe.plain(flow.reversed()),
                        Connection.ipv4(probe, probe.newFlow()).syn(),
                        udp6(probe, 64),
                        probe.request(flow, Inner.icmpEcho(flow, data), data)));
        if (probe.astray().isEmpty()) {
            return Outcome.pass(
                    String.format(
                            Locale.ROOT, "all %,d replies of the whole run", probe.answered()));
        }
        Exchange first = probe.astray().first();
        Arrival reply = Objects.requireNonNull(first.reply());
        return first.endsFault(
                String.format(
                        Locale.ROOT,
                        "%,d of %,d replies of the whole run went elsewhere, the first %s",
                        probe.astray().count(),
                        probe.answered(),
                        reply.text()),
                probe.target(),
                first.request().datagram().source(),
                reply.sourcePort(),
                probe.settings().port());
    }

    /** Judges every reply of the run, and adds of each kind that sums are easily wrong for. */
    private static Outcome replyChecksums(Probe probe) throws IOException {
        try {
            probe.send(ofLength(probe, LONGEST_ODD));
        } catch (TooLongException e) {
            // then no such reply can be damaged
        }
        Request plain = probe.plain();
        List<Exchange> exchanges =
                probe.exchangeTogether(
                        List.of(
                                plain,
                                probe.plain().withChecksum(Datagram.Checksum.NONE),
                                ofLength(probe, SHORT_ODD),
                                ofLength(probe, SHORT_ODD).withChecksum(Datagram.Checksum.NONE),
                                udp6(probe, 64),
                                udp6(probe, 65)));
        probe.settle();
        if (!exchanges.get(0).isAnswered()) {
            return exchanges.get(0).silence();
        }
        WatchedWire wire = probe.wire();
        long seen = wire.right() + wire.without() + wire.damaged().count();
        if (!wire.damaged().isEmpty()) {
            Arrival first = wire.damaged().first();
            return Outcome.fail(
                    String.format(
                            Locale.ROOT,
                            "%s checksum wrong, %,d of %,d in the whole run",
                            Ipv4.isIntact(first.packet()) ? "UDP" : "IPv4",
                            wire.damaged().count(),
                            seen),
                    Evidence.unwanted("the first of these replies", first.packet()));
        }
        if (seen == 0) {
            return Outcome.notApplicable(
                    "left to a network card that is not there: ethtool -K DEV tx off on the"
                            + " appliance's side");
        }
        return Outcome.pass(
                String.format(
                        Locale.ROOT,
                        "%,d right and %,d zero in the whole run",
                        wire.right(),
                        wire.without()));
    }

    static Request udp6(Probe probe, int dataLength) {
        Flow flow = probe.newFlow();
        byte[] data = probe.data(dataLength);
        return probe.request(flow, Inner.udp6(flow, data), data);
    }

    private static Outcome noFragments(Probe probe) throws IOException {
        Exchange last = null;
        for (int length : LONG_LENGTHS) {
            Exchange exchange;
            try {
                exchange = probe.exchange(ofLength(probe, length));
            } catch (TooLongException e) {
                continue;
            }
            Arrival piece = fragmentOf(probe, exchange.request());
            if (piece != null) {
                return Outcome.fail(
                        "the reply to an inner packet of " + length + " bytes came in fragments",
                        Evidence.unwanted("a fragment", piece.packet()));
            }
            if (exchange.isAnswered()) {
                return Outcome.pass("whole, around " + length + " bytes");
            }
            last = exchange;
        }
        return last == null
                ? Outcome.notApplicable("the path MTU is too small for any of the lengths")
                : last.silence();
    }

    private static @Nullable Arrival fragmentOf(Probe probe, Request request) {
        for (Arrival arrival : probe.arrivals()) {
            if (arrival.kind() == Arrival.Kind.FRAGMENT && request.isAnsweredBy(arrival)) {
                return arrival;
            }
        }
        return null;
    }

    /** {@return a request around a UDP packet of that many bytes} */
    static Request ofLength(Probe probe, int innerLength) {
        Flow flow = probe.newFlow();
        byte[] data = probe.data(innerLength - Ipv4.HEADER_LENGTH - Inner.UDP_HEADER_LENGTH);
        return probe.request(flow, Inner.udp(flow, data), data);
    }

    private static Outcome checksumZero(Probe probe) throws IOException {
        Exchange exchange = probe.exchange(probe.plain().withChecksum(Datagram.Checksum.NONE));
        return exchange.isAnswered() ? Outcome.pass("answered") : exchange.silence();
    }

    private static Outcome checksumWrong(Probe probe) throws IOException {
        Request damaged = probe.plain().withChecksum(Datagram.Checksum.WRONG);
        return RefusalChecks.refuses(probe, damaged, "a datagram with a wrong UDP checksum");
    }

    private static Outcome secondNode(Probe probe) throws IOException {
        if (probe.settings().nodes().size() < 2) {
            return Outcome.notApplicable("needs a second node address: --from NODE,NODE");
        }
        Flow flow = probe.newFlow();
        Exchange first = probe.exchange(probe.plain(flow));
        if (!first.isAnswered()) {
            return first.silence();
        }
        int other = Probe.address(probe.settings().nodes().get(1));
        Exchange second = probe.exchange(probe.plain(flow).from(other));
        Arrival reply = second.reply();
        if (reply == null) {
            return second.silence();
        }
        return addressFault(probe, second, reply, other);
    }
}
