package io.github.geneve4j.simulator.conform;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;

/** Checks that inner packets of every kind come back as they were. */
final class InnerChecks {
    private static final int GWLB_MTU = 8500;
    private static final int LONGEST = 9001 - 68; // all that an interface of MTU 9001 can bring
    private static final int FRAGMENT_DATA = 64;
    private static final int ATTEMPTS = 3;

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
        byte[] first = probe.data(64);
        byte[] second = probe.data(64);
        return allReturn(
                probe,
                probe.request(flow, Inner.tcp6(flow, first), first),
                probe.request(flow, Inner.udp6(flow, second), second));
    }

    private static Outcome otherProtocols(Probe probe) throws IOException {
        Flow flow = probe.newFlow();
        byte[] gre = probe.data(64);
        byte[] esp = probe.data(64);
        byte[] sctp = probe.data(64);
        return allReturn(
                probe,
                probe.request(flow, Inner.other(flow, Inner.GRE, gre), gre),
                probe.request(flow, Inner.other(flow, Inner.ESP, esp), esp),
                probe.request(flow, Inner.other(flow, Inner.SCTP, sctp), sctp));
    }

    private static Outcome ipv4Options(Probe probe) throws IOException {
        Flow flow = probe.newFlow();
        byte[] data = probe.data(64);
        return allReturn(probe, probe.request(flow, Inner.udpBehindOptions(flow, data), data));
    }

    private static Outcome extensionHeaders(Probe probe) throws IOException {
        Flow flow = probe.newFlow();
        byte[] data = probe.data(64);
        return allReturn(probe, probe.request(flow, Inner.udp6BehindExtensions(flow, data), data));
    }

    private static Outcome ipv4Fragments(Probe probe) throws IOException {
        return fragmentsReturn(
                probe,
                (flow, data) ->
                        Inner.udp(flow, data)
                                .ipv4Fragments(FRAGMENT_DATA, probe.random().nextInt(1, 0xffff)));
    }

    private static Outcome ipv6Fragments(Probe probe) throws IOException {
        return fragmentsReturn(
                probe,
                (flow, data) ->
                        Inner.udp6(flow, data)
                                .ipv6Fragments(FRAGMENT_DATA, probe.random().nextInt()));
    }

    private static Outcome fragmentsReturn(
            Probe probe, BiFunction<Flow, byte[], Inner[]> fragmenter) throws IOException {
        for (int[] order : new int[][] {{0, 1, 2}, {1, 0, 2}}) {
            Outcome outcome = Outcome.fail("not sent");
            for (int attempt = 0; attempt < ATTEMPTS && !outcome.isPass(); attempt++) {
                outcome = fragmentsReturn(probe, fragmenter, order);
            }
            if (!outcome.isPass()) {
                return outcome;
            }
        }
        return Outcome.pass("three came back, in order and out of it");
    }

    /** Sends three fragments of a new packet in some order, all before the first is waited for. */
    private static Outcome fragmentsReturn(
            Probe probe, BiFunction<Flow, byte[], Inner[]> fragmenter, int[] order)
            throws IOException {
        Flow flow = probe.newFlow();
        byte[] data = probe.data(3 * FRAGMENT_DATA - Inner.UDP_HEADER_LENGTH);
        Inner[] pieces = fragmenter.apply(flow, data);
        List<Request> requests = new ArrayList<>();
        for (int index : order) {
            int keyAt = Math.max(0, index * FRAGMENT_DATA - Inner.UDP_HEADER_LENGTH);
            byte[] own = Arrays.copyOfRange(data, keyAt, data.length);
            requests.add(probe.request(flow, pieces[index], own));
        }
        for (Exchange exchange : probe.exchangeOnce(requests)) {
            Outcome fault = exchange.innerFault();
            if (fault != null) {
                return fault;
            }
        }
        return Outcome.pass("came back");
    }

    private static Outcome icmpEcho(Probe probe) throws IOException {
        Flow flow = probe.newFlow();
        byte[] first = probe.data(56);
        byte[] second = probe.data(56);
        return allReturn(
                probe,
                probe.request(flow, Inner.icmpEcho(flow, first), first),
                probe.request(flow, Inner.icmpEcho6(flow, second), second));
    }

    private static Outcome icmpError(Probe probe) throws IOException {
        Flow flow = probe.newFlow();
        byte[] first = probe.data(32);
        byte[] second = probe.data(32);
        return allReturn(
                probe,
                probe.plain(flow),
                probe.request(flow, Inner.icmpError(flow, first), first),
                probe.request(flow, Inner.icmpError6(flow, second), second));
    }

    private static Outcome jumbo(Probe probe, int length) throws IOException {
        try {
            Outcome outcome = allReturn(probe, OuterChecks.ofLength(probe, length));
            return outcome.isPass()
                    ? Outcome.pass(String.format(Locale.ROOT, "%,d bytes came back", length))
                    : outcome;
        } catch (TooLongException e) {
            return Outcome.notApplicable(String.valueOf(e.getMessage()));
        }
    }

    /** {@return a pass if each of them comes back as it was} */
    private static Outcome allReturn(Probe probe, Request... requests) throws IOException {
        for (Request request : requests) {
            Outcome fault = probe.exchange(request).innerFault();
            if (fault != null) {
                return fault;
            }
        }
        return Outcome.pass(requests.length == 1 ? "came back" : requests.length + " came back");
    }
}
