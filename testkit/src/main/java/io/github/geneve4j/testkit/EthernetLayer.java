package io.github.geneve4j.testkit;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Ethernet II without FCS, or the tag that IEEE 802.1Q and 802.1ad put behind its addresses. */
public final class EthernetLayer extends Layer {
    private static final int TRANS_ETHER_BRIDGING = 0x6558;
    private static final int LOCAL_EXPERIMENTAL = 0x88b5;

    private final int announcedAs;
    private final byte[] beforeType;
    private int type = NONE;

    private EthernetLayer(int announcedAs, byte[] beforeType) {
        this.announcedAs = announcedAs;
        this.beforeType = beforeType;
    }

    static EthernetLayer frame(String destination, String source) {
        byte[] addresses = Packets.concat(address(destination), address(source));
        return new EthernetLayer(TRANS_ETHER_BRIDGING, addresses);
    }

    static EthernetLayer tag(int tagType, int tagControl) {
        byte[] control = ByteBuffer.allocate(2).putShort((short) tagControl).array();
        return new EthernetLayer(tagType, control);
    }

    /**
     * Overrides the EtherType, or the length field, with which this header or tag ends.
     *
     * @param type 16 bits
     * @return this
     */
    public EthernetLayer type(int type) {
        this.type = type;
        return this;
    }

    @Override
    int etherType() {
        return announcedAs;
    }

    @Override
    byte[] wrap(byte[] payload, Layer next, @Nullable Network network) {
        int natural = next.etherType() != NONE ? next.etherType() : LOCAL_EXPERIMENTAL;
        return ByteBuffer.allocate(beforeType.length + 2 + payload.length)
                .put(beforeType)
                .putShort((short) choose(type, natural))
                .put(payload)
                .array();
    }

    private static byte[] address(String text) {
        byte[] address = Hex.bytes(text.replace(":", ""));
        if (address.length != 6) {
            throw new IllegalArgumentException("not an Ethernet address: " + text);
        }
        return address;
    }
}
