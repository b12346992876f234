package io.github.geneve4j.geneve;

import static io.github.geneve4j.testkit.Packets.cut;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.BufferKind.Placed;
import io.github.geneve4j.testkit.GeneveArbitraries;
import io.github.geneve4j.testkit.NaiveGeneveDecoder;
import io.github.geneve4j.testkit.PacketArbitraries;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class GeneveDecoderPropertyTest {
    private final CodecOracle oracle = new CodecOracle();

    @Provide
    Arbitrary<byte[]> anything() {
        return GeneveArbitraries.anything();
    }

    @Provide
    Arbitrary<byte[]> valid() {
        return GeneveArbitraries.valid();
    }

    @Provide
    Arbitrary<byte[]> canonical() {
        return GeneveArbitraries.canonical();
    }

    @Provide
    Arbitrary<byte[]> datagrams() {
        return PacketArbitraries.datagrams();
    }

    @Property
    void agreesWithTheNaiveDecoder(@ForAll("anything") byte[] packet, @ForAll BufferKind kind) {
        oracle.check(packet, kind);
    }

    @Property
    void acceptsWhatIsValid(@ForAll("valid") byte[] packet, @ForAll BufferKind kind) {
        assertThat(oracle.check(packet, kind)).isEqualTo(DecodeStatus.OK);
    }

    @Property
    void acceptsRealTraffic(@ForAll("datagrams") byte[] packet, @ForAll BufferKind kind) {
        assertThat(oracle.check(packet, kind)).isEqualTo(DecodeStatus.OK);
    }

    @Property(tries = 100)
    void refusesEveryTruncationOfHeaderAndOptions(
            @ForAll("valid") byte[] packet, @ForAll BufferKind kind) {
        byte[] header = NaiveGeneveDecoder.headerBytes(packet);
        GeneveDecoder decoder = new GeneveDecoder();
        for (int length = 0; length < header.length; length++) {
            Placed placed = kind.place(cut(header, length));

            assertThat(decoder.wrap(placed.buffer(), placed.offset(), placed.length()))
                    .isEqualTo(
                            length < 8
                                    ? DecodeStatus.TRUNCATED_HEADER
                                    : DecodeStatus.TRUNCATED_OPTIONS);
        }
        CodecOracle.assertDetached(decoder);
    }

    /** The encoder, given what the naive decoder read, writes the same bytes. */
    @Property
    void encoderWritesWhatWasRead(@ForAll("canonical") byte[] packet, @ForAll BufferKind kind) {
        NaiveGeneveDecoder.Header header = NaiveGeneveDecoder.header(packet);
        Placed room = kind.room(header.length());
        Placed source = BufferKind.HEAP.place(packet);

        GeneveEncoder encoder =
                new GeneveEncoder()
                        .begin(room.buffer(), room.offset(), header.protocolType(), header.vni())
                        .control(header.control());
        for (NaiveGeneveDecoder.Option option : header.options()) {
            encoder.option(
                    option.optionClass(),
                    option.type(),
                    source.buffer(),
                    option.offset() + 4,
                    option.data().length() / 2);
        }

        assertThat(encoder.headerLength()).isEqualTo(header.length());
        assertThat(room.bytes()).isEqualTo(NaiveGeneveDecoder.headerBytes(packet));
    }

    @Property
    void registryFindsEveryUnknownCriticalOption(@ForAll("valid") byte[] packet) {
        NaiveGeneveDecoder.Header header = NaiveGeneveDecoder.header(packet);
        OptionRegistry.Builder known = OptionRegistry.builder();
        List<Integer> expected = new ArrayList<>();
        for (NaiveGeneveDecoder.Option option : header.options()) {
            if (option.optionClass() % 2 == 0) {
                known.know(option.optionClass(), option.type());
            } else if (option.critical()) {
                expected.add(option.offset());
            }
        }
        Placed placed = BufferKind.HEAP.place(packet);
        GeneveDecoder decoder = new GeneveDecoder();
        assertThat(decoder.wrap(placed.buffer(), 0, packet.length)).isEqualTo(DecodeStatus.OK);
        OptionCursor cursor = decoder.options(new OptionCursor());
        OptionRegistry registry = known.build();

        List<Integer> found = new ArrayList<>();
        while (registry.nextUnknownCritical(cursor)) {
            found.add(cursor.offset());
        }

        assertThat(found).isEqualTo(expected);
    }
}
