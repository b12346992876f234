package io.github.geneve4j.gwlb;

import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.GeneveDecoder;
import io.netty.buffer.ByteBuf;

/**
 * A load balancer's options as text for people and as JSON for programs, beside {@link
 * io.github.geneve4j.geneve.GeneveFormat}; never throws for what the bytes say.
 *
 * <p>Only what the packet has is written, and nothing at all when it has none of these options. For
 * the cold path: it allocates.
 */
public final class GwlbFormat {
    private static final int LONG_DIGITS = 16;
    private static final int INT_DIGITS = 8;

    private GwlbFormat() {}

    /**
     * Appends words such as {@code gwlb aws vpce-02356de92d389839c attachment 0x0000000000000000
     * cookie 0x98ef1b00}, after a space unless {@code out} is empty.
     *
     * @param out grows if the packet has such options
     * @param buffer holds the packet; not changed
     * @param offset absolute index of the first Geneve byte
     * @param length bytes available, inner packet included
     * @return whether anything was appended; false too for a malformed header
     */
    public static boolean appendText(StringBuilder out, ByteBuf buffer, int offset, int length) {
        GwlbMetadata metadata = new GwlbMetadata();
        GeneveDecoder geneve = new GeneveDecoder();
        return geneve.wrap(buffer, offset, length) == DecodeStatus.OK
                && metadata.read(geneve)
                && appendText(out, metadata);
    }

    /**
     * Appends the same words for options that have been read.
     *
     * @param out grows if there are any
     * @param metadata after a read
     * @return whether anything was appended
     */
    public static boolean appendText(StringBuilder out, GwlbMetadata metadata) {
        GwlbDialect dialect = metadata.dialect();
        if (dialect == null) {
            return false;
        }
        out.append(out.isEmpty() ? "gwlb " : " gwlb ").append(dialect.label());
        if (metadata.hasEndpointId()) {
            appendEndpoint(out.append(' '), metadata);
        }
        if (metadata.hasAttachmentId()) {
            hex(out.append(" attachment "), metadata.attachmentId(), LONG_DIGITS);
        }
        if (metadata.hasFlowCookie()) {
            hex(out.append(" cookie "), metadata.flowCookie(), INT_DIGITS);
        }
        if (metadata.hasNetworkCookie()) {
            hex(out.append(" network "), metadata.networkCookie(), INT_DIGITS);
        }
        if (metadata.hasEndpointCookie()) {
            appendEndpointCookie(out.append(" endpoint "), metadata);
        }
        if (metadata.hasProfileId()) {
            hex(out.append(" profile "), metadata.profileId(), LONG_DIGITS);
        }
        if (metadata.hasDuplicate()) {
            out.append(" duplicate");
        }
        return true;
    }

    /**
     * Appends one member, for the object that {@link
     * io.github.geneve4j.geneve.GeneveFormat#appendJsonMembers} fills: {@code
     * "gwlb":{"dialect":"aws","endpoint":"vpce-02356de92d389839c",
     * "attachment":"0x0000000000000000","cookie":"0x98ef1b00"}}; for Google {@code networkCookie},
     * {@code endpointCookie} and {@code profile}. A comma comes first unless {@code out} is empty
     * or ends in an opening brace.
     *
     * @param out grows if the packet has such options
     * @param buffer holds the packet; not changed
     * @param offset absolute index of the first Geneve byte
     * @param length bytes available, inner packet included
     * @return whether anything was appended; false too for a malformed header
     */
    public static boolean appendJsonMembers(
            StringBuilder out, ByteBuf buffer, int offset, int length) {
        GwlbMetadata metadata = new GwlbMetadata();
        GeneveDecoder geneve = new GeneveDecoder();
        return geneve.wrap(buffer, offset, length) == DecodeStatus.OK
                && metadata.read(geneve)
                && appendJsonMembers(out, metadata);
    }

    /**
     * Appends the same member for options that have been read.
     *
     * @param out grows if there are any
     * @param metadata after a read
     * @return whether anything was appended
     */
    public static boolean appendJsonMembers(StringBuilder out, GwlbMetadata metadata) {
        GwlbDialect dialect = metadata.dialect();
        if (dialect == null) {
            return false;
        }
        if (!out.isEmpty() && out.charAt(out.length() - 1) != '{') {
            out.append(',');
        }
        out.append("\"gwlb\":{\"dialect\":\"").append(dialect.label());
        if (metadata.hasEndpointId()) {
            appendEndpoint(out.append("\",\"endpoint\":\""), metadata);
        }
        if (metadata.hasAttachmentId()) {
            hex(out.append("\",\"attachment\":\""), metadata.attachmentId(), LONG_DIGITS);
        }
        if (metadata.hasFlowCookie()) {
            hex(out.append("\",\"cookie\":\""), metadata.flowCookie(), INT_DIGITS);
        }
        if (metadata.hasNetworkCookie()) {
            hex(out.append("\",\"networkCookie\":\""), metadata.networkCookie(), INT_DIGITS);
        }
        if (metadata.hasEndpointCookie()) {
            appendEndpointCookie(out.append("\",\"endpointCookie\":\""), metadata);
        }
        if (metadata.hasProfileId()) {
            hex(out.append("\",\"profile\":\""), metadata.profileId(), LONG_DIGITS);
        }
        out.append("\"}");
        return true;
    }

    /**
     * Tencent puts the eight characters behind the dash into the packet, AWS the number's bytes.
     */
    private static void appendEndpoint(StringBuilder out, GwlbMetadata metadata) {
        long id = metadata.endpointId();
        if (metadata.dialect() != GwlbDialect.TENCENT || !isLettersAndDigits(id)) {
            EndpointId.append(out, id);
            return;
        }
        out.append(EndpointId.PREFIX);
        for (int shift = Long.SIZE - Byte.SIZE; shift >= 0; shift -= Byte.SIZE) {
            out.append((char) (id >>> shift & 0xff));
        }
    }

    private static boolean isLettersAndDigits(long text) {
        for (int shift = Long.SIZE - Byte.SIZE; shift >= 0; shift -= Byte.SIZE) {
            char character = (char) (text >>> shift & 0xff);
            boolean letter = character >= 'a' && character <= 'z';
            boolean digit = character >= '0' && character <= '9';
            if (!letter && !digit) {
                return false;
            }
        }
        return true;
    }

    private static void appendEndpointCookie(StringBuilder out, GwlbMetadata metadata) {
        hex(out, metadata.endpointCookieHigh(), LONG_DIGITS);
        HexDigits.append(out, metadata.endpointCookieLow(), LONG_DIGITS);
    }

    private static void hex(StringBuilder out, long value, int digits) {
        HexDigits.append(out.append("0x"), value, digits);
    }
}
