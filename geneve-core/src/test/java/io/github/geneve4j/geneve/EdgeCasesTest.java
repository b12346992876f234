package io.github.geneve4j.geneve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.geneve4j.testkit.Corpus;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The 62 named packets of the corpus, with a status assigned by hand to each. */
class EdgeCasesTest {
    private static final int CASES = 62;

    /** What is not here is well-formed, whatever a tunnel endpoint makes of it. */
    private static final Map<Integer, DecodeStatus> REFUSED =
            Map.ofEntries(
                    Map.entry(9, DecodeStatus.UNSUPPORTED_VERSION), // version 1
                    Map.entry(10, DecodeStatus.UNSUPPORTED_VERSION), // version 2
                    Map.entry(11, DecodeStatus.UNSUPPORTED_VERSION), // version 3
                    Map.entry(29, DecodeStatus.OPTION_OVERRUN), // by 4 bytes, into the payload
                    Map.entry(30, DecodeStatus.OPTION_OVERRUN), // past the packet
                    Map.entry(31, DecodeStatus.OPTION_OVERRUN), // by the second option
                    Map.entry(32, DecodeStatus.TRUNCATED_OPTIONS), // Opt Len 63
                    Map.entry(34, DecodeStatus.TRUNCATED_OPTIONS), // by one byte
                    Map.entry(35, DecodeStatus.TRUNCATED_OPTIONS), // no option byte
                    Map.entry(36, DecodeStatus.TRUNCATED_OPTIONS), // 3 of 4 header bytes
                    Map.entry(37, DecodeStatus.TRUNCATED_HEADER), // 0 bytes
                    Map.entry(38, DecodeStatus.TRUNCATED_HEADER),
                    Map.entry(39, DecodeStatus.TRUNCATED_HEADER),
                    Map.entry(40, DecodeStatus.TRUNCATED_HEADER),
                    Map.entry(41, DecodeStatus.TRUNCATED_HEADER),
                    Map.entry(42, DecodeStatus.TRUNCATED_HEADER),
                    Map.entry(43, DecodeStatus.TRUNCATED_HEADER),
                    Map.entry(44, DecodeStatus.TRUNCATED_HEADER)); // 7 bytes

    @Test
    void decodeAsAssigned() {
        Optional<Path> file = Corpus.file("edge.txt");
        assumeTrue(file.isPresent(), "no corpus");
        List<Corpus.Case> cases = Corpus.cases(file.get());

        assertThat(cases).hasSize(CASES);
        for (Corpus.Case edge : cases) {
            DecodeStatus expected = REFUSED.getOrDefault(edge.number(), DecodeStatus.OK);

            assertThat(CodecOracle.check(edge.bytes()))
                    .as(edge.number() + " " + edge.name())
                    .isEqualTo(expected);
        }
    }
}
