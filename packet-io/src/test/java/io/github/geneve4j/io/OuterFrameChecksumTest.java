package io.github.geneve4j.io;

import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.ethernet;
import static io.github.geneve4j.testkit.Packets.geneve;
import static io.github.geneve4j.testkit.Packets.ip;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.testkit.TcpLayer;
import io.github.geneve4j.testkit.UdpLayer;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Checksums that the sender has left to a network card, and {@link OuterFrame} completes. */
class OuterFrameChecksumTest {
    private static final int PORT = 6081;
    private static final int UDP = 14 + 20;
    private static final int TCP = UDP + 8 + 8 + 20; // behind UDP, Geneve, IPv4
    private static final int TCP_CHECKSUM = 16;
    // Of the addresses below, the protocol and the length: RFC 9293 §3.1
    private static final int PSEUDO = 0xc000 + 0x0201 + 0xc000 + 0x0202 + 6 + 20;

    private static byte[] frame(UdpLayer udp, TcpLayer tcp, byte[] data) {
        byte[] inner = packet(ipv4("192.0.2.1", "192.0.2.2"), tcp, payload(data));
        return packet(ethernet(), ipv4("10.0.1.5", "10.0.1.17"), udp, geneve(), ip(inner));
    }

    /** As the sender leaves it. */
    private static byte[] open(byte[] frame, int dataLength) {
        byte[] open = frame.clone();
        int sum = PSEUDO + dataLength;
        sum = (sum & 0xffff) + (sum >> 16);
        open[TCP + TCP_CHECKSUM] = (byte) (sum >> 8);
        open[TCP + TCP_CHECKSUM + 1] = (byte) sum;
        return open;
    }

    private static OuterFrame parsed(byte[] bytes) {
        OuterFrame frame =
                new OuterFrame(
                        MemorySegment.ofArray(bytes), new int[] {0x0a000111}, PORT, PORT, 1500);
        assertThat(frame.parse(0, bytes.length)).isNull();
        return frame;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1399})
    void completesTheOneInside(int length) {
        Random random = new Random(length);
        byte[] data = new byte[length];
        for (int i = 0; i < 200; i++) {
            random.nextBytes(data);
            byte[] whole = frame(udp(60001, PORT), tcp(1, 2).sequence(random.nextInt()), data);
            byte[] bytes = open(whole, length);
            assertThat(parsed(bytes).complete(TCP, TCP_CHECKSUM, true)).isNull();
            assertThat(bytes).isEqualTo(whole);
        }
    }

    @Test
    void leavesOutWhatIsBehindTheDatagram() {
        byte[] whole = frame(udp(60001, PORT), tcp(1, 2), counting(100));
        byte[] trailed = Arrays.copyOf(whole, whole.length + 3);
        trailed[whole.length] = 7;
        byte[] bytes = open(trailed, 100);
        assertThat(parsed(bytes).complete(TCP, TCP_CHECKSUM, true)).isNull();
        assertThat(bytes).isEqualTo(trailed);
    }

    /** One that comes out as zero is written as its other form, which UDP needs. */
    @Test
    void writesNoZero() {
        byte[] data = {0, 0};
        byte[] whole = frame(udp(60001, PORT).checksum(0), tcp(1, 2), data);
        data[0] = whole[TCP + TCP_CHECKSUM]; // with these it sums up to zero
        data[1] = whole[TCP + TCP_CHECKSUM + 1];
        byte[] zero = frame(udp(60001, PORT).checksum(0), tcp(1, 2), data);
        assertThat(zero[TCP + TCP_CHECKSUM] | zero[TCP + TCP_CHECKSUM + 1]).isZero();
        byte[] bytes = open(zero, 2);
        assertThat(parsed(bytes).complete(TCP, TCP_CHECKSUM, true)).isNull();
        assertThat(bytes[TCP + TCP_CHECKSUM]).isEqualTo((byte) 0xff);
        assertThat(bytes[TCP + TCP_CHECKSUM + 1]).isEqualTo((byte) 0xff);
    }

    @Test
    void completesUdpsOwn() {
        byte[] whole = frame(udp(60001, PORT), tcp(1, 2), counting(33));
        byte[] bytes = frame(udp(60001, PORT).checksum(0x1234), tcp(1, 2), counting(33));
        assertThat(parsed(bytes).complete(UDP, 6, true)).isNull();
        assertThat(bytes).isEqualTo(whole);
        byte[] again = frame(udp(60001, PORT).checksum(0x1234), tcp(1, 2), counting(33));
        parsed(again).completeUdpChecksum();
        assertThat(again).isEqualTo(whole);
    }

    @Test
    void noticesAnyWrongByteBeforeTheOpenPart() {
        byte[] right = open(frame(udp(60001, PORT), tcp(1, 2), counting(33)), 33);
        for (int at = UDP + 8; at < TCP; at++) {
            byte[] wrong = right.clone();
            wrong[at] ^= 0x10;
            assertThat(parsed(wrong).complete(TCP, TCP_CHECKSUM, true))
                    .as("byte %d", at)
                    .isEqualTo(ReceiveSkip.BAD_UDP_CHECKSUM);
            assertThat(parsed(wrong).complete(TCP, TCP_CHECKSUM, false)).isNull();
        }
        byte[] none = frame(udp(60001, PORT).checksum(0), tcp(1, 2), counting(33));
        assertThat(parsed(open(none, 33)).complete(TCP, TCP_CHECKSUM, true)).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "34, 4", // UDP's length
        "34, 8", // from outside to inside
        "14, 10", // IP's own
        "0, 0",
        "33, 7",
        "41, 1",
        "70, 8", // SCTP's is a CRC
        "71, 16", // not at a whole word
        "70, 15",
        "70, 52", // half of it behind the datagram
        "70, 53",
        "123, 2",
        "122, 0",
        "65535, 65535",
    })
    void refusesPlacesWhereNoneCanBe(int start, int offset) {
        byte[] before = open(frame(udp(60001, PORT), tcp(1, 2), counting(32)), 32);
        assertThat(before).hasSize(122);
        byte[] bytes = before.clone();
        assertThat(parsed(bytes).complete(start, offset, true))
                .isEqualTo(ReceiveSkip.PARTIAL_INNER_CHECKSUM);
        assertThat(bytes).isEqualTo(before);
    }

    @Test
    void takesTheLastPlaceThereIs() {
        byte[] bytes = open(frame(udp(60001, PORT).checksum(0), tcp(1, 2), counting(32)), 32);
        assertThat(parsed(bytes).complete(70, 50, true)).isNull();
        assertThat(parsed(bytes).complete(120, 0, true)).isNull();
        assertThat(parsed(bytes).complete(42, 0, true)).isNull();
    }
}
