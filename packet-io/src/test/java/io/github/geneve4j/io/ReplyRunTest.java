package io.github.geneve4j.io;

import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.ethernet;
import static io.github.geneve4j.testkit.Packets.ip;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.qinq;
import static io.github.geneve4j.testkit.Packets.udp;
import static io.github.geneve4j.testkit.Packets.vlan;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplyRunTest {
    private static final int HEADERS = 42;
    private static final int SLOT = 1 << 11;

    private final MemorySegment memory = MemorySegment.ofArray(new byte[100 * SLOT]);
    private final ReplyRun run = new ReplyRun(memory);

    private static byte[] reply(int payloadLength) {
        byte[] datagram =
                packet(
                        ipv4("10.0.1.17", "10.0.1.5").tos(0x10),
                        udp(60001, 6081),
                        payload(counting(payloadLength)));
        return packet(ethernet(), ip(datagram));
    }

    /** Puts a frame where that one belongs; {@return its offset} */
    private long put(int number, byte[] frame) {
        long offset = (long) number * SLOT + 6; // aligned to nothing
        MemorySegment.copy(MemorySegment.ofArray(frame), 0, memory, offset, frame.length);
        return offset;
    }

    private boolean begin(byte[] frame) {
        return run.begin(put(0, frame), frame.length);
    }

    private boolean add(int number, byte[] frame) {
        return run.add(put(number, frame), frame.length);
    }

    @Test
    void goesOnUntilAShorterOne() {
        assertThat(begin(reply(100))).isTrue();
        assertThat(add(1, reply(100))).isTrue();
        assertThat(add(2, reply(101))).as("longer").isFalse();
        assertThat(add(2, reply(99))).isTrue();
        assertThat(add(3, reply(99))).as("behind a shorter one").isFalse();
        assertThat(add(3, reply(100))).isFalse();
        assertThat(begin(reply(99))).as("another run").isTrue();
        assertThat(add(1, reply(99))).isTrue();
    }

    @Test
    void hasNothingToCutWithoutPayload() {
        assertThat(begin(reply(0))).isFalse();
        assertThat(add(1, reply(0))).isFalse();
        assertThat(begin(reply(1))).isTrue();
        assertThat(add(1, reply(0))).isFalse();
        assertThat(add(1, reply(1))).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"1, 64", "1023, 64", "1024, 63", "1472, 44"})
    void endsWhereTheKernelDoes(int payloadLength, int most) {
        byte[] reply = reply(payloadLength);
        assertThat(begin(reply)).isTrue();
        int replies = 1;
        while (add(replies, reply)) {
            replies++;
        }
        assertThat(replies).isEqualTo(most);
        // 65,507 bytes are what fits
        int rest = 65_507 - replies * payloadLength;
        if (most < 64) {
            assertThat(add(replies, reply(rest + 1))).isFalse();
            assertThat(add(replies, reply(rest))).isTrue();
        }
    }

    /** Each bit of the headers, but of lengths, checksums and identification. */
    @Test
    void endsWhereHeadersDiffer() {
        Set<Integer> free = new TreeSet<>();
        byte[] reply = reply(50);
        for (int i = 0; i < HEADERS; i++) {
            for (int bit = 0; bit < Byte.SIZE; bit++) {
                byte[] other = reply.clone();
                other[i] ^= (byte) (1 << bit);
                assertThat(begin(reply)).isTrue();
                if (add(1, other)) {
                    free.add(i);
                } else {
                    assertThat(free).doesNotContain(i);
                }
            }
        }
        assertThat(free)
                .containsExactly(
                        16, 17, // total length, which the frame's length tells
                        18, 19, // identification
                        24, 25, // checksum
                        38, 39, // length
                        40, 41); // checksum
    }

    @Test
    void neverHasOneWithoutChecksum() {
        byte[] without = reply(50);
        without[40] = 0;
        without[41] = 0;
        assertThat(begin(without)).isFalse();
        assertThat(add(1, reply(50))).isFalse();
        assertThat(begin(reply(50))).isTrue();
        assertThat(add(1, without)).isFalse();
        without[41] = 1;
        assertThat(add(1, without)).isTrue();
    }

    @Test
    void hasNoOptionsAndNoTags() {
        byte[] body = counting(50);
        byte[] other = reply(50);
        other[12] = (byte) 0x86; // IPv6, says the EtherType
        other[13] = (byte) 0xdd;
        byte[] datagram = packet(ipv4("10.0.1.17", "10.0.1.5"), udp(1, 2), payload(body));
        byte[] options =
                packet(
                        ethernet(),
                        ipv4("10.0.1.17", "10.0.1.5").options("01010101"),
                        udp(1, 2),
                        payload(body));
        for (byte[] frame :
                new byte[][] {
                    options,
                    packet(ethernet(), vlan(7), ip(datagram)),
                    packet(ethernet(), qinq(9), vlan(7), ip(datagram)),
                    other,
                }) {
            assertThat(begin(frame)).isFalse();
            assertThat(add(1, frame)).isFalse();
        }
    }
}
