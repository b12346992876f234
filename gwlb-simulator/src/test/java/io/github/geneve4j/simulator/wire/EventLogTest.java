package io.github.geneve4j.simulator.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.simulator.DropReason;
import io.github.geneve4j.simulator.SimulatorEvent;
import java.io.IOException;
import java.io.StringWriter;
import java.io.Writer;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class EventLogTest {
    private static SimulatorEvent event(int number) {
        return new SimulatorEvent.PacketDropped(
                number, DropReason.MALFORMED_PACKET, "vpce-1 inside", "");
    }

    @Test
    void writesALineForEachInOrder() throws Exception {
        StringWriter out = new StringWriter();
        try (EventLog log = new EventLog(out, 0)) {
            for (int i = 0; i < 1000; i++) {
                log.accept(event(i));
            }
        }
        assertThat(out.toString().lines()).hasSize(1000);
        assertThat(out.toString().lines().findFirst())
                .hasValue("0.000000000 drop malformed_packet from vpce-1 inside");
        assertThat(out.toString().lines().skip(999).findFirst().orElseThrow())
                .startsWith("0.000000999 ");
    }

    /** The writer is held up at the first line, so that two more may wait, and no others. */
    @Test
    void saysHowManyAreLostWhenTheDiskIsSlow() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);
        StringWriter written = new StringWriter();
        Writer slow =
                new Writer() {
                    @Override
                    public void write(char[] text, int offset, int length) {
                        begun.countDown();
                        try {
                            released.await();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                        written.write(text, offset, length);
                    }

                    @Override
                    public void flush() {}

                    @Override
                    public void close() {}
                };
        try (EventLog log = new EventLog(slow, 2L)) {
            log.accept(event(0));
            begun.await();
            for (int i = 1; i <= 7; i++) {
                log.accept(event(i));
            }
            released.countDown();
        }
        assertThat(written.toString().lines().map(line -> line.split(" ", -1)[0]))
                .containsExactly("0.000000000", "0.000000001", "0.000000002", "#");
        assertThat(written.toString()).contains("# 5 events lost");
    }

    /** A target that is lost may end every flow at once. */
    @Test
    void hasRoomForAnEventOfEachFlow() throws Exception {
        int flows = 200_000;
        StringWriter out = new StringWriter();
        CountDownLatch released = new CountDownLatch(1);
        Writer held =
                new Writer() {
                    @Override
                    public void write(char[] text, int offset, int length) throws IOException {
                        try {
                            released.await();
                        } catch (InterruptedException e) {
                            throw new IOException(e);
                        }
                        out.write(text, offset, length);
                    }

                    @Override
                    public void flush() {}

                    @Override
                    public void close() {}
                };
        try (EventLog log = new EventLog(held, flows)) {
            for (int i = 0; i < flows; i++) {
                log.accept(event(i));
            }
            released.countDown();
        }
        assertThat(out.toString().lines()).hasSize(flows).noneMatch(line -> line.startsWith("#"));
    }

    @Test
    void tellsWhatCouldNotBeWritten() {
        EventLog log =
                new EventLog(
                        new Writer() {
                            @Override
                            public void write(char[] text, int offset, int length)
                                    throws IOException {
                                throw new IOException("disk full");
                            }

                            @Override
                            public void flush() {}

                            @Override
                            public void close() {}
                        },
                        0);
        log.accept(event(0));
        assertThatThrownBy(log::close).isInstanceOf(IOException.class).hasMessage("disk full");
    }
}
