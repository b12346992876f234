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
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one.
 */
public final class DomainInspector implements FlowInspector {
    // Bytes of each flow
    private static final int FIRST_SEQUENCE = 0; // int: number of the first byte
    private static final int LOAN = 4; // int: of FirstBytes, 0 if there is none
    private static final int KEPT = 8; // int: bytes of a first message that was allowed
    private static final int STATE = 12; // byte
    private static final int ANSWERED = 13; // byte: whether the server has said where it begins
    private static final int STATE_LENGTH = 16;

    private static final byte TLS = 1;
    private static final byte HTTP = 2;
    private static final byte REFUSED = 3;
    private static final byte SETTLED = 4; // allowed, and perhaps not received yet

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
            if (state == SETTLED) {
                settle(flow, tuple);
            } else {
                answer(flow, tuple);
            }
            return Verdict.PASS;
        }
        if (!tuple.hasTcpHeader()) {
            return refuse(flow); // a fragment could be read by the server, and not by us
        }
        if (tuple.tcpPayloadLength() == 0) {
            return Verdict.PASS;
        }
        if (flow.getByte(ANSWERED) == 0) {
            return Verdict.DROP; // data in a SYN comes again without one
        }
        if ((tuple.tcpFlags() & TcpFlags.URG) != 0 && state != SETTLED) {
            return refuse(flow); // servers take urgent bytes out of the stream, or do not
        }
        return InnerChecksums.isValid(tuple, packet.buffer(), packet.innerOffset())
                ? judgeData(flow, state, tuple, packet.buffer())
                : Verdict.DROP; // as the server would
    }

    /**
     * Learns where the connection begins, from who has to know: the client may have sent several
     * SYNs, of which the server got one.
     */
    private void answer(InspectedFlow flow, FiveTuple tuple) {
        boolean answers =
                tuple.hasTcpHeader()
                        && (tuple.tcpFlags() & (TcpFlags.SYN | TcpFlags.ACK))
                                == (TcpFlags.SYN | TcpFlags.ACK);
        if (answers && flow.getInt(LOAN) == 0) {
            flow.setInt(FIRST_SEQUENCE, tuple.tcpAcknowledgment());
            flow.setByte(ANSWERED, (byte) 1);
        }
    }

    /** Stops watching once the server has acknowledged what was allowed. */
    private void settle(InspectedFlow flow, FiveTuple tuple) {
        if (!tuple.hasTcpHeader() || (tuple.tcpFlags() & TcpFlags.ACK) == 0) {
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
        boolean settled = state == SETTLED;
        int position = sequence - flow.getInt(FIRST_SEQUENCE);
        int before = Math.max(0, -position); // bytes of a retransmission from before the first
        if (before >= length) {
            return Verdict.PASS;
        }
        if (settled && position >= flow.getInt(KEPT)) {
            return Verdict.PASS;
        }
        int loan = flow.getInt(LOAN);
        if (loan == 0) {
            loan = firstBytes.lend();
            flow.setInt(LOAN, loan);
        } else if (!firstBytes.isHeld(loan)) {
            return refuse(flow); // what came first is not known any more
        }
        int known = firstBytes.contiguous(loan);
        int payload = tuple.transportOffset() + tuple.tcpHeaderLength();
        int there =
                firstBytes.add(
                        loan, Math.max(0, position), buffer, payload + before, length - before);
        if (there == FirstBytes.CONFLICT) {
            return refuse(flow);
        }
        if (settled || there == known) { // nothing new to read
            return isKept(position, length) ? Verdict.PASS : Verdict.DROP;
        }
        NameStatus status = read(state, firstBytes.memory(), firstBytes.offset(loan), there);
        if (status != NameStatus.INCOMPLETE) {
            return decide(flow, state, status, there);
        }
        if (there == firstBytes.capacity()) {
            return refuse(flow);
        }
        return isKept(position, length) ? Verdict.PASS : Verdict.DROP;
    }

    /** What was not kept cannot be judged; it comes again when there is an answer. */
    private boolean isKept(int position, int length) {
        return (long) position + length <= firstBytes.capacity();
    }

    private NameStatus read(byte state, ByteBuf stream, int from, int length) {
        return state == TLS ? hello.read(stream, from, length) : request.read(stream, from, length);
    }

    private Verdict decide(InspectedFlow flow, byte state, NameStatus status, int kept) {
        ServerName name = state == TLS ? hello.name() : request.name();
        if (status != NameStatus.FOUND || !allowed.get().contains(name)) {
            return refuse(flow);
        }
        flow.setInt(KEPT, kept);
        flow.setByte(STATE, SETTLED);
        return Verdict.PASS;
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
        firstBytes.giveBack(flow.getInt(LOAN));
        flow.setInt(LOAN, 0); // numbers of loans come again
    }
}
