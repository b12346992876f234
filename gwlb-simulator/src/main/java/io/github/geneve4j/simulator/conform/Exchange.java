package io.github.geneve4j.simulator.conform;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A request, and what became of it.
 *
 * @param request what was sent, up to three times
 * @param reply the first whole datagram that came back for it, or null
 * @param fragmented whether pieces of a reply were seen
 */
record Exchange(Request request, @Nullable Arrival reply, boolean fragmented) {
    private static final int UDP_HEADER_LENGTH = 8;

    // In a reply's addresses and ports, where its IPv4 packet was not seen
    private static final int ENDS_LENGTH = 12;

    private static final int TRAFFIC_CLASS_SHIFT = 20; // in the first word of an IPv6 header
    private static final int TRAFFIC_CLASS_MASK = 0xff; // DSCP:6 ECN:2
    private static final int NOT_ECN_CAPABLE = 0b00;
    private static final int CONGESTED = 0b11;

    boolean isAnswered() {
        return reply != null;
    }

    /** {@return that there was no reply, which the load balancer does not count} */
    Outcome silence() {
        return Outcome.fail(
                        fragmented ? "the reply came in fragments" : "no reply",
                        Evidence.unanswered(request.datagram().payload()))
                .countedAs(Aws.NONE);
    }

    /** {@return null if header and inner packet came back as they were, or else what came} */
    @Nullable Outcome fault() {
        Outcome fault = headerFault();
        return fault != null ? fault : innerFault();
    }

    /** {@return null if the Geneve header came back byte for byte, or else what came} */
    @Nullable Outcome headerFault() {
        if (reply == null) {
            return silence();
        }
        byte[] expected = request.header();
        byte[] observed = Arrays.copyOf(reply.payload(), GeneveBytes.length(reply.payload()));
        if (Arrays.equals(expected, observed)) {
            return null;
        }
        return Outcome.fail(
                        "the Geneve header came back changed",
                        new Evidence("Geneve header of the reply", expected, observed))
                .countedAs(headerMetric(reply));
    }

    /**
     * What the load balancer counts for the header of a reply: it looks for two of its options,
     * wherever they stand, and takes whatever else has changed.
     */
    private String headerMetric(Arrival answer) {
        if (!GeneveBytes.isReadable(answer.payload())) {
            return Aws.INVALID_TUNNEL;
        }
        if (!hasKept(answer, GeneveBytes.ENDPOINT_ID)) {
            return Aws.INVALID_ENDPOINT;
        }
        return hasKept(answer, GeneveBytes.FLOW_COOKIE) ? Aws.NONE : Aws.INVALID_COOKIE;
    }

    private boolean hasKept(Arrival answer, int option) {
        return Arrays.equals(
                GeneveBytes.amazonOption(request.header(), option),
                GeneveBytes.amazonOption(answer.payload(), option));
    }

    /**
     * {@return null if the inner packet came back as it was, or else what came}
     *
     * <p>An appliance may be a router, so what routers change is none of its faults: time to live,
     * DSCP, a mark of congestion where ECN allows one, and the identification of a packet that must
     * not be fragmented, which nobody reads (RFC 6864 §4).
     */
    @Nullable Outcome innerFault() {
        if (reply == null) {
            return silence();
        }
        byte[] expected = request.inner();
        byte[] observed = replyInner(reply);
        if (Arrays.equals(expected, asBeforeRouter(expected, observed))) {
            return null;
        }
        String change = "the inner packet came back changed";
        if (observed.length != expected.length) {
            change =
                    "the inner packet of "
                            + expected.length
                            + " bytes came back with "
                            + observed.length;
        }
        return Outcome.fail(change, new Evidence("inner packet of the reply", expected, observed))
                .countedAs(Aws.NONE);
    }

    /** {@return a fault in the addresses and ports of the reply, shown as such} */
    Outcome endsFault(
            String message, int source, int destination, int sourcePort, int destinationPort) {
        Arrival seen = Objects.requireNonNull(reply);
        return Outcome.fail(
                message,
                new Evidence(
                        seen.packet().length > 0
                                ? "IPv4 and UDP header of the reply"
                                : "addresses and ports of the reply",
                        ends(seen, source, destination, sourcePort, destinationPort),
                        ends(
                                seen,
                                seen.source(),
                                seen.destination(),
                                seen.sourcePort(),
                                seen.destinationPort())));
    }

    private static byte[] ends(
            Arrival seen, int source, int destination, int sourcePort, int destinationPort) {
        byte[] packet = seen.packet();
        if (packet.length == 0) {
            byte[] ends = new byte[ENDS_LENGTH];
            Bytes.put32(ends, 0, source);
            Bytes.put32(ends, 4, destination);
            Bytes.put16(ends, 8, sourcePort);
            Bytes.put16(ends, 10, destinationPort);
            return ends;
        }
        int udp = Ipv4.headerLength(packet);
        byte[] headers = Arrays.copyOf(packet, udp + UDP_HEADER_LENGTH);
        Bytes.put32(headers, Ipv4.SOURCE_OFFSET, source);
        Bytes.put32(headers, Ipv4.DESTINATION_OFFSET, destination);
        Bytes.put16(headers, udp, sourcePort);
        Bytes.put16(headers, udp + 2, destinationPort);
        return headers;
    }

    private static byte[] replyInner(Arrival reply) {
        byte[] payload = reply.payload();
        return Arrays.copyOfRange(payload, GeneveBytes.length(payload), payload.length);
    }

    /** What came, with what routers change as it was sent, if they may change it to that. */
    private static byte[] asBeforeRouter(byte[] sent, byte[] came) {
        if (came.length != sent.length || came.length < Ipv4.HEADER_LENGTH) {
            return came;
        }
        boolean ipv4 = Bytes.u8(sent, 0) >>> 4 == 4;
        int at = ipv4 ? Ipv4.TTL_OFFSET : Inner.IPV6_HOP_LIMIT_OFFSET;
        boolean rightHop = Bytes.u8(came, at) > 0 && Bytes.u8(came, at) <= Bytes.u8(sent, at);
        if (!rightHop || !isEcnKept(ecn(sent, ipv4), ecn(came, ipv4))) {
            return came;
        }
        byte[] before = came.clone();
        before[at] = sent[at];
        if (!ipv4) {
            int label = Bytes.s32(came, 0) & ~(TRAFFIC_CLASS_MASK << TRAFFIC_CLASS_SHIFT);
            int trafficClass = Bytes.s32(sent, 0) >>> TRAFFIC_CLASS_SHIFT & TRAFFIC_CLASS_MASK;
            Bytes.put32(before, 0, label | trafficClass << TRAFFIC_CLASS_SHIFT);
            return before;
        }
        if (!Ipv4.isIntact(came)) {
            return came;
        }
        before[Ipv4.TOS_OFFSET] = sent[Ipv4.TOS_OFFSET];
        if (Bytes.u16(came, Ipv4.FRAGMENT_OFFSET) == Ipv4.DONT_FRAGMENT) {
            Bytes.put16(before, Ipv4.ID_OFFSET, Bytes.u16(sent, Ipv4.ID_OFFSET));
        }
        return Ipv4.withChecksum(before);
    }

    private static int ecn(byte[] packet, boolean ipv4) {
        int trafficClass =
                ipv4
                        ? Bytes.u8(packet, Ipv4.TOS_OFFSET)
                        : Bytes.s32(packet, 0) >>> TRAFFIC_CLASS_SHIFT;
        return trafficClass & CONGESTED;
    }

    /** A router says "congested" to those who asked to hear it, and nothing else (RFC 3168 §5). */
    private static boolean isEcnKept(int sent, int came) {
        return sent == came || (sent != NOT_ECN_CAPABLE && came == CONGESTED);
    }
}
