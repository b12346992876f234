package io.github.geneve4j.testkit;

import static io.github.geneve4j.testkit.Packets.geneve;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;

import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Builders;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/**
 * Geneve packets for properties, from the first header byte to the end of the payload.
 *
 * <p>{@link #valid()} covers what may be received, {@link #canonical()} what a correct sender
 * writes, {@link #boundary()} the exact limits, {@link #hostile()} what an attacker or a broken
 * sender makes of them; {@link #anything()} mixes all. Limits come from these generators, not from
 * jqwik's edge cases, whose combinations would be too many.
 */
public final class GeneveArbitraries {
    private static final int MAX_OPTIONS_WORDS = 63;
    private static final int MAX_DATA_WORDS = 31;

    /** Data words of each option: limits, and ways to fill the load balancer's 8 words. */
    private static final List<List<Integer>> LAYOUTS =
            List.of(
                    List.of(),
                    List.of(0),
                    List.of(15), // 60 bytes
                    List.of(16), // 64 bytes: the fifth bit of Length
                    List.of(30), // 120 bytes
                    List.of(31), // 124 bytes
                    List.of(2, 2, 1),
                    List.of(2, 1, 2),
                    List.of(1, 2, 2),
                    List.of(7),
                    List.of(3, 3),
                    List.of(0, 0, 0, 0, 0, 0, 0, 0),
                    List.of(31, 28), // 61 words
                    List.of(31, 29), // 62 words
                    List.of(31, 30), // 63 words
                    List.of(30, 31),
                    List.of(31, 29, 0),
                    empties(62),
                    empties(63));

    private GeneveArbitraries() {}

    /**
     * {@return packets that a decoder must accept: up to 63 words of options in any split, every
     * field and reserved bit at any value, C independent of the critical bits}
     */
    public static Arbitrary<byte[]> valid() {
        return Combinators.combine(
                        Builders.withBuilder(Packets::geneve)
                                .use(options(7))
                                .in((header, options) -> options.appendTo(header))
                                .use(bit())
                                .in(GeneveLayer::control)
                                .use(bit())
                                .in(GeneveLayer::critical)
                                .use(upTo(0x3f))
                                .in(GeneveLayer::reservedFlags)
                                .use(upTo(0xffff))
                                .in(GeneveLayer::protocolType)
                                .use(upTo(0xff_ffff))
                                .in(GeneveLayer::vni)
                                .use(upTo(0xff))
                                .in(GeneveLayer::reservedByte)
                                .build(),
                        payloads())
                .as((header, payload) -> packet(header, payload(payload)))
                .withoutEdgeCases();
    }

    /** {@return packets as a correct sender writes them: reserved bits zero, C as options say} */
    public static Arbitrary<byte[]> canonical() {
        return Combinators.combine(
                        Builders.withBuilder(Packets::geneve)
                                .use(options(0))
                                .in((header, options) -> options.appendTo(header))
                                .use(bit())
                                .in(GeneveLayer::control)
                                .use(upTo(0xffff))
                                .in(GeneveLayer::protocolType)
                                .use(upTo(0xff_ffff))
                                .in(GeneveLayer::vni)
                                .build(),
                        payloads())
                .as((header, payload) -> packet(header, payload(payload)))
                .withoutEdgeCases();
    }

    /** {@return valid packets at the limits of Opt Len, option Length, VNI and payload} */
    public static Arbitrary<byte[]> boundary() {
        Arbitrary<Integer> types = Arbitraries.of(0x00, 0x01, 0x7f, 0x80, 0xff);
        Arbitrary<Integer> vnis = Arbitraries.of(0, 1, 0x7f_ffff, 0x80_0000, 0xff_ffff);
        Arbitrary<Integer> payloadLengths = Arbitraries.of(0, 1, 20);
        return Combinators.combine(Arbitraries.of(LAYOUTS), types, vnis, payloadLengths)
                .as(
                        (layout, type, vni, payloadLength) -> {
                            GeneveLayer header = geneve().vni(vni);
                            for (int dataWords : layout) {
                                byte[] data = Packets.counting(dataWords * 4);
                                header.option(0xff00, type, data);
                            }
                            return packet(header, payload(new byte[payloadLength]));
                        })
                .withoutEdgeCases();
    }

    /** {@return damaged packets and random bytes; some happen to be valid} */
    public static Arbitrary<byte[]> hostile() {
        Arbitrary<byte[]> packets = Arbitraries.oneOf(valid(), boundary());
        Arbitrary<byte[]> truncated =
                Combinators.combine(packets, upTo(300))
                        .as(
                                (packet, length) ->
                                        Packets.cut(packet, Math.min(length, packet.length)));
        Arbitrary<byte[]> otherVersion =
                Combinators.combine(packets, upTo(3)).as(Mutations::withVersion);
        Arbitrary<byte[]> otherOptLen =
                Combinators.combine(packets, upTo(63)).as(Mutations::withOptLen);
        Arbitrary<byte[]> otherOptionLength =
                Combinators.combine(packets, upTo(62), upTo(31)).as(Mutations::withOptionLength);
        Arbitrary<byte[]> lastOptionLonger =
                Combinators.combine(packets, Arbitraries.integers().between(1, 31))
                        .as(Mutations::withLastOptionLonger);
        Arbitrary<byte[]> bitsFlipped =
                Combinators.combine(packets, upTo(300 * 8).list().ofMinSize(1).ofMaxSize(8))
                        .as(Mutations::withBitsFlipped);
        Arbitrary<byte[]> random = Arbitraries.bytes().array(byte[].class).ofMaxSize(300);
        return Arbitraries.oneOf(
                        truncated,
                        otherVersion,
                        otherOptLen,
                        otherOptionLength,
                        lastOptionLonger,
                        bitsFlipped,
                        random)
                .withoutEdgeCases();
    }

    /** {@return a mixture of all} */
    public static Arbitrary<byte[]> anything() {
        return Arbitraries.oneOf(valid(), canonical(), boundary(), hostile());
    }

    /** {@return what may stand behind the header} */
    private static Arbitrary<byte[]> payloads() {
        return Arbitraries.bytes().array(byte[].class).ofMaxSize(40);
    }

    private static Arbitrary<Options> options(int maxReserved) {
        Arbitrary<Option> option =
                Combinators.combine(
                                upTo(0xffff),
                                upTo(0xff),
                                upTo(maxReserved),
                                Arbitraries.oneOf(upTo(3), upTo(MAX_DATA_WORDS)),
                                Arbitraries.longs())
                        .as(Option::new);
        Arbitrary<List<Option>> few = option.list().ofMaxSize(6);
        Arbitrary<List<Option>> many = option.list().ofMaxSize(MAX_OPTIONS_WORDS);
        Arbitrary<Boolean> fill = Arbitraries.of(true, false, false, false);
        return Combinators.combine(Arbitraries.oneOf(few, few, many), fill).as(Options::new);
    }

    /** {@return 0 to {@code max}, and often one of the two} */
    static Arbitrary<Integer> upTo(int max) {
        return Arbitraries.frequencyOf(
                Tuple.of(1, Arbitraries.of(0, max)),
                Tuple.of(4, Arbitraries.integers().between(0, max)));
    }

    private static Arbitrary<Boolean> bit() {
        return Arbitraries.of(false, true);
    }

    private static List<Integer> empties(int count) {
        return Collections.nCopies(count, 0);
    }

    /** Options to append while there is room; {@code fill} uses up the rest with empty ones. */
    private record Options(List<Option> options, boolean fill) {
        GeneveLayer appendTo(GeneveLayer header) {
            int words = 0;
            for (Option option : options) {
                if (words + 1 + option.dataWords <= MAX_OPTIONS_WORDS) {
                    words += 1 + option.dataWords;
                    option.appendTo(header);
                }
            }
            for (; fill && words < MAX_OPTIONS_WORDS; words++) {
                header.option(0xff00, words, "");
            }
            return header;
        }
    }

    private record Option(int optionClass, int type, int reserved, int dataWords, long seed) {
        void appendTo(GeneveLayer header) {
            byte[] data = new byte[dataWords * 4];
            new Random(seed).nextBytes(data);
            header.malformedOption(optionClass, type, reserved, dataWords, data);
        }
    }
}
