package io.github.geneve4j.gwlb;

import static io.github.geneve4j.gwlb.GwlbOptionType.ATTACHMENT_ID;
import static io.github.geneve4j.gwlb.GwlbOptionType.ENDPOINT_COOKIE;
import static io.github.geneve4j.gwlb.GwlbOptionType.ENDPOINT_ID;
import static io.github.geneve4j.gwlb.GwlbOptionType.FLOW_COOKIE;
import static io.github.geneve4j.gwlb.GwlbOptionType.NETWORK_COOKIE;
import static io.github.geneve4j.gwlb.GwlbOptionType.PROFILE_ID;

import io.github.geneve4j.geneve.Geneve;
import io.github.geneve4j.geneve.GeneveDecoder;
import io.github.geneve4j.geneve.OptionClass;
import io.github.geneve4j.geneve.OptionCursor;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * What a load balancer says about a packet: reads all of its options in one pass.
 *
 * <p>AWS and Tencent send exactly this, 32 bytes; any other order, and any option in between, is
 * read as well, only slower:
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |    Class 0x0108 or 0x0167     |   Type = 1    |R|R|R| Len = 2 |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                     Endpoint id, 64 bits                      |
 * |                                                               |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |             Class             |   Type = 2    |R|R|R| Len = 2 |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                    Attachment id, 64 bits                     |
 * |                                                               |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |             Class             |   Type = 3    |R|R|R| Len = 1 |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |      Flow cookie, 32 bits; Tencent: Direction:3 Cookie:29     |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 *
 * <p>The first option that a dialect defines decides the dialect; options of another one, of an
 * unknown type, or of a wrong length are skipped. If an option comes twice, the first one counts
 * and {@link #hasDuplicate()} tells. None of this changes a reply: what goes back is the raw
 * header.
 *
 * <p>A value that the packet does not have reads as 0, never as what an earlier packet had: which
 * options come is the sender's doing, so asking for one that is missing must not throw on the
 * packet thread. The {@code has} methods tell 0 from absent.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one. <b>Ownership:</b> none: the
 * values are copies and outlive the packet, until the next {@link #read}.
 */
public final class GwlbMetadata {
    // The common layout, from the first option on
    private static final int FIRST_OFFSET = 0; // Class:16 Type:8 R:3 Length:5
    private static final int ENDPOINT_ID_OFFSET = 4; // 64 bits
    private static final int SECOND_OFFSET = 12; // Class:16 Type:8 R:3 Length:5
    private static final int ATTACHMENT_ID_OFFSET = 16; // 64 bits
    private static final int THIRD_OFFSET = 24; // Class:16 Type:8 R:3 Length:5
    private static final int FLOW_COOKIE_OFFSET = 28; // 32 bits
    private static final int COMMON_LENGTH = 32;

    private static final int CLASS_MASK = 0xffff_0000;
    private static final int HEAD_MASK = 0xffff_ff1f; // all but the reserved bits
    private static final int FIRST_HEAD = 0x0102; // type, length in words
    private static final int SECOND_HEAD = 0x0202;
    private static final int THIRD_HEAD = 0x0301;
    private static final int AWS_CLASS = OptionClass.AMAZON_GWLB << 16;
    private static final int TENCENT_CLASS = OptionClass.TENCENT_GWLB << 16;

    private static final int ENDPOINT_COOKIE_LOW_OFFSET = 8; // second half of 128 bits

    private static final int TENCENT_DIRECTION_SHIFT = 29; // Direction:3 Cookie:29
    private static final int TENCENT_COOKIE_MASK = 0x1fff_ffff;
    private static final int GOOGLE_FLAG_BITS = 4; // Network:28 R:2 T:1 D:1
    private static final int GOOGLE_FLAGS_MASK = 0xf;

    private final OptionCursor cursor = new OptionCursor();

    private @Nullable GwlbDialect dialect;
    private int present; // bits of GwlbOptionType
    private boolean duplicate;
    private long endpointId;
    private long attachmentId;
    private int flowCookie;
    private int networkCookie;
    private long endpointCookieHigh;
    private long endpointCookieLow;
    private long profileId;

    /** Creates a view without values; {@link #read} gives it some. */
    public GwlbMetadata() {}

    /**
     * Replaces all values by those of a packet.
     *
     * @param geneve after an OK; not kept
     * @return whether the packet has any option of a load balancer; if not, everything is absent
     * @throws IndexOutOfBoundsException if the decoder holds no packet; then too, everything is
     *     absent
     */
    public boolean read(GeneveDecoder geneve) {
        clear();
        return readCommon(geneve) || readAny(geneve);
    }

    private void clear() {
        dialect = null;
        present = 0;
        duplicate = false;
        endpointId = 0;
        attachmentId = 0;
        flowCookie = 0;
        networkCookie = 0;
        endpointCookieHigh = 0;
        endpointCookieLow = 0;
        profileId = 0;
    }

    /** Reads the common layout without a cursor. {@return whether the options are laid out so} */
    private boolean readCommon(GeneveDecoder geneve) {
        if (geneve.optionsLength() != COMMON_LENGTH) {
            return false;
        }
        ByteBuf buffer = geneve.buffer();
        int options = geneve.offset() + Geneve.HEADER_LENGTH;
        int first = buffer.getInt(options + FIRST_OFFSET);
        int optionClass = first & CLASS_MASK;
        if (optionClass != AWS_CLASS && optionClass != TENCENT_CLASS) {
            return false;
        }
        int second = buffer.getInt(options + SECOND_OFFSET);
        int third = buffer.getInt(options + THIRD_OFFSET);
        int different =
                (first ^ (optionClass | FIRST_HEAD))
                        | (second ^ (optionClass | SECOND_HEAD))
                        | (third ^ (optionClass | THIRD_HEAD));
        if ((different & HEAD_MASK) != 0) {
            return false;
        }
        dialect = optionClass == AWS_CLASS ? GwlbDialect.AWS : GwlbDialect.TENCENT;
        present = GwlbDialect.AWS.bits;
        endpointId = buffer.getLong(options + ENDPOINT_ID_OFFSET);
        attachmentId = buffer.getLong(options + ATTACHMENT_ID_OFFSET);
        flowCookie = buffer.getInt(options + FLOW_COOKIE_OFFSET);
        return true;
    }

    private boolean readAny(GeneveDecoder geneve) {
        geneve.options(cursor);
        while (cursor.next()) {
            GwlbDialect speaker = GwlbDialect.of(cursor.optionClass());
            if (speaker == null || (dialect != null && dialect != speaker)) {
                continue;
            }
            GwlbOptionType option = speaker.optionAt(cursor);
            if (option == null) {
                continue;
            }
            if ((present & option.bit) != 0) {
                duplicate = true;
                continue;
            }
            dialect = speaker;
            present |= option.bit;
            store(option, cursor.buffer(), cursor.dataOffset());
        }
        return dialect != null;
    }

    private void store(GwlbOptionType option, ByteBuf buffer, int data) {
        switch (option) {
            case ENDPOINT_ID -> endpointId = buffer.getLong(data);
            case ATTACHMENT_ID -> attachmentId = buffer.getLong(data);
            case FLOW_COOKIE -> flowCookie = buffer.getInt(data);
            case NETWORK_COOKIE -> networkCookie = buffer.getInt(data);
            case ENDPOINT_COOKIE -> {
                endpointCookieHigh = buffer.getLong(data);
                endpointCookieLow = buffer.getLong(data + ENDPOINT_COOKIE_LOW_OFFSET);
            }
            case PROFILE_ID -> profileId = buffer.getLong(data);
        }
    }

    /** {@return whose load balancer sent the packet; {@code null} if it has none of its options} */
    public @Nullable GwlbDialect dialect() {
        return dialect;
    }

    /**
     * {@return whether the packet has the option}
     *
     * @param option of any dialect
     */
    public boolean has(GwlbOptionType option) {
        return (present & option.bit) != 0;
    }

    /** {@return whether the packet has all three options that its dialect defines} */
    public boolean isComplete() {
        return dialect != null && present == dialect.bits;
    }

    /** {@return whether an option came more than once; its first value was read} */
    public boolean hasDuplicate() {
        return duplicate;
    }

    // AWS and Tencent

    /** {@return whether {@link #endpointId()} came with the packet} */
    public boolean hasEndpointId() {
        return has(ENDPOINT_ID);
    }

    /** {@return the endpoint that the packet entered by, or 0; its text: {@link EndpointId}} */
    public long endpointId() {
        return endpointId;
    }

    /** {@return whether {@link #attachmentId()} came with the packet} */
    public boolean hasAttachmentId() {
        return has(ATTACHMENT_ID);
    }

    /** {@return the attachment id, opaque, or 0} */
    public long attachmentId() {
        return attachmentId;
    }

    /** {@return whether {@link #flowCookie()} came with the packet} */
    public boolean hasFlowCookie() {
        return has(FLOW_COOKIE);
    }

    /** {@return the cookie as it stands in the packet, 32 bits, or 0} */
    public int flowCookie() {
        return flowCookie;
    }

    /** {@return the upper 3 bits of a Tencent cookie, 0 to 7; 0 in any other dialect} */
    public int tencentDirection() {
        return dialect == GwlbDialect.TENCENT ? flowCookie >>> TENCENT_DIRECTION_SHIFT : 0;
    }

    /** {@return the lower 29 bits of a Tencent cookie; 0 in any other dialect} */
    public int tencentCookie() {
        return dialect == GwlbDialect.TENCENT ? flowCookie & TENCENT_COOKIE_MASK : 0;
    }

    // Google

    /** {@return whether {@link #networkCookie()} came with the packet} */
    public boolean hasNetworkCookie() {
        return has(NETWORK_COOKIE);
    }

    /** {@return the network cookie as it stands in the packet, 32 bits, or 0} */
    public int networkCookie() {
        return networkCookie;
    }

    /** {@return the upper 28 bits of the network cookie: which network the packet belongs to} */
    public int networkId() {
        return networkCookie >>> GOOGLE_FLAG_BITS;
    }

    /** {@return the lower 4 bits of the network cookie: two reserved ones, T, D; 0 to 15} */
    public int networkFlags() {
        return networkCookie & GOOGLE_FLAGS_MASK;
    }

    /** {@return whether {@link #endpointCookieHigh()} and its low half came with the packet} */
    public boolean hasEndpointCookie() {
        return has(ENDPOINT_COOKIE);
    }

    /** {@return the first 64 bits of the endpoint cookie, or 0} */
    public long endpointCookieHigh() {
        return endpointCookieHigh;
    }

    /** {@return the last 64 bits of the endpoint cookie, or 0} */
    public long endpointCookieLow() {
        return endpointCookieLow;
    }

    /** {@return whether {@link #profileId()} came with the packet} */
    public boolean hasProfileId() {
        return has(PROFILE_ID);
    }

    /** {@return the security profile that sent the packet here, or 0} */
    public long profileId() {
        return profileId;
    }
}
