package io.github.geneve4j.appliance.domain;

import java.nio.charset.StandardCharsets;

/**
 * The name of a server as a client asks for it, in lower case and without a dot at the end.
 *
 * <p><b>Allocation:</b> none after construction, but for {@link #toString()}. <b>Threads:</b> one.
 */
public final class ServerName {
    /** The longest name, in bytes (RFC 1035 §2.3.4, as text). */
    public static final int MAX_LENGTH = 253;

    private final byte[] bytes = new byte[MAX_LENGTH + 1];
    private int length;
    private boolean valid = true;

    /** Creates an empty name. */
    public ServerName() {}

    /** {@return its number of bytes; 0 if there is none} */
    public int length() {
        return length;
    }

    /**
     * {@return one byte of it, in lower case}
     *
     * @param index 0 to {@link #length()} - 1
     */
    public byte at(int index) {
        return bytes[index];
    }

    /** Makes it empty. */
    ServerName clear() {
        length = 0;
        valid = true;
        return this;
    }

    /** Adds a byte; what no name has in it makes it none. */
    void add(int value) {
        int lower = value >= 'A' && value <= 'Z' ? value + ('a' - 'A') : value;
        boolean fits =
                (lower >= 'a' && lower <= 'z')
                        || (lower >= '0' && lower <= '9')
                        || lower == '-'
                        || lower == '_'
                        || lower == '.';
        if (!fits || length == bytes.length) {
            valid = false;
        } else {
            bytes[length++] = (byte) lower;
        }
    }

    /** {@return whether it is a name, once all bytes are there: labels with a dot between each} */
    boolean end() {
        if (length > 0 && bytes[length - 1] == '.') {
            length--;
        }
        if (!valid || length == 0 || length > MAX_LENGTH) {
            clear();
            return false;
        }
        byte before = '.';
        for (int i = 0; i < length; i++) {
            if (bytes[i] == '.' && before == '.') {
                clear();
                return false;
            }
            before = bytes[i];
        }
        if (before == '.') {
            clear();
            return false;
        }
        return true;
    }

    /** {@return whether both are the same} */
    boolean isSameAs(ServerName other) {
        if (length != other.length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (bytes[i] != other.bytes[i]) {
                return false;
            }
        }
        return true;
    }

    /** {@return the name, for people} */
    @Override
    public String toString() {
        return new String(bytes, 0, length, StandardCharsets.US_ASCII);
    }
}
