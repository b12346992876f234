package io.github.geneve4j.io.pcap;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.testkit.Hex;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class PcapRoundTripPropertyTest {
    record Written(long nanos, byte[] bytes, long originalLength, String comment) {}

    @Property
    void whatIsWrittenIsRead(
            @ForAll PcapFormat format,
            @ForAll @IntRange(max = LinkType.MAX) int linkType,
            @ForAll("frames") List<Written> frames)
            throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        List<PcapReaderTest.Frame> expected = new ArrayList<>();
        try (PcapWriter capture = PcapWriter.create(out, format, linkType)) {
            for (Written frame : frames) {
                boolean comments = format == PcapFormat.PCAPNG && !frame.comment.isEmpty();
                capture.write(
                        frame.nanos,
                        Unpooled.wrappedBuffer(frame.bytes),
                        0,
                        frame.bytes.length,
                        frame.originalLength,
                        comments ? frame.comment : null);
                expected.add(
                        new PcapReaderTest.Frame(
                                expected.size() + 1,
                                format == PcapFormat.PCAP ? frame.nanos / 1000 * 1000 : frame.nanos,
                                linkType,
                                frame.originalLength,
                                Hex.text(frame.bytes),
                                comments ? List.of(frame.comment) : List.of()));
            }
        }
        assertThat(PcapReaderTest.frames(out.toByteArray())).isEqualTo(expected);
    }

    @Provide
    Arbitrary<List<Written>> frames() {
        return Combinators.combine(
                        Arbitraries.longs().between(0, 4_294_967_295_000_000_000L),
                        Arbitraries.bytes().array(byte[].class).ofMaxSize(200),
                        Arbitraries.longs().between(0, 0xffff_ffffL),
                        Arbitraries.strings().withCharRange(' ', '\u2fff').ofMaxLength(20))
                .as(Written::new)
                .list()
                .ofMaxSize(20);
    }
}
