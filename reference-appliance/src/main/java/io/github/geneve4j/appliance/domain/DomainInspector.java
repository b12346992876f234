package io.github.geneve4j.appliance.domain;

import io.github.geneve4j.appliance.InspectedPacket;
import io.github.geneve4j.appliance.Verdict;
import io.github.geneve4j.appliance.firewall.FlowInspector;
import io.github.geneve4j.appliance.firewall.InspectedFlow;
import io.github.geneve4j.appliance.track.ConnectionEnd;
import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.IpProtocol;
import io.github.geneve4j.flow.TcpFlags;
import io.github.geneve4j.packets.InnerChecksums;
import io.netty.buffer.ByteBuf;
import java.util.function.Supplier;

/**
 * Lets web connections begin only to servers of a list, by the name that they ask for: in a TLS
 * ClientHello on port 443, in an HTTP/1 request on port 80.
 *
 * <p>What a client sends passes until the name is known. The segment that makes it known passes if
 * the name is in the list; so no server ever gets a whole first message that is not allowed. First
 * messages of more than 4,096 bytes, in several readings, or without a name are refused, and so are
 * connections that are met in their middle.
 *
 * <p>What the server would not read, because its checksum is wrong, does not count. Until the
 * server has acknowledged the first message, it must not come again as another one.
 *
 * <p>A TLS server may ask for the first message again, by a HelloRetryRequest, and some serve then
 * whom the second one names. So the server's first bytes are read as well, in their order: a
 * segment that comes before them is dropped, and comes again. A second message is judged as the
 * first was.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one.
 */
public final class DomainInspector implements FlowInspector {
    // Bytes of each flow
    private static final int LOAN = 0; // long: of FirstBytes, 0 if there is none
    private static final int FIRST_SEQUENCE = 8; // int: number of the first byte
    private static final int KEPT = 12; // int: bytes of what was allowed, from the first one on
    private static final int SERVERS_FIRST = 16; // int: number of the server's first byte
    private static final int STATE = 20; // byte
    private static final int ANSWERED = 21; // byte: whether the server has said where both begin
    private static final int RETRY = 22; // byte: how much of a RetryRequest the server has sent
    private static final int UNSEEN = 23; // byte: whether more was sent than could be kept
    private static final int STATE_LENGTH = 24;

    private static final byte TLS = 1;
    private static final byte HTTP = 2;
    private static final byte REFUSED = 3;
    private static final byte ALLOWED = 4; // and perhaps not received yet
    private static final byte TLS_AGAIN = 5; // allowed, and then the server asked once more

    private static final byte NOT = 0;
    private static final byte ONCE = 1;
    private static final byte TWICE = 2; // with different numbers, the later of which are kept
    private static final byte TAKEN = 3; // the client has gone on

    private static final int HTTPS_PORT = 443;
    private static final int HTTP_PORT = 80;
    private static final int BUFFERS = 1024;
    private static final int CAPACITY = 4096;

    private final Supplier<DomainList> allowed;
    private final FirstBytes firstBytes = new FirstBytes(BUFFERS, CAPACITY);
    private final ClientHello hello = new ClientHello();
    private final HttpRequestHead request = new HttpRequestHead();

    /**
     * Creates an inspector, which takes 4.5 MiB.
     *
     * @param allowed tells the names that are allowed by now; asked for each connection
     */
    public DomainInspector(Supplier<DomainList> allowed) {
        this.allowed = allowed;
    }

    @Override
    public int stateLength() {
        return STATE_LENGTH;
    }

    @Override
    public void flowStarted(InspectedFlow flow, InspectedPacket packet) {
        FiveTuple tuple = packet.flow();
        boolean midstream = flow.isMidstream();
        boolean tls = tuple.destinationPort() == HTTPS_PORT;
        boolean http = tuple.destinationPort() == HTTP_PORT;
        boolean reverse = tuple.sourcePort() == HTTPS_PORT || tuple.sourcePort() == HTTP_PORT;
        if (tuple.protocol() != IpProtocol.TCP || !(tls || http || (midstream && reverse))) {
            flow.stopInspecting();
            return;
        }
        if (midstream || !tuple.hasTcpHeader()) {
            flow.setByte(STATE, REFUSED);
            return;
        }
        flow.setByte(STATE, tls ? TLS : HTTP);
    }

    @Override
    public Verdict inspect(InspectedFlow flow, InspectedPacket packet) {
        FiveTuple tuple = packet.flow();
        byte state = flow.getByte(STATE);
        if (state == REFUSED) {
            return Verdict.REJECT_BOTH_ENDS;
        }
        if (!flow.isFromBeginner()) {
            return fromServer(flow, state, tuple, packet);
        }
        if (!tuple.hasTcpHeader()) {
            return refuse(flow); // a fragment could be read by the server, and not by us
        }
        byte answered = flow.getByte(ANSWERED);
        if (answered == TWICE && !isValid(tuple, packet)) {
            return Verdict.DROP;
        }
        if (answered != NOT && (tuple.tcpFlags() & (TcpFlags.SYN | TcpFlags.RST)) == 0) {
            if (answered == TWICE && tuple.tcpAcknowledgment() != flow.getInt(SERVERS_FIRST)) {
                return refuse(flow); // by the earlier answer, which is not known any more
            }
            flow.setByte(ANSWERED, TAKEN);
        }
        if (tuple.tcpPayloadLength() == 0) {
            return Verdict.PASS;
        }
        if (answered == NOT) {
            return Verdict.DROP; // data in a SYN comes again without one
        }
        boolean isOver = state == ALLOWED && flow.getByte(RETRY) == RetryRequest.NONE;
        if ((tuple.tcpFlags() & TcpFlags.URG) != 0 && !isOver) {
            return refuse(flow); // servers take urgent bytes out of the stream, or do not
        }
        return isValid(tuple, packet)
                ? judgeData(flow, state, tuple, packet.buffer())
                : Verdict.DROP; // as the server would
    }

    private Verdict fromServer(
            InspectedFlow flow, byte state, FiveTuple tuple, InspectedPacket packet) {
        boolean isAwaited = state != HTTP && flow.getByte(RETRY) != RetryRequest.NONE;
        if (!tuple.hasTcpHeader()) {
            return isAwaited ? refuse(flow) : Verdict.PASS; // it could ask for a second message
        }
        int both = TcpFlags.SYN | TcpFlags.ACK;
        if ((tuple.tcpFlags() & both) == both) {
            return isValid(tuple, packet) ? answer(flow, tuple) : Verdict.DROP;
        }
        if (isAwaited && flow.getByte(ANSWERED) != NOT) {
            if (isEarly(flow, tuple)) {
                return Verdict.DROP; // else it would not come again to be read
            }
            if (readAnswer(flow, tuple, packet)) {
                return retry(flow, state);
            }
        }
        if (state == ALLOWED) {
            settle(flow, tuple);
        }
        return Verdict.PASS;
    }

    /**
     * Learns where the connection begins, from who has to know: the client may have sent several
     * SYNs, of which the server got one. A server that keeps none of them in mind could answer
     * each; then the client goes on by the answers to the first, as it gets no others. To one SYN
     * such a server may give answers with different numbers, a minute apart. Of these the latest
     * one counts, as long as the client has gone on by none.
     */
    private static Verdict answer(InspectedFlow flow, FiveTuple tuple) {
        int clientsFirst = tuple.tcpAcknowledgment();
        int serversFirst = tuple.tcpSequence() + 1;
        byte answered = flow.getByte(ANSWERED);
        if (answered == NOT) {
            flow.setInt(FIRST_SEQUENCE, clientsFirst);
        } else if (flow.getInt(FIRST_SEQUENCE) != clientsFirst) {
            return Verdict.DROP;
        }
        if (answered != NOT && flow.getInt(SERVERS_FIRST) == serversFirst) {
            return Verdict.PASS;
        }
        if (answered == TAKEN) {
            return Verdict.DROP;
        }
        flow.setInt(SERVERS_FIRST, serversFirst);
        flow.setByte(ANSWERED, answered == NOT ? ONCE : TWICE);
        return Verdict.PASS;
    }

    /** {@return whether a server's segment lies behind bytes that have not come} */
    private static boolean isEarly(InspectedFlow flow, FiveTuple tuple) {
        int position = tuple.tcpSequence() - flow.getInt(SERVERS_FIRST);
        return tuple.tcpPayloadLength() > 0 && position > flow.getByte(RETRY);
    }

    /** {@return whether a server's segment is the end of a HelloRetryRequest} */
    private static boolean readAnswer(InspectedFlow flow, FiveTuple tuple, InspectedPacket packet) {
        ByteBuf buffer = packet.buffer();
        int known = flow.getByte(RETRY);
        int position = tuple.tcpSequence() - flow.getInt(SERVERS_FIRST);
        int length = tuple.tcpPayloadLength();
        long end = (long) position + length;
        if (length == 0 || end <= known || !isValid(tuple, packet)) {
            return false; // it has nothing new, or its receiver drops it
        }
        int skip = known - position; // 0 to length - 1, as the segment is not early
        int payload = tuple.transportOffset() + tuple.tcpHeaderLength();
        int read = RetryRequest.match(known, buffer, payload + skip, length - skip);
        flow.setByte(RETRY, (byte) read);
        return read == RetryRequest.LENGTH;
    }

    /** What the client may have sent after its first message already is judged now. */
    private Verdict retry(InspectedFlow flow, byte state) {
        long loan = flow.getLong(LOAN);
        if (state != ALLOWED || flow.getByte(UNSEEN) != 0 || !firstBytes.isHeld(loan)) {
            return refuse(flow);
        }
        flow.setByte(RETRY, RetryRequest.NONE); // there is no second one (RFC 8446 §4.1.4)
        flow.setByte(STATE, TLS_AGAIN);
        return judge(flow, TLS_AGAIN, loan);
    }

    /** Stops watching once the server has acknowledged what was allowed, and answered it. */
    private void settle(InspectedFlow flow, FiveTuple tuple) {
        boolean isAnswered = flow.getByte(RETRY) == RetryRequest.NONE;
        if (!isAnswered || (tuple.tcpFlags() & TcpFlags.ACK) == 0) {
            return;
        }
        int first = flow.getInt(FIRST_SEQUENCE);
        if (tuple.tcpAcknowledgment() - first >= flow.getInt(KEPT)) {
            giveBack(flow);
            flow.stopInspecting();
        }
    }

    private Verdict judgeData(InspectedFlow flow, byte state, FiveTuple tuple, ByteBuf buffer) {
        int length = tuple.tcpPayloadLength();
        int sequence = tuple.tcpSequence() + ((tuple.tcpFlags() & TcpFlags.SYN) != 0 ? 1 : 0);
        boolean isAllowed = state == ALLOWED;
        int position = sequence - flow.getInt(FIRST_SEQUENCE);
        if ((long) position + length <= 0) {
            return Verdict.PASS; // all of it lies before the first byte
        }
        int before = Math.max(0, -position); // bytes of a retransmission from before the first
        long loan = flow.getLong(LOAN);
        if (isAllowed && position >= flow.getInt(KEPT)) {
            return goOn(flow, loan, position, buffer, payload(tuple), length);
        }
        if (loan == 0) {
            loan = firstBytes.lend();
            flow.setLong(LOAN, loan);
        } else if (!firstBytes.isHeld(loan)) {
            return refuse(flow); // what came first is not known any more
        }
        int known = firstBytes.contiguous(loan);
        int there =
                firstBytes.add(
                        loan,
                        Math.max(0, position),
                        buffer,
                        payload(tuple) + before,
                        length - before);
        if (there == FirstBytes.CONFLICT) {
            return refuse(flow);
        }
        Verdict verdict = there == known || isAllowed ? Verdict.PASS : judge(flow, state, loan);
        if (verdict != Verdict.PASS || isKept(position, length)) {
            return verdict;
        }
        flow.setByte(UNSEEN, (byte) 1);
        // What was not kept cannot be judged; it comes again when there is an answer
        return flow.getByte(STATE) == ALLOWED ? Verdict.PASS : Verdict.DROP;
    }

    /** Keeps what follows an allowed message until the server has not asked for another one. */
    private Verdict goOn(
            InspectedFlow flow, long loan, int position, ByteBuf buffer, int payload, int length) {
        if (flow.getByte(RETRY) == RetryRequest.NONE) {
            return Verdict.PASS;
        }
        if (!firstBytes.isHeld(loan) || !isKept(position, length)) {
            flow.setByte(UNSEEN, (byte) 1);
            return Verdict.PASS;
        }
        int there = firstBytes.add(loan, position, buffer, payload, length);
        return there == FirstBytes.CONFLICT ? refuse(flow) : Verdict.PASS;
    }

    private static int payload(FiveTuple tuple) {
        return tuple.transportOffset() + tuple.tcpHeaderLength();
    }

    private boolean isKept(int position, int length) {
        return (long) position + length <= firstBytes.capacity();
    }

    private static boolean isValid(FiveTuple tuple, InspectedPacket packet) {
        return InnerChecksums.isValid(tuple, packet.buffer(), packet.innerOffset());
    }

    /** Judges a message by as much of it as is there. */
    private Verdict judge(InspectedFlow flow, byte state, long loan) {
        int before = flow.getInt(KEPT);
        int there = firstBytes.contiguous(loan);
        NameStatus status =
                read(
                        state,
                        firstBytes.memory(),
                        firstBytes.offset(loan) + before,
                        Math.max(0, there - before));
        if (status == NameStatus.INCOMPLETE) {
            return there == firstBytes.capacity() ? refuse(flow) : Verdict.PASS;
        }
        ServerName name = state == HTTP ? request.name() : hello.name();
        if (status != NameStatus.FOUND || !allowed.get().contains(name)) {
            return refuse(flow);
        }
        flow.setInt(KEPT, state == HTTP ? there : before + hello.length());
        flow.setByte(STATE, ALLOWED);
        if (state == HTTP) {
            flow.setByte(RETRY, RetryRequest.NONE);
        }
        return Verdict.PASS;
    }

    private NameStatus read(byte state, ByteBuf stream, int from, int length) {
        return switch (state) {
            case HTTP -> request.read(stream, from, length);
            case TLS -> hello.read(stream, from, length);
            default -> hello.readSecond(stream, from, length);
        };
    }

    private Verdict refuse(InspectedFlow flow) {
        giveBack(flow);
        flow.setByte(STATE, REFUSED);
        return Verdict.REJECT_BOTH_ENDS;
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
