package io.github.geneve4j.flow;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * View over an IP packet that says which flow it belongs to. Wrap, check the status, then read.
 *
 * <p>The version nibble decides how the packet is read. The flow of a packet is
 *
 * <ul>
 *   <li><b>TCP, UDP, UDP-Lite, SCTP, DCCP:</b> addresses, protocol and ports, behind any IPv4
 *       options and a chain of up to 16 IPv6 extension headers;
 *   <li><b>ICMP and ICMPv6 echo:</b> addresses, protocol, and the identifier as both ports;
 *   <li><b>an ICMP or ICMPv6 error:</b> the flow that it quotes, see {@link #isQuoted()};
 *   <li><b>a fragment, the first included:</b> addresses and protocol, so that all fragments of a
 *       datagram agree; {@link FragmentTracker} joins them to the ports of the first. In IPv6 the
 *       protocol is the number in the packet's own fragment header. A sender may put different ones
 *       into the fragments of a datagram, of which only the first's counts where it is put together
 *       (RFC 8200 §4.5): then their keys differ, until the tracker joins them. A packet that is its
 *       own only fragment (RFC 6946) is none;
 *   <li><b>anything else</b> (GRE, ESP, other ICMP messages, …): addresses and protocol. So is AH
 *       over IPv4, where ICMP errors quote too little to look behind it; over IPv6 it is an
 *       extension header like any other.
 * </ul>
 *
 * <p>Bytes after the length that the IP header states are padding and not read. Addresses are those
 * of the IP header: routing headers and home addresses are not applied.
 *
 * <p>A flow has two endpoints, address and port each, and the view orders them: the lower one by
 * unsigned comparison of address, then port. {@link #isSourceLower()} says which of them sent this
 * packet, so that state kept for the flow can have a direction. A narrower {@link FlowScope} leaves
 * ports, or ports and protocol, out of the key and out of that order; the accessors still answer
 * what the packet says.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one. <b>Ownership:</b> borrows the
 * buffer until the next {@code wrap}. A failed {@code wrap}, or a {@code set} that throws, detaches
 * the view: a later read throws {@link IndexOutOfBoundsException} instead of returning stale
 * fields.
 */
public final class FiveTuple {
    // What is known about the packet; 0 means that there is none
    private static final int ATTACHED = 1;
    static final int HAS_PACKET = 1 << 1;
    private static final int SOURCE_UPPER = 1 << 2;
    static final int FRAGMENT = 1 << 3;
    static final int QUOTED = 1 << 4;
    static final int QUOTED_FRAGMENT = 1 << 5;
    static final int MISDIRECTED = 1 << 6;
    static final int ICMP_ERROR = 1 << 7;
    static final int HAS_PORTS = 1 << 8; // above a protocol number: see the key word
    static final int IPV6 = 1 << 9;

    // The key word: HAS_PORTS, IPV6 and protocol, then the two ports in order
    private static final int KIND_SHIFT = 32;
    private static final int KIND_MASK = HAS_PORTS | IPV6;

    private static final int BYTE_MASK = 0xff;
    private static final int PORT_MASK = 0xffff;
    private static final int PORT_BITS = 16;
    private static final int TCP_DATA_OFFSET_SHIFT = 4;
    private static final long UNSIGNED_INT = 0xffff_ffffL;

    private final FlowScope scope;
    private final int kindMask;
    private final int portMask;
    final ExtensionHeaders extensions = new ExtensionHeaders();

    private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
    private int offset;
    private int attributes;

    // What the packet itself carries
    private int transportProtocol;
    private int transportOffset;
    private int transportEnd;

    // The flow, lower endpoint first
    private int protocol;
    private int orderedPorts;
    private long lowerHigh;
    private long lowerLow;
    private long upperHigh;
    private long upperLow;
    private long keyWord;

    // The datagram that this packet, or the packet that it quotes, is a fragment of
    private int identification;
    private boolean firstFragment;
    int fragmentPayload;
    int fragmentEnd;

    /** Creates a view of nothing that will tell flows by five fields. */
    public FiveTuple() {
        this(FlowScope.FIVE_TUPLE);
    }

    /**
     * Creates a view of nothing; {@link #wrap} gives it a packet.
     *
     * @param scope how much of a packet makes a flow
     */
    public FiveTuple(FlowScope scope) {
        this.scope = scope;
        this.kindMask = scope.protocolMask | IPV6 | (scope.portMask & HAS_PORTS);
        this.portMask = scope.portMask;
    }

    /**
     * Points this view at a packet, and finds its flow.
     *
     * @param buffer borrowed until the next call
     * @param offset absolute index of the first byte of the IP header
     * @param length bytes available from {@code offset}
     * @return {@link FlowStatus#OK}, or the first violation found
     * @throws IndexOutOfBoundsException if the range is not inside the buffer's capacity
     */
    public FlowStatus wrap(ByteBuf buffer, int offset, int length) {
        return wrap(buffer, offset, length, length);
    }

    /**
     * Points this view at the beginning of a packet that a capture cut short, and finds its flow.
     *
     * @param buffer borrowed until the next call
     * @param offset absolute index of the first byte of the IP header
     * @param length bytes available from {@code offset}
     * @param wireLength bytes that the packet had, not fewer: what its own length fields are held
     *     against
     * @return {@link FlowStatus#OK}, or the first violation found
     * @throws IndexOutOfBoundsException if the range is not inside the buffer's capacity
     * @throws IllegalArgumentException if the packet is longer than it was
     */
    @SuppressWarnings("ReferenceEquality") // asks whether it is stored already
    public FlowStatus wrap(ByteBuf buffer, int offset, int length, int wireLength) {
        attributes = 0;
        Ranges.check(buffer, offset, length);
        if (wireLength < length) {
            throw new IllegalArgumentException(
                    "wireLength " + wireLength + ": less than the length, " + length);
        }
        if (this.buffer != buffer) {
            this.buffer = buffer; // the same one, as from a ring, spares the collector's barrier
        }
        this.offset = offset;
        return PacketReader.read(this, buffer, offset, length, wireLength);
    }

    /**
     * Makes this the flow of fields that are known already, with ports; there is no packet then.
     *
     * @param source address, most significant byte first
     * @param destination address
     * @param protocol IANA number, 0 to 255
     * @param sourcePort 0 to 65535; for an ICMP echo its identifier, twice
     * @param destinationPort 0 to 65535
     * @return this
     * @throws IllegalArgumentException if protocol or a port is out of range
     */
    public FiveTuple setIpv4(
            int source, int destination, int protocol, int sourcePort, int destinationPort) {
        return set(
                0,
                source & UNSIGNED_INT,
                0,
                destination & UNSIGNED_INT,
                protocol,
                sourcePort,
                destinationPort,
                HAS_PORTS);
    }

    /**
     * Makes this the flow of addresses and protocol alone; there is no packet then.
     *
     * @param source address, most significant byte first
     * @param destination address
     * @param protocol IANA number, 0 to 255
     * @return this
     * @throws IllegalArgumentException if protocol is out of range
     */
    public FiveTuple setIpv4(int source, int destination, int protocol) {
        return set(0, source & UNSIGNED_INT, 0, destination & UNSIGNED_INT, protocol, 0, 0, 0);
    }

    /**
     * Makes this the flow of fields that are known already, with ports; there is no packet then.
     *
     * @param sourceHigh network half of the address
     * @param sourceLow interface half
     * @param destinationHigh network half of the address
     * @param destinationLow interface half
     * @param protocol IANA number, 0 to 255
     * @param sourcePort 0 to 65535; for an ICMPv6 echo its identifier, twice
     * @param destinationPort 0 to 65535
     * @return this
     */
    public FiveTuple setIpv6(
            long sourceHigh,
            long sourceLow,
            long destinationHigh,
            long destinationLow,
            int protocol,
            int sourcePort,
            int destinationPort) {
        return set(
                sourceHigh,
                sourceLow,
                destinationHigh,
                destinationLow,
                protocol,
                sourcePort,
                destinationPort,
                IPV6 | HAS_PORTS);
    }

    /**
     * Makes this the flow of addresses and protocol alone; there is no packet then.
     *
     * @param sourceHigh network half of the address
     * @param sourceLow interface half
     * @param destinationHigh network half of the address
     * @param destinationLow interface half
     * @param protocol IANA number, 0 to 255
     * @return this
     * @throws IllegalArgumentException if protocol is out of range
     */
    public FiveTuple setIpv6(
            long sourceHigh,
            long sourceLow,
            long destinationHigh,
            long destinationLow,
            int protocol) {
        return set(sourceHigh, sourceLow, destinationHigh, destinationLow, protocol, 0, 0, IPV6);
    }

    /**
     * Makes this the flow of another, from the same sender; there is no packet then.
     *
     * @param other a view of the same scope, of any flow
     * @return this
     */
    public FiveTuple set(FiveTuple other) {
        return setKey(
                other.lowerHigh,
                other.lowerLow,
                other.upperHigh,
                other.upperLow,
                other.keyWord(),
                other.isSourceLower());
    }

    /** {@return how much of a packet makes a flow here} */
    public FlowScope scope() {
        return scope;
    }

    /** {@return whether the addresses are IPv6} */
    public boolean isIpv6() {
        return has(IPV6);
    }

    /** {@return the flow's protocol, 0 to 255: of an ICMP error, that of the quoted packet} */
    public int protocol() {
        checkAttached();
        return protocol;
    }

    /** {@return the network half of the sender's address; 0 in IPv4} */
    public long sourceHigh() {
        return isSourceLower() ? lowerHigh : upperHigh;
    }

    /** {@return the interface half of the sender's address; the whole of it in IPv4, unsigned} */
    public long sourceLow() {
        return isSourceLower() ? lowerLow : upperLow;
    }

    /** {@return the network half of the receiver's address; 0 in IPv4} */
    public long destinationHigh() {
        return isSourceLower() ? upperHigh : lowerHigh;
    }

    /** {@return the interface half of the receiver's address; the whole of it in IPv4, unsigned} */
    public long destinationLow() {
        return isSourceLower() ? upperLow : lowerLow;
    }

    /**
     * {@return whether the ports are known: true for TCP, UDP, UDP-Lite, SCTP, DCCP and echo, false
     * for fragments and anything else}
     */
    public boolean hasPorts() {
        return has(HAS_PORTS);
    }

    /** {@return the sender's port, or the identifier of an echo; 0 without ports} */
    public int sourcePort() {
        return isSourceLower() ? orderedPorts >>> PORT_BITS : orderedPorts & PORT_MASK;
    }

    /** {@return the receiver's port, or the identifier of an echo; 0 without ports} */
    public int destinationPort() {
        return isSourceLower() ? orderedPorts & PORT_MASK : orderedPorts >>> PORT_BITS;
    }

    /**
     * {@return whether the packet's sender is the lower endpoint of the flow; true also if both are
     * the same}
     */
    public boolean isSourceLower() {
        checkAttached();
        return (attributes & SOURCE_UPPER) == 0;
    }

    /** {@return whether the packet is one of several fragments, the first included} */
    public boolean isFragment() {
        return has(FRAGMENT);
    }

    /**
     * {@return whether the packet is an ICMP error and the flow is the one that it quotes}
     *
     * <p>The quoted packet travelled the other way. Source and destination are those of the error's
     * own direction: the source is the endpoint that the quoted packet was sent to, the destination
     * the one that sent it and now learns of the error, whichever router reports it. A quote
     * without readable ports, or of a fragment, gives addresses and protocol of the quoted packet;
     * one without a readable IP header leaves the ICMP packet a flow of its own, see {@link
     * #isIcmpError()}. If the error states how long the quote is (RFC 4884), nothing is read after
     * that, nor after the end that the quoted packet itself states, where padding begins.
     */
    public boolean isQuoted() {
        return has(QUOTED);
    }

    /**
     * {@return whether the packet is an ICMP or ICMPv6 error, whatever it quotes}
     *
     * <p>Its type says so: destination unreachable, source quench, redirect, time exceeded or
     * parameter problem (RFC 1122 §3.2.2); in ICMPv6 any below 128 (RFC 4443 §2.1). True for all
     * that are {@linkplain #isQuoted() quoted}, and for those whose quote is missing, or cannot be
     * read. A firewall must not take the latter for messages that begin a flow: anyone can send
     * them, and a receiver that is less strict reads them all the same. False for a fragment, whose
     * type is not read.
     */
    public boolean isIcmpError() {
        return has(ICMP_ERROR);
    }

    /**
     * {@return whether an ICMP error goes to another address than the sender of the packet it
     * quotes}
     *
     * <p>No router sends that (RFC 1812 §4.3.2, RFC 4443 §2.2). A firewall must not let it pass on
     * the merit of the quoted flow.
     */
    public boolean isMisdirected() {
        return has(MISDIRECTED);
    }

    /** {@return the protocol that the packet itself carries, 0 to 255: of an ICMP error, ICMP} */
    public int transportProtocol() {
        checkPacket();
        return transportProtocol;
    }

    /**
     * {@return the absolute index of what the packet carries, after IP options, extension headers
     * and fragment header: a transport header, except in a fragment other than the first}
     */
    public int transportOffset() {
        checkPacket();
        return transportOffset;
    }

    /** {@return the bytes from {@link #transportOffset()} to the end of the IP packet} */
    public int transportLength() {
        checkPacket();
        return transportEnd - transportOffset;
    }

    /**
     * {@return the flags of the packet's own TCP header, CWR to FIN (RFC 9293 §3.1), 0 to 255; 0 if
     * it is not TCP, or a fragment, or there is no packet}
     */
    public int tcpFlags() {
        checkAttached();
        return hasTcpHeader()
                ? buffer.getUnsignedByte(transportOffset + PacketReader.TCP_FLAGS_OFFSET)
                : 0;
    }

    /**
     * {@return whether a TCP header can be read, all of it but its options}
     *
     * <p>False for fragments, also where the first of them shows the header: what the receiver puts
     * together may say something else.
     */
    public boolean hasTcpHeader() {
        return (attributes & (HAS_PACKET | FRAGMENT)) == HAS_PACKET
                && transportProtocol == IpProtocol.TCP;
    }

    /**
     * {@return the sequence number of the packet's own TCP header (RFC 9293 §3.1), unsigned}
     *
     * @throws IndexOutOfBoundsException if there is none: see {@link #hasTcpHeader}
     */
    public int tcpSequence() {
        checkTcpHeader();
        return buffer.getInt(transportOffset + PacketReader.TCP_SEQUENCE_OFFSET);
    }

    /**
     * {@return the acknowledgment number of the packet's own TCP header, unsigned; it means
     * something only with the ACK flag}
     *
     * @throws IndexOutOfBoundsException if there is none: see {@link #hasTcpHeader}
     */
    public int tcpAcknowledgment() {
        checkTcpHeader();
        return buffer.getInt(transportOffset + PacketReader.TCP_ACKNOWLEDGMENT_OFFSET);
    }

    /**
     * {@return the window field of the packet's own TCP header, 0 to 65535, not scaled}
     *
     * @throws IndexOutOfBoundsException if there is none: see {@link #hasTcpHeader}
     */
    public int tcpWindow() {
        checkTcpHeader();
        return buffer.getUnsignedShort(transportOffset + PacketReader.TCP_WINDOW_OFFSET);
    }

    /**
     * {@return the bytes of the packet's own TCP header with its options, 20 to 60; 0 if the header
     * says that it is longer than the packet, or shorter than 20 bytes}
     *
     * @throws IndexOutOfBoundsException if there is none: see {@link #hasTcpHeader}
     */
    public int tcpHeaderLength() {
        checkTcpHeader();
        int words =
                buffer.getUnsignedByte(transportOffset + PacketReader.TCP_DATA_OFFSET_OFFSET)
                        >>> TCP_DATA_OFFSET_SHIFT;
        int length = words * Integer.BYTES;
        return length < PacketReader.TCP_HEADER_LENGTH || length > transportEnd - transportOffset
                ? 0
                : length;
    }

    /**
     * {@return the bytes that the packet's TCP segment carries; 0 if its header says that it is
     * longer than the packet, or shorter than itself}
     *
     * @throws IndexOutOfBoundsException if there is none: see {@link #hasTcpHeader}
     */
    public int tcpPayloadLength() {
        int header = tcpHeaderLength();
        return header == 0 ? 0 : transportEnd - transportOffset - header;
    }

    /**
     * {@return whether both are packets of one flow, in either direction}
     *
     * @param other a view of the same scope
     */
    public boolean isSameFlow(FiveTuple other) {
        return keyWord() == other.keyWord()
                && lowerLow == other.lowerLow
                && upperLow == other.upperLow
                && lowerHigh == other.lowerHigh
                && upperHigh == other.upperHigh;
    }

    // The key, for hash and table

    /** {@return what completes the addresses to a key: protocol, version and ports in scope} */
    long keyWord() {
        checkAttached();
        return keyWord;
    }

    /** {@return whether the ports are a part of the key} */
    boolean isKeyedByPorts() {
        return (keyWord & (long) HAS_PORTS << KIND_SHIFT) != 0;
    }

    long lowerHigh() {
        return lowerHigh;
    }

    long lowerLow() {
        return lowerLow;
    }

    long upperHigh() {
        return upperHigh;
    }

    long upperLow() {
        return upperLow;
    }

    /** {@return whether a key word belongs to IPv6 addresses} */
    static boolean isIpv6(long keyWord) {
        return (keyWord & (long) IPV6 << KIND_SHIFT) != 0;
    }

    /** Makes this the flow of a key that a table kept. */
    FiveTuple setKey(
            long lowerHigh,
            long lowerLow,
            long upperHigh,
            long upperLow,
            long keyWord,
            boolean sourceLower) {
        int kind = (int) (keyWord >>> KIND_SHIFT);
        this.attributes = ATTACHED | (kind & KIND_MASK) | (sourceLower ? 0 : SOURCE_UPPER);
        this.protocol = kind & BYTE_MASK;
        this.orderedPorts = (int) keyWord;
        this.lowerHigh = lowerHigh;
        this.lowerLow = lowerLow;
        this.upperHigh = upperHigh;
        this.upperLow = upperLow;
        this.keyWord = keyWord;
        return this;
    }

    // The packet, for Community ID

    /** {@return the buffer that was wrapped} */
    ByteBuf buffer() {
        checkPacket();
        return buffer;
    }

    /** {@return the absolute index of the packet's IP header} */
    int packetOffset() {
        checkPacket();
        return offset;
    }

    // The datagram, for the fragment tracker

    /** {@return whether the packet, or the packet that it quotes, is a fragment} */
    boolean isPartial() {
        checkAttached();
        return (attributes & (FRAGMENT | QUOTED_FRAGMENT)) != 0;
    }

    /** {@return the identification that all fragments of the datagram share; only if partial} */
    int identification() {
        return identification;
    }

    /** {@return whether the datagram begins in this fragment; only for a fragment} */
    public boolean isFirstFragment() {
        return firstFragment;
    }

    /**
     * Gives a fragment the protocol and ports of its datagram.
     *
     * @param ports source port, then destination port, in this view's direction
     */
    void join(int protocol, int ports) {
        addresses(sourceHigh(), sourceLow(), destinationHigh(), destinationLow());
        settle(protocol, ports, (attributes & ~SOURCE_UPPER) | HAS_PORTS);
    }

    /** {@return the two ports of a word, each in the other's place} */
    static int turned(int ports) {
        return Integer.rotateLeft(ports, PORT_BITS);
    }

    // For the reader, in this order: addresses, transport, perhaps datagram, settle

    /** Takes the packet's addresses; {@link #settle} will order them. */
    void addresses(long fromHigh, long fromLow, long toHigh, long toLow) {
        lowerHigh = fromHigh;
        lowerLow = fromLow;
        upperHigh = toHigh;
        upperLow = toLow;
    }

    /**
     * Takes a quoted packet's addresses in the place of the ICMP packet's, and turns them round.
     *
     * @return whether the ICMP packet goes elsewhere than to the quoted packet's sender
     */
    boolean quoteAddresses(
            long sourceHigh, long sourceLow, long destinationHigh, long destinationLow) {
        boolean misdirected = upperHigh != sourceHigh || upperLow != sourceLow;
        addresses(destinationHigh, destinationLow, sourceHigh, sourceLow);
        return misdirected;
    }

    /** Takes what the packet itself carries. */
    void transport(int protocol, int offset, int end) {
        transportProtocol = protocol;
        transportOffset = offset;
        transportEnd = end;
    }

    /** Takes what a fragment says of its datagram. */
    void datagram(int identification, boolean first, int payload, int end) {
        this.identification = identification;
        this.firstFragment = first;
        this.fragmentPayload = payload;
        this.fragmentEnd = end;
    }

    /**
     * Orders the endpoints whose addresses were taken, and forms the key.
     *
     * @param ports source port, then destination port
     * @param attributes all but ATTACHED and SOURCE_UPPER
     */
    FlowStatus settle(int protocol, int ports, int attributes) {
        return settle(lowerHigh, lowerLow, upperHigh, upperLow, protocol, ports, attributes);
    }

    /**
     * Orders two endpoints, without a branch as either order is as likely, and forms the key.
     *
     * @param ports source port, then destination port
     * @param attributes all but ATTACHED and SOURCE_UPPER
     */
    FlowStatus settle(
            long fromHigh,
            long fromLow,
            long toHigh,
            long toLow,
            int protocol,
            int ports,
            int attributes) {
        int keyPorts = ports & portMask;
        long borrow =
                ((long) (keyPorts & PORT_MASK) - (keyPorts >>> PORT_BITS)) >>> (Long.SIZE - 1);
        borrow = borrow(toLow, fromLow, borrow);
        borrow = borrow(toHigh, fromHigh, borrow);
        long swap = -borrow; // all ones if to - from is below 0, else none
        long low = (fromLow ^ toLow) & swap;
        long high = (fromHigh ^ toHigh) & swap;
        this.lowerLow = fromLow ^ low;
        this.upperLow = toLow ^ low;
        this.lowerHigh = fromHigh ^ high;
        this.upperHigh = toHigh ^ high;
        int ordered = Integer.rotateLeft(ports, (int) swap & PORT_BITS);
        int kind = (protocol | (attributes & KIND_MASK)) & kindMask;
        this.protocol = protocol;
        this.orderedPorts = ordered;
        this.keyWord = ((long) kind << KIND_SHIFT) | (ordered & portMask & UNSIGNED_INT);
        this.attributes = attributes | ATTACHED | ((int) swap & SOURCE_UPPER);
        return FlowStatus.OK;
    }

    /** {@return 1 if the unsigned difference {@code a - b - borrow} is below 0, else 0} */
    private static long borrow(long a, long b, long borrow) {
        return ((~a & b) | (~(a ^ b) & (a - b - borrow))) >>> (Long.SIZE - 1);
    }

    private FiveTuple set(
            long sourceHigh,
            long sourceLow,
            long destinationHigh,
            long destinationLow,
            int protocol,
            int sourcePort,
            int destinationPort,
            int attributes) {
        this.attributes = 0;
        Ranges.within("protocol", protocol, 0, BYTE_MASK);
        Ranges.within("source port", sourcePort, 0, PORT_MASK);
        Ranges.within("destination port", destinationPort, 0, PORT_MASK);
        settle(
                sourceHigh,
                sourceLow,
                destinationHigh,
                destinationLow,
                protocol,
                sourcePort << PORT_BITS | destinationPort,
                attributes);
        return this;
    }

    private boolean has(int attribute) {
        checkAttached();
        return (attributes & attribute) != 0;
    }

    private void checkAttached() {
        if (attributes == 0) {
            throw new IndexOutOfBoundsException(
                    "no flow: wrap() was not called or did not return OK");
        }
    }

    private void checkTcpHeader() {
        if (!hasTcpHeader()) {
            throw new IndexOutOfBoundsException("no TCP header that can be read");
        }
    }

    private void checkPacket() {
        if ((attributes & HAS_PACKET) == 0) {
            throw new IndexOutOfBoundsException(
                    "no packet: wrap() was not called or did not return OK");
        }
    }
}
