package io.github.geneve4j.io.pcap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.testkit.Hex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PcapWriterTest {
    private static final long NANOS = 1_700_000_000_123_456_789L;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteBuf frame = Unpooled.wrappedBuffer(Hex.bytes("ffff aabbcc ffff"));

    @Test
    void writesMicroseconds() throws IOException {
        try (PcapWriter capture = PcapWriter.create(out, PcapFormat.PCAP, LinkType.ETHERNET)) {
            capture.write(NANOS, frame, 2, 3);
            capture.write(0, frame, 2, 0, 0xffff_ffffL, null);
        }
        assertThat(out.toByteArray())
                .isEqualTo(
                        Hex.bytes(
                                """
                                a1b2c3d4 0002 0004 00000000 00000000 00040000 00000001
                                6553f100 0001e240 00000003 00000003 aabbcc
                                00000000 00000000 00000000 ffffffff"""));
    }

    @Test
    void writesNanoseconds() throws IOException {
        try (PcapWriter capture = PcapWriter.create(out, PcapFormat.PCAP_NANOS, LinkType.RAW)) {
            capture.write(NANOS, frame, 2, 3);
        }
        assertThat(out.toByteArray())
                .isEqualTo(
                        Hex.bytes(
                                """
                                a1b23c4d 0002 0004 00000000 00000000 00040000 00000065
                                6553f100 075bcd15 00000003 00000003 aabbcc"""));
    }

    @Test
    void writesPcapngWithComments() throws IOException {
        try (PcapWriter capture = PcapWriter.create(out, PcapFormat.PCAPNG, LinkType.IPV6)) {
            capture.write(NANOS, frame, 2, 3, 1514, "dröp");
            capture.write(NANOS, frame, 2, 3);
        }
        assertThat(out.toByteArray())
                .isEqualTo(
                        Hex.bytes(
                                """
                                0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c
                                00000001 00000020 00e5 0000 00040000
                                  0009 0001 09 000000
                                  0000 0000
                                  00000020
                                00000006 00000034 00000000 17979cfe 3d85cd15 00000003 000005ea
                                  aabbcc 00
                                  0001 0005 6472c3b6 70 000000
                                  0000 0000
                                  00000034
                                00000006 00000024 00000000 17979cfe 3d85cd15 00000003 00000003
                                  aabbcc 00
                                  00000024"""));
    }

    @Test
    void writesFramesLargerThanItsStage() throws IOException {
        byte[] large = new byte[PcapWriter.MAX_FRAME_LENGTH];
        large[0] = 1;
        large[large.length - 1] = 2;
        try (PcapWriter capture = PcapWriter.create(out, PcapFormat.PCAPNG, 1)) {
            capture.write(NANOS, Unpooled.wrappedBuffer(large), 0, large.length);
            capture.write(NANOS, frame, 0, 7);
        }
        assertThat(PcapReaderTest.frames(out.toByteArray()))
                .extracting(PcapReaderTest.Frame::bytes)
                .containsExactly(Hex.text(large), "ffffaabbccffff");
    }

    /** However frames and stage fall together. */
    @ParameterizedTest
    @EnumSource(PcapFormat.class)
    void writesFramesAcrossTheEndOfItsStage(PcapFormat format) throws IOException {
        int frames = 10_000;
        try (PcapWriter capture = PcapWriter.create(out, format, 1)) {
            for (int i = 0; i < frames; i++) {
                String comment = format == PcapFormat.PCAPNG && i % 3 == 0 ? "abc" : null;
                capture.write(i * 1000L, frame, 0, 5 + i % 3, 7, comment);
            }
        }
        List<PcapReaderTest.Frame> read = PcapReaderTest.frames(out.toByteArray());
        assertThat(read).hasSize(frames);
        for (int i = 0; i < frames; i++) {
            assertThat(read.get(i).nanos()).isEqualTo(i * 1000L);
            assertThat(read.get(i).bytes())
                    .isEqualTo("ffffaabbccffff".substring(0, 2 * (5 + i % 3)));
            assertThat(read.get(i).comments())
                    .hasSize(format == PcapFormat.PCAPNG && i % 3 == 0 ? 1 : 0);
        }
    }

    @Test
    void writesOnFlush() throws IOException {
        PcapWriter capture = PcapWriter.create(new BufferedOutputStream(out), PcapFormat.PCAP, 1);
        assertThat(out.size()).isZero();
        capture.flush();
        assertThat(out.size()).isEqualTo(24);
        capture.write(NANOS, frame, 0, 7);
        capture.flush();
        assertThat(out.size()).isEqualTo(24 + 16 + 7);
    }

    @Test
    void replacesAFile(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("capture.pcap");
        for (int frames = 2; frames >= 0; frames--) {
            try (PcapWriter capture = PcapWriter.create(file, PcapFormat.PCAP, 1)) {
                for (int i = 0; i < frames; i++) {
                    capture.write(NANOS, frame, 0, 7);
                }
            }
            int read = 0;
            try (PcapReader capture = PcapReader.open(file)) {
                while (capture.next()) {
                    read++;
                }
            }
            assertThat(read).isEqualTo(frames);
        }
    }

    @ParameterizedTest
    @EnumSource(PcapFormat.class)
    void refusesNumbersOutOfTheirRange(PcapFormat format) throws IOException {
        ByteBuf large = Unpooled.buffer(PcapWriter.MAX_FRAME_LENGTH + 1);
        PcapWriter capture = PcapWriter.create(out, format, LinkType.MAX);
        assertThatThrownBy(() -> capture.write(NANOS, frame, 0, 8))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> capture.write(NANOS, frame, -1, 3))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> capture.write(NANOS, large, 0, large.capacity()))
                .hasMessage("length 262145: not 0 to 262144");
        assertThatThrownBy(() -> capture.write(NANOS, frame, 0, 7, -1, null))
                .hasMessage("original length -1: not 0 to 4294967295");
        assertThatThrownBy(() -> capture.write(NANOS, frame, 0, 7, 1L << 32, null))
                .hasMessage("original length 4294967296: not 0 to 4294967295");
        assertThatThrownBy(() -> capture.write(-1, frame, 0, 7))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("timestamp -1: not 0 to ");
        capture.close();
        assertThat(PcapReaderTest.frames(out.toByteArray())).isEmpty();
    }

    @Test
    void refusesATimeAfterTheEndOfClassicFiles() throws IOException {
        PcapWriter capture = PcapWriter.create(out, PcapFormat.PCAP_NANOS, 1);
        capture.write(4_294_967_295_000_000_000L, frame, 0, 7);
        assertThatThrownBy(() -> capture.write(4_294_967_295_000_000_001L, frame, 0, 7))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesACommentWhereItHasNoPlace() throws IOException {
        PcapWriter classic = PcapWriter.create(out, PcapFormat.PCAP, 1);
        assertThatThrownBy(() -> classic.write(NANOS, frame, 0, 7, 7, "no"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a comment: pcap has no place for it");
        PcapWriter capture = PcapWriter.create(out, PcapFormat.PCAPNG, 1);
        capture.write(NANOS, frame, 0, 7, 7, "x".repeat(PcapWriter.MAX_COMMENT_LENGTH));
        String longer = "x".repeat(PcapWriter.MAX_COMMENT_LENGTH + 1);
        assertThatThrownBy(() -> capture.write(NANOS, frame, 0, 7, 7, longer))
                .hasMessage("comment length 65536: not 0 to 65535");
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 65_536})
    void refusesALinkTypeThatTheFormatsCannotHold(int linkType) {
        assertThatThrownBy(() -> PcapWriter.create(out, PcapFormat.PCAPNG, linkType))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("link type " + linkType + ": not 0 to 65535");
    }
}
