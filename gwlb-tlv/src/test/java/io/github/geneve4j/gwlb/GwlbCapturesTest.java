package io.github.geneve4j.gwlb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.EtherType;
import io.github.geneve4j.geneve.GeneveDecoder;
import io.github.geneve4j.geneve.tunnel.OuterDecoder;
import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.Corpus;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Packets that load balancers sent; skipped where the captures are absent. */
class GwlbCapturesTest {
    private static final int ETHERNET_LENGTH = 14;

    private final OuterDecoder outer = new OuterDecoder();
    private final GeneveDecoder geneve = new GeneveDecoder();
    private final GwlbMetadata metadata = new GwlbMetadata();
    private final ReplyOracle oracle = new ReplyOracle();

    /** One flow, both directions: one outer tuple, one endpoint, one cookie. */
    @Test
    void awsSendsBothDirectionsAlike() {
        Set<String> innerSources = new HashSet<>();
        List<byte[]> frames = frames("pcaps/suricata-verify-bug-6402-01.pcap");
        assertThat(frames).hasSize(12);
        for (byte[] frame : frames) {
            decode(frame);
            assertThat(metadata.dialect()).isEqualTo(GwlbDialect.AWS);
            assertThat(metadata.isComplete()).isTrue();
            assertThat(metadata.hasDuplicate()).isFalse();
            assertThat(new EndpointId(metadata.endpointId())).hasToString("vpce-031e129cdc0cd8633");
            assertThat(metadata.attachmentId()).isZero();
            assertThat(metadata.flowCookie()).isEqualTo(0x3dc9_56ac);
            assertThat(outer.sourcePort()).isEqualTo(60276);
            assertThat(outer.destinationPort()).isEqualTo(6081);
            assertThat(outer.ttl()).isEqualTo(255);
            assertThat(outer.isUdpChecksumValid()).isTrue();
            assertThat(geneve.protocolType()).isEqualTo(EtherType.IPV4);
            assertThat(geneve.vni()).isEqualTo(GwlbOptions.VNI);
            byte[] innerSource = new byte[4];
            geneve.buffer().getBytes(geneve.payloadOffset() + 12, innerSource);
            innerSources.add(Arrays.toString(innerSource));
            checkReplies(frame);
        }
        assertThat(innerSources).hasSize(2);
    }

    /** One header captured from either direction's request is the same but for nothing. */
    @Test
    void awsReplyHeaderIsTheSameInBothDirections() {
        Set<ByteBuf> stored = new HashSet<>();
        for (byte[] frame : frames("pcaps/suricata-verify-bug-6402-01.pcap")) {
            ByteBuf memory = Unpooled.wrappedBuffer(new byte[GwlbReplyHeader.AWS_LENGTH]);
            GwlbReplyHeader header = new GwlbReplyHeader().wrap(memory, 0, memory.capacity());
            decode(frame);
            assertThat(header.capture(outer, geneve)).isEqualTo(DecodeStatus.OK);
            stored.add(memory);
        }
        assertThat(stored).hasSize(1);
    }

    @Test
    void tencentUsesTheLayoutOfAws() {
        List<byte[]> frames = frames("pcaps/tx-gwlb-geneve.pcap");
        assertThat(frames).hasSize(18);
        Set<Integer> directions = new HashSet<>();
        for (byte[] frame : frames) {
            decode(frame);
            assertThat(metadata.dialect()).isEqualTo(GwlbDialect.TENCENT);
            assertThat(metadata.isComplete()).isTrue();
            assertThat(metadata.endpointId()).isEqualTo(0x6269_6730_766a_306aL);
            assertThat(outer.udpChecksum()).isZero();
            directions.add(metadata.tencentDirection());
            StringBuilder text = new StringBuilder();
            assertThat(GwlbFormat.appendText(text, metadata)).isTrue();
            assertThat(text.toString()).startsWith("gwlb tencent vpce-big0vj0j attachment 0x0000");
            checkReplies(frame);
        }
        assertThat(directions).containsExactlyInAnyOrder(1, 2);
    }

    @Test
    void googleHasItsOwnLayout() {
        List<byte[]> frames = frames("pcaps/tcpdump-geneve-gcp.pcap");
        assertThat(frames).hasSize(1);
        decode(frames.get(0));

        assertThat(metadata.dialect()).isEqualTo(GwlbDialect.GOOGLE);
        assertThat(metadata.isComplete()).isTrue();
        assertThat(metadata.networkCookie()).isEqualTo(0x8000_00d1);
        assertThat(metadata.networkId()).isEqualTo(0x800_000d);
        assertThat(metadata.networkFlags()).isEqualTo(1);
        assertThat(metadata.endpointCookieHigh()).isEqualTo(0x0800_000d_c0a8_6402L);
        assertThat(metadata.endpointCookieLow()).isZero();
        assertThat(metadata.profileId()).isEqualTo(0x1234);
        checkReplies(frames.get(0));
    }

    /** Every case of the corpus, valid or hostile, as a UDP payload. */
    @Test
    void edgeCasesAreReadAsTheSlowReaderDoes() {
        MetadataOracle metadataOracle = new MetadataOracle();
        List<Corpus.Case> cases = Corpus.cases(file("edge.txt"));
        assertThat(cases).hasSizeGreaterThan(50);
        for (Corpus.Case edge : cases) {
            for (BufferKind kind : BufferKind.values()) {
                metadataOracle.check(edge.bytes(), kind);
                oracle.check(edge.bytes(), kind);
            }
        }
    }

    private void decode(byte[] frame) {
        ByteBuf buffer = Unpooled.wrappedBuffer(frame);
        assertThat(outer.wrap(buffer, ETHERNET_LENGTH, frame.length - ETHERNET_LENGTH))
                .isEqualTo(DecodeStatus.OK);
        assertThat(geneve.wrap(buffer, outer.payloadOffset(), outer.payloadLength()))
                .isEqualTo(DecodeStatus.OK);
        assertThat(metadata.read(geneve)).isTrue();
    }

    private void checkReplies(byte[] frame) {
        assertThat(
                        NaiveReply.verdict(
                                Arrays.copyOfRange(frame, ETHERNET_LENGTH, frame.length), 6081))
                .isEqualTo(NaiveReply.OK);
        for (BufferKind kind : BufferKind.values()) {
            oracle.checkEthernet(frame, kind);
        }
    }

    private static List<byte[]> frames(String name) {
        return Corpus.frames(file(name));
    }

    private static Path file(String name) {
        Optional<Path> file = Corpus.file(name);
        assumeTrue(file.isPresent(), name + " is not here");
        return file.orElseThrow();
    }
}
