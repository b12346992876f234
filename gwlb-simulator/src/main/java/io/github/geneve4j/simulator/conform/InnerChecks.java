package io.github.geneve4j.simulator.conform;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;
import java.util.function.Function;

/** Checks that inner packets of every kind come back as they were. */
final class InnerChecks {
    private static final int GWLB_MTU = 8500;
    private static final int LONGEST = 9001 - 68; // all that an interface of MTU 9001 can bring

    /** Around what buffers, pages and usual links hold; the longest have checks of their own. */
    private static final int[] LENGTHS = {
        36, 37, 64, 576, 1280, 1399, 1401, 1432, 1433, 1500, 1501, 2047, 2048, 2049, 3000, 3750,
        4000, 4095, 4096, 4097, 6001, 8000
    };

    private static final int IDENTIFICATION = 0x4d2f;
    private static final int EXPEDITED = 46 << 2; // DSCP (RFC 3246)
    private static final int ECN_CAPABLE = 0b01; // ECT(1) (RFC 3168 §5)
    private static final int CONGESTED = 0b11;
    private static final int FLOW_LABEL = 0x9_4d2f;

    private static final int FRAGMENT_DATA = 64;
    private static final int ATTEMPTS = 3;
    private static final int LONG_ANSWER = 1360; // longer than the error says, and 1,500 outside

    private InnerChecks() {}

    static List<Check> all() {
        return List.of(
                Check.of(
                        "ipv6",
                        "A dual-stack endpoint sends IPv6 inside the same IPv4 tunnel.",
                        Aws.USER_GUIDE,
                        Aws.NONE,
                        InnerChecks::ipv6),
                Check.of(
                        "inner-fields",
                        "ECN, \"don't fragment\", the identification of what may be fragmented, and"
                                + " the flow label are for the ends: no router changes them but to"
                                + " say \"congested\".",
                        "RFC 3168 §5; RFC 6864 §4; RFC 6437 §2",
                        Aws.NONE,
                        InnerChecks::innerFields),
                Check.of(
                        "lengths",
                        "Packets of any length come by, not only the shortest and the longest.",
                        Aws.USER_GUIDE,
                        Aws.NONE,
                        InnerChecks::lengths),
                Check.of(
                        "other-protocols",
                        "Flows need not be TCP or UDP: GRE, ESP and SCTP come by, too.",
                        Aws.USER_GUIDE,
                        Aws.NONE,
                        InnerChecks::otherProtocols),
                Check.of(
                        "ipv4-options",
                        "With IPv4 options the ports are not where they usually are.",
                        "RFC 791 §3.1",
                        Aws.NONE,
                        InnerChecks::ipv4Options),
                Check.of(
                        "ipv6-extension-headers",
                        "Extension headers stand between the IPv6 header and the ports.",
                        "RFC 8200 §4",
                        Aws.NONE,
                        InnerChecks::extensionHeaders),
                Check.of(
                        "ipv4-fragments",
                        "Workloads send fragments, of which only the first has ports, in any order.",
                        "RFC 791 §3.2",
                        Aws.NONE,
                        InnerChecks::ipv4Fragments),
                Check.of(
                        "ipv6-fragments",
                        "Workloads send fragments, of which only the first has ports, in any order.",
                        "RFC 8200 §4.5",
                        Aws.NONE,
                        InnerChecks::ipv6Fragments),
                Check.of(
                        "icmp-echo",
                        "Ping is what a new installation is tried with.",
                        "RFC 792; RFC 4443 §4",
                        Aws.NONE,
                        InnerChecks::icmpEcho),
                Check.of(
                        "icmp-error",
                        "Path MTU discovery needs the errors that routers send about a flow.",
                        "RFC 1191 §4; RFC 8201 §4",
                        Aws.NONE,
                        InnerChecks::icmpError),
                Check.of(
                        "jumbo-8500",
                        "The load balancer passes inner packets of up to 8,500 bytes, around which"
                                + " an interface needs an MTU of 8,568.",
                        Aws.USER_GUIDE,
                        Aws.NONE,
                        probe -> jumbo(probe, GWLB_MTU)),
                Check.of(
                        "jumbo-8933",
                        "Longer inner packets have been seen to arrive, and an interface of MTU 9001"
                                + " brings 8,933 bytes.",
                        Aws.USER_GUIDE,
                        Aws.NONE,
                        probe -> jumbo(probe, LONGEST)));
    }

    private static Outcome ipv6(Probe probe) throws IOException {
        Flow flow = probe.newFlow();
        Connection tcp = Connection.ipv6(probe, flow);
        List<Request> requests = new ArrayList<>(tcp.handshake());
        requests.add(tcp.data(64));
        requests.add(tcp.answer(64));
        byte[] data = probe.data(64);
        requests.add(probe.request(flow, Inner.udp6(flow, data), data));
        return allReturn(probe, requests);
    }

    private static Outcome innerFields(Probe probe) throws IOException {
        List<Request> requests = new ArrayList<>();
        for (int[] marks :
                new int[][] {
                    {EXPEDITED | ECN_CAPABLE, Ipv4.DONT_FRAGMENT},
                    {EXPEDITED | CONGESTED, 0}
                }) {
            Flow flow = probe.newFlow();
            byte[] data = probe.data(64);
            byte[] bytes = Inner.udp(flow, data).bytes();
            bytes[Ipv4.TOS_OFFSET] = (byte) marks[0];
            Bytes.put16(bytes, Ipv4.ID_OFFSET, IDENTIFICATION);
            Bytes.put16(bytes, Ipv4.FRAGMENT_OFFSET, marks[1]);
            requests.add(probe.request(flow, Inner.ipv4(Ipv4.withChecksum(bytes)), data));
        }
        Flow flow = probe.newFlow();
        byte[] data = probe.data(64);
        byte[] bytes = Inner.udp6(flow, data).bytes();
        Bytes.put32(bytes, 0, 6 << 28 | (EXPEDITED | ECN_CAPABLE) << 20 | FLOW_LABEL);
        requests.add(probe.request(flow, Inner.ipv6(bytes), data));
        return allReturn(probe, requests);
    }

    private static Outcome lengths(Probe probe) throws IOException {
        int longest = 0;
        for (int length : LENGTHS) {
            Exchange exchange;
            try {
                exchange = probe.exchange(OuterChecks.ofLength(probe, length));
            } catch (TooLongException e) {
                break; // and so are those that follow
            }
            Outcome fault = exchange.fault();
            if (fault != null) {
                return fault.about(String.format(Locale.ROOT, "inner %,d bytes: ", length));
            }
            longest = length;
        }
        return Outcome.pass(
                String.format(Locale.ROOT, "from %,d to %,d bytes", LENGTHS[0], longest));
    }

    private static Outcome otherProtocols(Probe probe) throws IOException {
        Flow flow = probe.newFlow();
        byte[] gre = probe.data(64);
        byte[] esp = probe.data(64);
        Inner sctp = Inner.sctp(flow, probe.random().nextInt() | 1);
        int keyAt = Ipv4.HEADER_LENGTH + Inner.SCTP_KEY_OFFSET;
        byte[] sctpKey = Arrays.copyOfRange(sctp.bytes(), keyAt, sctp.bytes().length);
        return allReturn(
                probe,
                List.of(
                        probe.request(flow, Inner.gre(flow, gre), gre),
                        probe.request(flow, Inner.esp(flow, esp), esp),
                        probe.request(flow, sctp, sctpKey)));
    }

    private static Outcome ipv4Options(Probe probe) throws IOException {
        Flow flow = probe.newFlow();
        byte[] data = probe.data(64);
        return allReturn(
                probe, List.of(probe.request(flow, Inner.udpBehindOptions(flow, data), data)));
    }

    private static Outcome extensionHeaders(Probe probe) throws IOException {
        Flow flow = probe.newFlow();
        byte[] data = probe.data(64);
        return allReturn(
                probe, List.of(probe.request(flow, Inner.udp6BehindExtensions(flow, data), data)));
    }

    private static Outcome ipv4Fragments(Probe probe) throws IOException {
        return fragmentsReturn(
                probe,
                Inner::udp,
                whole -> whole.ipv4Fragments(FRAGMENT_DATA, probe.random().nextInt(1, 0xffff)));
    }

    private static Outcome ipv6Fragments(Probe probe) throws IOException {
        return fragmentsReturn(
                probe,
                Inner::udp6,
                whole -> whole.ipv6Fragments(FRAGMENT_DATA, probe.random().nextInt()));
    }

    private static Outcome fragmentsReturn(
            Probe probe, BiFunction<Flow, byte[], Inner> udp, Function<Inner, Inner[]> fragmenter)
            throws IOException {
        String how = "";
        for (int[] order : new int[][] {{0, 1, 2}, {1, 0, 2}}) {
            Outcome outcome = Outcome.fail("not sent");
            for (int attempt = 0; attempt < ATTEMPTS && !outcome.isPass(); attempt++) {
                outcome = fragmentsReturn(probe, udp, fragmenter, order);
            }
            if (!outcome.isPass()) {
                return outcome;
            }
            how = outcome.message();
        }
        return Outcome.pass(how + ", in order and out of it");
    }

    /** Sends three fragments of a new packet in some order, all before the first is waited for. */
    private static Outcome fragmentsReturn(
            Probe probe,
            BiFunction<Flow, byte[], Inner> udp,
            Function<Inner, Inner[]> fragmenter,
            int[] order)
            throws IOException {
        Flow flow = probe.newFlow();
        byte[] data = probe.data(3 * FRAGMENT_DATA - Inner.UDP_HEADER_LENGTH);
        Inner whole = udp.apply(flow, data);
        Inner[] pieces = fragmenter.apply(whole);
        List<Request> requests = new ArrayList<>();
        for (int index : order) {
            int keyAt = Math.max(0, index * FRAGMENT_DATA - Inner.UDP_HEADER_LENGTH);
            byte[] own = Arrays.copyOfRange(data, keyAt, data.length);
            requests.add(probe.request(flow, pieces[index], own));
        }
        List<Exchange> exchanges = probe.exchangeOnce(requests);
        Arrival reply = exchanges.get(0).reply();
        // A firewall has to put fragments together, to read them, and need not take them apart
        // again
        if (reply != null && isReassembled(probe.request(flow, whole, data), reply)) {
            return Outcome.pass("three came back as one");
        }
        for (Exchange exchange : exchanges) {
            Outcome fault = exchange.fault();
            if (fault != null) {
                return fault;
            }
        }
        return Outcome.pass("three came back");
    }

    /**
     * {@return whether a reply is the packet that was never sent whole; any identification will do}
     */
    private static boolean isReassembled(Request whole, Arrival reply) {
        byte[] payload = reply.payload();
        byte[] expected = whole.datagram().payload();
        int at = whole.headerLength();
        if (payload.length != expected.length) {
            return false;
        }
        if (Bytes.u8(expected, at) >>> 4 == 4) {
            byte[] inner = whole.inner();
            Bytes.put16(inner, Ipv4.ID_OFFSET, Bytes.u16(payload, at + Ipv4.ID_OFFSET));
            expected = Bytes.concat(whole.header(), Ipv4.withChecksum(inner));
        }
        Datagram sent = whole.datagram();
        Datagram asIdentified =
                new Datagram(sent.source(), sent.sourcePort(), sent.checksum(), expected);
        Request request = new Request(asIdentified, at, whole.key());
        return new Exchange(request, reply, false).fault() == null;
    }

    private static Outcome icmpEcho(Probe probe) throws IOException {
        Flow flow = probe.newFlow();
        byte[] first = probe.data(56);
        byte[] second = probe.data(56);
        return allReturn(
                probe,
                List.of(
                        probe.request(flow, Inner.icmpEcho(flow, first), first),
                        probe.request(flow, Inner.icmpEcho6(flow, second), second)));
    }

    /** A firewall passes an error on the merit of the packet that it quotes, if it knows that. */
    private static Outcome icmpError(Probe probe) throws IOException {
        List<Request> requests = new ArrayList<>();
        for (Connection connection :
                List.of(
                        Connection.ipv4(probe, probe.newFlow()),
                        Connection.ipv6(probe, probe.newFlow()))) {
            requests.addAll(connection.handshake());
            requests.add(connection.data(64));
            Request answer = connection.answer(LONG_ANSWER);
            requests.add(answer);
            requests.add(connection.tooBig(answer));
        }
        Outcome outcome = allReturn(probe, requests);
        return outcome.isPass() ? Outcome.pass("both came back") : outcome;
    }

    private static Outcome jumbo(Probe probe, int length) throws IOException {
        try {
            Outcome outcome = allReturn(probe, List.of(OuterChecks.ofLength(probe, length)));
            return outcome.isPass()
                    ? Outcome.pass(String.format(Locale.ROOT, "%,d bytes came back", length))
                    : outcome;
        } catch (TooLongException e) {
            return Outcome.notApplicable(String.valueOf(e.getMessage()));
        }
    }

    /** {@return a pass if each of them comes back as it was, header and all} */
    private static Outcome allReturn(Probe probe, List<Request> requests) throws IOException {
        for (Request request : requests) {
            Outcome fault = probe.exchange(request).fault();
            if (fault != null) {
                return fault;
            }
        }
        return Outcome.pass(requests.size() == 1 ? "came back" : requests.size() + " came back");
    }
}
