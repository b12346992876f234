package io.github.geneve4j.testkit;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A Geneve header (RFC 8926 §3.4) with options (§3.5), right by default and wrong on request.
 *
 * <p>Unless overridden, Opt Len is what the options take, C says whether one of them is critical,
 * Protocol Type names the next layer, and the rest is zero.
 */
public final class GeneveLayer extends Layer {
    private static final int HEADER_LENGTH = 8;
    private static final int CRITICAL_TYPE_BIT = 0x80;
    private static final int LOCAL_EXPERIMENTAL = 0x88b5;

    private final ByteArrayOutputStream options = new ByteArrayOutputStream();
    private int version;
    private int optLenWords = NONE;
    private int control;
    private int critical;
    private int reservedFlags;
    private int protocolType = NONE;
    private int vni;
    private int reservedByte;

    GeneveLayer() {}

    /** Sets the version, 2 bits. {@return this} */
    public GeneveLayer version(int version) {
        this.version = version;
        return this;
    }

    /** Overrides Opt Len, 6 bits, in words. {@return this} */
    public GeneveLayer optLenWords(int optLenWords) {
        this.optLenWords = optLenWords;
        return this;
    }

    /** Sets or clears the O bit. {@return this} */
    public GeneveLayer control(boolean control) {
        this.control = control ? 1 : 0;
        return this;
    }

    /** Overrides the C bit; call it after the options. {@return this} */
    public GeneveLayer critical(boolean critical) {
        this.critical = critical ? 1 : 0;
        return this;
    }

    /** Sets the 6 reserved bits behind C. {@return this} */
    public GeneveLayer reservedFlags(int reservedFlags) {
        this.reservedFlags = reservedFlags;
        return this;
    }

    /** Overrides Protocol Type, or names it for a payload without an EtherType. {@return this} */
    public GeneveLayer protocolType(int protocolType) {
        this.protocolType = protocolType;
        return this;
    }

    /** Sets the VNI, 24 bits. {@return this} */
    public GeneveLayer vni(int vni) {
        this.vni = vni;
        return this;
    }

    /** Sets the reserved byte behind the VNI. {@return this} */
    public GeneveLayer reservedByte(int reservedByte) {
        this.reservedByte = reservedByte;
        return this;
    }

    /** Appends an option with the data that the hex text shows. {@return this} */
    public GeneveLayer option(int optionClass, int type, String hexData) {
        return option(optionClass, type, Hex.bytes(hexData));
    }

    /** Appends an option whose Length is that of the data. {@return this} */
    public GeneveLayer option(int optionClass, int type, byte[] data) {
        if (data.length % 4 != 0 || data.length > 124) {
            throw new IllegalArgumentException(
                    "data of " + data.length + " bytes: no valid option; see malformedOption");
        }
        return malformedOption(optionClass, type, 0, data.length / 4, data);
    }

    /**
     * Appends an option as it should not be.
     *
     * @param optionClass 16 bits
     * @param type 8 bits
     * @param reserved 3 bits
     * @param lengthWords 5 bits, whatever the data's length
     * @param data any number of bytes
     * @return this
     */
    public GeneveLayer malformedOption(
            int optionClass, int type, int reserved, int lengthWords, byte[] data) {
        byte[] head =
                ByteBuffer.allocate(4)
                        .putShort((short) optionClass)
                        .put((byte) type)
                        .put((byte) (reserved << 5 | lengthWords))
                        .array();
        options.writeBytes(head);
        options.writeBytes(data);
        if ((type & CRITICAL_TYPE_BIT) != 0) {
            critical = 1;
        }
        return this;
    }

    /** Appends bytes where options stand. {@return this} */
    public GeneveLayer rawOptions(String hex) {
        options.writeBytes(Hex.bytes(hex));
        return this;
    }

    @Override
    byte[] wrap(byte[] payload, Layer next, @Nullable Network network) {
        if (optLenWords == NONE && (options.size() % 4 != 0 || options.size() > 252)) {
            throw new IllegalStateException(
                    options.size() + " bytes of options need an explicit optLenWords");
        }
        int natural = next.etherType() != NONE ? next.etherType() : LOCAL_EXPERIMENTAL;
        return ByteBuffer.allocate(HEADER_LENGTH + options.size() + payload.length)
                .put((byte) (version << 6 | choose(optLenWords, options.size() / 4)))
                .put((byte) (control << 7 | critical << 6 | reservedFlags))
                .putShort((short) choose(protocolType, natural))
                .putInt(vni << 8 | reservedByte)
                .put(options.toByteArray())
                .put(payload)
                .array();
    }
}
