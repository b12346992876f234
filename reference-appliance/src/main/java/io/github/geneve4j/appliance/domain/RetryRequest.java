package io.github.geneve4j.appliance.domain;

import io.netty.buffer.ByteBuf;

/**
 * Tells a server's HelloRetryRequest, by which it asks for a second ClientHello, from any other
 * answer, by the first bytes that it sends: a ServerHello whose random value is one of its own (RFC
 * 8446 §4.1.3). Nothing can come before it, as there are no warnings in TLS 1.3.
 *
 * <p>The bytes are matched as they come, so that nobody has to keep them.
 *
 * <p><b>Allocation:</b> none. <b>Threads:</b> any.
 */
final class RetryRequest {
    /** How many bytes tell it: record header, message header, version, random value. */
    static final int LENGTH = 5 + 4 + 2 + 32;

    /** What {@link #match} returns if the server sends something else. */
    static final byte NONE = -1;

    private static final int ANY = -1;

    private static final int[] BYTES = {
        // A record of the handshake, of any version 3.x and length
        22,
        3,
        ANY,
        ANY,
        ANY,
        // A ServerHello of any length, version 3.3
        2,
        ANY,
        ANY,
        ANY,
        3,
        3,
        // SHA-256 of "HelloRetryRequest"
        0xcf,
        0x21,
        0xad,
        0x74,
        0xe5,
        0x9a,
        0x61,
        0x11,
        0xbe,
        0x1d,
        0x8c,
        0x02,
        0x1e,
        0x65,
        0xb8,
        0x91,
        0xc2,
        0xa2,
        0x11,
        0x16,
        0x7a,
        0xbb,
        0x8c,
        0x5e,
        0x07,
        0x9e,
        0x09,
        0xe2,
        0xc8,
        0xa8,
        0x33,
        0x9c,
    };

    private RetryRequest() {}

    /**
     * {@return how many bytes have matched, {@link #LENGTH} if it is one, or {@link #NONE}}
     *
     * @param matched how many have before, less than {@link #LENGTH}
     * @param stream holds what follows these
     * @param offset absolute index of the next one
     * @param length how many are there
     */
    static int match(int matched, ByteBuf stream, int offset, int length) {
        int end = (int) Math.min(LENGTH, (long) matched + length);
        for (int i = matched; i < end; i++) {
            int b = stream.getUnsignedByte(offset + i - matched);
            if (BYTES[i] != ANY && BYTES[i] != b) {
                return NONE;
            }
        }
        return end;
    }
}
