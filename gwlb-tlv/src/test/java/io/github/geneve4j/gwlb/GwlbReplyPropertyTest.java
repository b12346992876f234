package io.github.geneve4j.gwlb;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.Checksums;
import io.github.geneve4j.testkit.PacketArbitraries;
import java.util.Arrays;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class GwlbReplyPropertyTest {
    private final ReplyOracle oracle = new ReplyOracle();

    @Property
    void framesAreAnsweredByTheRule(@ForAll("frames") byte[] frame, @ForAll BufferKind kind) {
        oracle.checkEthernet(frame, kind);
    }

    @Property
    void packetsAreAnsweredByTheRule(@ForAll("packets") byte[] packet, @ForAll BufferKind kind) {
        oracle.checkIpv4(packet, kind);
    }

    @Property
    void damagedFramesAreAnsweredOrLeftAlone(
            @ForAll("damaged") byte[] bytes, @ForAll BufferKind kind) {
        oracle.check(bytes, kind);
    }

    /** The rule once more, field by field, without the oracle's own arithmetic. */
    @Property
    void replyKeepsPortsAndGeneveAndSwapsAddresses(
            @ForAll("packets") byte[] packet, @ForAll @IntRange(min = 1, max = 255) int ttl) {
        Assume.that(NaiveReply.verdict(packet, 6081).equals(NaiveReply.OK));
        BufferKind.Placed placed = BufferKind.DIRECT.place(packet);
        assertThat(new GwlbReply(6081, ttl).ipv4(placed.buffer(), 0, packet.length))
                .isEqualTo(DecodeStatus.OK);
        byte[] reply = placed.bytes();
        int headerLength = (packet[0] & 0xf) * 4;

        assertThat(Arrays.copyOfRange(reply, 12, 16)).isEqualTo(Arrays.copyOfRange(packet, 16, 20));
        assertThat(Arrays.copyOfRange(reply, 16, 20)).isEqualTo(Arrays.copyOfRange(packet, 12, 16));
        assertThat(Arrays.copyOfRange(reply, headerLength, reply.length))
                .isEqualTo(Arrays.copyOfRange(packet, headerLength, packet.length));
        assertThat(Arrays.copyOf(reply, 8)).isEqualTo(Arrays.copyOf(packet, 8));
        assertThat(reply[8] & 0xff).isEqualTo(ttl);
        assertThat(Checksums.internet(Arrays.copyOf(reply, headerLength))).isZero();
        assertThat(NaiveReply.isUdpChecksumRight(reply))
                .isEqualTo(NaiveReply.isUdpChecksumRight(packet));
    }

    @Provide
    Arbitrary<byte[]> frames() {
        return Requests.frames();
    }

    @Provide
    Arbitrary<byte[]> packets() {
        return Requests.packets();
    }

    @Provide
    Arbitrary<byte[]> damaged() {
        return PacketArbitraries.damaged(Requests.frames());
    }
}
