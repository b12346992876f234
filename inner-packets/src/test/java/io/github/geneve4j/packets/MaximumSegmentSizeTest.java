package io.github.geneve4j.packets;

import static io.github.geneve4j.testkit.Packets.hopByHop;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static io.github.geneve4j.testkit.TcpLayer.ACK;
import static io.github.geneve4j.testkit.TcpLayer.SYN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBufUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MaximumSegmentSizeTest {
    private static final int MOST = 0x0400;

    /** Before and after; the checksum is the test kit's. */
    @ParameterizedTest
    @CsvSource({
        "020405b4,                 02040400",
        "020405b4010303070402,     02040400010303070402", // Linux: MSS, window scale, SACK
        "01020405b4,               0102040400", // at an odd index
        "010101020405b4,           01010102040400",
        "0303070204ffff00,         0303070204040000",
        "020405b4020405b5,         0204040002040400", // whichever of them the receiver takes
        "0802020405b4,             080202040400", // an option of no known kind
    })
    void lowersWhatIsMore(String before, String after) {
        for (int flags : new int[] {SYN, SYN | ACK}) {
            check(
                    packet(ipv4("10.0.0.1", "10.0.0.2"), tcp(1, 2).flags(flags).options(before)),
                    packet(ipv4("10.0.0.1", "10.0.0.2"), tcp(1, 2).flags(flags).options(after)));
            check(
                    packet(
                            ipv6("2001:db8::1", "2001:db8::2"),
                            hopByHop(8),
                            tcp(1, 2).flags(flags).options(before),
                            payload("010203")),
                    packet(
                            ipv6("2001:db8::1", "2001:db8::2"),
                            hopByHop(8),
                            tcp(1, 2).flags(flags).options(after),
                            payload("010203")));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "02040400", // no more than this
                "020403ff",
                "00020405b4", // behind the end
                "0203ffff", // not an option of that length
                "0205ffffff",
                "02",
                "010102ff", // cut short
                "0200ffff02040fff", // a length that would never end
                "0801020405b4", // shorter than itself
                "08ff020405b4", // past the end
            })
    void leavesTheRestAlone(String options) {
        unchanged(packet(ipv4("10.0.0.1", "10.0.0.2"), tcp(1, 2).options(options)));
    }

    @Test
    void leavesOtherPacketsAlone() {
        String mss = "020405b4";
        unchanged(packet(ipv4("10.0.0.1", "10.0.0.2"), tcp(1, 2).flags(ACK).options(mss)));
        unchanged(packet(ipv4("10.0.0.1", "10.0.0.2"), tcp(1, 2).headerWords(4).options(mss)));
        unchanged(packet(ipv4("10.0.0.1", "10.0.0.2"), tcp(1, 2).headerWords(7).options(mss)));
        unchanged(packet(ipv4("10.0.0.1", "10.0.0.2"), tcp(1, 2), payload(mss)));
        unchanged(packet(ipv4("10.0.0.1", "10.0.0.2"), udp(1, 2), payload("ffffffffffffffff")));
        unchanged(packet(ipv4("10.0.0.1", "10.0.0.2").fragment(0, true), tcp(1, 2).options(mss)));
    }

    @Test
    void leavesAWrongChecksumWrong() {
        Wrapped packet =
                new Wrapped(
                        packet(
                                ipv4("10.0.0.1", "10.0.0.2"),
                                tcp(1, 2).options("020405b4").wrongChecksum()));
        assertThat(MaximumSegmentSize.clamp(packet.tuple, packet.buffer, MOST)).isTrue();
        assertThat(InnerChecksums.isValid(packet.tuple, packet.buffer, packet.offset)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 65_536})
    void refusesASizeThatIsNone(int most) {
        Wrapped packet = new Wrapped(packet(ipv4("10.0.0.1", "10.0.0.2"), tcp(1, 2)));
        assertThatThrownBy(() -> MaximumSegmentSize.clamp(packet.tuple, packet.buffer, most))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("segment size " + most);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 0x0400, 65_534, 65_535})
    void takesEverySizeThatThereIs(int most) {
        Wrapped packet =
                new Wrapped(packet(ipv4("10.0.0.1", "10.0.0.2"), tcp(1, 2).options("0204ffff")));
        assertThat(MaximumSegmentSize.clamp(packet.tuple, packet.buffer, most))
                .isEqualTo(most < 65_535);
        assertThat(packet.buffer.getUnsignedShort(packet.tuple.transportOffset() + 22))
                .isEqualTo(most);
    }

    private static void unchanged(byte[] bytes) {
        Wrapped packet = new Wrapped(bytes);
        assertThat(MaximumSegmentSize.exceeds(packet.tuple, packet.buffer, MOST)).isFalse();
        assertThat(MaximumSegmentSize.clamp(packet.tuple, packet.buffer, MOST)).isFalse();
        assertThat(ByteBufUtil.getBytes(packet.buffer, packet.offset, bytes.length))
                .isEqualTo(bytes);
    }

    private static void check(byte[] before, byte[] after) {
        Wrapped packet = new Wrapped(before);
        assertThat(MaximumSegmentSize.exceeds(packet.tuple, packet.buffer, MOST)).isTrue();
        assertThat(MaximumSegmentSize.clamp(packet.tuple, packet.buffer, MOST)).isTrue();
        assertThat(ByteBufUtil.getBytes(packet.buffer, packet.offset, before.length))
                .isEqualTo(after);
        assertThat(MaximumSegmentSize.exceeds(packet.tuple, packet.buffer, MOST)).isFalse();
    }
}
