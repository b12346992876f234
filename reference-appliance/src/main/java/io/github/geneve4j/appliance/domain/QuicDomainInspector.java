package io.github.geneve4j.appliance.domain;

import io.github.geneve4j.appliance.InspectedPacket;
import io.github.geneve4j.appliance.Verdict;
import io.github.geneve4j.appliance.firewall.FlowInspector;
import io.github.geneve4j.appliance.firewall.InspectedFlow;
import io.github.geneve4j.appliance.track.ConnectionEnd;
import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.IpProtocol;
import io.github.geneve4j.packets.InnerChecksums;
import io.netty.buffer.ByteBuf;
import java.util.function.Supplier;

/**
 * Lets QUIC connections, as of HTTP/3, begin only to servers of a list, by the name in their
 * ClientHello: what {@link DomainInspector} does for TCP, on port 443 of UDP.
 *
 * <p>A client's datagrams pass until the name is known, the one that makes it known if the name is
 * in the list: so no server ever gets a whole ClientHello that is not allowed, nor a second one,
 * after a HelloRetryRequest. Before the first, nothing passes that could not be opened: other
 * versions of QUIC, what is damaged or forged, and what is not QUIC at all. Refused clients are
 * told by ICMP, and may go on by TCP.
 *
 * <p>Another connection of the same client to the same ports, which has keys of its own, is judged
 * anew once the server has answered the one before by its keys; until then it is dropped, and
 * refused if the first message of the one before is not whole yet: else two could take turns, each
 * forgotten for the other. Keys that change by a server's Retry are the same connection's. Flows
 * that a server's packet begins, and fragments, are refused.
 *
 * <p>Only the latest connection is known. A client that goes back to one that it left before the
 * server had all of its messages, with another in between that was settled, may have the server
 * read what was judged as parts of two: which takes packets that get lost behind the appliance, or
 * a server that goes by a second ClientHello.
 *
 * <p>A connection is what comes from one port: a server that puts together what a client sends of
 * one handshake from several ports, which RFC 9000 §9 does not let clients do, reads what nobody
 * has read here as one.
 *
 * <p><b>Allocation:</b> none, but for datagrams with Initial packets: see {@link QuicInitial}.
 * <b>Threads:</b> one.
 */
public final class QuicDomainInspector implements FlowInspector {
    // Bytes of each flow
    private static final int LOAN = 0; // long: of FirstBytes, 0 if there is none
    private static final int STATE = 8; // byte
    private static final int RETRIED = 9; // byte: whether a Retry has changed the client's keys
    private static final int CLIENT = 10;
    private static final int STATE_LENGTH = CLIENT + QuicClient.STATE_LENGTH;

    private static final byte UNKNOWN = 0;
    private static final byte ALLOWED = 1; // and the server perhaps has not got it
    private static final byte SETTLED = 2; // the server goes on by keys that it has from it
    private static final byte REFUSED = 3;

    private static final int MESSAGES = 2; // at most, as no server asks again twice
    private static final int PORT = 443;
    private static final int BUFFERS = 1024;
    private static final int CAPACITY = 4096;
    private static final int LONG_HEADER = 0x80; // of the first byte (RFC 9000 §17.2)
    private static final int UDP_HEADER_LENGTH = 8;
    private static final int UDP_LENGTH_OFFSET = 4;

    private final Supplier<DomainList> allowed;
    private final FirstBytes firstBytes = new FirstBytes(BUFFERS, CAPACITY);
    private final ClientHello hello = new ClientHello();
    private final QuicInitial initial = new QuicInitial();
    private final QuicClient client = new QuicClient();

    /**
     * Creates an inspector, which takes 4.7 MiB.
     *
     * @param allowed tells the names that are allowed by now; asked for each connection
     */
    public QuicDomainInspector(Supplier<DomainList> allowed) {
        this.allowed = allowed;
    }

    @Override
    public int stateLength() {
        return STATE_LENGTH;
    }

    @Override
    public void flowStarted(InspectedFlow flow, InspectedPacket packet) {
        FiveTuple tuple = packet.flow();
        boolean asks = tuple.destinationPort() == PORT;
        boolean answers = tuple.sourcePort() == PORT;
        if (tuple.protocol() != IpProtocol.UDP || !(asks || answers)) {
            flow.stopInspecting();
        } else if (!asks) {
            flow.setByte(STATE, REFUSED);
        }
    }

    @Override
    public Verdict inspect(InspectedFlow flow, InspectedPacket packet) {
        FiveTuple tuple = packet.flow();
        byte state = flow.getByte(STATE);
        if (state == REFUSED) {
            return flow.isFromBeginner() ? Verdict.REJECT : Verdict.DROP;
        }
        ByteBuf buffer = packet.buffer();
        int udp = tuple.transportOffset();
        int length = tuple.transportLength() - UDP_HEADER_LENGTH;
        boolean isShort =
                !tuple.isFragment()
                        && length > 0
                        && (buffer.getByte(udp + UDP_HEADER_LENGTH) & LONG_HEADER) == 0;
        if (!flow.isFromBeginner()) {
            return fromServer(flow, state, isShort, tuple, buffer);
        }
        if (tuple.isFragment()) {
            return refuse(flow); // the server may put together what was not seen here
        }
        if (isShort && state != UNKNOWN) {
            return Verdict.PASS; // of a connection that has begun; nothing can follow in it
        }
        boolean whole =
                length >= 0
                        && buffer.getUnsignedShort(udp + UDP_LENGTH_OFFSET)
                                == tuple.transportLength()
                        && InnerChecksums.isValid(tuple, buffer, packet.innerOffset());
        return whole ? judge(flow, state, buffer, udp + UDP_HEADER_LENGTH, length) : Verdict.DROP;
    }

    private Verdict fromServer(
            InspectedFlow flow, byte state, boolean isShort, FiveTuple tuple, ByteBuf buffer) {
        if (state == SETTLED) {
            return Verdict.PASS;
        }
        client.load(flow, CLIENT);
        if (!client.isKnown()) {
            return Verdict.DROP; // who has been asked nothing is no server, but perhaps a client
        }
        if (!isShort) {
            readRetry(flow, tuple, buffer);
        } else if (state == ALLOWED) {
            giveBack(flow);
            flow.setByte(STATE, SETTLED);
        }
        return Verdict.PASS;
    }

    /** Follows the client to other keys, once, as it goes by the first Retry that it gets. */
    private void readRetry(InspectedFlow flow, FiveTuple tuple, ByteBuf buffer) {
        int payload = tuple.transportOffset() + UDP_HEADER_LENGTH;
        int length = tuple.transportLength() - UDP_HEADER_LENGTH;
        if (flow.getByte(RETRIED) == 0
                && !tuple.isFragment()
                && length > 0
                && initial.readRetry(buffer, payload, length, client)) {
            client.store(flow, CLIENT);
            flow.setByte(RETRIED, (byte) 1);
        }
    }

    private Verdict judge(InspectedFlow flow, byte state, ByteBuf buffer, int offset, int length) {
        client.load(flow, CLIENT);
        boolean known = client.isKnown();
        return switch (initial.read(buffer, offset, length, client)) {
            case OPENED -> {
                boolean isAnother = known && state != SETTLED && initial.hasNewKeys();
                if (isAnother && state == UNKNOWN && flow.getByte(RETRIED) == 0) {
                    yield refuse(flow); // the rest of the first message could follow unseen
                }
                if (isAnother) {
                    yield Verdict.DROP; // of keys from before a Retry, or of another connection
                }
                client.store(flow, CLIENT);
                if (state == SETTLED && initial.hasNewKeys()) {
                    flow.setByte(RETRIED, (byte) 0);
                    yield opened(flow, UNKNOWN);
                }
                yield opened(flow, state);
            }
            // Of a connection that has begun: before its name is known the server cannot use it
            case NOT_INITIAL -> known && mayGoOn(flow, state) ? Verdict.PASS : Verdict.DROP;
            case OTHER_VERSION, TOO_SHORT, NOT_AUTHENTIC, MALFORMED -> Verdict.DROP;
        };
    }

    /** Judges a datagram by the handshake in it. */
    private Verdict opened(InspectedFlow flow, byte state) {
        flow.setByte(STATE, state);
        long loan = flow.getLong(LOAN);
        while (initial.nextPiece()) {
            if (state == SETTLED) {
                return Verdict.DROP; // the handshake is over
            }
            if (loan == 0) {
                loan = firstBytes.lend();
                flow.setLong(LOAN, loan);
            } else if (!firstBytes.isHeld(loan)) {
                return refuse(flow); // what came first is not known any more
            }
            if (!keep(loan)) {
                return refuse(flow);
            }
        }
        boolean isOpen = state == UNKNOWN || state == ALLOWED;
        if (!isOpen || !firstBytes.isHeld(loan)) {
            return mayGoOn(flow, state) ? Verdict.PASS : Verdict.DROP;
        }
        return judgeMessages(flow, state, loan);
    }

    /**
     * Judges what is there of the first message, and of the second one that a server may ask for
     * (HelloRetryRequest): a client has nothing else to say in Initial packets.
     */
    private Verdict judgeMessages(InspectedFlow flow, byte state, long loan) {
        int there = firstBytes.contiguous(loan);
        int read = 0;
        for (int message = 0; message < MESSAGES; message++) {
            int from = firstBytes.offset(loan) + read;
            NameStatus status = hello.readMessage(firstBytes.memory(), from, there - read);
            if (status == NameStatus.INCOMPLETE) {
                return message > 0 || mayGoOn(flow, state) ? Verdict.PASS : Verdict.DROP;
            }
            boolean isJudged = message == 0 && state == ALLOWED;
            if (!isJudged && !isAllowed(status)) {
                return refuse(flow);
            }
            flow.setByte(STATE, ALLOWED);
            read += hello.length();
        }
        return read == there ? Verdict.PASS : refuse(flow);
    }

    private boolean isAllowed(NameStatus status) {
        return status == NameStatus.FOUND && allowed.get().contains(hello.name());
    }

    /**
     * {@return whether a datagram may pass that completes no first message} Before the name is
     * known it must have no key of the server's, which is only had by what was not seen here, and
     * the message's beginning must be here, so that its end is looked at with it.
     */
    private boolean mayGoOn(InspectedFlow flow, byte state) {
        long loan = flow.getLong(LOAN);
        return state != UNKNOWN
                || (!initial.hasServersKeys() && (loan == 0 || firstBytes.isHeld(loan)));
    }

    /** {@return whether a piece has room, and does not contradict what came before} */
    private boolean keep(long loan) {
        int position = initial.piecePosition();
        int length = initial.pieceLength();
        return (long) position + length <= firstBytes.capacity()
                && firstBytes.add(loan, position, initial.memory(), initial.pieceOffset(), length)
                        != FirstBytes.CONFLICT;
    }

    private Verdict refuse(InspectedFlow flow) {
        giveBack(flow);
        flow.setByte(STATE, REFUSED);
        return Verdict.REJECT;
    }

    @Override
    public void flowEnded(InspectedFlow flow, ConnectionEnd end) {
        giveBack(flow);
    }

    private void giveBack(InspectedFlow flow) {
        firstBytes.giveBack(flow.getLong(LOAN));
        flow.setLong(LOAN, 0);
    }
}
