package io.github.geneve4j.gwlb;

import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.NaiveGeneveDecoder;
import io.github.geneve4j.testkit.PacketArbitraries;
import io.github.geneve4j.testkit.Packets;
import java.util.Arrays;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class GwlbReplyHeaderPropertyTest {
    private final GwlbReplyHeader header = new GwlbReplyHeader();

    /** Whatever the request was like: the reply is what a packet builder would make of it. */
    @Property
    void wrapsAnyPacketForAnyRequest(
            @ForAll("requests") byte[] request,
            @ForAll("inner") byte[] inner,
            @ForAll BufferKind requestKind,
            @ForAll BufferKind replyKind) {
        BufferKind.Placed placed = requestKind.place(request);
        DecodeStatus status = header.capture(placed.buffer(), placed.offset(), placed.length());
        assertThat(placed.bytes()).isEqualTo(request);
        assertThat(status.label()).isEqualTo(NaiveReply.verdict(request, 6081));
        if (status != DecodeStatus.OK) {
            return;
        }
        byte[] expected = expected(request, inner);
        assertThat(header.length()).isEqualTo(expected.length - inner.length);

        BufferKind.Placed room = replyKind.place(Packets.concat(new byte[header.length()], inner));
        assertThat(header.write(room.buffer(), room.offset() + header.length(), inner.length))
                .isEqualTo(room.offset());

        assertThat(room.bytes()).isEqualTo(expected);
        assertThat(NaiveReply.isUdpChecksumRight(expected)).isTrue();
        assertThat(NaiveReply.verdict(room.bytes(), 6081)).isEqualTo(NaiveReply.OK);
    }

    private static byte[] expected(byte[] request, byte[] inner) {
        int udp = (request[0] & 0xf) * 4;
        byte[] geneve =
                NaiveGeneveDecoder.headerBytes(
                        Arrays.copyOfRange(request, udp + 8, request.length));
        boolean v6 = (inner[0] & 0xf0) == 0x60;
        geneve[2] = (byte) (v6 ? 0x86 : 0x08);
        geneve[3] = (byte) (v6 ? 0xdd : 0x00);
        int ecn = v6 ? (inner[1] & 0xff) >> 4 & 3 : inner[1] & 3;
        return packet(
                ipv4(address(request, 16), address(request, 12))
                        .tos((request[1] & 0xfc) | ecn)
                        .dontFragment(),
                udp(NaiveReply.u16(request, udp), 6081),
                payload(Packets.concat(geneve, inner)));
    }

    private static String address(byte[] packet, int at) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 4; i++) {
            text.append(i == 0 ? "" : ".").append(packet[at + i] & 0xff);
        }
        return text.toString();
    }

    @Provide
    Arbitrary<byte[]> requests() {
        return Requests.packets();
    }

    @Provide
    Arbitrary<byte[]> inner() {
        return PacketArbitraries.ip().filter(packet -> packet.length <= 8500);
    }
}
