package io.github.geneve4j.testkit;

import java.nio.ByteBuffer;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/** An ICMP header (RFC 792), or an ICMPv6 one (RFC 4443), whose checksum covers the addresses. */
public final class IcmpLayer extends Layer {
    static final int ICMP = 1;
    static final int ICMPV6 = 58;

    private static final int HEADER_LENGTH = 8;
    private static final int CHECKSUM_OFFSET = 2;

    private final int protocol;
    private final int type;
    private final int code;
    private int rest;
    private IntUnaryOperator checksum = Checksums.RIGHT;

    IcmpLayer(int protocol, int type, int code) {
        this.protocol = protocol;
        this.type = type;
        this.code = code;
    }

    /** Sets the second word: echo id and number, an MTU, a pointer; 0 at first. {@return this} */
    public IcmpLayer rest(int rest) {
        this.rest = rest;
        return this;
    }

    /** Overrides the checksum. {@return this} */
    public IcmpLayer checksum(int checksum) {
        this.checksum = right -> checksum;
        return this;
    }

    /** Makes the checksum wrong. {@return this} */
    public IcmpLayer wrongChecksum() {
        this.checksum = Checksums.WRONG;
        return this;
    }

    @Override
    int ipProtocol() {
        return protocol;
    }

    @Override
    byte[] wrap(byte[] payload, Layer next, @Nullable Network network) {
        byte[] message =
                ByteBuffer.allocate(HEADER_LENGTH + payload.length)
                        .put((byte) type)
                        .put((byte) code)
                        .putShort((short) 0)
                        .putInt(rest)
                        .put(payload)
                        .array();
        byte[] pseudoHeader =
                network == null || protocol == ICMP
                        ? new byte[0]
                        : network.pseudoHeader(protocol, message.length);
        int right = Checksums.internet(pseudoHeader, message);
        Checksums.put(message, CHECKSUM_OFFSET, checksum.applyAsInt(right));
        return message;
    }
}
