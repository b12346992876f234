package io.github.geneve4j.testkit;

import java.nio.ByteBuffer;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/** A UDP header (RFC 768). */
public final class UdpLayer extends Layer {
    private static final int PROTOCOL = 17;
    private static final int HEADER_LENGTH = 8;
    private static final int CHECKSUM_OFFSET = 6;

    private final int sourcePort;
    private final int destinationPort;
    private int length = NONE;
    private IntUnaryOperator checksum = Checksums.RIGHT;

    UdpLayer(int sourcePort, int destinationPort) {
        this.sourcePort = sourcePort;
        this.destinationPort = destinationPort;
    }

    /** Overrides the length field, in bytes of header and payload. {@return this} */
    public UdpLayer length(int length) {
        this.length = length;
        return this;
    }

    /** Overrides the checksum; 0 means that there is none. {@return this} */
    public UdpLayer checksum(int checksum) {
        this.checksum = right -> checksum;
        return this;
    }

    /** Makes the checksum wrong, and not zero. {@return this} */
    public UdpLayer wrongChecksum() {
        this.checksum = Checksums.WRONG;
        return this;
    }

    @Override
    int ipProtocol() {
        return PROTOCOL;
    }

    @Override
    byte[] wrap(byte[] payload, Layer next, @Nullable Network network) {
        int naturalLength = HEADER_LENGTH + payload.length;
        byte[] segment =
                ByteBuffer.allocate(naturalLength)
                        .putShort((short) sourcePort)
                        .putShort((short) destinationPort)
                        .putShort((short) choose(length, naturalLength))
                        .putShort((short) 0)
                        .put(payload)
                        .array();
        int right = 0; // as without an IP header around it
        if (network != null) {
            byte[] pseudoHeader = network.pseudoHeader(PROTOCOL, choose(length, naturalLength));
            right = Checksums.internet(pseudoHeader, segment);
            right = right == 0 ? 0xffff : right; // zero would mean "none"
        }
        Checksums.put(segment, CHECKSUM_OFFSET, checksum.applyAsInt(right));
        return segment;
    }
}
