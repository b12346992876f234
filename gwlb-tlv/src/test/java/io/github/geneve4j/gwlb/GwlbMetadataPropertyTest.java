package io.github.geneve4j.gwlb;

import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.GeneveArbitraries;
import io.github.geneve4j.testkit.NaiveGeneveDecoder;
import io.github.geneve4j.testkit.Packets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class GwlbMetadataPropertyTest {
    private final MetadataOracle oracle = new MetadataOracle();

    /** Right and wrong options, in any order and number, against the slow reader. */
    @Property
    void readsWhatIsThere(@ForAll("headers") byte[] header, @ForAll BufferKind kind) {
        oracle.check(header, kind);
    }

    /** The common layout takes a short cut, and its permutations do not: same values. */
    @Property
    void shortCutReadsWhatTheLongWayReads(
            @ForAll("commonHeaders") byte[] header, @ForAll BufferKind kind, @ForAll long seed) {
        oracle.check(header, kind);
        oracle.check(shuffled(header, new Random(seed)), kind);
    }

    @Property
    void takesAnyBytes(@ForAll("anything") byte[] packet, @ForAll BufferKind kind) {
        oracle.check(packet, kind);
    }

    @Provide
    Arbitrary<byte[]> headers() {
        return Requests.headers();
    }

    @Provide
    Arbitrary<byte[]> commonHeaders() {
        return Requests.commonHeaders();
    }

    @Provide
    Arbitrary<byte[]> anything() {
        return GeneveArbitraries.anything();
    }

    private static byte[] shuffled(byte[] header, Random random) {
        List<NaiveGeneveDecoder.Option> options =
                new ArrayList<>(NaiveGeneveDecoder.header(header).options());
        Collections.shuffle(options, random);
        var shuffled = Packets.geneve().protocolType(0x0800);
        for (NaiveGeneveDecoder.Option option : options) {
            shuffled.option(option.optionClass(), option.type(), option.data());
        }
        return Packets.packet(shuffled);
    }
}
