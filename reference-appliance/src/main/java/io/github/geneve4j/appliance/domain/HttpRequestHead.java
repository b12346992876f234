package io.github.geneve4j.appliance.domain;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * Reads which server the first request of an HTTP/1 connection asks for (RFC 9112 §3.2): the host
 * of its target, if that is in absolute or authority form, and otherwise its {@code Host} field.
 *
 * <p>It reads the whole head before it answers, and refuses what two servers could read in two
 * ways: two {@code Host} fields, one that contradicts the target, folded lines, names of fields
 * that are no token, control characters, a line feed without a carriage return before it, which
 * some servers take for a part of the line. Later requests of the same connection are not its
 * affair.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one. <b>Ownership:</b> borrows the
 * buffer for one call.
 */
public final class HttpRequestHead {
    private static final String VERSION = "HTTP/1.";
    private static final String SCHEME = "http://";
    private static final String HOST = "host";
    private static final String CONNECT = "CONNECT";
    private static final String EMPTY_LINE = "\r\n";
    private static final String DELIMITERS = "\"(),/:;<=>?@[\\]{}"; // what no token has
    private static final int MAX_METHOD_LENGTH = 32;

    private static final int MORE = -1; // no end of a line yet
    private static final int WRONG = -2;

    private final ServerName target = new ServerName();
    private final ServerName host = new ServerName();
    private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
    private ServerName name = host;

    /** Creates a reader. */
    public HttpRequestHead() {}

    /** {@return the name that was found last, empty if none was} */
    public ServerName name() {
        return name;
    }

    /**
     * Reads the first bytes that a client sent.
     *
     * @param stream holds them, without gaps
     * @param offset absolute index of the connection's first byte
     * @param length bytes of it that are there
     * @return what they say; INCOMPLETE until the head is complete or known to be none
     */
    public NameStatus read(ByteBuf stream, int offset, int length) {
        buffer = stream;
        target.clear();
        host.clear();
        name = host;
        NameStatus status = head(offset, offset + length);
        if (status != NameStatus.FOUND) {
            name.clear();
        }
        return status;
    }

    private NameStatus head(int offset, int end) {
        int line = offset;
        while (startsWith(line, end, EMPTY_LINE)) {
            line += EMPTY_LINE.length(); // servers skip empty lines before a request
        }
        if (end - line == 1 && buffer.getByte(line) == '\r') {
            return NameStatus.INCOMPLETE;
        }
        if (!mayBeMethod(line, end)) {
            return NameStatus.MALFORMED;
        }
        int lineEnd = lineEnd(line, end);
        if (lineEnd < 0) {
            return incomplete(lineEnd);
        }
        if (!readRequestLine(line, lineEnd)) {
            return NameStatus.MALFORMED;
        }
        boolean hasHost = false;
        for (line = lineEnd + EMPTY_LINE.length(); ; line = lineEnd + EMPTY_LINE.length()) {
            lineEnd = lineEnd(line, end);
            if (lineEnd < 0) {
                return incomplete(lineEnd);
            }
            if (lineEnd == line) {
                return verdict(hasHost);
            }
            int colon = colon(line, lineEnd);
            if (colon <= line) {
                return NameStatus.MALFORMED;
            }
            if (isWord(line, colon, HOST)) {
                if (hasHost || !readAuthority(host, colon + 1, lineEnd)) {
                    return NameStatus.MALFORMED;
                }
                hasHost = true;
            }
        }
    }

    private NameStatus verdict(boolean hasHost) {
        if (target.length() > 0) {
            name = target;
            return hasHost && !target.isSameAs(host) ? NameStatus.MALFORMED : NameStatus.FOUND;
        }
        return hasHost ? NameStatus.FOUND : NameStatus.ABSENT;
    }

    /** {@return whether the bytes begin as a method does: capitals, and a space behind them} */
    private boolean mayBeMethod(int from, int end) {
        int i = from;
        while (i < end && buffer.getByte(i) >= 'A' && buffer.getByte(i) <= 'Z') {
            i++;
        }
        return i - from <= MAX_METHOD_LENGTH
                && (i == end || (i > from && buffer.getByte(i) == ' '));
    }

    /**
     * {@return whether it is one of HTTP/1, whose target, if it names a host, names a valid one}
     */
    private boolean readRequestLine(int from, int to) {
        int first = indexOf(' ', from, to);
        int second = first < 0 ? -1 : indexOf(' ', first + 1, to);
        if (second <= first + 1 || indexOf(' ', second + 1, to) >= 0) {
            return false;
        }
        if (to - second - 1 != VERSION.length() + 1 || !startsWith(second + 1, to, VERSION)) {
            return false;
        }
        int start = first + 1;
        if (first - from == CONNECT.length() && startsWith(from, first, CONNECT)) {
            return readAuthority(target, start, second);
        }
        if (buffer.getByte(start) == '/' || (second - start == 1 && buffer.getByte(start) == '*')) {
            return true;
        }
        if (!isWord(start, Math.min(second, start + SCHEME.length()), SCHEME)) {
            return false;
        }
        int authority = start + SCHEME.length();
        int path = authority;
        while (path < second && "/?#".indexOf(buffer.getByte(path)) < 0) {
            path++;
        }
        return readAuthority(target, authority, path);
    }

    /** Reads {@code NAME} or {@code NAME:PORT}, with blanks around it. */
    private boolean readAuthority(ServerName into, int from, int to) {
        int start = from;
        int end = to;
        while (start < end && isBlank(buffer.getByte(start))) {
            start++;
        }
        while (end > start && isBlank(buffer.getByte(end - 1))) {
            end--;
        }
        int colon = indexOf(':', start, end);
        for (int i = colon + 1; colon >= 0 && i < end; i++) {
            if (buffer.getByte(i) < '0' || buffer.getByte(i) > '9') {
                return false;
            }
        }
        for (int i = start; i < (colon < 0 ? end : colon); i++) {
            into.add(buffer.getByte(i));
        }
        return into.end();
    }

    /** {@return the colon behind a field's name, which is a token (RFC 9110 §5.6.2); or -1} */
    private int colon(int from, int to) {
        for (int i = from; i < to; i++) {
            byte b = buffer.getByte(i);
            if (b == ':') {
                return i;
            }
            if (b <= ' ' || DELIMITERS.indexOf(b) >= 0) { // also what is not ASCII
                return -1;
            }
        }
        return -1;
    }

    /**
     * {@return the carriage return before the line feed that ends the line, MORE, or WRONG for what
     * text does not have}
     */
    private int lineEnd(int from, int end) {
        for (int i = from; i < end; i++) {
            byte b = buffer.getByte(i);
            if (b == '\r') {
                return i + 1 == end ? MORE : buffer.getByte(i + 1) == '\n' ? i : WRONG;
            }
            if (isControl(b)) {
                return WRONG;
            }
        }
        return MORE;
    }

    private static NameStatus incomplete(int lineEnd) {
        return lineEnd == MORE ? NameStatus.INCOMPLETE : NameStatus.MALFORMED;
    }

    private int indexOf(char wanted, int from, int to) {
        for (int i = from; i < to; i++) {
            if (buffer.getByte(i) == wanted) {
                return i;
            }
        }
        return -1;
    }

    private boolean startsWith(int from, int to, String text) {
        if (to - from < text.length()) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (buffer.getByte(from + i) != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** {@return whether that is the word, whatever its case} */
    private boolean isWord(int from, int to, String lowerCase) {
        if (to - from != lowerCase.length()) {
            return false;
        }
        for (int i = 0; i < lowerCase.length(); i++) {
            int b = buffer.getByte(from + i);
            if ((b >= 'A' && b <= 'Z' ? b + ('a' - 'A') : b) != lowerCase.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isControl(byte b) {
        return b == 0x7f || (b >= 0 && b < ' ' && b != '\t');
    }

    private static boolean isBlank(byte b) {
        return b == ' ' || b == '\t';
    }
}
