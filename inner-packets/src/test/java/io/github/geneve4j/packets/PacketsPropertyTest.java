package io.github.geneve4j.packets;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.flow.FlowStatus;
import io.github.geneve4j.testkit.Checksums;
import io.github.geneve4j.testkit.PacketArbitraries;
import io.netty.buffer.ByteBufUtil;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * Packets of every kind, whole and mutated: nothing throws, nothing is answered that must not be,
 * and what comes out is right by another way of counting.
 */
class PacketsPropertyTest {
    private static final int TCP = 6;
    private static final int ICMP = 1;
    private static final int ICMPV6 = 58;

    @Provide
    Arbitrary<byte[]> packets() {
        return PacketArbitraries.ip();
    }

    /** Which bytes are changed to what. */
    @Provide
    Arbitrary<List<Integer>> damage() {
        return Arbitraries.integers().between(0, 0xffff).list().ofMaxSize(3);
    }

    @Property(tries = 3000)
    void answersOnlyWhatItMayAndRightly(
            @ForAll("packets") byte[] whole, @ForAll("damage") List<Integer> damage) {
        byte[] bytes = damaged(whole, damage);
        Wrapped packet = new Wrapped(bytes);
        if (packet.status != FlowStatus.OK) {
            return;
        }
        boolean answerable = isAnswerable(packet, bytes);
        int protocol = packet.tuple.transportProtocol();
        if (packet.mayTell()) {
            assertThat(answerable).isTrue();
            assertThat(isIcmpError(packet, bytes)).isFalse();
            checkError(bytes, packet.prohibited(), packet.tuple.isIpv6() ? 0x0101 : 0x030d);
            checkError(bytes, packet.tooBig(1300), packet.tuple.isIpv6() ? 0x0200 : 0x0304);
        }
        if (packet.mayReset()) {
            assertThat(answerable).isTrue();
            assertThat(protocol).isEqualTo(TCP);
            assertThat(packet.tuple.isFragment()).isFalse();
            assertThat(packet.tuple.tcpFlags() & 4).isZero();
            byte[] onward = packet.onward();
            byte[] answer = packet.reset();
            assertThat(isRight(onward, TCP)).isTrue();
            assertThat(isRight(answer, TCP)).isTrue();
            assertThat(new Wrapped(answer).mayReset()).isFalse();
            assertThat(new Wrapped(answer).tuple.isSameFlow(packet.tuple)).isTrue();
            assertThat(new Wrapped(onward).tuple.isSameFlow(packet.tuple)).isTrue();
            assertThat(packet.resetInPlace()).isEqualTo(answer);
        }
    }

    /** Any change of any bytes behind the version: right stays right. */
    @Property(tries = 3000)
    void mendsWhatWasChanged(
            @ForAll("packets") byte[] whole,
            @ForAll("damage") List<Integer> changes,
            @ForAll("damage") List<Integer> damage) {
        byte[] before = damaged(whole, damage);
        Wrapped old = new Wrapped(before);
        byte[] after = damaged(before, changes);
        Wrapped now = new Wrapped(after);
        if (old.status != FlowStatus.OK || now.status != FlowStatus.OK) {
            return;
        }
        boolean wasRight = InnerChecksums.isValid(old.tuple, old.buffer, old.offset);
        InnerChecksums.mend(old.tuple, old.buffer, old.offset, now.tuple, now.buffer, now.offset);
        if (wasRight) {
            assertThat(InnerChecksums.isValid(now.tuple, now.buffer, now.offset)).isTrue();
        }
        InnerChecksums.write(now.tuple, now.buffer, now.offset);
        assertThat(InnerChecksums.isValid(now.tuple, now.buffer, now.offset)).isTrue();
    }

    /** It agrees with the slow way of counting, for protocols whose whole segment is covered. */
    @Property(tries = 3000)
    void knowsRightFromWrong(
            @ForAll("packets") byte[] whole, @ForAll("damage") List<Integer> damage) {
        byte[] bytes = damaged(whole, damage);
        Wrapped packet = new Wrapped(bytes);
        if (packet.status != FlowStatus.OK || packet.tuple.isFragment()) {
            return;
        }
        int protocol = packet.tuple.transportProtocol();
        boolean ipv6 = packet.tuple.isIpv6();
        if (protocol == TCP || protocol == (ipv6 ? ICMPV6 : ICMP)) {
            assertThat(InnerChecksums.isValid(packet.tuple, packet.buffer, packet.offset))
                    .isEqualTo(isRight(bytes, packet, protocol));
        }
    }

    @Property(tries = 3000)
    void clampsWithoutHarm(
            @ForAll("packets") byte[] whole, @ForAll("damage") List<Integer> damage) {
        byte[] bytes = damaged(whole, damage);
        Wrapped packet = new Wrapped(bytes);
        if (packet.status != FlowStatus.OK) {
            return;
        }
        boolean wasRight = InnerChecksums.isValid(packet.tuple, packet.buffer, packet.offset);
        boolean more = MaximumSegmentSize.exceeds(packet.tuple, packet.buffer, 536);
        assertThat(MaximumSegmentSize.clamp(packet.tuple, packet.buffer, 536)).isEqualTo(more);
        byte[] now = ByteBufUtil.getBytes(packet.buffer, packet.offset, bytes.length);
        assertThat(Arrays.equals(now, bytes)).isEqualTo(!more);
        assertThat(InnerChecksums.isValid(packet.tuple, packet.buffer, packet.offset))
                .isEqualTo(wasRight);
        assertThat(MaximumSegmentSize.exceeds(packet.tuple, packet.buffer, 536)).isFalse();
    }

    private static byte[] damaged(byte[] packet, List<Integer> damage) {
        byte[] damaged = packet.clone();
        for (int each : damage) {
            damaged[(each >>> 8) * 7 % damaged.length] = (byte) each;
        }
        return damaged;
    }

    private static void checkError(byte[] quoted, byte[] error, int typeAndCode) {
        boolean ipv6 = error[0] >>> 4 == 6;
        int header = ipv6 ? 40 : 20;
        assertThat(error).hasSizeLessThanOrEqualTo(ipv6 ? 1280 : 576);
        assertThat(word(error, header)).isEqualTo(typeAndCode);
        assertThat(isRight(error, ipv6 ? ICMPV6 : ICMP)).isTrue();
        byte[] quote = Arrays.copyOfRange(error, header + 8, error.length);
        assertThat(quote).isEqualTo(Arrays.copyOf(quoted, quote.length));
        Wrapped packet = new Wrapped(error);
        assertThat(packet.status).isEqualTo(FlowStatus.OK);
        assertThat(packet.tuple.isQuoted()).isTrue();
        assertThat(packet.tuple.isMisdirected()).isFalse();
        assertThat(packet.mayTell()).isFalse();
    }

    // Told apart once more, from the bytes alone

    private static boolean isAnswerable(Wrapped packet, byte[] bytes) {
        if (packet.tuple.isIpv6()) {
            boolean hosts = bytes[8] != -1 && bytes[24] != -1;
            boolean later =
                    packet.tuple.isFragment()
                            && word(bytes, packet.tuple.transportOffset() - packet.offset - 6) >= 8;
            return hosts && !later;
        }
        for (int address : new int[] {12, 16}) {
            int first = bytes[address] & 0xff;
            if (first == 0 || first == 127 || first >= 224) {
                return false;
            }
        }
        int headerLength = (bytes[0] & 0xf) * 4;
        return (word(bytes, 6) & 0x1fff) == 0
                && Checksums.internet(Arrays.copyOf(bytes, headerLength)) == 0;
    }

    private static boolean isIcmpError(Wrapped packet, byte[] bytes) {
        int protocol = packet.tuple.transportProtocol();
        if (protocol != ICMP && protocol != ICMPV6) {
            return false; // and there may be nothing behind the headers
        }
        int type = bytes[packet.tuple.transportOffset() - packet.offset] & 0xff;
        return protocol == ICMP
                ? type == 3 || type == 4 || type == 5 || type == 11 || type == 12
                : type < 128 || type == 137;
    }

    /** {@return whether a packet without options has right checksums} */
    private static boolean isRight(byte[] bytes, int protocol) {
        return isRight(bytes, new Wrapped(bytes), protocol);
    }

    private static boolean isRight(byte[] bytes, Wrapped packet, int protocol) {
        boolean ipv6 = packet.tuple.isIpv6();
        int at = packet.tuple.transportOffset() - packet.offset;
        byte[] segment = Arrays.copyOfRange(bytes, at, at + packet.tuple.transportLength());
        byte[] pseudo = {(byte) (segment.length >> 8), (byte) segment.length, 0, (byte) protocol};
        byte[] addresses = Arrays.copyOfRange(bytes, ipv6 ? 8 : 12, ipv6 ? 40 : 20);
        byte[] header = ipv6 ? new byte[0] : Arrays.copyOf(bytes, (bytes[0] & 0xf) * 4);
        return (ipv6 || Checksums.internet(header) == 0)
                && (protocol == ICMP
                                ? Checksums.internet(segment)
                                : Checksums.internet(addresses, pseudo, segment))
                        == 0;
    }

    private static int word(byte[] bytes, int at) {
        return (bytes[at] & 0xff) << 8 | bytes[at + 1] & 0xff;
    }
}
