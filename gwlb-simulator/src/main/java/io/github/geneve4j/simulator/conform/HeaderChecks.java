package io.github.geneve4j.simulator.conform;

import io.github.geneve4j.geneve.Geneve;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Checks that the Geneve header comes back byte for byte, as the latest packet of its flow had it.
 */
final class HeaderChecks {
    private static final int UNASSIGNED_CLASS = 0xfe01; // first come first served, and nobody came
    private static final int SIX_BITS = 0x3f;

    private HeaderChecks() {}

    static List<Check> all() {
        return List.of(
                Check.of(
                        "header-echo",
                        "The load balancer knows its flow by the header's options, which have to"
                                + " come back byte for byte.",
                        Aws.USER_GUIDE,
                        Aws.INVALID_COOKIE,
                        HeaderChecks::headerEcho),
                Check.of(
                        "latest-cookie",
                        "A five-tuple that is used again has a new cookie, and its packets are lost"
                                + " under the old one.",
                        Aws.METRICS,
                        Aws.INVALID_COOKIE,
                        HeaderChecks::latestCookie),
                Check.of(
                        "overlapping-endpoints",
                        "Networks behind two endpoints may have the same addresses, so that one"
                                + " five-tuple is two flows.",
                        Aws.USER_GUIDE,
                        Aws.INVALID_ENDPOINT,
                        HeaderChecks::overlappingEndpoints),
                Check.of(
                        "return-direction",
                        "Both directions of a flow come under the same header, and both have to go"
                                + " back.",
                        Aws.USER_GUIDE,
                        Aws.NONE,
                        HeaderChecks::returnDirection),
                Check.of(
                        "unknown-option",
                        "An option that is new and not critical is to be echoed, not to be dropped"
                                + " for.",
                        "RFC 8926 §3.5, §3.5.1",
                        Aws.NONE,
                        HeaderChecks::unknownOption),
                Check.of(
                        "option-order",
                        "Options may come in any order, and go back in the same.",
                        "RFC 8926 §3.5.1",
                        Aws.NONE,
                        HeaderChecks::optionOrder),
                Check.of(
                        "reserved-bits",
                        "Reserved bits are to be ignored on receipt and echoed, so that a later use"
                                + " of them breaks nothing.",
                        "RFC 8926 §3.4, §3.5",
                        Aws.NONE,
                        HeaderChecks::reservedBits),
                Check.of(
                        "vni",
                        "The VNI is part of the header that comes back, also one of 2^23 or more.",
                        "RFC 8926 §3.4",
                        Aws.NONE,
                        HeaderChecks::vni),
                Check.of(
                        "attachment-id",
                        "An attachment id other than zero means nothing to an appliance.",
                        Aws.USER_GUIDE,
                        Aws.NONE,
                        HeaderChecks::attachmentId));
    }

    private static Outcome headerEcho(Probe probe) throws IOException {
        Outcome fault = probe.exchange(probe.plain()).headerFault();
        return fault == null ? Outcome.pass("byte for byte") : fault;
    }

    private static Outcome latestCookie(Probe probe) throws IOException {
        Map<String, List<Request>> kinds = new LinkedHashMap<>();
        kinds.put("TCP", tcpTwice(probe));
        kinds.put("TCP over IPv6", tcp6ThatGoesOn(probe));
        kinds.put("UDP", udpTwice(probe, Inner::udp));
        kinds.put("UDP over IPv6", udpTwice(probe, Inner::udp6));
        kinds.put("ping", pingTwice(probe));
        for (Map.Entry<String, List<Request>> kind : kinds.entrySet()) {
            Outcome fault = cookieFault(probe, kind.getKey(), kind.getValue());
            if (fault != null) {
                return fault;
            }
        }
        return Outcome.pass("the new one came back: " + String.join(", ", kinds.keySet()));
    }

    /** {@return two connections of one five-tuple, the first of them reset} */
    private static List<Request> tcpTwice(Probe probe) {
        Flow flow = probe.newFlow();
        Connection old = Connection.ipv4(probe, flow);
        List<Request> requests = new ArrayList<>(old.handshake());
        requests.add(old.data(32));
        requests.add(old.answer(32));
        requests.add(old.reset());
        Connection latest = Connection.ipv4(probe, flow.withCookie(~flow.cookie()));
        requests.addAll(latest.handshake());
        requests.add(latest.data(32));
        requests.add(latest.answer(32));
        return requests;
    }

    /** {@return a connection whose cookie is another in its middle, where no SYN says so} */
    private static List<Request> tcp6ThatGoesOn(Probe probe) {
        Flow flow = probe.newFlow();
        Connection connection = Connection.ipv6(probe, flow);
        List<Request> requests = new ArrayList<>(connection.handshake());
        requests.add(connection.data(32));
        requests.add(connection.answer(32));
        connection.switchCookie(~flow.cookie());
        requests.add(connection.data(32));
        requests.add(connection.answer(32));
        return requests;
    }

    private static List<Request> udpTwice(Probe probe, BiFunction<Flow, byte[], Inner> udp) {
        Flow old = probe.newFlow();
        Flow latest = old.withCookie(~old.cookie());
        List<Request> requests = new ArrayList<>();
        for (Flow flow : List.of(old, old.reversed(), latest, latest.reversed())) {
            byte[] data = probe.data(64);
            requests.add(probe.request(flow, udp.apply(flow, data), data));
        }
        return requests;
    }

    private static List<Request> pingTwice(Probe probe) {
        Flow old = probe.newFlow();
        List<Request> requests = new ArrayList<>();
        for (Flow flow : List.of(old, old.withCookie(~old.cookie()))) {
            byte[] data = probe.data(56);
            requests.add(probe.request(flow, Inner.icmpEcho(flow, data), data));
        }
        return requests;
    }

    /** {@return null if each reply has its request's cookie, or else what came} */
    private static @Nullable Outcome cookieFault(Probe probe, String kind, List<Request> requests)
            throws IOException {
        byte[] old = cookie(requests.get(0).header());
        for (Request request : requests) {
            Exchange exchange = probe.exchange(request);
            Arrival reply = exchange.reply();
            if (reply == null) {
                return exchange.silence();
            }
            byte[] cookie = cookie(reply.payload());
            if (!Arrays.equals(cookie, cookie(request.header()))) {
                return wrongCookie(kind, request, reply, Arrays.equals(cookie, old));
            }
        }
        return null;
    }

    private static byte @Nullable [] cookie(byte[] payload) {
        return GeneveBytes.amazonOption(payload, GeneveBytes.FLOW_COOKIE);
    }

    private static Outcome wrongCookie(String kind, Request request, Arrival reply, boolean isOld) {
        String message = "another cookie came back";
        if (cookie(reply.payload()) == null) {
            message = "no cookie came back";
        } else if (isOld) {
            message = "the cookie of the five-tuple's first use came back";
        }
        return Outcome.fail(
                kind + ": " + message,
                new Evidence(
                        "Geneve header of the reply",
                        request.header(),
                        Arrays.copyOf(reply.payload(), GeneveBytes.length(reply.payload()))));
    }

    private static Outcome overlappingEndpoints(Probe probe) throws IOException {
        ConformanceSettings settings = probe.settings();
        ConformanceSettings usual =
                ConformanceSettings.builder(settings.target(), settings.nodes()).build();
        if (!settings.endpoint().equals(usual.endpoint())) {
            return Outcome.notApplicable(
                    "needs two endpoints, and the appliance knows "
                            + settings.endpoint()
                            + " by --endpoint");
        }
        long one = settings.endpoint().value();
        Flow ofOne = probe.newFlow();
        Flow ofOther = ofOne.withCookie(~ofOne.cookie());
        for (boolean back : new boolean[] {false, true}) {
            List<Request> requests =
                    List.of(
                            under(probe, one, back ? ofOne.reversed() : ofOne),
                            under(probe, one ^ 1, back ? ofOther.reversed() : ofOther));
            for (Exchange exchange : probe.exchangeTogether(requests)) {
                Outcome fault = exchange.fault();
                if (fault != null) {
                    return fault;
                }
            }
        }
        return Outcome.pass("one five-tuple came back under two endpoints, in both directions");
    }

    private static Request under(Probe probe, long endpoint, Flow flow) {
        byte[] data = probe.data(64);
        GeneveBytes geneve = new GeneveBytes().aws(endpoint, flow.cookie());
        return probe.request(flow, geneve, Inner.udp(flow, data), data);
    }

    private static Outcome returnDirection(Probe probe) throws IOException {
        Flow flow = probe.newFlow();
        for (Flow direction : List.of(flow, flow.reversed(), flow)) {
            Outcome fault = probe.exchange(probe.plain(direction)).fault();
            if (fault != null) {
                return fault;
            }
        }
        return Outcome.pass("both came back");
    }

    private static Outcome unknownOption(Probe probe) throws IOException {
        Flow flow = probe.newFlow();
        GeneveBytes more = probe.aws(flow).option(UNASSIGNED_CLASS, 0x11, Bytes.hex("c0ffee00"));
        return echoes(probe, flow, more);
    }

    private static Outcome optionOrder(Probe probe) throws IOException {
        Flow flow = probe.newFlow();
        GeneveBytes reversed =
                new GeneveBytes()
                        .flowCookie(flow.cookie())
                        .attachmentId(0)
                        .endpointId(probe.settings().endpoint().value());
        return echoes(probe, flow, reversed);
    }

    private static Outcome reservedBits(Probe probe) throws IOException {
        Flow flow = probe.newFlow();
        GeneveBytes everyBit =
                new GeneveBytes()
                        .reservedFlags(SIX_BITS)
                        .reservedByte(0xff)
                        .endpointId(probe.settings().endpoint().value())
                        .attachmentId(0)
                        .option(
                                GeneveBytes.AMAZON,
                                GeneveBytes.FLOW_COOKIE,
                                7,
                                1,
                                GeneveBytes.four(flow.cookie()));
        return echoes(probe, flow, everyBit);
    }

    private static Outcome vni(Probe probe) throws IOException {
        Flow flow = probe.newFlow();
        return echoes(probe, flow, probe.aws(flow).vni(Geneve.MAX_VNI - 1));
    }

    private static Outcome attachmentId(Probe probe) throws IOException {
        Flow flow = probe.newFlow();
        GeneveBytes attached =
                new GeneveBytes()
                        .endpointId(probe.settings().endpoint().value())
                        .attachmentId(0x0123_4567_89ab_cdefL)
                        .flowCookie(flow.cookie());
        return echoes(probe, flow, attached);
    }

    private static Outcome echoes(Probe probe, Flow flow, GeneveBytes geneve) throws IOException {
        byte[] data = probe.data(64);
        Exchange exchange =
                probe.exchange(probe.request(flow, geneve, Inner.udp(flow, data), data));
        Outcome fault = exchange.headerFault();
        return fault == null ? Outcome.pass("byte for byte") : fault;
    }
}
