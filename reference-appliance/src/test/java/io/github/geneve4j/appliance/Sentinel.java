package io.github.geneve4j.appliance;

import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.echoReply;
import static io.github.geneve4j.testkit.Packets.echoReplyV6;
import static io.github.geneve4j.testkit.Packets.echoRequest;
import static io.github.geneve4j.testkit.Packets.echoRequestV6;
import static io.github.geneve4j.testkit.Packets.gre;
import static io.github.geneve4j.testkit.Packets.icmp;
import static io.github.geneve4j.testkit.Packets.icmpv6;
import static io.github.geneve4j.testkit.Packets.ip;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static io.github.geneve4j.testkit.TcpLayer.ACK;
import static io.github.geneve4j.testkit.TcpLayer.FIN;
import static io.github.geneve4j.testkit.TcpLayer.PSH;
import static io.github.geneve4j.testkit.TcpLayer.SYN;

import io.github.geneve4j.appliance.firewall.InspectedFlow;
import io.github.geneve4j.appliance.track.ConnectionEnd;
import io.github.geneve4j.appliance.track.TcpState;
import io.github.geneve4j.testkit.Fragments;
import io.github.geneve4j.testkit.Layer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A connection that behaves, among many that do not: it knows what it has sent, and holds the
 * firewall's account of it against that, packet by packet.
 */
final class Sentinel {
    /** Where all of them are, and nobody else. */
    static final long ENDPOINT = 0xb7d1_6ec9_5a3c_f4e2L;

    /** How many ways of being one there are. */
    static final int KINDS = 8;

    /** What SYNs say after they have been clamped. */
    static final int SEGMENT_SIZE = 1200;

    private static final int SERVER_PORT_SSH = 22;

    /**
     * One packet.
     *
     * @param datagram as it is sent
     * @param expected as it has to come back
     * @param length bytes of the inner packet
     * @param cookie of its header
     * @param byBeginner which direction
     * @param counts whether it is the flow's own: an ICMP error about it is not
     * @param begins whether it begins a flow
     * @param after the flow's state then
     * @param together whether the next one follows at once
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Step(
            byte[] datagram,
            ByteBuf expected,
            int length,
            int cookie,
            boolean byBeginner,
            boolean counts,
            boolean begins,
            TcpState after,
            boolean together) {}

    private final int number;
    private final List<Step> steps = new ArrayList<>();
    private int again; // which step follows the last
    private int at;

    // What has been sent in the flow's life
    private final long[] packets = new long[2];
    private final long[] bytes = new long[2];
    private TcpState state = TcpState.NONE;
    private boolean alive;
    private boolean seen;
    private int rule;
    private int policyNumber;
    private Step sent;
    private long lives;

    // Of the building
    private final boolean v6;
    private final String client;
    private final String server;
    private final int port;
    private int cookie;

    /** Creates the one with a number from 0. */
    Sentinel(int number) {
        this.number = number;
        this.v6 = number / KINDS % 2 == 1;
        this.client = v6 ? "fd00::5:" + Integer.toHexString(1 + number) : "10.5.0." + (1 + number);
        this.server = v6 ? "2001:db8::5" : "203.0.113.5";
        this.port = 20_000 + number;
        this.cookie = 0x5e17_0000 + number;
        switch (number % KINDS) {
            case 0 -> connection(443, HostileConversations.clientHello("a.ok.example"));
            case 1 -> connection(80, HostileConversations.request(HostileConversations.LISTED));
            case 2, 3 -> session();
            case 4 -> queries();
            case 5 -> fragments();
            case 6 -> pings();
            default -> tunnel();
        }
        this.sent = steps.get(0);
    }

    /** {@return the next packet} It counts as sent. */
    Step next(int rule, int policyNumber) {
        Step step = steps.get(at);
        at = at + 1 < steps.size() ? at + 1 : again;
        sent = step;
        seen = false;
        this.rule = rule;
        this.policyNumber = policyNumber;
        if (step.counts() && !step.begins()) { // before another begins, its old flow may end
            count(step);
        }
        return step;
    }

    private void count(Step step) {
        int direction = step.byBeginner() ? 0 : 1;
        packets[direction]++;
        bytes[direction] += step.length();
        state = step.after();
    }

    /** Checks that the last packet was shown to inspectors, if it is to be. */
    void checkSeen() {
        check(seen == sent.counts(), seen ? "an error was shown" : "its packet was not shown");
    }

    void started(InspectedFlow flow) {
        check(sent.begins(), "a flow began in its middle");
        check(!alive, "a flow began twice");
        check(flow.packets(true) == 1 && flow.packets(false) == 0, "began with a past");
        alive = true;
        lives++;
        Arrays.fill(packets, 0);
        Arrays.fill(bytes, 0);
        count(sent);
    }

    void inspected(InspectedFlow flow) {
        check(!seen, "a packet was shown twice");
        seen = true;
        check(flow.isFromBeginner() == sent.byBeginner(), "another direction");
        check(flow.tcpState() == state, "another state");
        check(flow.cookie() == (sent.cookie() & 0xffff_ffffL), "another cookie");
        check(flow.rule() == rule, "another rule");
        check(flow.policyNumber() == policyNumber, "another policy");
        check(!flow.isMidstream(), "taken for one that was met in its middle");
        checkCounts(flow);
    }

    /**
     * @param over whether everything is over, so that all flows end
     */
    void ended(InspectedFlow flow, ConnectionEnd end, boolean over) {
        // Once closed by both sides it may be forgotten; its ports are then used again
        if (!over && state != TcpState.CLOSED) {
            throw new AssertionError(this + " ended as " + state + ": " + end);
        }
        checkCounts(flow);
        alive = false;
    }

    /** {@return whether its flow is there} */
    boolean isAlive() {
        return alive;
    }

    /** {@return how many flows there have been} */
    long lives() {
        return lives;
    }

    private void checkCounts(InspectedFlow flow) {
        for (int i = 0; i < 2; i++) {
            if (flow.packets(i == 0) != packets[i] || flow.bytes(i == 0) != bytes[i]) {
                throw new AssertionError(
                        "%s: %d packets and %d bytes, not %d and %d"
                                .formatted(
                                        this,
                                        flow.packets(i == 0),
                                        flow.bytes(i == 0),
                                        packets[i],
                                        bytes[i]));
            }
        }
    }

    private void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(this + ": " + otherwise);
        }
    }

    @Override
    public String toString() {
        return "sentinel " + number + " of kind " + number % KINDS + (v6 ? " over IPv6" : "");
    }

    /** A web connection from its first SYN to its end, and again on the same ports. */
    private void connection(int to, byte[] request) {
        syn(to);
        int first = request.length / 2;
        byte[] begin = Arrays.copyOf(request, first);
        byte[] rest = Arrays.copyOfRange(request, first, request.length);
        segment(true, to, ACK | PSH, 1001, 5001, begin, TcpState.ESTABLISHED, true);
        segment(true, to, ACK | PSH, 1001 + first, 5001, rest, TcpState.ESTABLISHED, true);
        int sent = 1001 + request.length;
        segment(false, to, ACK | PSH, 5001, sent, counting(700), TcpState.ESTABLISHED, true);
        segment(true, to, ACK, sent, 5701, counting(0), TcpState.ESTABLISHED, false);
        for (int i = 0; i < 8; i++) {
            int a = sent + 100 * i;
            int b = 5701 + 300 * i;
            segment(true, to, ACK | PSH, a, b, counting(100), TcpState.ESTABLISHED, false);
            segment(false, to, ACK, b, a + 100, counting(300), TcpState.ESTABLISHED, false);
            segment(true, to, ACK, a + 100, b + 300, counting(0), TcpState.ESTABLISHED, false);
        }
        int a = sent + 800;
        int b = 5701 + 2400;
        error(false, steps.getLast().datagram());
        segment(true, to, FIN | ACK, a, b, counting(0), TcpState.CLOSING_BY_BEGINNER, false);
        segment(false, to, ACK, b, a + 1, counting(50), TcpState.CLOSING_BY_BEGINNER, true);
        segment(false, to, FIN | ACK, b + 50, a + 1, counting(0), TcpState.CLOSED, true);
        segment(true, to, ACK, a + 1, b + 51, counting(0), TcpState.CLOSED, false);
    }

    /** A connection that stays, says the same again and again, and changes its cookie. */
    private void session() {
        int to = SERVER_PORT_SSH;
        syn(to);
        again = steps.size();
        for (int i = 0; i < 2; i++) {
            cookie += 0x1000;
            segment(true, to, ACK | PSH, 1001, 5001, counting(33), TcpState.ESTABLISHED, false);
            segment(false, to, ACK | PSH, 5001, 1034, counting(44), TcpState.ESTABLISHED, false);
            segment(true, to, ACK, 1034, 5045, counting(0), TcpState.ESTABLISHED, false);
            error(true, steps.get(steps.size() - 2).datagram());
        }
    }

    private void syn(int to) {
        Layer syn = tcp(port, to).flags(SYN).sequence(1000).options("020405b4 01030302");
        Layer clamped = tcp(port, to).flags(SYN).sequence(1000).options("020404b0 01030302");
        add(
                packet(network(true), syn),
                packet(network(true), clamped),
                true,
                true,
                TcpState.SYN_SENT,
                true);
        Layer answer = tcp(to, port).flags(SYN | ACK).sequence(5000).acknowledgment(1001);
        add(packet(network(false), answer), false, TcpState.SYN_RECEIVED, true);
        segment(true, to, ACK, 1001, 5001, counting(0), TcpState.ESTABLISHED, true);
    }

    private void queries() {
        add(
                packet(network(true), udp(port, 53), payload("01")),
                packet(network(true), udp(port, 53), payload("01")),
                true,
                true,
                TcpState.NONE,
                true);
        again = steps.size();
        add(
                packet(network(false), udp(53, port), payload(counting(90))),
                false,
                TcpState.NONE,
                false);
        add(packet(network(true), udp(port, 53), payload(counting(9))), true, TcpState.NONE, false);
        error(false, steps.getLast().datagram());
        cookie++;
        add(packet(network(true), udp(port, 53), payload(counting(7))), true, TcpState.NONE, false);
        cookie--;
    }

    private void fragments() {
        List<byte[]> question =
                split(packet(network(true), udp(port, 500), payload(counting(300))));
        List<byte[]> answer = split(packet(network(false), udp(500, port), payload(counting(200))));
        add(question.get(0), question.get(0), true, true, TcpState.NONE, true);
        for (int i = 1; i < question.size(); i++) {
            add(question.get(i), true, TcpState.NONE, true);
        }
        again = steps.size();
        for (int i = 0; i < answer.size(); i++) {
            add(answer.get(i), false, TcpState.NONE, i + 1 < answer.size());
        }
        for (int i = 0; i < question.size(); i++) {
            add(question.get(i), true, TcpState.NONE, i + 1 < question.size());
        }
    }

    private List<byte[]> split(byte[] whole) {
        return v6 ? Fragments.ipv6(whole, number, 128) : Fragments.ipv4(whole, 128);
    }

    private void pings() {
        Layer first = v6 ? echoRequestV6(number, 0) : echoRequest(number, 0);
        byte[] request = packet(network(true), first);
        add(request, request, true, true, TcpState.NONE, true);
        again = steps.size();
        add(
                packet(network(false), v6 ? echoReplyV6(number, 0) : echoReply(number, 0)),
                false,
                TcpState.NONE,
                false);
        add(
                packet(network(true), v6 ? echoRequestV6(number, 1) : echoRequest(number, 1)),
                true,
                TcpState.NONE,
                false);
    }

    private void tunnel() {
        byte[] first = packet(network(true), gre(), payload(counting(20)));
        add(first, first, true, true, TcpState.NONE, true);
        again = steps.size();
        add(packet(network(false), gre(), payload(counting(30))), false, TcpState.NONE, false);
        add(packet(network(true), gre(), payload(counting(10))), true, TcpState.NONE, false);
    }

    private Layer network(boolean out) {
        String from = out ? client : server;
        String to = out ? server : client;
        return v6 ? ipv6(from, to) : ipv4(from, to);
    }

    private void segment(
            boolean out,
            int to,
            int flags,
            int sequence,
            int acknowledgment,
            byte[] data,
            TcpState after,
            boolean together) {
        Layer segment =
                tcp(out ? port : to, out ? to : port)
                        .flags(flags)
                        .sequence(sequence)
                        .acknowledgment(acknowledgment);
        add(packet(network(out), segment, payload(data)), out, after, together);
    }

    /** Adds an ICMP error about a datagram: it passes, and counts for nothing. */
    private void error(boolean out, byte[] about) {
        byte[] quote = Arrays.copyOfRange(about, 40, Math.min(about.length, 40 + 60));
        byte[] error = packet(network(out), v6 ? icmpv6(1, 4) : icmp(3, 3), ip(quote));
        byte[] datagram = datagram(error);
        steps.add(
                new Step(
                        datagram,
                        Unpooled.wrappedBuffer(datagram),
                        error.length,
                        cookie,
                        out,
                        false,
                        false,
                        state,
                        false));
    }

    private void add(byte[] inner, boolean byBeginner, TcpState after, boolean together) {
        add(inner, inner, byBeginner, false, after, together);
    }

    private void add(
            byte[] inner,
            byte[] expected,
            boolean byBeginner,
            boolean begins,
            TcpState after,
            boolean together) {
        steps.add(
                new Step(
                        datagram(inner),
                        Unpooled.wrappedBuffer(datagram(expected)),
                        inner.length,
                        cookie,
                        byBeginner,
                        true,
                        begins,
                        after,
                        together));
    }

    private byte[] datagram(byte[] inner) {
        return packet(HostileConversations.aws(ENDPOINT, cookie), ip(inner));
    }
}
