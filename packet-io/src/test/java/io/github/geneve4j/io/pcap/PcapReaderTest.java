package io.github.geneve4j.io.pcap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.testkit.Hex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PcapReaderTest {
    /** Two frames, of 3 of 60 bytes and of none, at 1.000002 s and at the last possible moment. */
    static final String LITTLE_ENDIAN =
            """
            d4c3b2a1 0200 0400 00000000 00000000 0f000000 01000000 # snap length 15
            01000000 02000000 03000000 3c000000 aabbcc
            ffffffff 3f420f00 00000000 00000000""";

    static final String BIG_ENDIAN =
            """
            a1b2c3d4 0002 0004 00000000 00000000 0000000f 00000001
            00000001 00000002 00000003 0000003c aabbcc
            ffffffff 000f423f 00000000 00000000""";

    static final String LITTLE_ENDIAN_NANOS =
            """
            4d3cb2a1 0200 0400 00000000 00000000 0f000000 01000000
            01000000 d0070000 03000000 3c000000 aabbcc
            ffffffff 18c69a3b 00000000 00000000""";

    static final String BIG_ENDIAN_NANOS =
            """
            a1b23c4d 0002 0004 00000000 00000000 0000000f 00000001
            00000001 000007d0 00000003 0000003c aabbcc
            ffffffff 3b9ac618 00000000 00000000""";

    static final String LITTLE_ENDIAN_MODIFIED =
            """
            34cdb2a1 0200 0400 00000000 00000000 0f000000 01000000
            01000000 02000000 03000000 3c000000 02000000 0008 00 00 aabbcc
            ffffffff 3f420f00 00000000 00000000 02000000 0008 00 00""";

    /** One section of each byte order, two interfaces in the first, every kind of packet block. */
    static final String PCAPNG =
            """
            0a0d0d0a 00000020 1a2b3c4d 0001 0000 ffffffffffffffff # section, big-endian
              0000 0000                                           # end of options
              00000020
            00000001 00000014 0001 0000 00000000 00000014         # interface 0: Ethernet, microseconds
            00000001 00000030 0065 0000 00000004                  # interface 1: raw, snap length 4
              0002 0004 65746830                                  # if_name eth0
              0009 0001 09 000000                                 # if_tsresol 10^-9
              000e 0008 000000000000000a                          # if_tsoffset 10 s
              00000030
            00000006 00000030 00000000 0005d9a1 2b3c4d5e 00000002 0000003c
              aabb 0000
              0001 0005 68656c6c 6f000000                         # comment hello
              00000030
            0000000a 00000010 deadbeef 00000010                   # secrets: passed over
            00000003 00000018 00000009 01020304 05060708 00000018 # simple packet, 8 of 9
            00000002 00000024 0001 0007 00000000 3b9aca00 00000001 00000001
              ee 000000
              00000024
            0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000
            01000000 14000000 1401 0000 00000000 14000000         # interface 0: cooked v2
            06000000 20000000 00000000 00000000 05000000 00000000 00000000 20000000
            """;

    /** What a test says about one frame. */
    record Frame(
            long number,
            long nanos,
            int linkType,
            long originalLength,
            String bytes,
            List<String> comments) {}

    @ParameterizedTest
    @ValueSource(
            strings = {
                LITTLE_ENDIAN,
                BIG_ENDIAN,
                LITTLE_ENDIAN_NANOS,
                BIG_ENDIAN_NANOS,
                LITTLE_ENDIAN_MODIFIED
            })
    void readsClassicFilesOfEveryMagic(String hex) throws IOException {
        assertThat(frames(Hex.bytes(hex)))
                .containsExactly(
                        new Frame(1, 1_000_002_000, LinkType.ETHERNET, 60, "aabbcc", List.of()),
                        new Frame(2, 4_294_967_295_999_999_000L, 1, 0, "", List.of()));
    }

    @Test
    void readsPcapng() throws IOException {
        assertThat(frames(Hex.bytes(PCAPNG)))
                .containsExactly(
                        new Frame(
                                1,
                                0x0005d9a1_2b3c4d5eL * 1000,
                                LinkType.ETHERNET,
                                60,
                                "aabb",
                                List.of("hello")),
                        new Frame(2, PcapReader.NO_TIMESTAMP, 1, 9, "0102030405060708", List.of()),
                        new Frame(3, 11_000_000_000L, LinkType.RAW, 1, "ee", List.of()),
                        new Frame(4, 5_000, LinkType.LINUX_SLL2, 0, "", List.of()));
    }

    @ParameterizedTest(name = "{0} bytes of 8, snap length {1} -> {2}")
    @CsvSource({"9, 0, 8", "7, 0, 7", "8, 3, 3", "4294967295, 0, 8", "4294967295, 4294967295, 8"})
    void simplePacketEndsWhereTheFirstOfItsLimitsSays(long original, long snap, int captured)
            throws IOException {
        String file =
                "0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c"
                        + "00000001 00000014 0001 0000 %08x 00000014".formatted(snap)
                        + "00000003 00000018 %08x 0102030405060708 00000018".formatted(original);
        List<Frame> frames = frames(Hex.bytes(file));
        assertThat(frames).hasSize(1);
        assertThat(frames.get(0).bytes).isEqualTo("0102030405060708".substring(0, 2 * captured));
        assertThat(frames.get(0).originalLength).isEqualTo(original);
    }

    @ParameterizedTest(name = "resolution {0}, offset {1}, {2} ticks -> {3}")
    @CsvSource({
        "06, 0,                    0000000000000000, 0",
        "06, 0,                    0000000000000001, 1000",
        "00, 0,                    0000000000000002, 2000000000",
        "09, 0,                    7fffffffffffffff, 9223372036854775807",
        "09, 0,                    8000000000000000, 9223372036854775807",
        "08, 0,                    0ccccccccccccccc, 9223372036854775800",
        "08, 0,                    0ccccccccccccccd, 9223372036854775807",
        "0c, 0,                    00000000000003e8, 1",
        "0c, 0,                    ffffffffffffffff, 18446744073709551",
        "1b, 0,                    ffffffffffffffff, 18",
        "1c, 0,                    ffffffffffffffff, 1",
        "1d, 0,                    ffffffffffffffff, 0",
        "7f, 0,                    ffffffffffffffff, 0",
        "80, 0,                    0000000000000000, 0",
        "8a, 0,                    0000000000000000, 0",
        "80, 0,                    0000000000000003, 3000000000",
        "80, 0,                    ffffffffffffffff, 9223372036854775807",
        "8a, 0,                    0000000000000c00, 3000000000",
        "9e, 0,                    0000000040000001, 1000000000",
        "a0, 0,                    0000000380000000, 3500000000",
        "a0, 0,                    ffffffffffffffff, 4294967295999999999",
        "9e, 0,                    ffffffffffffffff, 9223372036854775807",
        "c0, 0,                    8000000000000000, 500000000",
        "c1, 0,                    ffffffffffffffff, 499999999",
        "dd, 0,                    ffffffffffffffff, 1",
        "de, 0,                    ffffffffffffffff, 0",
        "ff, 0,                    ffffffffffffffff, 0",
        "09, 3,                    0000000000000001, 3000000001",
        "09, -3,                   0000000000000001, -2999999999",
        "09, 9223372036,           7fffffffffffffff, 9223372036854775807",
        "09, 9223372036854775807,  0000000000000000, 9223372036854775807",
        "09, -9223372036854775808, 0000000000000000, -9223372036854775808",
    })
    void readsTimestampsOfEveryResolution(String resolution, long offset, String ticks, long nanos)
            throws IOException {
        String file =
                "0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c"
                        + "00000001 00000028 0001 0000 00000000 0009 0001 %s 000000"
                                .formatted(resolution)
                        + "000e 0008 %016x 00000028".formatted(offset)
                        + "00000006 00000020 00000000 %s 00000000 00000000 00000020"
                                .formatted(ticks);
        assertThat(frames(Hex.bytes(file)).get(0).nanos).isEqualTo(nanos);
    }

    @Test
    void readsEveryCommentAndStopsAtTheEndOfOptions() throws IOException {
        String file =
                """
                0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c
                00000001 00000014 0001 0000 00000000 00000014
                00000006 00000044 00000000 00000000 00000000 00000000 00000000
                  0001 0004 6f6e6520
                  0002 0004 00000001       # epb_flags
                  0001 0002 c3bc 0000      # u umlaut
                  0000 0000
                  0001 0004 6c617465       # after the end
                  00000044
                00000006 00000030 00000000 00000000 00000000 00000000 00000000
                  0001 0004 6f6e6520
                  0001 0005 6f6e6520       # longer than its block
                  00000030
                00000006 00000024 00000000 00000000 00000000 00000000 00000000
                  0001 0000                # empty
                  00000024
                """;
        assertThat(frames(Hex.bytes(file)))
                .extracting(Frame::comments)
                .containsExactly(List.of("one ", "ü"), List.of("one "), List.of(""));
    }

    @Test
    void readsFramesLongerThanTheBufferAndThanTheSnapLength() throws IOException {
        int length = 300_000;
        byte[] file =
                Arrays.copyOf(
                        Hex.bytes(
                                """
                                a1b2c3d4 0002 0004 00000000 00000000 00000040 00000001
                                00000000 00000000 000493e0 000493e0"""),
                        40 + length);
        file[40] = 1;
        file[40 + length - 1] = 2;
        try (PcapReader capture = open(file)) {
            assertThat(capture.next()).isTrue();
            assertThat(capture.capturedLength()).isEqualTo(length);
            ByteBuf buffer = capture.buffer();
            assertThat(buffer.getByte(capture.offset())).isEqualTo((byte) 1);
            assertThat(buffer.getByte(capture.offset() + length - 1)).isEqualTo((byte) 2);
            assertThat(capture.next()).isFalse();
        }
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | not a capture file: it is empty",
                "4d | not a capture file: starts with 4d",
                "4d5a | not a capture file: starts with 4d5a",
                "4d5a9000 03 | not a capture file: starts with 4d5a9000",
                "1f8b | not a capture file: starts with 1f8b (gzip: unpack it first)",
                "1f8b0808 | not a capture file: starts with 1f8b0808 (gzip: unpack it first)",
                "28b52ffd | not a capture file: starts with 28b52ffd (zstd: unpack it first)",
                "d4c3b2a1 0200 | truncated: the file header takes 24 bytes, 6 are left at byte 0",
                "d4c3b2a1 0100 0400 00000000 00000000 0f000000 01000000"
                        + " | pcap version 1.4: only 2 is known",
                "0a0d0d0a 00 | truncated: a block header takes 8 bytes, 5 are left at byte 0",
                "0a0d0d0a 0000001c 1a2b"
                        + " | truncated: section header takes at least 28 bytes, 10 are left at byte 0",
                "0a0d0d0a 0000001c 11223344 | not a capture file: section header at byte 0 has"
                        + " byte-order magic 11223344",
                "0a0d0d0a 0000001c 1a2b3c4d 0001"
                        + " | truncated: section header says 28 bytes, 14 are left at byte 0",
                "0a0d0d0a 00000018 1a2b3c4d | section header at byte 0 says 24 bytes:"
                        + " not a multiple of 4 from 28",
                "0a0d0d0a ffffffe0 1a2b3c4d | section header at byte 0 says 4294967264 bytes:"
                        + " more than 16777216",
                "0a0d0d0a 0000001c 1a2b3c4d 0002 0001 ffffffffffffffff 0000001c"
                        + " | section header at byte 0 has version 2.1: only 1 is known",
            })
    void refusesForeignFiles(String hex, String message) {
        assertThatThrownBy(() -> open(Hex.bytes(hex)))
                .isInstanceOf(PcapFormatException.class)
                .hasMessage(message);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "00000001 000002 | truncated: the header of frame 2 takes 16 bytes,"
                        + " 7 are left at byte 43",
                "00000001 00000002 000005ea 000005ea aabb | truncated: frame 2 says 1514 bytes,"
                        + " 2 are left at byte 59",
                "00000001 00000002 01000000 01000000 | truncated: frame 2 says 16777216 bytes,"
                        + " 0 are left at byte 59",
                "00000001 00000002 01000001 01000001 | frame 2 at byte 43 says 16777217 bytes:"
                        + " more than 16777216",
                "00000001 00000002 ffffffff ffffffff | frame 2 at byte 43 says 4294967295 bytes:"
                        + " more than 16777216",
            })
    void givesTheFramesBeforeABadRecordThenSaysWhereItIs(String rest, String message)
            throws IOException {
        String good =
                """
                a1b2c3d4 0002 0004 00000000 00000000 0000000f 00000001
                00000001 00000002 00000003 0000003c aabbcc""";
        checkOneFrameThenFails(good + rest, message);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "00000006 | truncated: a block header takes 8 bytes, 4 are left at byte 80",
                "00000006 00000020 00000000"
                        + " | truncated: frame 2 says 32 bytes, 12 are left at byte 80",
                "0000000a 00000020 00000000"
                        + " | truncated: block of type 0x0000000a says 32 bytes, 12 are left at byte 80",
                "0000000a ffffffe0 00000000"
                        + " | truncated: block of type 0x0000000a says 4294967264 bytes,"
                        + " 12 are left at byte 80",
                "0000000a 00000008 | block of type 0x0000000a at byte 80 says 8 bytes:"
                        + " not a multiple of 4 from 12",
                "0000000a 0000000d 00 | block of type 0x0000000a at byte 80 says 13 bytes:"
                        + " not a multiple of 4 from 12",
                "0000000a 0000000c 00000010 | block of type 0x0000000a at byte 80 says"
                        + " 12 bytes at its start and 16 at its end",
                "00000006 0000001c | frame 2 at byte 80 says 28 bytes:"
                        + " not a multiple of 4 from 32",
                "00000006 01000004 | frame 2 at byte 80 says 16777220 bytes: more than 16777216",
                "00000006 00000020 00000000 00000000 00000000 00000000 00000000 00000024"
                        + " | frame 2 at byte 80 says 32 bytes at its start and 36 at its end",
                "00000006 00000020 00000000 00000000 00000000 00000001 00000001 00000020"
                        + " | frame 2 at byte 80 says 1 captured bytes, its block holds 0",
                "00000006 00000020 00000000 00000000 00000000 ffffffff 00000001 00000020"
                        + " | frame 2 at byte 80 says 4294967295 captured bytes, its block holds 0",
                "00000006 00000020 00000001 00000000 00000000 00000000 00000000 00000020"
                        + " | frame 2 at byte 80 comes from interface 1, its section describes 1",
                "00000006 00000020 ffffffff 00000000 00000000 00000000 00000000 00000020"
                        + " | frame 2 at byte 80 comes from interface 4294967295,"
                        + " its section describes 1",
                "0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c"
                        + "00000003 00000010 00000000 00000010"
                        + " | frame 2 at byte 108 comes from interface 0, its section describes 0",
                "0a0d0d0a 0000001c 22222222 | section header at byte 80 has byte-order magic"
                        + " 22222222",
                "00000001 00000010 | interface description at byte 80 says 16 bytes:"
                        + " not a multiple of 4 from 20",
            })
    void givesTheFramesBeforeABadBlockThenSaysWhereItIs(String rest, String message)
            throws IOException {
        String good =
                """
                0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c
                00000001 00000014 0001 0000 00000000 00000014
                00000006 00000020 00000000 00000000 00000000 00000000 00000000 00000020""";
        checkOneFrameThenFails(good + rest, message);
    }

    private static void checkOneFrameThenFails(String file, String message) throws IOException {
        try (PcapReader capture = open(Hex.bytes(file))) {
            assertThat(capture.next()).isTrue();
            for (int again = 0; again < 2; again++) {
                assertThatThrownBy(capture::next)
                        .isInstanceOf(PcapFormatException.class)
                        .hasMessage(message);
                assertThat(capture.frameNumber()).isEqualTo(1);
                assertThat(capture.capturedLength()).isZero();
                assertThat(capture.buffer().capacity()).isZero();
                assertThat(capture.comments()).isEmpty();
            }
        }
    }

    @Test
    void refusesMoreInterfacesThanAnyHostHas() throws IOException {
        byte[] section =
                Hex.bytes("0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c");
        byte[] description = Hex.bytes("00000001 00000014 0001 0000 00000000 00000014");
        byte[] file = Arrays.copyOf(section, section.length + 65_537 * description.length);
        for (int at = section.length; at < file.length; at += description.length) {
            System.arraycopy(description, 0, file, at, description.length);
        }
        try (PcapReader capture = open(file)) {
            assertThatThrownBy(capture::next)
                    .isInstanceOf(PcapFormatException.class)
                    .hasMessage("interface description at byte 1310748: more than 65536");
        }
    }

    /** Every prefix gives the frames that are whole in it, then ends or says that it is cut. */
    @ParameterizedTest
    @ValueSource(strings = {LITTLE_ENDIAN, BIG_ENDIAN_NANOS, LITTLE_ENDIAN_MODIFIED, PCAPNG})
    void readsEveryTruncation(String hex) throws IOException {
        byte[] file = Hex.bytes(hex);
        List<Frame> whole = frames(file);
        int most = 0;
        for (int length = 0; length < file.length; length++) {
            List<Frame> some = new ArrayList<>();
            try (PcapReader capture = open(Arrays.copyOf(file, length))) {
                while (capture.next()) {
                    some.add(frame(capture));
                }
            } catch (PcapFormatException e) {
                assertThat(e).hasMessageMatching("truncated: .*|not a capture file: .*");
            }
            assertThat(some)
                    .isEqualTo(whole.subList(0, some.size()))
                    .hasSizeGreaterThanOrEqualTo(most);
            most = some.size();
        }
        assertThat(most).isEqualTo(whole.size() - 1);
    }

    @Test
    void passesOnWhatTheStreamThrows() throws IOException {
        InputStream broken =
                new FilterInputStream(new ByteArrayInputStream(Hex.bytes(BIG_ENDIAN))) {
                    @Override
                    public int read(byte[] bytes, int offset, int length) throws IOException {
                        int count = super.read(bytes, offset, Math.min(length, 24));
                        if (count < 24) {
                            throw new EOFException("no more");
                        }
                        return count;
                    }
                };
        try (PcapReader capture = PcapReader.open(broken)) {
            assertThatThrownBy(
                            () -> {
                                while (capture.next()) {}
                            })
                    .isExactlyInstanceOf(EOFException.class);
        }
    }

    @Test
    void opensAndClosesFiles(@TempDir Path folder) throws IOException {
        Path file = Files.write(folder.resolve("capture.pcap"), Hex.bytes(LITTLE_ENDIAN));
        try (PcapReader capture = PcapReader.open(file)) {
            assertThat(capture.next()).isTrue();
        }
        Path foreign = Files.writeString(folder.resolve("notes.txt"), "notes");
        assertThatThrownBy(() -> PcapReader.open(foreign)).isInstanceOf(PcapFormatException.class);

        AtomicBoolean closed = new AtomicBoolean();
        InputStream in =
                new FilterInputStream(new ByteArrayInputStream(Hex.bytes(BIG_ENDIAN))) {
                    @Override
                    public void close() {
                        closed.set(true);
                    }
                };
        PcapReader.open(in).close();
        assertThat(closed).isTrue();
    }

    static PcapReader open(byte[] file) throws IOException {
        return PcapReader.open(new ByteArrayInputStream(file));
    }

    static List<Frame> frames(byte[] file) throws IOException {
        List<Frame> frames = new ArrayList<>();
        try (PcapReader capture = open(file)) {
            while (capture.next()) {
                frames.add(frame(capture));
            }
            assertThat(capture.next()).isFalse();
        }
        return frames;
    }

    static Frame frame(PcapReader capture) {
        return new Frame(
                capture.frameNumber(),
                capture.timestampNanos(),
                capture.linkType(),
                capture.originalLength(),
                ByteBufUtil.hexDump(capture.buffer(), capture.offset(), capture.capturedLength()),
                capture.comments());
    }
}
