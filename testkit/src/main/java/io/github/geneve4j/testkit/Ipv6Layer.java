package io.github.geneve4j.testkit;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** An IPv6 header (RFC 8200 §3); extension headers are layers of their own. */
public final class Ipv6Layer extends Layer implements Layer.Network {
    static final int ETHER_TYPE = 0x86dd;
    static final int HEADER_LENGTH = 40;
    static final int PAYLOAD_LENGTH_OFFSET = 4;
    static final int NEXT_HEADER_OFFSET = 6;
    static final int NO_NEXT_HEADER = 59;

    private static final int IPV6_IN_IP = 41;

    private final byte[] source;
    private final byte[] destination;
    private int version = 6;
    private int trafficClass;
    private int flowLabel;
    private int payloadLength = NONE;
    private int nextHeader = NONE;
    private int hopLimit = 64;

    Ipv6Layer(String source, String destination) {
        this.source = Addresses.bytes(source, 16);
        this.destination = Addresses.bytes(destination, 16);
    }

    /** Overrides the version nibble. {@return this} */
    public Ipv6Layer version(int version) {
        this.version = version;
        return this;
    }

    /** Sets DSCP and ECN together, 0 at first. {@return this} */
    public Ipv6Layer trafficClass(int trafficClass) {
        this.trafficClass = trafficClass;
        return this;
    }

    /** Sets the flow label, 20 bits, 0 at first. {@return this} */
    public Ipv6Layer flowLabel(int flowLabel) {
        this.flowLabel = flowLabel;
        return this;
    }

    /** Overrides the payload length, in bytes behind the 40 of this header. {@return this} */
    public Ipv6Layer payloadLength(int payloadLength) {
        this.payloadLength = payloadLength;
        return this;
    }

    /** Overrides the next header, or names it for a payload without a number. {@return this} */
    public Ipv6Layer nextHeader(int nextHeader) {
        this.nextHeader = nextHeader;
        return this;
    }

    /** Sets the hop limit, 64 at first. {@return this} */
    public Ipv6Layer hopLimit(int hopLimit) {
        this.hopLimit = hopLimit;
        return this;
    }

    @Override
    int ipProtocol() {
        return IPV6_IN_IP;
    }

    @Override
    int etherType() {
        return ETHER_TYPE;
    }

    @Override
    byte[] wrap(byte[] payload, Layer next, @Nullable Network network) {
        int natural = next.ipProtocol() != NONE ? next.ipProtocol() : NO_NEXT_HEADER;
        return ByteBuffer.allocate(HEADER_LENGTH + payload.length)
                .putInt(version << 28 | trafficClass << 20 | flowLabel)
                .putShort((short) choose(payloadLength, payload.length))
                .put((byte) choose(nextHeader, natural))
                .put((byte) hopLimit)
                .put(source)
                .put(destination)
                .put(payload)
                .array();
    }

    @Override
    public byte[] pseudoHeader(int protocol, int length) {
        return ByteBuffer.allocate(40)
                .put(source)
                .put(destination)
                .putInt(length)
                .putInt(protocol)
                .array();
    }
}
