package io.github.geneve4j.appliance.firewall;

import io.github.geneve4j.appliance.Verdict;
import io.github.geneve4j.appliance.domain.ClientHello;
import io.github.geneve4j.appliance.domain.DomainList;
import io.github.geneve4j.appliance.domain.FirstBytes;
import io.github.geneve4j.appliance.domain.HttpRequestHead;
import io.github.geneve4j.appliance.domain.NameStatus;
import io.github.geneve4j.appliance.domain.ServerName;
import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowTable;
import io.github.geneve4j.flow.IpProtocol;
import io.github.geneve4j.packets.InnerChecksums;
import io.netty.buffer.ByteBuf;

/**
 * Lets web connections begin only to servers of a list, by the name that they ask for: in a TLS
 * ClientHello on port 443, in an HTTP/1 request on port 80.
 *
 * <p>What a client sends passes until the name is known. The segment that makes it known passes if
 * the name is in the list; so no server ever gets a whole first message that is not allowed. First
 * messages of more than 4,096 bytes, in several readings, or without a name are refused, and so are
 * connections that are met in their middle.
 *
 * <p>What the server would not read, because its checksum is wrong, does not count. Until the server
 * has acknowledged the first message, it must not come again as another one.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one.
 */
final class DomainGuard {
    /** Bytes of each flow that are this one's. */
    static final int STATE_LENGTH = 16;

    private static final int FIRST_SEQUENCE = 0; // int: number of the first byte
    private static final int LOAN = 4; // int: of FirstBytes, 0 if there is none
    private static final int KEPT = 8; // int: bytes of a first message that was allowed
    private static final int STATE = 12; // byte
    private static final int ANSWERED = 13; // byte: whether the server has said where it begins

    private static final byte NOT_WATCHED = 0;
    private static final byte TLS = 1;
    private static final byte HTTP = 2;
    private static final byte REFUSED = 3;
    private static final byte SETTLED = 4; // allowed, and perhaps not received yet

    private static final int HTTPS_PORT = 443;
    private static final int HTTP_PORT = 80;
    private static final int BUFFERS = 1024;
    private static final int CAPACITY = 4096;
    private static final int SYN = 0x02;
    private static final int ACK = 0x10;
    private static final int URG = 0x20;

    private final DomainList allowed;
    private final FlowTable table;
    private final int offset;
    private final FirstBytes firstBytes = new FirstBytes(BUFFERS, CAPACITY);
    private final ClientHello hello = new ClientHello();
    private final HttpRequestHead request = new HttpRequestHead();

    /**
     * Creates a guard.
     *
     * @param allowed the names
     * @param table that has the flows
     * @param offset of the guard's bytes in a flow's value
     */
    DomainGuard(DomainList allowed, FlowTable table, int offset) {
        this.allowed = allowed;
        this.table = table;
        this.offset = offset;
    }

    /** Begins to watch a flow, if it is one of the web's. */
    void begin(int flow, FiveTuple tuple, boolean midstream) {
        boolean tls = tuple.destinationPort() == HTTPS_PORT;
        boolean http = tuple.destinationPort() == HTTP_PORT;
        boolean reverse = tuple.sourcePort() == HTTPS_PORT || tuple.sourcePort() == HTTP_PORT;
        if (tuple.protocol() != IpProtocol.TCP || !(tls || http || (midstream && reverse))) {
            return;
        }
        if (midstream || !tuple.hasTcpHeader()) {
            table.setByte(flow, offset + STATE, REFUSED);
            return;
        }
        table.setByte(flow, offset + STATE, tls ? TLS : HTTP);
    }

    /**
     * {@return what becomes of a packet: PASS, DROP, or REJECT_BOTH_ENDS}
     *
     * @param flow its flow
     * @param tuple its five-tuple
     * @param buffer has it
     * @param offset absolute index of its first byte
     */
    Verdict judge(int flow, FiveTuple tuple, ByteBuf buffer, int offset) {
        byte state = table.getByte(flow, this.offset + STATE);
        if (state == NOT_WATCHED) {
            return Verdict.PASS;
        }
        if (state == REFUSED) {
            return Verdict.REJECT_BOTH_ENDS;
        }
        if (!table.isFromBeginner(flow, tuple)) {
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
        if (table.getByte(flow, this.offset + ANSWERED) == 0) {
            return Verdict.DROP; // data in a SYN comes again without one
        }
        if ((tuple.tcpFlags() & URG) != 0 && state != SETTLED) {
            return refuse(flow); // servers take urgent bytes out of the stream, or do not
        }
        return InnerChecksums.isValid(tuple, buffer, offset)
                ? judgeData(flow, state, tuple, buffer)
                : Verdict.DROP; // as the server would
    }

    /**
     * Learns where the connection begins, from who has to know: the client may have sent several
     * SYNs, of which the server got one.
     */
    private void answer(int flow, FiveTuple tuple) {
        boolean answers = tuple.hasTcpHeader() && (tuple.tcpFlags() & (SYN | ACK)) == (SYN | ACK);
        if (answers && table.getInt(flow, offset + LOAN) == 0) {
            table.setInt(flow, offset + FIRST_SEQUENCE, tuple.tcpAcknowledgment());
            table.setByte(flow, offset + ANSWERED, (byte) 1);
        }
    }

    /** Stops watching once the server has acknowledged what was allowed. */
    private void settle(int flow, FiveTuple tuple) {
        if (!tuple.hasTcpHeader() || (tuple.tcpFlags() & ACK) == 0) {
            return;
        }
        int first = table.getInt(flow, offset + FIRST_SEQUENCE);
        if (tuple.tcpAcknowledgment() - first >= table.getInt(flow, offset + KEPT)) {
            end(flow);
            table.setByte(flow, offset + STATE, NOT_WATCHED);
        }
    }

    private Verdict judgeData(int flow, byte state, FiveTuple tuple, ByteBuf buffer) {
        int length = tuple.tcpPayloadLength();
        int sequence = tuple.tcpSequence() + ((tuple.tcpFlags() & SYN) != 0 ? 1 : 0);
        boolean settled = state == SETTLED;
        int position = sequence - table.getInt(flow, offset + FIRST_SEQUENCE);
        int before = Math.max(0, -position); // bytes of a retransmission from before the first
        if (before >= length) {
            return Verdict.PASS;
        }
        if (settled && position >= table.getInt(flow, offset + KEPT)) {
            return Verdict.PASS;
        }
        int loan = table.getInt(flow, offset + LOAN);
        if (loan == 0) {
            loan = firstBytes.lend();
            table.setInt(flow, offset + LOAN, loan);
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
        if (settled || (there == known && there < firstBytes.capacity())) {
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

    private Verdict decide(int flow, byte state, NameStatus status, int kept) {
        ServerName name = state == TLS ? hello.name() : request.name();
        if (status != NameStatus.FOUND || !allowed.contains(name)) {
            return refuse(flow);
        }
        table.setInt(flow, offset + KEPT, kept);
        table.setByte(flow, offset + STATE, SETTLED);
        return Verdict.PASS;
    }

    private Verdict refuse(int flow) {
        end(flow);
        table.setByte(flow, offset + STATE, REFUSED);
        return Verdict.REJECT_BOTH_ENDS;
    }

    /** Gives back what is kept for a flow. */
    void end(int flow) {
        firstBytes.giveBack(table.getInt(flow, offset + LOAN));
    }
}
