package io.github.geneve4j.io.pcap;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Any bytes at all: frames inside the file, then an end or a {@link PcapFormatException}. */
class PcapReaderFuzzTest {
    @FuzzTest(maxDuration = "60s")
    void anyFile(byte[] file) throws IOException {
        List<PcapReaderTest.Frame> frames = new ArrayList<>();
        ByteArrayOutputStream copy = new ByteArrayOutputStream();
        UdpDatagram datagram = new UdpDatagram();
        long bytes = 0;
        try (PcapReader capture = PcapReaderTest.open(file);
                PcapWriter writer = PcapWriter.create(copy, PcapFormat.PCAPNG, LinkType.RAW)) {
            while (capture.next()) {
                ByteBuf buffer = capture.buffer();
                int length = capture.capturedLength();
                assertThat(capture.frameNumber()).isEqualTo(frames.size() + 1);
                assertThat(capture.linkType()).isBetween(0, LinkType.MAX);
                assertThat(buffer.capacity() - capture.offset()).isGreaterThanOrEqualTo(length);
                bytes += length;
                if (length <= PcapWriter.MAX_FRAME_LENGTH && capture.timestampNanos() >= 0) {
                    frames.add(PcapReaderTest.frame(capture));
                    writer.write(
                            capture.timestampNanos(),
                            buffer,
                            capture.offset(),
                            length,
                            capture.originalLength(),
                            null);
                } else {
                    frames.add(null);
                }
                datagram.wrap(capture.linkType(), buffer, capture.offset(), length);
            }
        } catch (PcapFormatException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
        assertThat(bytes).isLessThanOrEqualTo(file.length);
        frames.removeIf(frame -> frame == null);
        if (copy.size() > 0) {
            checkCopy(copy.toByteArray(), frames);
        }
    }

    private static void checkCopy(byte[] copy, List<PcapReaderTest.Frame> frames)
            throws IOException {
        List<PcapReaderTest.Frame> read = PcapReaderTest.frames(copy);
        assertThat(read).hasSameSizeAs(frames);
        for (int i = 0; i < frames.size(); i++) {
            assertThat(read.get(i).bytes()).isEqualTo(frames.get(i).bytes());
            assertThat(read.get(i).nanos()).isEqualTo(frames.get(i).nanos());
            assertThat(read.get(i).originalLength()).isEqualTo(frames.get(i).originalLength());
        }
    }
}
