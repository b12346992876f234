package io.github.geneve4j.appliance.domain;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * Reads which server the first message of a TLS connection asks for: the {@code server_name} of a
 * ClientHello (RFC 8446 §4.1.2, RFC 6066 §3), which may be spread over several records, or over
 * QUIC, which has none.
 *
 * <p>Where a client hides the name (Encrypted Client Hello), this is the name that it shows: that
 * of a provider who serves many. A list that allows a provider's public name allows all servers
 * behind it; one that does not have it refuses them all. Whether a name is hidden is not told,
 * because browsers send the extension with nothing in it too, so that nobody can tell.
 *
 * <p>The message is read to its end: a second extension with a name breaks the rules (RFC 8446
 * §4.2), and so does a second host in the same one; either is refused. So is a record with more in
 * it than the message's end.
 *
 * <p>A server may ask for the message once more, by a HelloRetryRequest (RFC 8446 §4.1.4). The
 * second one must say what the first said, but not all servers look: {@link #readSecond}.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one. <b>Ownership:</b> borrows the
 * buffer for one call.
 */
public final class ClientHello {
    private static final int RECORD_HEADER_LENGTH = 5;
    private static final int MAX_RECORD_LENGTH = 1 << 14; // RFC 8446 §5.1
    private static final int CHANGE_CIPHER_SPEC = 20;
    private static final int HANDSHAKE = 22;
    private static final int APPLICATION_DATA = 23;
    private static final int VERSION_MAJOR = 3;
    private static final int CLIENT_HELLO = 1;
    private static final int VERSION_AND_RANDOM_LENGTH = 2 + 32;
    private static final int MAX_SESSION_ID_LENGTH = 32;
    private static final int SERVER_NAME = 0;
    private static final int HOST_NAME = 0;
    private static final int ENTRY_HEADER_LENGTH = 3;
    private static final int NO_RECORDS = Integer.MAX_VALUE; // more than any message has

    /** More than any client sends; keeps a stated length from being waited for without end. */
    private static final int MAX_HELLO_LENGTH = 1 << 16;

    private final ServerName name = new ServerName();
    private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
    private int start;
    private int position;
    private int end;
    private int recordLeft;
    private boolean ended; // no more bytes
    private boolean broken; // against the rules

    /** Creates a reader. */
    public ClientHello() {}

    /** {@return the name that was found last, empty if none was} */
    public ServerName name() {
        return name;
    }

    /**
     * {@return how many bytes the message took that was found last, with what was before it in what
     * was read}
     */
    public int length() {
        return position - start;
    }

    /**
     * Reads the first bytes that a client sent.
     *
     * @param stream holds them, without gaps
     * @param offset absolute index of the connection's first byte
     * @param length bytes of it that are there
     * @return what they say; INCOMPLETE as long as more bytes could name one
     */
    public NameStatus read(ByteBuf stream, int offset, int length) {
        return read(stream, offset, length, 0, false);
    }

    /**
     * Reads what a client sent after a first message: another one, which a HelloRetryRequest asks
     * for, behind what a client may have sent before that reached it (RFC 8446 §4.2.10, §D.4): data
     * that nobody will read, and a change of ciphers that is none.
     *
     * @param stream holds it, without gaps
     * @param offset absolute index of the first byte after the first message
     * @param length bytes that are there
     * @return what they say; INCOMPLETE as long as more bytes could name a server
     */
    public NameStatus readSecond(ByteBuf stream, int offset, int length) {
        return read(stream, offset, length, 0, true);
    }

    /**
     * Reads the first bytes of a handshake that is not in records: that of QUIC (RFC 9001 §4.1.3).
     *
     * @param stream holds them, without gaps
     * @param offset absolute index of the handshake's first byte
     * @param length bytes of it that are there
     * @return what they say; INCOMPLETE as long as more bytes could name one
     */
    public NameStatus readMessage(ByteBuf stream, int offset, int length) {
        return read(stream, offset, length, NO_RECORDS, false);
    }

    private NameStatus read(
            ByteBuf stream, int offset, int length, int inRecord, boolean behindOthers) {
        name.clear();
        buffer = stream;
        start = offset;
        position = offset;
        end = offset + length;
        recordLeft = inRecord;
        ended = false;
        broken = false;
        if (behindOthers) {
            skipOtherRecords();
        }
        NameStatus read = hello();
        // RFC 8446 §5.1: no message lies on both sides of a change of keys
        broken |= !ended && recordLeft > 0 && inRecord != NO_RECORDS;
        NameStatus status = broken ? NameStatus.MALFORMED : ended ? NameStatus.INCOMPLETE : read;
        if (status != NameStatus.FOUND) {
            name.clear();
        }
        return status;
    }

    private NameStatus hello() {
        if (u8() != CLIENT_HELLO) {
            return malformed();
        }
        int left = u8() << 16 | u16();
        if (left > MAX_HELLO_LENGTH) {
            return malformed();
        }
        left = skip(VERSION_AND_RANDOM_LENGTH, left);
        int session = u8();
        if (session > MAX_SESSION_ID_LENGTH) {
            return malformed();
        }
        left = skip(session, left - 1);
        int ciphers = u16();
        if (!ended && (ciphers == 0 || ciphers % 2 != 0)) {
            return malformed();
        }
        left = skip(ciphers, left - 2);
        int compressions = u8();
        if (!ended && compressions == 0) {
            return malformed();
        }
        left = skip(compressions, left - 1);
        if (left < 0) {
            return malformed();
        }
        if (left == 0) {
            return NameStatus.ABSENT; // a client from before extensions
        }
        int extensions = u16();
        if (!ended && extensions != left - 2) {
            return malformed();
        }
        return extensions(extensions);
    }

    private NameStatus extensions(int length) {
        int left = length;
        boolean seen = false;
        NameStatus found = NameStatus.ABSENT;
        while (left > 0 && !stopped()) {
            int type = u16();
            int size = u16();
            left -= 4 + size;
            if (!ended && left < 0) {
                return malformed();
            }
            if (type != SERVER_NAME || ended) {
                skip(size);
                continue;
            }
            if (seen) {
                return malformed(); // RFC 8446 §4.2; servers could take either
            }
            seen = true;
            found = serverName(size);
        }
        return found;
    }

    /**
     * A list, of which there is one entry in practice, and one of each type at most by the rules.
     */
    private NameStatus serverName(int size) {
        int list = u16();
        if (!ended && list != size - 2) {
            return malformed();
        }
        boolean named = false;
        int left = list;
        while (left > 0 && !stopped()) {
            int type = u8();
            int length = u16();
            left -= ENTRY_HEADER_LENGTH + length;
            if (!ended && (left < 0 || (named && type == HOST_NAME))) {
                return malformed();
            }
            if (type != HOST_NAME) {
                skip(length);
                continue;
            }
            for (int i = 0; i < length && !stopped(); i++) {
                name.add(u8());
            }
            if (!stopped() && !name.end()) {
                return malformed();
            }
            named = true;
        }
        return named ? NameStatus.FOUND : NameStatus.ABSENT;
    }

    private NameStatus malformed() {
        // What is not there yet cannot be wrong: zeros are read in its place
        broken |= !ended;
        return NameStatus.MALFORMED;
    }

    private boolean stopped() {
        return ended || broken;
    }

    /** Skips a part of something; negative is what is left of it if the part is longer. */
    private int skip(int length, int left) {
        skip(length);
        return left - length;
    }

    private void skip(int length) {
        int toSkip = length;
        while (toSkip > 0 && enterRecord()) {
            int step = Math.min(toSkip, Math.min(recordLeft, end - position));
            if (step == 0) {
                ended = true;
                return;
            }
            position += step;
            recordLeft -= step;
            toSkip -= step;
        }
    }

    /** Skips whole records that have no part of the handshake in them. */
    private void skipOtherRecords() {
        while (position < end && !stopped()) {
            int type = buffer.getByte(position);
            if (type != CHANGE_CIPHER_SPEC && type != APPLICATION_DATA) {
                return;
            }
            int next = position + RECORD_HEADER_LENGTH;
            if (next <= end) {
                next += buffer.getUnsignedShort(next - Short.BYTES);
            }
            ended = next > end;
            position = Math.min(next, end);
        }
    }

    private int u16() {
        return u8() << 8 | u8();
    }

    private int u8() {
        if (stopped() || !enterRecord() || position >= end) {
            ended |= !broken;
            return 0;
        }
        recordLeft--;
        return buffer.getUnsignedByte(position++);
    }

    /** {@return whether there is a record that is not used up, and the rules hold} */
    private boolean enterRecord() {
        if (stopped()) {
            return false;
        }
        if (recordLeft > 0) {
            return true;
        }
        // Byte by byte: what is no TLS is to be known by its first bytes
        boolean otherType = position < end && buffer.getByte(position) != HANDSHAKE;
        boolean otherVersion = position + 1 < end && buffer.getByte(position + 1) != VERSION_MAJOR;
        if (otherType || otherVersion) {
            broken = true;
            return false;
        }
        if (position + RECORD_HEADER_LENGTH > end) {
            ended = true;
            return false;
        }
        recordLeft = buffer.getUnsignedShort(position + RECORD_HEADER_LENGTH - Short.BYTES);
        position += RECORD_HEADER_LENGTH;
        if (recordLeft == 0 || recordLeft > MAX_RECORD_LENGTH) {
            broken = true;
            return false;
        }
        return true;
    }
}
