package io.github.geneve4j.appliance.domain;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;

/**
 * Reads how a QUIC connection begins, as the server will: opens the Initial packets in a client's
 * datagram, and hands out the pieces of the TLS handshake in them. QUIC of versions 1 and 2 (RFC
 * 9000, 9001, 9369).
 *
 * <p>A ClientHello may be spread over several packets and datagrams, in any order and twice. {@link
 * FirstBytes} puts its pieces together, and {@link ClientHello#readMessage} reads it:
 *
 * <pre>{@code
 * if (initial.read(buffer, offset, length, client) == InitialStatus.OPENED) {
 *     while (initial.nextPiece()) {
 *         there = firstBytes.add(loan, initial.piecePosition(),
 *                 initial.memory(), initial.pieceOffset(), initial.pieceLength());
 *     }
 *     status = hello.readMessage(firstBytes.memory(), firstBytes.offset(loan), there);
 * }
 * }</pre>
 *
 * <p>A datagram is taken as a whole: if one packet in it cannot be judged, nothing of it is handed
 * out. Who lets only datagrams pass that were opened, or begin no connection, lets no server see
 * what was not seen here.
 *
 * <p>Whether a packet goes on with a connection or begins one, its server tells by the connection
 * id, and so by the ids that it gave out, which are not known here. The keys tell as well, unless
 * somebody makes a packet that two of them open, each to something else, as AES-GCM lets who has
 * both. So both are tried, and such a packet is refused.
 *
 * <p><b>Allocation:</b> none, but for datagrams with Initial packets, of which a connection has a
 * few: once compiled, the JDK's ciphers allocate about 1,200 bytes for each, 2,800 if its keys are
 * not those of the last one, 4,600 if it is not authentic (an exception of theirs, which ends
 * here). A packet to another id than the first costs both, as it is tried twice. <b>Threads:</b>
 * one. <b>Ownership:</b> borrows the buffer for one call; owns the memory that the pieces lie in.
 */
public final class QuicInitial {
    /** Bytes of the shortest datagram that a server takes an Initial packet from. */
    public static final int MIN_DATAGRAM_LENGTH = 1200; // RFC 9000 §14.1

    /** Bytes of the shortest id that a client's keys are made from. */
    private static final int MIN_FIRST_ID_LENGTH = 8; // RFC 9000 §7.2

    static final int VERSION_1 = 1;
    static final int VERSION_2 = 0x6b3343cf; // RFC 9369 §3.1

    private static final int MAX_DATAGRAM_LENGTH = 0xffff;

    // A long header (RFC 9000 §17.2)
    private static final int LONG_HEADER = 0x80; // of the first byte; the next bit may be anything
    private static final int TYPE_SHIFT = 4;
    private static final int TYPE_MASK = 0x03;
    private static final int INITIAL = 0;
    private static final int HANDSHAKE = 2;
    private static final int RETRY = 3;
    private static final int NO_TYPE = -1; // of a version that is not known
    private static final int RESERVED_MASK = 0x0c; // of the first byte, once it is not protected

    // Frames that are allowed in an Initial packet (RFC 9000 §12.4)
    private static final int PADDING = 0x00;
    private static final int PING = 0x01;
    private static final int ACK = 0x02;
    private static final int ACK_WITH_ECN = 0x03;
    private static final int CRYPTO = 0x06;
    private static final int CONNECTION_CLOSE = 0x1c;
    private static final long MAX_POSITION = (1L << 62) - 1;

    private final InitialKeys keys = new InitialKeys();
    private final byte[] packet = new byte[MAX_DATAGRAM_LENGTH];
    private final byte[] plain = new byte[MAX_DATAGRAM_LENGTH]; // payloads, one after another
    private final byte[] other = new byte[MAX_DATAGRAM_LENGTH]; // a payload by other keys
    private final ByteBuf memory = Unpooled.wrappedBuffer(plain);
    private final byte[] ownId = new byte[QuicClient.MAX_ID_LENGTH];
    private int ownIdLength;

    // The datagram
    private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
    private int start;
    private int position;
    private int end;
    private boolean ended; // it ends within a header
    private int opened; // packets
    private boolean withServersKeys;
    private boolean withOwnId; // the keys of the opened ones
    private long nextNumber;

    // The frames
    private int frame;
    private int plainEnd;
    private boolean cut; // a frame ends after its packet
    private boolean isPiece;
    private int piecePosition;
    private int pieceOffset;
    private int pieceLength;

    /** Creates a reader, which takes 192 KiB. */
    public QuicInitial() {}

    /**
     * Opens a datagram.
     *
     * @param datagram holds it
     * @param offset absolute index of the first byte of the UDP payload
     * @param length of the payload, 0 to 65535
     * @param client sent it; told what opened it if it was {@link InitialStatus#OPENED}, and
     *     untouched otherwise
     * @return what it is
     * @throws IllegalArgumentException if the length is out of its range
     */
    public InitialStatus read(ByteBuf datagram, int offset, int length, QuicClient client) {
        if (length < 0 || length > MAX_DATAGRAM_LENGTH) {
            throw new IllegalArgumentException("length " + length + ": not 0 to 65535");
        }
        buffer = datagram;
        start = offset;
        position = offset;
        end = offset + length;
        ended = false;
        opened = 0;
        withServersKeys = false;
        withOwnId = false;
        frame = 0;
        plainEnd = 0;
        isPiece = false;
        InitialStatus status = InitialStatus.OPENED;
        // Nothing can follow a packet with a short header, which does not say how long it is
        while (status == InitialStatus.OPENED && position < end && isLong(position)) {
            status = readPacket(client);
        }
        withServersKeys |= isShort();
        frame = 0;
        if (status != InitialStatus.OPENED) {
            plainEnd = 0;
            return status;
        }
        if (opened == 0) {
            return InitialStatus.NOT_INITIAL;
        }
        if (withOwnId) {
            client.remember(ownId, ownIdLength, nextNumber);
        } else {
            client.remember(client.id(), client.idLength(), nextNumber);
        }
        return status;
    }

    /**
     * Reads a server's Retry (RFC 9000 §17.2.5), after which the client's packets have the keys of
     * the id in it. Only the first one counts; whether it is authentic is not looked at.
     *
     * @param datagram holds it
     * @param offset absolute index of the first byte of the UDP payload
     * @param length of the payload, 0 to 65535
     * @param client told the id if it is one
     * @return whether it is one
     */
    public boolean readRetry(ByteBuf datagram, int offset, int length, QuicClient client) {
        buffer = datagram;
        position = offset;
        end = offset + length;
        ended = false;
        int first = u8();
        int version = u32();
        if ((first & LONG_HEADER) == 0 || type(first, version) != RETRY) {
            return false;
        }
        boolean fits = skipId() && readOwnId(true) && ownIdLength > 0;
        if (fits) {
            client.remember(ownId, ownIdLength, client.nextNumber());
        }
        return fits;
    }

    /**
     * {@return whether what was opened is of other keys than before: the client's first datagram,
     * or a further connection between the same ports, or the answer to a Retry that was not {@link
     * #readRetry read}}
     */
    public boolean hasNewKeys() {
        return withOwnId;
    }

    /**
     * {@return whether there is a packet that a client can only make once the server has answered
     * its whole first message}
     */
    public boolean hasServersKeys() {
        return withServersKeys;
    }

    /**
     * Goes to the next piece of the handshake in what was opened; pieces may overlap.
     *
     * @return whether there is one
     */
    public boolean nextPiece() {
        isPiece = false;
        while (!isPiece && frame < plainEnd) {
            readFrame(plainEnd); // which was possible before
        }
        return isPiece;
    }

    /**
     * {@return where the piece belongs: bytes of the handshake before it}
     *
     * <p>Positions from 2^31 - 1 on are all the same; no handshake is that long.
     */
    public int piecePosition() {
        return piecePosition;
    }

    /** {@return the memory that the pieces lie in until the next datagram is read} */
    public ByteBuf memory() {
        return memory;
    }

    /** {@return the absolute index in {@link #memory()} of the piece's first byte} */
    public int pieceOffset() {
        return pieceOffset;
    }

    /** {@return the piece's length, in bytes; may be 0} */
    public int pieceLength() {
        return pieceLength;
    }

    /** {@return whether a short header is left; zeros to the end are none} */
    private boolean isShort() {
        for (int i = position; i < end; i++) {
            if (buffer.getByte(i) != 0) {
                return true;
            }
        }
        return false;
    }

    private boolean isLong(int at) {
        return (buffer.getByte(at) & LONG_HEADER) != 0;
    }

    /** Reads a packet with a long header; other packets than Initial ones are passed by. */
    private InitialStatus readPacket(QuicClient client) {
        int packetStart = position;
        int first = u8();
        int version = u32();
        if (ended) {
            return InitialStatus.TOO_SHORT;
        }
        int type = type(first, version);
        if (type == NO_TYPE) {
            return InitialStatus.OTHER_VERSION;
        }
        if (type == RETRY) {
            return InitialStatus.MALFORMED; // only servers send it
        }
        boolean fits = readOwnId(packetStart == start) && skipId();
        if (!fits) {
            return ended ? InitialStatus.TOO_SHORT : InitialStatus.MALFORMED;
        }
        if (type == INITIAL) {
            skip(varint()); // the token
        }
        long length = varint();
        if (ended || length > end - position) {
            return InitialStatus.TOO_SHORT;
        }
        int numberOffset = position - packetStart;
        position += (int) length;
        if (type != INITIAL) {
            withServersKeys |= type == HANDSHAKE;
            return InitialStatus.OPENED;
        }
        if (end - start < MIN_DATAGRAM_LENGTH) {
            return InitialStatus.TOO_SHORT;
        }
        if (length < InitialKeys.SAMPLE_OFFSET + InitialKeys.SAMPLE_LENGTH) {
            return InitialStatus.MALFORMED;
        }
        return open(version, packetStart, numberOffset, client);
    }

    /** {@return a long header's type, in the numbers of version 1, or NO_TYPE} */
    private static int type(int first, int version) {
        return switch (version) {
            case VERSION_1 -> (first >> TYPE_SHIFT) & TYPE_MASK;
            case VERSION_2 -> ((first >> TYPE_SHIFT) - 1) & TYPE_MASK; // RFC 9369 §3.2
            default -> NO_TYPE;
        };
    }

    /** All packets of a datagram have the same (RFC 9000 §12.2). */
    private boolean readOwnId(boolean ofFirst) {
        int length = u8();
        if (length > QuicClient.MAX_ID_LENGTH || (!ofFirst && !ended && length != ownIdLength)) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            byte b = (byte) u8();
            if (!ofFirst && b != ownId[i]) {
                return false;
            }
            ownId[i] = b;
        }
        ownIdLength = length;
        return !ended;
    }

    private boolean skipId() {
        int length = u8();
        if (length > QuicClient.MAX_ID_LENGTH) {
            return false;
        }
        skip(length);
        return !ended;
    }

    private InitialStatus open(int version, int packetStart, int numberOffset, QuicClient client) {
        int payload = InitialKeys.NOT_AUTHENTIC;
        long number = 0;
        int first = 0;
        if (client.isKnown()) {
            keys.use(version, client.id(), client.idLength());
            long next = opened == 0 ? client.nextNumber() : nextNumber;
            payload = open(packetStart, numberOffset, next, plain, plainEnd);
            number = keys.number();
            first = packet[0];
        }
        boolean byOwnId = false;
        // After a Retry the id is the server's, of any length
        int least = client.isKnown() ? 1 : MIN_FIRST_ID_LENGTH;
        if (ownIdLength >= least && !isOwnId(client)) {
            boolean isOpen = payload >= 0;
            keys.use(version, ownId, ownIdLength);
            long next = opened == 0 ? 0 : nextNumber;
            byte[] to = isOpen ? other : plain;
            int byOther = open(packetStart, numberOffset, next, to, isOpen ? 0 : plainEnd);
            if (byOther >= 0 && isOpen) {
                return InitialStatus.MALFORMED;
            }
            if (byOther >= 0) {
                byOwnId = true;
                payload = byOther;
                number = keys.number();
                first = packet[0];
            }
        }
        if (payload < 0 || (opened > 0 && byOwnId != withOwnId)) {
            return InitialStatus.NOT_AUTHENTIC;
        }
        withOwnId = byOwnId;
        long before = opened > 0 ? nextNumber : withOwnId ? 0 : client.nextNumber();
        nextNumber = Math.max(before, number + 1);
        opened++;
        boolean allowed = (first & RESERVED_MASK) == 0 && payload > 0;
        plainEnd += payload;
        while (allowed && frame < plainEnd) {
            allowed = readFrame(plainEnd);
        }
        return allowed ? InitialStatus.OPENED : InitialStatus.MALFORMED;
    }

    private int open(int packetStart, int numberOffset, long next, byte[] to, int toOffset) {
        int length = position - packetStart;
        buffer.getBytes(packetStart, packet, 0, length);
        return keys.open(packet, numberOffset, length, next, to, toOffset);
    }

    private boolean isOwnId(QuicClient client) {
        return client.isKnown()
                && Arrays.equals(client.id(), 0, client.idLength(), ownId, 0, ownIdLength);
    }

    private int u8() {
        if (position >= end) {
            ended = true;
            return 0;
        }
        return buffer.getUnsignedByte(position++);
    }

    private int u32() {
        return u8() << 24 | u8() << 16 | u8() << 8 | u8();
    }

    /** A number of 1, 2, 4 or 8 bytes, as its first two bits say (RFC 9000 §16). */
    private long varint() {
        int first = u8();
        long value = first & 0x3f;
        for (int i = (1 << (first >> 6)) - 1; i > 0; i--) {
            value = value << Byte.SIZE | u8();
        }
        return value;
    }

    private void skip(long length) {
        if (length > end - position) {
            ended = true;
        } else {
            position += (int) length;
        }
    }

    /**
     * Steps over one frame, and says whether it is a piece.
     *
     * @return whether it is allowed, and within its packet
     */
    private boolean readFrame(int limit) {
        cut = false;
        isPiece = false;
        // One byte: a type in more bytes than it needs is against the rules too (RFC 9000 §12.4)
        int type = plain[frame++];
        switch (type) {
            case PADDING, PING -> {
                return true;
            }
            case ACK, ACK_WITH_ECN -> readAck(type == ACK_WITH_ECN, limit);
            case CRYPTO -> readPiece(limit);
            case CONNECTION_CLOSE -> readClose(limit);
            default -> cut = true;
        }
        return !cut;
    }

    private void readAck(boolean ecn, int limit) {
        frameNumber(limit); // the largest
        frameNumber(limit); // delay
        long ranges = frameNumber(limit);
        frameNumber(limit); // the first range
        for (long i = 0; i < ranges && !cut; i++) {
            frameNumber(limit); // gap
            frameNumber(limit); // range
        }
        for (int i = 0; i < 3 && ecn; i++) {
            frameNumber(limit);
        }
    }

    private void readPiece(int limit) {
        long at = frameNumber(limit);
        long length = frameNumber(limit);
        pieceOffset = frame;
        skipInFrame(length, limit);
        isPiece = !cut && length <= MAX_POSITION - at;
        cut = !isPiece;
        piecePosition = (int) Math.min(at, Integer.MAX_VALUE);
        pieceLength = frame - pieceOffset;
    }

    private void readClose(int limit) {
        frameNumber(limit); // error
        frameNumber(limit); // type of the frame that it was in
        skipInFrame(frameNumber(limit), limit); // reason
    }

    private long frameNumber(int limit) {
        if (frame >= limit || frame + (1 << ((plain[frame] >> 6) & 3)) > limit) {
            cut = true;
            return 0;
        }
        int first = plain[frame++];
        long value = first & 0x3f;
        for (int i = (1 << ((first >> 6) & 3)) - 1; i > 0; i--) {
            value = value << Byte.SIZE | (plain[frame++] & 0xff);
        }
        return value;
    }

    private void skipInFrame(long length, int limit) {
        if (length > limit - frame) {
            cut = true;
        } else {
            frame += (int) length;
        }
    }
}
