package io.github.geneve4j.benchmarks.geneve;

import io.github.geneve4j.geneve.EtherType;
import io.github.geneve4j.geneve.GeneveEncoder;
import io.github.geneve4j.gwlb.GwlbDialect;
import io.github.geneve4j.gwlb.GwlbOptions;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** Headers to measure with, by name, each in front of 64 bytes of inner packet. */
final class SamplePackets {
    private static final int INNER_LENGTH = 64;
    private static final int CAPACITY = 512;

    private SamplePackets() {}

    /**
     * {@return a buffer whose writer index ends the packet}
     *
     * @param memory {@code heap} or {@code direct}
     * @param packet {@code bare}, {@code gwlb}, {@code gwlb-shuffled}, {@code full} (63 words in 3
     *     options) or {@code full-empty} (63 words in 63 options without data)
     */
    static ByteBuf packet(String memory, String packet) {
        ByteBuf buffer = buffer(memory);
        GeneveEncoder encoder = new GeneveEncoder().begin(buffer, 0, EtherType.IPV4, 0);
        switch (packet) {
            case "bare" -> {}
            case "gwlb" ->
                    new GwlbOptions(GwlbDialect.AWS)
                            .appendTo(encoder)
                            .endpointId(0x2356de92d389839cL)
                            .attachmentId(0)
                            .flowCookie(0x98ef1b00);
            case "gwlb-shuffled" ->
                    new GwlbOptions(GwlbDialect.AWS)
                            .appendTo(encoder)
                            .flowCookie(0x98ef1b00)
                            .endpointId(0x2356de92d389839cL)
                            .attachmentId(0);
            case "full" ->
                    encoder.option(0x0100, 1, new byte[124])
                            .option(0x0100, 2, new byte[116])
                            .option(0x0100, 3);
            case "full-empty" -> {
                for (int i = 0; i < 63; i++) {
                    encoder.option(0x0100, i);
                }
            }
            default -> throw new IllegalArgumentException("packet '" + packet + "'");
        }
        return buffer.writerIndex(encoder.headerLength() + INNER_LENGTH);
    }

    static ByteBuf buffer(String memory) {
        return switch (memory) {
            case "heap" -> Unpooled.buffer(CAPACITY, CAPACITY);
            case "direct" -> Unpooled.directBuffer(CAPACITY, CAPACITY);
            default -> throw new IllegalArgumentException("memory '" + memory + "'");
        };
    }
}
