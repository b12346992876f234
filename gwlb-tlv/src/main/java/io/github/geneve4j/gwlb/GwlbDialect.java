package io.github.geneve4j.gwlb;

import static io.github.geneve4j.gwlb.GwlbOptionType.ATTACHMENT_ID;
import static io.github.geneve4j.gwlb.GwlbOptionType.ENDPOINT_COOKIE;
import static io.github.geneve4j.gwlb.GwlbOptionType.ENDPOINT_ID;
import static io.github.geneve4j.gwlb.GwlbOptionType.FLOW_COOKIE;
import static io.github.geneve4j.gwlb.GwlbOptionType.NETWORK_COOKIE;
import static io.github.geneve4j.gwlb.GwlbOptionType.PROFILE_ID;

import io.github.geneve4j.geneve.OptionClass;
import io.github.geneve4j.geneve.OptionCursor;
import org.jspecify.annotations.Nullable;

/**
 * Whose load balancer wrote a header: an option class, and the three options, numbered 1 to 3, that
 * it defines.
 *
 * <p>The reply rule is the same for all; see {@link GwlbReply}.
 */
public enum GwlbDialect {
    /** AWS Gateway Load Balancer: always its three options, always in this order. */
    AWS("aws", OptionClass.AMAZON_GWLB, ENDPOINT_ID, ATTACHMENT_ID, FLOW_COOKIE),
    /**
     * Tencent Gateway Load Balancer: the options of AWS, with a cookie of 3 bits of direction and
     * 29 bits of flow. Endpoint ids seen were eight ASCII characters.
     */
    TENCENT("tencent", OptionClass.TENCENT_GWLB, ENDPOINT_ID, ATTACHMENT_ID, FLOW_COOKIE),
    /** Google Network Security Integration: order and number of its options vary. */
    GOOGLE("google", OptionClass.GOOGLE, NETWORK_COOKIE, ENDPOINT_COOKIE, PROFILE_ID);

    final int bits; // of all its options, in GwlbMetadata's presence

    private final String label;
    private final int optionClass;
    private final GwlbOptionType first;
    private final GwlbOptionType second;
    private final GwlbOptionType third;

    GwlbDialect(
            String label,
            int optionClass,
            GwlbOptionType first,
            GwlbOptionType second,
            GwlbOptionType third) {
        this.label = label;
        this.optionClass = optionClass;
        this.first = first;
        this.second = second;
        this.third = third;
        this.bits = first.bit | second.bit | third.bit;
    }

    /**
     * {@return the dialect that an option class belongs to, or {@code null}}
     *
     * @param optionClass as it stands in an option
     */
    public static @Nullable GwlbDialect of(int optionClass) {
        return switch (optionClass) {
            case OptionClass.AMAZON_GWLB -> AWS;
            case OptionClass.TENCENT_GWLB -> TENCENT;
            case OptionClass.GOOGLE -> GOOGLE;
            default -> null;
        };
    }

    /** {@return the stable name in metrics, text and configuration: {@code aws}} */
    public String label() {
        return label;
    }

    /** {@return the class of all its options} */
    public int optionClass() {
        return optionClass;
    }

    /**
     * {@return whether this dialect has such an option}
     *
     * @param option of any dialect
     */
    public boolean defines(GwlbOptionType option) {
        return (bits & option.bit) != 0;
    }

    /** {@return what an option of this dialect's class tells; null as in GwlbOptionType.at} */
    @Nullable GwlbOptionType optionAt(OptionCursor cursor) {
        GwlbOptionType option =
                switch (cursor.type()) {
                    case 1 -> first;
                    case 2 -> second;
                    case 3 -> third;
                    default -> null;
                };
        return option != null && option.dataLength() == cursor.dataLength() ? option : null;
    }
}
