package io.github.geneve4j.gwlb;

import io.github.geneve4j.geneve.OptionCursor;
import org.jspecify.annotations.Nullable;

/**
 * What an option of a load balancer tells. The set is closed: anything else in a header is {@code
 * null} here and stays in the packet.
 *
 * <p>Two layouts share the type numbers 1 to 3; which one a number belongs to is said by the option
 * class, see {@link GwlbDialect}. No option of either is critical (RFC 8926 §3.5), and the critical
 * bit is part of the type: 0x81 is not 1.
 */
public enum GwlbOptionType {
    /** AWS, Tencent: the endpoint that the packet entered by, 64 bits; see {@link EndpointId}. */
    ENDPOINT_ID(1, 8, 0x01),
    /** AWS, Tencent: 64 opaque bits, 0 in every packet seen. No reason to drop anything. */
    ATTACHMENT_ID(2, 8, 0x02),
    /**
     * AWS, Tencent: 32 opaque bits that name the flow, the same in both directions on AWS. The load
     * balancer drops a reply whose cookie is not the flow's latest.
     */
    FLOW_COOKIE(3, 4, 0x04),

    /** Google: 28 bits of network id, then 4 flag bits. */
    NETWORK_COOKIE(1, 4, 0x08),
    /** Google: 128 opaque bits that name the endpoint. */
    ENDPOINT_COOKIE(2, 16, 0x10),
    /** Google: the security profile that sent the packet here, 64 bits. */
    PROFILE_ID(3, 8, 0x20);

    final int bit; // in GwlbMetadata's presence

    private final int type;
    private final int dataLength;

    GwlbOptionType(int type, int dataLength, int bit) {
        this.type = type;
        this.dataLength = dataLength;
        this.bit = bit;
    }

    /**
     * {@return what the option under a cursor tells; {@code null} if it has another class, an
     * unknown type or a wrong length, which a reader skips}
     *
     * @param cursor on an option
     */
    public static @Nullable GwlbOptionType at(OptionCursor cursor) {
        GwlbDialect dialect = GwlbDialect.of(cursor.optionClass());
        return dialect == null ? null : dialect.optionAt(cursor);
    }

    /** {@return the type byte on the wire, 1 to 3} */
    public int type() {
        return type;
    }

    /** {@return the bytes of data, without the option's header: 4, 8 or 16} */
    public int dataLength() {
        return dataLength;
    }
}
