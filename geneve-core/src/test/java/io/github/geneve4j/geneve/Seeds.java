package io.github.geneve4j.geneve;

import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.geneve;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;

import io.github.geneve4j.testkit.GeneveLayer;
import io.github.geneve4j.testkit.Hex;
import io.github.geneve4j.testkit.KnownPackets;
import java.util.stream.Stream;

/** What fuzzing starts from, and what every build replays: one packet for each branch. */
final class Seeds {
    private Seeds() {}

    static Stream<byte[]> packets() {
        return Stream.of(
                new byte[0],
                Hex.bytes("00 00 08 00 00 00 00"),
                Hex.bytes(KnownPackets.BARE_HEADER),
                Hex.bytes("ff".repeat(260)),
                Hex.bytes("3f" + "ff".repeat(259)),
                Hex.bytes("3f" + "00".repeat(259)),
                KnownPackets.awsHeader(),
                KnownPackets.awsDatagram(),
                packet(geneve().version(1), payload("45")),
                packet(geneve().optLenWords(1)),
                packet(geneve().optLenWords(1), payload("010801")),
                packet(geneve().malformedOption(0x0108, 1, 0, 2, new byte[0])),
                packet(geneve().malformedOption(0x0108, 1, 7, 31, new byte[0]), payload("00")),
                packet(geneve().option(1, 0x80, counting(124)).option(2, 2, counting(120))),
                packet(geneve().option(1, 1, counting(8)).option(2, 2, "").optLenWords(3)),
                packet(empties(), payload(KnownPackets.innerEchoRequest())),
                packet(geneve().option(1, 1, counting(4)).option(1, 1, counting(20))),
                packet(geneve().control(true).critical(true).reservedFlags(0x3f).vni(0xff_ffff)));
    }

    private static GeneveLayer empties() {
        GeneveLayer header = geneve();
        for (int i = 0; i < 63; i++) {
            header.option(0xffff, i, "");
        }
        return header;
    }
}
