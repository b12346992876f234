package io.github.geneve4j.geneve;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.BufferKind.Placed;
import io.github.geneve4j.testkit.GeneveArbitraries;
import io.github.geneve4j.testkit.NaiveGeneveDecoder;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class GeneveFormatPropertyTest {
    @Provide
    Arbitrary<byte[]> anything() {
        return GeneveArbitraries.anything();
    }

    @Property
    void writesAnyBytesOnOneLine(@ForAll("anything") byte[] packet, @ForAll BufferKind kind) {
        Placed placed = kind.place(packet);

        String text = GeneveFormat.text(placed.buffer(), placed.offset(), placed.length());

        String expectedStart =
                NaiveGeneveDecoder.verdict(packet).equals(NaiveGeneveDecoder.OK)
                        ? "geneve vni " + NaiveGeneveDecoder.header(packet).vni() + " "
                        : "geneve malformed (" + NaiveGeneveDecoder.verdict(packet) + ")";
        assertThat(text).startsWith(expectedStart).matches("[ -~]+");
    }

    @Property
    void writesAsJsonWhatTheNaiveDecoderReads(
            @ForAll("anything") byte[] packet, @ForAll BufferKind kind) {
        Placed placed = kind.place(packet);

        String json = GeneveFormat.json(placed.buffer(), placed.offset(), placed.length());

        String verdict = NaiveGeneveDecoder.verdict(packet);
        String members =
                verdict.equals(NaiveGeneveDecoder.OK)
                        ? members(NaiveGeneveDecoder.header(packet))
                        : "";
        assertThat(json).isEqualTo("{\"status\":\"" + verdict + "\"" + members + "}");
    }

    private static String members(NaiveGeneveDecoder.Header header) {
        String options =
                header.options().stream()
                        .map(
                                option ->
                                        "{\"class\":%d,\"type\":%d,\"critical\":%s,\"data\":\"%s\"}"
                                                .formatted(
                                                        option.optionClass(),
                                                        option.type(),
                                                        option.critical(),
                                                        option.data()))
                        .collect(Collectors.joining(","));
        return ",\"version\":%d,\"control\":%s,\"critical\":%s,\"protocol\":%d,\"vni\":%d"
                        .formatted(
                                header.version(),
                                header.control(),
                                header.critical(),
                                header.protocolType(),
                                header.vni())
                + ",\"optionsLength\":%d,\"options\":[%s],\"payloadOffset\":%d"
                        .formatted(header.length() - 8, options, header.length());
    }
}
