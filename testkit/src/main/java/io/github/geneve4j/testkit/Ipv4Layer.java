package io.github.geneve4j.testkit;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/** An IPv4 header (RFC 791 §3.1). */
public final class Ipv4Layer extends Layer implements Layer.Network {
    static final int ETHER_TYPE = 0x0800;
    static final int HEADER_LENGTH = 20;
    static final int TOTAL_LENGTH_OFFSET = 2;
    static final int FRAGMENT_OFFSET = 6;
    static final int CHECKSUM_OFFSET = 10;
    static final int MORE_FRAGMENTS = 0x2000;

    private static final int EXPERIMENT = 253; // RFC 3692
    private static final int IP_IN_IP = 4;
    private static final int DONT_FRAGMENT = 0x4000;

    private final byte[] source;
    private final byte[] destination;
    private int version = 4;
    private int headerWords = NONE;
    private int tos;
    private int totalLength = NONE;
    private int id;
    private int flagsAndOffset;
    private int ttl = 64;
    private int protocol = NONE;
    private IntUnaryOperator checksum = Checksums.RIGHT;
    private byte[] options = {};

    Ipv4Layer(String source, String destination) {
        this.source = Addresses.bytes(source, 4);
        this.destination = Addresses.bytes(destination, 4);
    }

    /** Overrides the version nibble. {@return this} */
    public Ipv4Layer version(int version) {
        this.version = version;
        return this;
    }

    /** Overrides the header length field, in 32-bit words. {@return this} */
    public Ipv4Layer headerWords(int headerWords) {
        this.headerWords = headerWords;
        return this;
    }

    /** Sets DSCP and ECN together, 0 at first. {@return this} */
    public Ipv4Layer tos(int tos) {
        this.tos = tos;
        return this;
    }

    /** Overrides the total length field, in bytes. {@return this} */
    public Ipv4Layer totalLength(int totalLength) {
        this.totalLength = totalLength;
        return this;
    }

    /** Sets the identification, 0 at first. {@return this} */
    public Ipv4Layer id(int id) {
        this.id = id;
        return this;
    }

    /** Sets the DF bit. {@return this} */
    public Ipv4Layer dontFragment() {
        flagsAndOffset |= DONT_FRAGMENT;
        return this;
    }

    /**
     * Makes this a fragment.
     *
     * @param offset in bytes, a multiple of 8
     * @param more whether others follow
     * @return this
     */
    public Ipv4Layer fragment(int offset, boolean more) {
        if (offset % 8 != 0) {
            throw new IllegalArgumentException("fragment offset " + offset + ": no multiple of 8");
        }
        flagsAndOffset &= DONT_FRAGMENT;
        flagsAndOffset |= offset / 8 | (more ? MORE_FRAGMENTS : 0);
        return this;
    }

    /** Sets the time to live, 64 at first. {@return this} */
    public Ipv4Layer ttl(int ttl) {
        this.ttl = ttl;
        return this;
    }

    /** Overrides the protocol number, or names it for a payload without one. {@return this} */
    public Ipv4Layer protocol(int protocol) {
        this.protocol = protocol;
        return this;
    }

    /** Overrides the header checksum. {@return this} */
    public Ipv4Layer checksum(int checksum) {
        this.checksum = right -> checksum;
        return this;
    }

    /** Makes the header checksum wrong. {@return this} */
    public Ipv4Layer wrongChecksum() {
        this.checksum = Checksums.WRONG;
        return this;
    }

    /** Sets header options; zeros fill them up to a multiple of 4 bytes. {@return this} */
    public Ipv4Layer options(String hex) {
        byte[] unpadded = Hex.bytes(hex);
        this.options = Arrays.copyOf(unpadded, (unpadded.length + 3) / 4 * 4);
        return this;
    }

    @Override
    int ipProtocol() {
        return IP_IN_IP;
    }

    @Override
    int etherType() {
        return ETHER_TYPE;
    }

    @Override
    byte[] wrap(byte[] payload, Layer next, @Nullable Network network) {
        int headerLength = HEADER_LENGTH + options.length;
        int nextProtocol = next.ipProtocol() != NONE ? next.ipProtocol() : EXPERIMENT;
        byte[] header =
                ByteBuffer.allocate(headerLength)
                        .put((byte) (version << 4 | choose(headerWords, headerLength / 4)))
                        .put((byte) tos)
                        .putShort((short) choose(totalLength, headerLength + payload.length))
                        .putShort((short) id)
                        .putShort((short) flagsAndOffset)
                        .put((byte) ttl)
                        .put((byte) choose(protocol, nextProtocol))
                        .putShort((short) 0)
                        .put(source)
                        .put(destination)
                        .put(options)
                        .array();
        int right = Checksums.internet(header);
        Checksums.put(header, CHECKSUM_OFFSET, checksum.applyAsInt(right));
        return Packets.concat(header, payload);
    }

    @Override
    public byte[] pseudoHeader(int protocol, int length) {
        return ByteBuffer.allocate(12)
                .put(source)
                .put(destination)
                .put((byte) 0)
                .put((byte) protocol)
                .putShort((short) length)
                .array();
    }
}
