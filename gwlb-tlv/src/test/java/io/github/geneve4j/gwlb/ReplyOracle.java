package io.github.geneve4j.gwlb;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.testkit.BufferKind;
import java.util.Arrays;

/** Compares {@link GwlbReply} with {@link NaiveReply}, byte by byte. */
final class ReplyOracle {
    private static final int PORT = 6081;
    private static final int TTL = 64;

    private final GwlbReply reply = new GwlbReply();

    /** Answers any bytes as a frame, as an IPv4 packet and as a UDP payload. */
    void check(byte[] bytes, BufferKind kind) {
        checkEthernet(bytes, kind);
        checkIpv4(bytes, kind);
        checkUdp(bytes, kind);
    }

    void checkEthernet(byte[] frame, BufferKind kind) {
        BufferKind.Placed placed = kind.place(frame);
        DecodeStatus status = reply.ethernet(placed.buffer(), placed.offset(), placed.length());
        int ip = NaiveReply.ipv4Offset(frame);
        if (ip < 0) {
            assertThat(status).isIn(DecodeStatus.TRUNCATED_IP, DecodeStatus.BAD_IP_HEADER);
            assertThat(placed.bytes()).isEqualTo(frame);
            return;
        }
        byte[] packet = Arrays.copyOfRange(frame, ip, frame.length);
        boolean ok = compare(status, NaiveReply.verdict(packet, PORT));
        assertThat(placed.bytes()).isEqualTo(ok ? NaiveReply.ethernet(frame, TTL) : frame);
    }

    void checkIpv4(byte[] packet, BufferKind kind) {
        BufferKind.Placed placed = kind.place(packet);
        DecodeStatus status = reply.ipv4(placed.buffer(), placed.offset(), placed.length());
        boolean ok = compare(status, NaiveReply.verdict(packet, PORT));
        byte[] after = placed.bytes();
        assertThat(after).isEqualTo(ok ? NaiveReply.ipv4(packet, TTL) : packet);
        if (ok) {
            assertThat(NaiveReply.isUdpChecksumRight(after))
                    .isEqualTo(NaiveReply.isUdpChecksumRight(packet));
            checkReplyOfReply(packet, placed);
        }
        assertThat(placed.buffer().readerIndex()).isEqualTo(placed.offset());
    }

    /** The reply of a reply is the request, but for its TTL. */
    private void checkReplyOfReply(byte[] packet, BufferKind.Placed placed) {
        GwlbReply back = new GwlbReply(PORT, Math.max(1, packet[8] & 0xff));
        assertThat(back.ipv4(placed.buffer(), placed.offset(), placed.length()))
                .isEqualTo(DecodeStatus.OK);
        byte[] request = placed.bytes();
        boolean canonical = packet[8] != 0 && NaiveReply.u16(packet, 10) != 0xffff;
        assertThat(request)
                .isEqualTo(canonical ? packet : NaiveReply.ipv4(swapped(packet), ttl(packet)));
    }

    private void checkUdp(byte[] payload, BufferKind kind) {
        BufferKind.Placed placed = kind.place(payload);
        DecodeStatus status = reply.udp(placed.buffer(), placed.offset(), placed.length());
        compare(status, NaiveReply.geneveVerdict(payload));
        assertThat(placed.bytes()).isEqualTo(payload);
    }

    private static byte[] swapped(byte[] packet) {
        return NaiveReply.ipv4(packet, TTL);
    }

    private static int ttl(byte[] packet) {
        return Math.max(1, packet[8] & 0xff);
    }

    private static boolean compare(DecodeStatus status, String verdict) {
        if (verdict.equals(NaiveReply.IPV6)) {
            assertThat(status).isNotEqualTo(DecodeStatus.OK);
            return false;
        }
        assertThat(status.label()).isEqualTo(verdict);
        return status == DecodeStatus.OK;
    }
}
