package io.github.geneve4j.geneve;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.BufferKind.Placed;
import io.github.geneve4j.testkit.NaiveGeneveDecoder;
import io.github.geneve4j.testkit.Packets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Any bytes as options, under a fixed header that fits them: the fuzzer spends nothing on Ver and
 * Opt Len. The normal build replays the seeds; {@code JAZZER_FUZZ=1} explores.
 */
class OptionCursorFuzzTest {
    private static final int MAX_WORDS = 63;
    private static final BufferKind[] KINDS = {BufferKind.HEAP, BufferKind.DIRECT_AT_OFFSET};

    private final CodecOracle oracle = new CodecOracle();
    private final GeneveDecoder decoder = new GeneveDecoder();
    private final OptionCursor cursor = new OptionCursor();

    /** The options of the packets that have any. */
    static Stream<byte[]> seeds() {
        return Seeds.packets()
                .filter(packet -> packet.length > 8)
                .map(packet -> Arrays.copyOfRange(packet, 8, packet.length));
    }

    @MethodSource("seeds")
    @FuzzTest(maxDuration = "5m")
    void walksLikeTheNaiveDecoder(byte[] options) {
        int words = Math.min(options.length / 4, MAX_WORDS);
        byte[] packet =
                Packets.packet(Packets.geneve().optLenWords(words), Packets.payload(options));
        for (BufferKind kind : KINDS) {
            if (oracle.check(packet, kind) == DecodeStatus.OK) {
                walkTwiceAndHalf(kind.place(packet), NaiveGeneveDecoder.header(packet).options());
            }
        }
    }

    /** A cursor that is put back at any place starts over. */
    private void walkTwiceAndHalf(Placed placed, List<NaiveGeneveDecoder.Option> expected) {
        assertThat(decoder.wrap(placed.buffer(), placed.offset(), placed.length()))
                .isEqualTo(DecodeStatus.OK);
        decoder.options(cursor);
        for (int i = 0; i < expected.size() / 2; i++) {
            assertThat(cursor.next()).isTrue();
        }
        for (int round = 0; round < 2; round++) {
            decoder.options(cursor);
            for (NaiveGeneveDecoder.Option option : expected) {
                assertThat(cursor.next()).isTrue();
                assertThat(cursor.offset()).isEqualTo(placed.offset() + option.offset());
            }
            assertThat(cursor.next()).isFalse();
        }
    }
}
