package io.github.geneve4j.gwlb;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.KnownPackets;
import io.github.geneve4j.testkit.Packets;

/**
 * Any bytes as a frame, a packet, a payload: answered by the rule, or left alone. The normal build
 * replays the seeds; {@code JAZZER_FUZZ=1} explores.
 */
class GwlbReplyFuzzTest {
    private final ReplyOracle oracle = new ReplyOracle();
    private final GwlbReplyHeader header = new GwlbReplyHeader();

    @FuzzTest(maxDuration = "5m")
    void answersAnyBytes(byte[] bytes) {
        oracle.check(bytes, BufferKind.HEAP);
        oracle.check(bytes, BufferKind.DIRECT_AT_OFFSET);
    }

    @FuzzTest(maxDuration = "5m")
    void capturesAnyBytes(byte[] packet) {
        BufferKind.Placed placed = BufferKind.HEAP_AT_OFFSET.place(packet);
        header.clear();
        DecodeStatus status = header.capture(placed.buffer(), placed.offset(), placed.length());

        assertThat(placed.bytes()).isEqualTo(packet);
        assertThat(status == DecodeStatus.OK)
                .isEqualTo(NaiveReply.verdict(packet, 6081).equals(NaiveReply.OK));
        assertThat(header.isPresent()).isEqualTo(status == DecodeStatus.OK);
        if (status == DecodeStatus.OK) {
            byte[] inner = KnownPackets.innerEchoRequest();
            byte[] room = Packets.concat(new byte[header.length()], inner);
            BufferKind.Placed reply = BufferKind.DIRECT.place(room);
            assertThat(header.write(reply.buffer(), header.length(), inner.length)).isZero();
            assertThat(NaiveReply.verdict(reply.bytes(), 6081)).isEqualTo(NaiveReply.OK);
            assertThat(NaiveReply.isUdpChecksumRight(reply.bytes())).isTrue();
        }
    }
}
