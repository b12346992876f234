package io.github.geneve4j.io.pcap;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.testkit.Allocations;
import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.Hex;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PcapAllocationTest {
    private static final int FRAMES = 1_000_000;

    private static final byte[] FRAME =
            Hex.bytes(
                    """
                    02000000000a 02000000000b 0800
                    45 00 0020 0001 0000 40 11 0000 0a010203 0a040506
                    ea60 17c1 000c 0000 deadbeef""");

    /** Repeats a file's last part for ever. */
    private static final class Loop extends InputStream {
        private final byte[] bytes;
        private final int again;
        private int at;

        Loop(String start, String again) {
            this.again = Hex.bytes(start).length;
            this.bytes = Hex.bytes(start + again);
        }

        @Override
        public int read() {
            byte[] one = new byte[1];
            read(one, 0, 1);
            return one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            int count = Math.min(length, bytes.length - at);
            System.arraycopy(bytes, at, into, offset, count);
            at += count;
            if (at == bytes.length) {
                at = again;
            }
            return count;
        }
    }

    @Test
    void readingClassicFramesAllocatesNothing() throws IOException {
        checkReading(
                new Loop(
                        "a1b2c3d4 0002 0004 00000000 00000000 00040000 00000001",
                        "00000001 00000002 0000002e 0000002e" + Hex.text(FRAME)));
    }

    @Test
    void readingPcapngFramesAllocatesNothing() throws IOException {
        checkReading(
                new Loop(
                        """
                        0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c
                        00000001 00000014 0001 0000 00000000 00000014""",
                        "00000006 00000050 00000000 00000000 00000001 0000002e 0000002e"
                                + Hex.text(FRAME)
                                + "0000 00000050"));
    }

    private static void checkReading(InputStream file) throws IOException {
        PcapReader capture = PcapReader.open(file);
        UdpDatagram datagram = new UdpDatagram();
        assertThat(Allocations.of(FRAMES, () -> read(capture, datagram)))
                .isLessThanOrEqualTo(Allocations.SLACK);
        assertThat(capture.frameNumber()).isGreaterThanOrEqualTo(FRAMES);
        assertThat(datagram.payloadLength()).isEqualTo(4);
    }

    private static long read(PcapReader capture, UdpDatagram datagram) {
        try {
            capture.next();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return datagram.wrap(
                                capture.linkType(),
                                capture.buffer(),
                                capture.offset(),
                                capture.capturedLength())
                        == DatagramStatus.OK
                ? datagram.payloadLength()
                : 0;
    }

    @ParameterizedTest
    @EnumSource(PcapFormat.class)
    void writingFromTheHeapAllocatesNothing(PcapFormat format) throws IOException {
        checkWriting(format, BufferKind.HEAP_AT_OFFSET.place(FRAME));
    }

    @ParameterizedTest
    @EnumSource(PcapFormat.class)
    void writingFromDirectMemoryAllocatesNothing(PcapFormat format) throws IOException {
        checkWriting(format, BufferKind.DIRECT_AT_OFFSET.place(FRAME));
    }

    private static void checkWriting(PcapFormat format, BufferKind.Placed frame)
            throws IOException {
        PcapWriter capture =
                PcapWriter.create(OutputStream.nullOutputStream(), format, LinkType.ETHERNET);
        assertThat(Allocations.of(FRAMES, () -> write(capture, frame)))
                .isLessThanOrEqualTo(Allocations.SLACK);
    }

    private static long write(PcapWriter capture, BufferKind.Placed frame) {
        try {
            capture.write(1, frame.buffer(), frame.offset(), frame.length());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return 1;
    }
}
