package io.github.geneve4j.gwlb;

import io.github.geneve4j.testkit.NaiveGeneveDecoder;
import java.util.HashMap;
import java.util.Map;

/** A load balancer's options read slowly: what {@link GwlbMetadata} must find. */
final class NaiveMetadata {
    private static final Map<Integer, String> LABELS =
            Map.of(0x0108, "aws", 0x0167, "tencent", 0x0132, "google");

    /** By dialect, type and hex digits of data. */
    private static final Map<String, GwlbOptionType> OPTIONS =
            Map.of(
                    "aws 1 16", GwlbOptionType.ENDPOINT_ID,
                    "aws 2 16", GwlbOptionType.ATTACHMENT_ID,
                    "aws 3 8", GwlbOptionType.FLOW_COOKIE,
                    "tencent 1 16", GwlbOptionType.ENDPOINT_ID,
                    "tencent 2 16", GwlbOptionType.ATTACHMENT_ID,
                    "tencent 3 8", GwlbOptionType.FLOW_COOKIE,
                    "google 1 8", GwlbOptionType.NETWORK_COOKIE,
                    "google 2 32", GwlbOptionType.ENDPOINT_COOKIE,
                    "google 3 16", GwlbOptionType.PROFILE_ID);

    /** The data of each option that counts, as hex digits. */
    final Map<GwlbOptionType, String> data = new HashMap<>();

    /** The dialect's label, or the empty text. */
    String dialect = "";

    boolean duplicate;

    private NaiveMetadata() {}

    /** {@return what a valid packet, from its Geneve header on, tells} */
    static NaiveMetadata of(byte[] packet) {
        NaiveMetadata metadata = new NaiveMetadata();
        for (NaiveGeneveDecoder.Option option : NaiveGeneveDecoder.header(packet).options()) {
            String label = LABELS.getOrDefault(option.optionClass(), "none");
            String key = label + " " + option.type() + " " + option.data().length();
            GwlbOptionType type = OPTIONS.get(key);
            if (type == null || !(metadata.dialect.isEmpty() || metadata.dialect.equals(label))) {
                continue;
            }
            metadata.dialect = label;
            if (metadata.data.putIfAbsent(type, option.data()) != null) {
                metadata.duplicate = true;
            }
        }
        return metadata;
    }

    /** {@return the 32 bits of an option, 0 if it is absent} */
    int word(GwlbOptionType option) {
        return Integer.parseUnsignedInt(data.getOrDefault(option, "0"), 16);
    }

    /** {@return 64 bits of an option from a hex digit on, 0 if it is absent} */
    long longWord(GwlbOptionType option, int digit) {
        String hex = data.getOrDefault(option, "0".repeat(32));
        return Long.parseUnsignedLong(hex.substring(digit, digit + 16), 16);
    }
}
