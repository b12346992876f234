package io.github.geneve4j.testkit;

import org.jspecify.annotations.Nullable;

/** Bytes without a meaning, or a packet built before. */
public final class PayloadLayer extends Layer {
    private static final int IP_IN_IP = 4;
    private static final int IPV6_IN_IP = 41;

    private final byte[] bytes;
    private final int ipProtocol;
    private final int etherType;

    private PayloadLayer(byte[] bytes, int ipProtocol, int etherType) {
        this.bytes = bytes.clone();
        this.ipProtocol = ipProtocol;
        this.etherType = etherType;
    }

    static PayloadLayer opaque(byte[] bytes) {
        return new PayloadLayer(bytes, NONE, NONE);
    }

    static PayloadLayer ip(byte[] packet) {
        return switch (packet.length == 0 ? 0 : (packet[0] & 0xf0) >> 4) {
            case 4 -> new PayloadLayer(packet, IP_IN_IP, Ipv4Layer.ETHER_TYPE);
            case 6 -> new PayloadLayer(packet, IPV6_IN_IP, Ipv6Layer.ETHER_TYPE);
            default -> throw new IllegalArgumentException("neither an IPv4 nor an IPv6 packet");
        };
    }

    @Override
    int ipProtocol() {
        return ipProtocol;
    }

    @Override
    int etherType() {
        return etherType;
    }

    @Override
    byte[] wrap(byte[] payload, Layer next, @Nullable Network network) {
        return Packets.concat(bytes, payload);
    }
}
