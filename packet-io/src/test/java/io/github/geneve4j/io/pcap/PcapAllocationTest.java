package io.github.geneve4j.io.pcap;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.github.geneve4j.testkit.Hex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PcapAllocationTest {
    private static final int FRAMES = 1_000_000;
    private static final int WARM_UP = 50_000;
    private static final long SLACK = 1024; // of the measuring itself

    private static final byte[] FRAME =
            Hex.bytes(
                    """
                    02000000000a 02000000000b 0800
                    45 00 0020 0001 0000 40 11 0000 0a010203 0a040506
                    ea60 17c1 000c 0000 deadbeef""");

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

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
        read(capture, datagram, WARM_UP);
        long before = THREADS.getCurrentThreadAllocatedBytes();
        long payload = read(capture, datagram, FRAMES);
        assertThat(THREADS.getCurrentThreadAllocatedBytes() - before).isLessThan(SLACK);
        assertThat(payload).isEqualTo(4L * FRAMES);
    }

    private static long read(PcapReader capture, UdpDatagram datagram, int frames)
            throws IOException {
        long payload = 0;
        for (int i = 0; i < frames && capture.next(); i++) {
            DatagramStatus status =
                    datagram.wrap(
                            capture.linkType(),
                            capture.buffer(),
                            capture.offset(),
                            capture.capturedLength());
            payload += status == DatagramStatus.OK ? datagram.payloadLength() : 0;
        }
        return payload;
    }

    @ParameterizedTest
    @EnumSource(PcapFormat.class)
    void writingFromTheHeapAllocatesNothing(PcapFormat format) throws IOException {
        checkWriting(format, Unpooled.wrappedBuffer(FRAME));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void writingFromDirectMemoryAllocatesNothing(boolean foreign) throws IOException {
        ByteBuf frame =
                foreign
                        ? Unpooled.wrappedBuffer(java.nio.ByteBuffer.allocateDirect(FRAME.length))
                        : Unpooled.directBuffer(FRAME.length, FRAME.length);
        frame.setBytes(0, FRAME);
        checkWriting(PcapFormat.PCAPNG, frame);
        frame.release();
    }

    private static void checkWriting(PcapFormat format, ByteBuf frame) throws IOException {
        PcapWriter capture =
                PcapWriter.create(OutputStream.nullOutputStream(), format, LinkType.ETHERNET);
        write(capture, frame, WARM_UP);
        long before = THREADS.getCurrentThreadAllocatedBytes();
        write(capture, frame, FRAMES);
        assertThat(THREADS.getCurrentThreadAllocatedBytes() - before).isLessThan(SLACK);
    }

    private static void write(PcapWriter capture, ByteBuf frame, int frames) throws IOException {
        for (int i = 0; i < frames; i++) {
            capture.write(i, frame, 0, FRAME.length);
        }
    }
}
