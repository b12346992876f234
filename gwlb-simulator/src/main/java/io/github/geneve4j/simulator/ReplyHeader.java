package io.github.geneve4j.simulator;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.geneve.EtherType;
import io.github.geneve4j.geneve.GeneveDecoder;
import io.github.geneve4j.gwlb.GwlbMetadata;
import io.netty.buffer.ByteBuf;

/**
 * Compares the Geneve header of a reply, whose endpoint id and cookie are right already, with the
 * one that was sent, and names every difference.
 */
final class ReplyHeader {
    // The header as it was sent, in longs
    private static final long FIXED = 0x0800_0000_0000_0000L; // 8 words of options; VNI 0
    private static final int PROTOCOL_SHIFT = 32;
    private static final int OPTIONS_OFFSET = 8;
    private static final int ENDPOINT_HEAD_OFFSET = OPTIONS_OFFSET; // and the upper half of the id
    private static final int ATTACHMENT_HEAD_OFFSET = 20;
    private static final int ATTACHMENT_OFFSET = 24;
    private static final int COOKIE_HEAD_OFFSET = 32;
    private static final int ENDPOINT_HEAD = 0x0108_0102;
    private static final int ATTACHMENT_HEAD = 0x0108_0202;
    private static final int COOKIE_HEAD = 0x0108_0301;
    private static final int[] HEADS = {ENDPOINT_HEAD, ATTACHMENT_HEAD, COOKIE_HEAD};

    private static final int FLAGS_OFFSET = 1; // O, C, reserved
    private static final int RESERVED_OFFSET = 7;
    private static final int OPTIONS_LENGTH = 32;

    // In the first word of an option
    private static final int OPTION_RESERVED = 0xe0;
    private static final int OPTION_WORDS = 0x1f;

    private ReplyHeader() {}

    /**
     * {@return the {@link Objection#bit}s of all that is not as it was sent, or 0}
     *
     * @param geneve after OK
     * @param metadata read from it
     * @param attachmentId that was sent
     * @param packet the inner packet, read
     */
    static int differences(
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
            return 0;
        }
        int found = ofOptions(buffer, at + OPTIONS_OFFSET, geneve.optionsLength());
        if (!metadata.hasAttachmentId() || metadata.attachmentId() != attachmentId) {
            found |= Objection.ATTACHMENT_ID_CHANGED.bit();
        }
        if (geneve.protocolType() != protocol) {
            found |= Objection.PROTOCOL_TYPE_CHANGED.bit();
        }
        if (geneve.vni() != 0) {
            found |= Objection.VNI_CHANGED.bit();
        }
        if (buffer.getByte(at + FLAGS_OFFSET) != 0 || buffer.getByte(at + RESERVED_OFFSET) != 0) {
            found |= Objection.FLAGS_CHANGED.bit();
        }
        return found;
    }

    /** Which options there are, in which order, and their reserved bits; not what they hold. */
    private static int ofOptions(ByteBuf buffer, int begin, int length) {
        int reserved = 0;
        int others = 0;
        int count = 0;
        int at = begin;
        while (at < begin + length) {
            int head = buffer.getInt(at);
            reserved |= head & OPTION_RESERVED;
            others |= count < HEADS.length ? (head & ~OPTION_RESERVED) ^ HEADS[count] : 1;
            count++;
            at += Integer.BYTES * (1 + (head & OPTION_WORDS));
        }
        boolean changed = others != 0 || count != HEADS.length;
        return (reserved != 0 ? Objection.FLAGS_CHANGED.bit() : 0)
                | (changed ? Objection.OPTIONS_CHANGED.bit() : 0);
    }
}
