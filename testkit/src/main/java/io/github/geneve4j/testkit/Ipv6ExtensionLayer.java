package io.github.geneve4j.testkit;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One IPv6 extension header (RFC 8200 §4): a next-header byte, a length byte, and the rest.
 *
 * <p>The length counts 8-byte units past the first eight, but in the authentication header it
 * counts 4-byte units less two (RFC 4302 §2.2), and in the fragment header it is reserved.
 */
public final class Ipv6ExtensionLayer extends Layer {
    static final int HOP_BY_HOP = 0;
    static final int ROUTING = 43;
    static final int FRAGMENT = 44;
    static final int AUTHENTICATION = 51;
    static final int DESTINATION_OPTIONS = 60;

    private final int number;
    private final byte[] rest;
    private int lengthField;
    private int nextHeader = NONE;

    private Ipv6ExtensionLayer(int number, int lengthField, byte[] rest) {
        this.number = number;
        this.lengthField = lengthField;
        this.rest = rest;
    }

    /** A header of {@code length} bytes, a multiple of 8, filled with one PadN option. */
    static Ipv6ExtensionLayer padded(int number, int length) {
        checkMultiple(length, 8);
        byte[] rest = new byte[length - 2];
        rest[0] = 1; // PadN
        rest[1] = (byte) (rest.length - 2);
        return new Ipv6ExtensionLayer(number, length / 8 - 1, rest);
    }

    static Ipv6ExtensionLayer raw(int number, int lengthField, byte[] rest) {
        return new Ipv6ExtensionLayer(number, lengthField, rest.clone());
    }

    static Ipv6ExtensionLayer fragment(int offset, boolean more, int identification) {
        checkMultiple(offset, 8);
        byte[] rest =
                ByteBuffer.allocate(6)
                        .putShort((short) (offset | (more ? 1 : 0)))
                        .putInt(identification)
                        .array();
        return new Ipv6ExtensionLayer(FRAGMENT, 0, rest);
    }

    static Ipv6ExtensionLayer authentication(int length) {
        checkMultiple(length, 4);
        return new Ipv6ExtensionLayer(AUTHENTICATION, length / 4 - 2, new byte[length - 2]);
    }

    /** Overrides the length byte. {@return this} */
    public Ipv6ExtensionLayer lengthField(int lengthField) {
        this.lengthField = lengthField;
        return this;
    }

    /** Overrides the next header, or names it for a payload without a number. {@return this} */
    public Ipv6ExtensionLayer nextHeader(int nextHeader) {
        this.nextHeader = nextHeader;
        return this;
    }

    @Override
    int ipProtocol() {
        return number;
    }

    @Override
    byte[] wrap(byte[] payload, Layer next, @Nullable Network network) {
        int natural = next.ipProtocol() != NONE ? next.ipProtocol() : Ipv6Layer.NO_NEXT_HEADER;
        return ByteBuffer.allocate(2 + rest.length + payload.length)
                .put((byte) choose(nextHeader, natural))
                .put((byte) lengthField)
                .put(rest)
                .put(payload)
                .array();
    }

    private static void checkMultiple(int value, int unit) {
        if (value < 0 || value % unit != 0) {
            throw new IllegalArgumentException(value + " bytes: no multiple of " + unit);
        }
    }
}
