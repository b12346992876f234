package io.github.geneve4j.geneve;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.geneve4j.testkit.BufferKind;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Any bytes as a packet. The normal build replays the seeds; {@code JAZZER_FUZZ=1} explores.
 *
 * <p>The oracle is {@link CodecOracle}: the same verdict and fields as the naive decoder, every
 * accessor touched, the round trip.
 */
class GeneveDecoderFuzzTest {
    private static final BufferKind[] KINDS = {BufferKind.HEAP, BufferKind.DIRECT_AT_OFFSET};

    private final CodecOracle oracle = new CodecOracle();

    static Stream<byte[]> seeds() {
        return Seeds.packets();
    }

    @MethodSource("seeds")
    @FuzzTest(maxDuration = "5m")
    void agreesWithTheNaiveDecoder(byte[] packet) {
        for (BufferKind kind : KINDS) {
            oracle.check(packet, kind);
        }
    }
}
