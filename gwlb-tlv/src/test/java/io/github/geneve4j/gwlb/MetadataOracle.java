package io.github.geneve4j.gwlb;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.GeneveDecoder;
import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.NaiveGeneveDecoder;

/** Compares {@link GwlbMetadata} with {@link NaiveMetadata}, value by value. */
final class MetadataOracle {
    private final GeneveDecoder geneve = new GeneveDecoder();
    private final GwlbMetadata metadata = new GwlbMetadata();

    /** Reads any bytes; one view for all packets, so that old values would show. */
    void check(byte[] packet, BufferKind kind) {
        BufferKind.Placed placed = kind.place(packet);
        DecodeStatus status = geneve.wrap(placed.buffer(), placed.offset(), placed.length());
        if (!NaiveGeneveDecoder.verdict(packet).equals(NaiveGeneveDecoder.OK)) {
            assertThat(status).isNotEqualTo(DecodeStatus.OK);
            return;
        }
        boolean any = metadata.read(geneve);
        NaiveMetadata expected = NaiveMetadata.of(packet);

        assertThat(any).isEqualTo(!expected.data.isEmpty());
        GwlbDialect dialect = metadata.dialect();
        assertThat(dialect == null ? "" : dialect.label()).isEqualTo(expected.dialect);
        assertThat(metadata.hasDuplicate()).isEqualTo(expected.duplicate);
        assertThat(metadata.isComplete()).isEqualTo(expected.data.size() == 3);
        for (GwlbOptionType option : GwlbOptionType.values()) {
            assertThat(metadata.has(option)).isEqualTo(expected.data.containsKey(option));
        }
        assertThat(metadata.hasEndpointId()).isEqualTo(metadata.has(GwlbOptionType.ENDPOINT_ID));
        assertThat(metadata.hasAttachmentId())
                .isEqualTo(metadata.has(GwlbOptionType.ATTACHMENT_ID));
        assertThat(metadata.hasFlowCookie()).isEqualTo(metadata.has(GwlbOptionType.FLOW_COOKIE));
        assertThat(metadata.hasNetworkCookie())
                .isEqualTo(metadata.has(GwlbOptionType.NETWORK_COOKIE));
        assertThat(metadata.hasEndpointCookie())
                .isEqualTo(metadata.has(GwlbOptionType.ENDPOINT_COOKIE));
        assertThat(metadata.hasProfileId()).isEqualTo(metadata.has(GwlbOptionType.PROFILE_ID));

        assertThat(metadata.endpointId())
                .isEqualTo(expected.longWord(GwlbOptionType.ENDPOINT_ID, 0));
        assertThat(metadata.attachmentId())
                .isEqualTo(expected.longWord(GwlbOptionType.ATTACHMENT_ID, 0));
        assertThat(metadata.flowCookie()).isEqualTo(expected.word(GwlbOptionType.FLOW_COOKIE));
        assertThat(metadata.networkCookie())
                .isEqualTo(expected.word(GwlbOptionType.NETWORK_COOKIE));
        assertThat(metadata.endpointCookieHigh())
                .isEqualTo(expected.longWord(GwlbOptionType.ENDPOINT_COOKIE, 0));
        assertThat(metadata.endpointCookieLow())
                .isEqualTo(expected.longWord(GwlbOptionType.ENDPOINT_COOKIE, 16));
        assertThat(metadata.profileId()).isEqualTo(expected.longWord(GwlbOptionType.PROFILE_ID, 0));

        long cookie = Integer.toUnsignedLong(metadata.flowCookie());
        boolean tencent = dialect == GwlbDialect.TENCENT;
        assertThat(metadata.tencentDirection()).isEqualTo(tencent ? (int) (cookie >> 29) : 0);
        assertThat(metadata.tencentCookie()).isEqualTo(tencent ? (int) (cookie % (1 << 29)) : 0);
        long network = Integer.toUnsignedLong(metadata.networkCookie());
        assertThat(metadata.networkId()).isEqualTo((int) (network / 16));
        assertThat(metadata.networkFlags()).isEqualTo((int) (network % 16));

        StringBuilder text = new StringBuilder();
        StringBuilder json = new StringBuilder("{");
        assertThat(GwlbFormat.appendText(text, metadata)).isEqualTo(any);
        assertThat(GwlbFormat.appendJsonMembers(json, metadata)).isEqualTo(any);
        assertThat(text.isEmpty()).isEqualTo(!any);
        assertThat(json.append('}').toString())
                .matches("\\{(\"gwlb\":\\{(\"\\w+\":\"[-\\w]+\",?)+})?}");
    }
}
