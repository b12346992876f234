package io.github.geneve4j.simulator.conform;

import java.util.Arrays;
import java.util.List;

/**
 * A TCP connection as a stateful firewall wants to see it: it begins with a handshake, and sequence
 * numbers go on from segment to segment (RFC 9293 §3.4, §3.5). Each method makes the next segment,
 * so that they have to be sent in the order in which they were made.
 */
final class Connection {
    private static final int KEY_LENGTH = 8; // ports and sequence number, or an ICMP header
    private static final byte[] NOTHING = {};

    private final Probe probe;
    private final boolean ipv6;
    private Flow flow;
    private int clientNext;
    private int serverNext;

    private Connection(Probe probe, Flow flow, boolean ipv6) {
        this.probe = probe;
        this.flow = flow;
        this.ipv6 = ipv6;
        this.clientNext = probe.random().nextInt();
        this.serverNext = probe.random().nextInt();
    }

    static Connection ipv4(Probe probe, Flow flow) {
        return new Connection(probe, flow, false);
    }

    static Connection ipv6(Probe probe, Flow flow) {
        return new Connection(probe, flow, true);
    }

    /** {@return the segment that it begins with} */
    Request syn() {
        return bare(flow, Inner.SYN, clientNext++, 0);
    }

    /** {@return the three segments that it begins with, the server's among them} */
    List<Request> handshake() {
        Request syn = syn();
        Request synAck = bare(flow.reversed(), Inner.SYN | Inner.ACK, serverNext++, clientNext);
        return List.of(syn, synAck, bare(flow, Inner.ACK, clientNext, serverNext));
    }

    /** {@return so many bytes from the client, 8 or more} */
    Request data(int length) {
        Request request = segment(flow, clientNext, serverNext, length);
        clientNext += length;
        return request;
    }

    /** {@return so many bytes from the server, 8 or more} */
    Request answer(int length) {
        Request request = segment(flow.reversed(), serverNext, clientNext, length);
        serverNext += length;
        return request;
    }

    /** {@return the client's end of it: the five-tuple may be used again at once} */
    Request reset() {
        return bare(flow, Inner.RST | Inner.ACK, clientNext, serverNext);
    }

    /** Goes on under another cookie. */
    void switchCookie(int cookie) {
        flow = flow.withCookie(cookie);
    }

    /**
     * {@return a router's "fragmentation needed", or "packet too big", about an answer}
     *
     * @param answer that the appliance has seen
     */
    Request tooBig(Request answer) {
        Inner error =
                ipv6
                        ? Inner.icmpError6(flow, answer.inner())
                        : Inner.icmpError(flow, answer.inner());
        return probe.request(flow, error, key(error));
    }

    private Request segment(Flow direction, int sequence, int acknowledgment, int length) {
        byte[] data = probe.data(length);
        int flags = Inner.PSH | Inner.ACK;
        return probe.request(
                direction,
                Inner.segment(direction, ipv6, flags, sequence, acknowledgment, data),
                data);
    }

    private Request bare(Flow direction, int flags, int sequence, int acknowledgment) {
        Inner inner = Inner.segment(direction, ipv6, flags, sequence, acknowledgment, NOTHING);
        return probe.request(direction, inner, key(inner));
    }

    /** {@return what a packet without data of ours is known by: the first bytes behind IP} */
    private byte[] key(Inner inner) {
        int at = ipv6 ? Inner.IPV6_HEADER_LENGTH : Ipv4.HEADER_LENGTH;
        return Arrays.copyOfRange(inner.bytes(), at, at + KEY_LENGTH);
    }
}
