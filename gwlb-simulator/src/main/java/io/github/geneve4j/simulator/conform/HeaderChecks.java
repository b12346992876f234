package io.github.geneve4j.simulator.conform;

import io.github.geneve4j.geneve.Geneve;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
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
                        Aws.INVALID_COOKIE,
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
        Exchange exchange = probe.exchange(probe.plain());
        Outcome fault = exchange.headerFault();
        if (fault == null) {
            return Outcome.pass("byte for byte");
        }
        return fault.countedAs(metric(exchange));
    }

    /** {@return what the load balancer counts for the header that came back} */
    private static String metric(Exchange exchange) {
        Arrival reply = exchange.reply();
        if (reply == null) {
            return Aws.NONE;
        }
        byte[] request = exchange.request().header();
        if (!same(request, reply.payload(), GeneveBytes.AWS_ENDPOINT_OFFSET, Long.BYTES)) {
            return Aws.INVALID_ENDPOINT;
        }
        if (!same(request, reply.payload(), GeneveBytes.AWS_COOKIE_OFFSET, Integer.BYTES)) {
            return Aws.INVALID_COOKIE;
        }
        return Aws.INVALID_TUNNEL;
    }

    private static boolean same(byte[] one, byte[] other, int offset, int length) {
        for (int at = offset; at < offset + length; at++) {
            if (at >= one.length || at >= other.length || one[at] != other[at]) {
                return false;
            }
        }
        return true;
    }

    private static Outcome latestCookie(Probe probe) throws IOException {
        Flow old = probe.newFlow();
        Flow latest = old.withCookie(~old.cookie());
        for (Flow flow : List.of(old, latest)) {
            for (Request request :
                    List.of(syn(probe, flow), segment(probe, flow), back(probe, flow))) {
                Exchange exchange = probe.exchange(request);
                Arrival reply = exchange.reply();
                if (reply == null) {
                    return exchange.silence();
                }
                Integer cookie = cookie(reply.payload());
                if (cookie == null || cookie != flow.cookie()) {
                    boolean stale =
                            cookie != null && cookie != flow.cookie() && cookie == old.cookie();
                    return wrongCookie(exchange, reply, cookie != null, stale);
                }
            }
        }
        return Outcome.pass("the new one came back");
    }

    private static Request syn(Probe probe, Flow flow) {
        byte[] data = probe.data(8);
        return probe.request(flow, Inner.syn(flow, data), data);
    }

    private static Request segment(Probe probe, Flow flow) {
        byte[] data = probe.data(32);
        return probe.request(flow, Inner.tcp(flow, data), data);
    }

    private static Request back(Probe probe, Flow flow) {
        return segment(probe, flow.reversed());
    }

    private static Outcome wrongCookie(
            Exchange exchange, Arrival reply, boolean present, boolean stale) {
        String message = "another cookie came back";
        if (!present) {
            message = "no cookie came back";
        } else if (stale) {
            message = "the cookie of the five-tuple's first use came back";
        }
        return Outcome.fail(
                message,
                new Evidence(
                        "Geneve header of the reply",
                        exchange.request().header(),
                        Arrays.copyOf(reply.payload(), GeneveBytes.length(reply.payload()))));
    }

    /** {@return the cookie in a reply, wherever among the options it is, or null} */
    private static @Nullable Integer cookie(byte[] payload) {
        int end = GeneveBytes.length(payload);
        int at = GeneveBytes.HEADER_LENGTH;
        while (at + GeneveBytes.OPTION_HEADER_LENGTH + Integer.BYTES <= end) {
            boolean amazon = Bytes.u16(payload, at) == GeneveBytes.AMAZON;
            if (amazon && Bytes.u8(payload, at + 2) == GeneveBytes.FLOW_COOKIE) {
                return Bytes.s32(payload, at + GeneveBytes.OPTION_HEADER_LENGTH);
            }
            at += GeneveBytes.OPTION_HEADER_LENGTH + (payload[at + 3] & 0x1f) * 4;
        }
        return null;
    }

    private static Outcome returnDirection(Probe probe) throws IOException {
        Flow flow = probe.newFlow();
        for (Flow direction : List.of(flow, flow.reversed(), flow)) {
            Exchange exchange = probe.exchange(probe.plain(direction));
            Outcome fault = exchange.innerFault();
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
