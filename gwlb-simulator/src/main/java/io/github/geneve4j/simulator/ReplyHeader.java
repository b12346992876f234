package io.github.geneve4j.simulator;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.geneve.EtherType;
import io.github.geneve4j.geneve.GeneveDecoder;
import io.github.geneve4j.gwlb.GwlbMetadata;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Compares the Geneve header of a reply, whose endpoint id and cookie are right already, with the
 * one that was sent, and names the first difference.
 */
final class ReplyHeader {
    // The header as it was sent, in longs
    private static final long FIXED = 0x0800_0000_0000_0000L; // 8 words of options; VNI 0
    private static final int PROTOCOL_SHIFT = 32;
    private static final int ENDPOINT_HEAD_OFFSET = 8; // and the upper half of the id
    private static final int ATTACHMENT_HEAD_OFFSET = 20;
    private static final int ATTACHMENT_OFFSET = 24;
    private static final int COOKIE_HEAD_OFFSET = 32;
    private static final int ENDPOINT_HEAD = 0x0108_0102;
    private static final int ATTACHMENT_HEAD = 0x0108_0202;
    private static final int COOKIE_HEAD = 0x0108_0301;

    private static final int FLAGS_OFFSET = 1; // O, C, reserved
    private static final int RESERVED_OFFSET = 7;
    private static final int OPTIONS_LENGTH = 32;
    private static final int OPTION_RESERVED = 0xe0; // in the first word of an option

    private ReplyHeader() {}

    /**
     * {@return the first objection to a header, or {@code null}}
     *
     * @param geneve after OK
     * @param metadata read from it
     * @param attachmentId that was sent
     * @param packet the inner packet, read
     */
    static @Nullable Objection check(
            GeneveDecoder geneve, GwlbMetadata metadata, long attachmentId, FiveTuple packet) {
        ByteBuf buffer = geneve.buffer();
        int at = geneve.offset();
        int protocol = packet.isIpv6() ? EtherType.IPV6 : EtherType.IPV4;
        if (geneve.optionsLength() == OPTIONS_LENGTH
                && buffer.getLong(at) == (FIXED | (long) protocol << PROTOCOL_SHIFT)
                && buffer.getInt(at + ENDPOINT_HEAD_OFFSET) == ENDPOINT_HEAD
                && buffer.getInt(at + ATTACHMENT_HEAD_OFFSET) == ATTACHMENT_HEAD
                && buffer.getLong(at + ATTACHMENT_OFFSET) == attachmentId
                && buffer.getInt(at + COOKIE_HEAD_OFFSET) == COOKIE_HEAD) {
            return null;
        }
        return difference(geneve, metadata, attachmentId, protocol);
    }

    private static Objection difference(
            GeneveDecoder geneve, GwlbMetadata metadata, long attachmentId, int protocol) {
        ByteBuf buffer = geneve.buffer();
        int at = geneve.offset();
        if (!metadata.hasAttachmentId() || metadata.attachmentId() != attachmentId) {
            return Objection.ATTACHMENT_ID_CHANGED;
        }
        if (geneve.protocolType() != protocol) {
            return Objection.PROTOCOL_TYPE_CHANGED;
        }
        if (geneve.vni() != 0) {
            return Objection.VNI_CHANGED;
        }
        if (buffer.getByte(at + FLAGS_OFFSET) != 0 || buffer.getByte(at + RESERVED_OFFSET) != 0) {
            return Objection.FLAGS_CHANGED;
        }
        boolean sameButReserved =
                geneve.optionsLength() == OPTIONS_LENGTH
                        && isHead(buffer.getInt(at + ENDPOINT_HEAD_OFFSET), ENDPOINT_HEAD)
                        && isHead(buffer.getInt(at + ATTACHMENT_HEAD_OFFSET), ATTACHMENT_HEAD)
                        && isHead(buffer.getInt(at + COOKIE_HEAD_OFFSET), COOKIE_HEAD);
        return sameButReserved ? Objection.FLAGS_CHANGED : Objection.OPTIONS_CHANGED;
    }

    private static boolean isHead(int head, int expected) {
        return (head & ~OPTION_RESERVED) == expected;
    }
}
