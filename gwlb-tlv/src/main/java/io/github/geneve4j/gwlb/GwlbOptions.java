package io.github.geneve4j.gwlb;

import static io.github.geneve4j.gwlb.GwlbOptionType.ATTACHMENT_ID;
import static io.github.geneve4j.gwlb.GwlbOptionType.ENDPOINT_COOKIE;
import static io.github.geneve4j.gwlb.GwlbOptionType.ENDPOINT_ID;
import static io.github.geneve4j.gwlb.GwlbOptionType.FLOW_COOKIE;
import static io.github.geneve4j.gwlb.GwlbOptionType.NETWORK_COOKIE;
import static io.github.geneve4j.gwlb.GwlbOptionType.PROFILE_ID;

import io.github.geneve4j.geneve.GeneveEncoder;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;

/**
 * Writes a load balancer's options: for simulators and tests. An appliance does not need it, since
 * it sends back the header that came.
 *
 * {@snippet :
 * GwlbOptions options = new GwlbOptions(GwlbDialect.AWS);
 * options.begin(buffer, offset, EtherType.IPV4)
 *        .endpointId(endpoint)
 *        .attachmentId(0)
 *        .flowCookie(cookie);
 * int innerOffset = offset + options.headerLength(); // 40 bytes
 * }
 *
 * <p>Writes what it is told, in that order: options may be left out, and may come twice. An option
 * that the dialect does not define is refused. Errors are those of {@link GeneveEncoder}, and like
 * there a refused call leaves the header as it was.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one. <b>Ownership:</b> borrows the
 * buffer; never grows it, moves its indices or releases it.
 */
public final class GwlbOptions {
    /** The only VNI that any of the load balancers uses. */
    public static final int VNI = 0;

    private static final int ENDPOINT_COOKIE_HIGH_OFFSET = 0; // 64 bits
    private static final int ENDPOINT_COOKIE_LOW_OFFSET = 8; // 64 bits

    private static final int TENCENT_DIRECTION_SHIFT = 29; // Direction:3 Cookie:29
    private static final int MAX_TENCENT_DIRECTION = 7;
    private static final int MAX_TENCENT_COOKIE = 0x1fff_ffff;
    private static final int GOOGLE_FLAG_BITS = 4; // Network:28 R:2 T:1 D:1
    private static final int MAX_NETWORK_ID = 0xfff_ffff;
    private static final int MAX_NETWORK_FLAGS = 0xf;

    private final GwlbDialect dialect;
    private final GeneveEncoder own = new GeneveEncoder();
    private final byte[] endpointCookie = new byte[ENDPOINT_COOKIE.dataLength()];
    private final ByteBuffer endpointCookieHalves = ByteBuffer.wrap(endpointCookie); // big-endian
    private GeneveEncoder encoder = own;

    /**
     * Creates a writer; {@link #begin} or {@link #appendTo} gives it a place to write.
     *
     * @param dialect of all headers that it writes
     */
    public GwlbOptions(GwlbDialect dialect) {
        this.dialect = dialect;
    }

    /**
     * Writes a fixed header without options, VNI 0, for the options that follow.
     *
     * @param buffer where to write; borrowed until the next {@code begin} or {@code appendTo}
     * @param offset absolute index of the first header byte
     * @param protocolType EtherType of the inner packet, 0 to 65535
     * @return this
     * @throws IllegalArgumentException if the protocol type is out of its range
     * @throws IndexOutOfBoundsException if the buffer's capacity has no 8 bytes there
     */
    public GwlbOptions begin(ByteBuf buffer, int offset, int protocolType) {
        encoder = own.begin(buffer, offset, protocolType, VNI);
        return this;
    }

    /**
     * Lets the options that follow go to the end of a header that somebody else has begun.
     *
     * @param encoder after its {@code begin}; borrowed until the next {@code begin} or {@code
     *     appendTo}
     * @return this
     */
    public GwlbOptions appendTo(GeneveEncoder encoder) {
        this.encoder = encoder;
        return this;
    }

    /**
     * Appends {@link GwlbOptionType#ENDPOINT_ID}.
     *
     * @param endpointId 64 bits; see {@link EndpointId#value()}
     * @return this
     * @throws IllegalStateException if the dialect has no such option
     */
    public GwlbOptions endpointId(long endpointId) {
        return option(ENDPOINT_ID, endpointId);
    }

    /**
     * Appends {@link GwlbOptionType#ATTACHMENT_ID}.
     *
     * @param attachmentId 64 bits
     * @return this
     * @throws IllegalStateException if the dialect has no such option
     */
    public GwlbOptions attachmentId(long attachmentId) {
        return option(ATTACHMENT_ID, attachmentId);
    }

    /**
     * Appends {@link GwlbOptionType#FLOW_COOKIE}.
     *
     * @param flowCookie 32 bits
     * @return this
     * @throws IllegalStateException if the dialect has no such option
     */
    public GwlbOptions flowCookie(int flowCookie) {
        return option(FLOW_COOKIE, flowCookie);
    }

    /**
     * Appends Tencent's {@link GwlbOptionType#FLOW_COOKIE}.
     *
     * @param direction 0 to 7
     * @param cookie 29 bits
     * @return this
     * @throws IllegalStateException if the dialect is not Tencent's
     * @throws IllegalArgumentException if a number is out of its range
     */
    public GwlbOptions tencentCookie(int direction, int cookie) {
        if (dialect != GwlbDialect.TENCENT) {
            throw new IllegalStateException("dialect " + dialect + ": its cookie has no direction");
        }
        Ranges.check("direction", direction, 0, MAX_TENCENT_DIRECTION);
        Ranges.check("cookie", cookie, 0, MAX_TENCENT_COOKIE);
        return flowCookie(direction << TENCENT_DIRECTION_SHIFT | cookie);
    }

    /**
     * Appends {@link GwlbOptionType#NETWORK_COOKIE}.
     *
     * @param networkId 28 bits
     * @param flags 0 to 15: two reserved bits, T, D
     * @return this
     * @throws IllegalStateException if the dialect has no such option
     * @throws IllegalArgumentException if a number is out of its range
     */
    public GwlbOptions networkCookie(int networkId, int flags) {
        Ranges.check("network id", networkId, 0, MAX_NETWORK_ID);
        Ranges.check("network flags", flags, 0, MAX_NETWORK_FLAGS);
        return option(NETWORK_COOKIE, networkId << GOOGLE_FLAG_BITS | flags);
    }

    /**
     * Appends {@link GwlbOptionType#ENDPOINT_COOKIE}.
     *
     * @param high the first 64 bits
     * @param low the last 64 bits
     * @return this
     * @throws IllegalStateException if the dialect has no such option
     */
    public GwlbOptions endpointCookie(long high, long low) {
        endpointCookieHalves.putLong(ENDPOINT_COOKIE_HIGH_OFFSET, high);
        endpointCookieHalves.putLong(ENDPOINT_COOKIE_LOW_OFFSET, low);
        encoder.option(dialect.optionClass(), typeOf(ENDPOINT_COOKIE), endpointCookie);
        return this;
    }

    /**
     * Appends {@link GwlbOptionType#PROFILE_ID}.
     *
     * @param profileId 64 bits
     * @return this
     * @throws IllegalStateException if the dialect has no such option
     */
    public GwlbOptions profileId(long profileId) {
        return option(PROFILE_ID, profileId);
    }

    /** {@return the bytes of fixed header and options written so far, 8 to 260} */
    public int headerLength() {
        return encoder.headerLength();
    }

    private GwlbOptions option(GwlbOptionType option, long data) {
        encoder.option(dialect.optionClass(), typeOf(option), data);
        return this;
    }

    private GwlbOptions option(GwlbOptionType option, int data) {
        encoder.option(dialect.optionClass(), typeOf(option), data);
        return this;
    }

    private int typeOf(GwlbOptionType option) {
        if (!dialect.defines(option)) {
            throw new IllegalStateException("dialect " + dialect + ": has no option " + option);
        }
        return option.type();
    }
}
