package io.github.geneve4j.geneve;

import static io.github.geneve4j.testkit.Packets.geneve;
import static io.github.geneve4j.testkit.Packets.packet;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.testkit.Allocations;
import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.BufferKind.Placed;
import io.github.geneve4j.testkit.GeneveLayer;
import io.github.geneve4j.testkit.Hex;
import io.github.geneve4j.testkit.KnownPackets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Decoding, walking options, looking them up and encoding allocate nothing. */
class GeneveDecoderAllocationTest {
    private static final int OPERATIONS = 1_000_000;

    private final GeneveDecoder decoder = new GeneveDecoder();
    private final OptionCursor cursor = new OptionCursor();
    private final GeneveEncoder encoder = new GeneveEncoder();
    private final OptionRegistry registry =
            OptionRegistry.builder().know(0x0108, 1).know(0x0102, 0x81).build();

    private static void assertAllocatesNothing(Allocations.Operation operation) {
        assertThat(Allocations.of(OPERATIONS, operation)).isLessThanOrEqualTo(Allocations.SLACK);
    }

    @ParameterizedTest
    @EnumSource(names = {"HEAP", "DIRECT"})
    void decodesALoadBalancersPacket(BufferKind kind) {
        Placed placed = kind.place(KnownPackets.awsDatagram());

        assertAllocatesNothing(() -> decode(placed));
    }

    @ParameterizedTest
    @EnumSource(names = {"HEAP", "DIRECT"})
    void decodesManyOptions(BufferKind kind) {
        GeneveLayer header = geneve();
        for (int i = 0; i < 21; i++) {
            header.option(0x0102, 0x81, "00000000 00000000");
        }
        Placed placed = kind.place(packet(header));

        assertAllocatesNothing(() -> decode(placed));
    }

    @ParameterizedTest
    @EnumSource(names = {"HEAP", "DIRECT"})
    void refusesMalformedPackets(BufferKind kind) {
        Placed overrun = kind.place(Hex.bytes("01000800 00000000 01080102"));
        Placed truncated = kind.place(Hex.bytes("02000800 00000000 01080102"));

        assertAllocatesNothing(
                () ->
                        decoder.wrap(overrun.buffer(), overrun.offset(), overrun.length())
                                        .label()
                                        .length()
                                + decoder.wrap(
                                                truncated.buffer(),
                                                truncated.offset(),
                                                truncated.length())
                                        .ordinal());
    }

    @ParameterizedTest
    @EnumSource(names = {"HEAP", "DIRECT"})
    void encodesNumbers(BufferKind kind) {
        Placed room = kind.room(64);

        assertAllocatesNothing(
                () ->
                        encoder.begin(room.buffer(), room.offset(), EtherType.IPV4, 7)
                                .control(true)
                                .option(0x0108, 1, 0x2356de92_d389839cL)
                                .option(0x0108, 3, 0x98ef1b00)
                                .option(0x0108, 0x84)
                                .headerLength());
    }

    @ParameterizedTest
    @EnumSource(names = {"HEAP", "DIRECT"})
    void encodesArrays(BufferKind kind) {
        Placed room = kind.room(64);
        byte[] data = Hex.bytes("0001020304050607");

        assertAllocatesNothing(
                () ->
                        encoder.begin(room.buffer(), room.offset(), EtherType.IPV4, 7)
                                .option(0x0108, 2, data)
                                .headerLength());
    }

    @ParameterizedTest
    @CsvSource({"HEAP, HEAP", "HEAP, DIRECT", "DIRECT, HEAP", "DIRECT, DIRECT"})
    void encodesPartsOfBuffers(BufferKind kind, BufferKind sourceKind) {
        Placed room = kind.room(64);
        Placed source = sourceKind.place(Hex.bytes("0001020304050607"));

        assertAllocatesNothing(
                () ->
                        encoder.begin(room.buffer(), room.offset(), EtherType.IPV4, 7)
                                .option(0x0108, 5, source.buffer(), source.offset(), 8)
                                .headerLength());
    }

    /** Reads everything that a header and its options have. */
    private long decode(Placed placed) {
        DecodeStatus status = decoder.wrap(placed.buffer(), placed.offset(), placed.length());
        long sum = status.ordinal() + decoder.version() + decoder.protocolType() + decoder.vni();
        sum += decoder.payloadOffset() + decoder.payloadLength() + decoder.optionsLength();
        sum += decoder.isControl() || decoder.isCritical() || decoder.hasCriticalOption() ? 1 : 0;
        decoder.options(cursor);
        while (cursor.next()) {
            sum += cursor.optionClass() + cursor.type() + cursor.length() + cursor.dataLength();
            sum += cursor.buffer().getByte(cursor.dataOffset()) + cursor.offset();
            sum += cursor.isCritical() ? 1 : 0;
        }
        sum += registry.nextUnknownCritical(decoder.options(cursor)) ? 1 : 0;
        return sum;
    }
}
