package io.github.geneve4j.testkit;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/** A TCP header (RFC 9293 §3.1); a SYN unless told otherwise. */
public final class TcpLayer extends Layer {
    /** The bits of the flags field. */
    public static final int FIN = 0x01;

    /** Synchronize sequence numbers. */
    public static final int SYN = 0x02;

    /** Reset the connection. */
    public static final int RST = 0x04;

    /** Push. */
    public static final int PSH = 0x08;

    /** The acknowledgment number counts. */
    public static final int ACK = 0x10;

    private static final int PROTOCOL = 6;
    private static final int HEADER_LENGTH = 20;
    private static final int CHECKSUM_OFFSET = 16;

    private final int sourcePort;
    private final int destinationPort;
    private int sequence;
    private int acknowledgment;
    private int headerWords = NONE;
    private int flags = SYN;
    private int window = 0xffff;
    private IntUnaryOperator checksum = Checksums.RIGHT;
    private byte[] options = {};

    TcpLayer(int sourcePort, int destinationPort) {
        this.sourcePort = sourcePort;
        this.destinationPort = destinationPort;
    }

    /** Sets the sequence number, 0 at first. {@return this} */
    public TcpLayer sequence(int sequence) {
        this.sequence = sequence;
        return this;
    }

    /** Sets the acknowledgment number, 0 at first. {@return this} */
    public TcpLayer acknowledgment(int acknowledgment) {
        this.acknowledgment = acknowledgment;
        return this;
    }

    /** Overrides the data offset, in 32-bit words. {@return this} */
    public TcpLayer headerWords(int headerWords) {
        this.headerWords = headerWords;
        return this;
    }

    /** Sets the flags, {@link #SYN} at first. {@return this} */
    public TcpLayer flags(int flags) {
        this.flags = flags;
        return this;
    }

    /** Sets the window, 65535 at first. {@return this} */
    public TcpLayer window(int window) {
        this.window = window;
        return this;
    }

    /** Overrides the checksum. {@return this} */
    public TcpLayer checksum(int checksum) {
        this.checksum = right -> checksum;
        return this;
    }

    /** Makes the checksum wrong. {@return this} */
    public TcpLayer wrongChecksum() {
        this.checksum = Checksums.WRONG;
        return this;
    }

    /** Sets header options; zeros fill them up to a multiple of 4 bytes. {@return this} */
    public TcpLayer options(String hex) {
        byte[] unpadded = Hex.bytes(hex);
        this.options = Arrays.copyOf(unpadded, (unpadded.length + 3) / 4 * 4);
        return this;
    }

    @Override
    int ipProtocol() {
        return PROTOCOL;
    }

    @Override
    byte[] wrap(byte[] payload, Layer next, @Nullable Network network) {
        int headerLength = HEADER_LENGTH + options.length;
        byte[] segment =
                ByteBuffer.allocate(headerLength + payload.length)
                        .putShort((short) sourcePort)
                        .putShort((short) destinationPort)
                        .putInt(sequence)
                        .putInt(acknowledgment)
                        .put((byte) (choose(headerWords, headerLength / 4) << 4))
                        .put((byte) flags)
                        .putShort((short) window)
                        .putShort((short) 0)
                        .putShort((short) 0)
                        .put(options)
                        .put(payload)
                        .array();
        byte[] pseudoHeader =
                network == null ? new byte[0] : network.pseudoHeader(PROTOCOL, segment.length);
        int right = Checksums.internet(pseudoHeader, segment);
        Checksums.put(segment, CHECKSUM_OFFSET, checksum.applyAsInt(right));
        return segment;
    }
}
