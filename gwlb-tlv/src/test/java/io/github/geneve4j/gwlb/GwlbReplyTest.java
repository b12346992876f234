package io.github.geneve4j.gwlb;

import static io.github.geneve4j.testkit.KnownPackets.awsDatagram;
import static io.github.geneve4j.testkit.KnownPackets.awsRequest;
import static io.github.geneve4j.testkit.Packets.ethernet;
import static io.github.geneve4j.testkit.Packets.geneve;
import static io.github.geneve4j.testkit.Packets.ip;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.qinq;
import static io.github.geneve4j.testkit.Packets.udp;
import static io.github.geneve4j.testkit.Packets.vlan;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.tunnel.OuterDecoder;
import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.Checksums;
import io.github.geneve4j.testkit.Hex;
import io.github.geneve4j.testkit.Layer;
import io.github.geneve4j.testkit.Packets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class GwlbReplyTest {
    private static final String REQUEST =
            """
            02 a1 7b a6 35 45  02 dd 26 a7 53 99  08 00           # to appliance, from node
            45 00 00 60  00 00 00 00  ff 11 8e f0                 # IPv4, TTL 255
            0a fe 0b 3c  0a fe 0b 65                              # 10.254.11.60 > 10.254.11.101
            ea 61 17 c1  00 4c aa 7a                              # UDP 60001 > 6081
            08 00 08 00  00 00 00 00                              # Geneve
            01 08 01 02  23 56 de 92 d3 89 83 9c
            01 08 02 02  00 00 00 00 00 00 00 00
            01 08 03 01  98 ef 1b 00
            45 00 00 1c  12 34 40 00  40 01 94 25                 # ICMP echo inside
            0a 01 15 65  36 e6 3e 3c  08 00 f7 fd  00 01 00 01
            """;

    private static final String REPLY =
            """
            02 dd 26 a7 53 99  02 a1 7b a6 35 45  08 00
            45 00 00 60  00 00 00 00  40 11 4d f1                 # TTL 64
            0a fe 0b 65  0a fe 0b 3c                              # swapped
            ea 61 17 c1  00 4c aa 7a                              # not swapped, same checksum
            08 00 08 00  00 00 00 00
            01 08 01 02  23 56 de 92 d3 89 83 9c
            01 08 02 02  00 00 00 00 00 00 00 00
            01 08 03 01  98 ef 1b 00
            45 00 00 1c  12 34 40 00  40 01 94 25
            0a 01 15 65  36 e6 3e 3c  08 00 f7 fd  00 01 00 01
            """;

    private static final int ETHERNET_LENGTH = 14;

    private final GwlbReply reply = new GwlbReply();
    private final ReplyOracle oracle = new ReplyOracle();

    @ParameterizedTest
    @EnumSource
    void turnsFrame(BufferKind kind) {
        BufferKind.Placed frame = kind.place(Hex.bytes(REQUEST));

        assertThat(reply.ethernet(frame.buffer(), frame.offset(), frame.length()))
                .isEqualTo(DecodeStatus.OK);

        assertThat(Hex.text(frame.bytes())).isEqualTo(Hex.text(Hex.bytes(REPLY)));
    }

    @ParameterizedTest
    @EnumSource
    void turnsIpv4Packet(BufferKind kind) {
        BufferKind.Placed packet = kind.place(withoutEthernet(REQUEST));

        assertThat(reply.ipv4(packet.buffer(), packet.offset(), packet.length()))
                .isEqualTo(DecodeStatus.OK);

        assertThat(packet.bytes()).isEqualTo(withoutEthernet(REPLY));
    }

    @ParameterizedTest
    @EnumSource
    void turnsWhatTheCallerHasDecoded(BufferKind kind) {
        BufferKind.Placed frame = kind.place(Hex.bytes(REQUEST));
        OuterDecoder outer = new OuterDecoder();
        decode(frame.buffer(), frame.offset() + ETHERNET_LENGTH, frame.length() - 14, outer);

        reply.ethernet(frame.offset(), outer);
        assertThat(frame.bytes()).isEqualTo(Hex.bytes(REPLY));

        new GwlbReply(6081, 255).ipv4(outer);
        assertThat(Packets.cut(frame.bytes(), ETHERNET_LENGTH))
                .isEqualTo(Packets.cut(Hex.bytes(REPLY), ETHERNET_LENGTH));
        assertThat(Arrays.copyOfRange(frame.bytes(), ETHERNET_LENGTH, frame.length()))
                .isEqualTo(withoutEthernet(REQUEST));
    }

    /** What the caller has accepted is turned, whatever this class would say. */
    @Test
    void leavesPolicyToACallerWhoHasOne() {
        byte[] control = packet(ipv4("10.0.0.1", "10.0.0.2"), udp(1, 4789), geneve().control(true));
        ByteBuf buffer = Unpooled.wrappedBuffer(control.clone());
        OuterDecoder outer = new OuterDecoder();
        decode(buffer, 0, control.length, outer);

        reply.ipv4(outer);

        assertThat(buffer.array()).isEqualTo(NaiveReply.ipv4(control, 64));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void keepsVlanTags(int tags) {
        byte[] frame = tagged(tags, awsRequest());

        byte[] after = turned(frame);

        assertThat(after).isEqualTo(NaiveReply.ethernet(frame, 64));
        int tagsAndType = 2 + 4 * tags;
        assertThat(Arrays.copyOfRange(after, 12, 12 + tagsAndType))
                .isEqualTo(Arrays.copyOfRange(frame, 12, 12 + tagsAndType));
    }

    @Test
    void keepsPadding() {
        byte[] frame =
                Packets.concat(tagged(0, awsRequest()), Hex.bytes("deadbeef 0000 0000 0000 00"));

        assertThat(turned(frame)).isEqualTo(NaiveReply.ethernet(frame, 64)).endsWith(0, 0, 0);
    }

    @ParameterizedTest
    @CsvSource({"right", "zero", "wrong"})
    void keepsUdpChecksumAsItIs(String kind) {
        var udp = udp(60001, 6081);
        Layer layer =
                switch (kind) {
                    case "zero" -> udp.checksum(0);
                    case "wrong" -> udp.wrongChecksum();
                    default -> udp;
                };
        byte[] request = packet(ipv4("10.1.2.3", "10.4.5.6"), layer, payload(awsDatagram()));
        ByteBuf buffer = Unpooled.wrappedBuffer(request.clone());

        assertThat(reply.ipv4(buffer, 0, request.length)).isEqualTo(DecodeStatus.OK);

        assertThat(NaiveReply.u16(buffer.array(), 26)).isEqualTo(NaiveReply.u16(request, 26));
        assertThat(NaiveReply.isUdpChecksumRight(buffer.array())).isEqualTo(kind.equals("right"));
    }

    /** ECN CE, a DSCP, an id, DF and options: nothing of it is lost, TTL is fresh. */
    @ParameterizedTest
    @CsvSource({"1, 64", "64, 64", "255, 64", "0, 64", "2, 1", "2, 255"})
    void keepsTheRestOfTheIpv4Header(int requestTtl, int ttl) {
        byte[] request =
                packet(
                        ipv4("10.1.2.3", "10.4.5.6")
                                .ttl(requestTtl)
                                .tos(0xbb)
                                .id(0xbeef)
                                .dontFragment()
                                .options("94040000 01"),
                        udp(60001, 6081),
                        payload(awsDatagram()));
        ByteBuf buffer = Unpooled.wrappedBuffer(request.clone());

        assertThat(new GwlbReply(6081, ttl).ipv4(buffer, 0, request.length))
                .isEqualTo(DecodeStatus.OK);

        assertThat(buffer.array()).isEqualTo(NaiveReply.ipv4(request, ttl));
        assertThat(buffer.getByte(8)).isEqualTo((byte) ttl);
        assertThat(buffer.getUnsignedByte(1)).isEqualTo((short) 0xbb);
        assertThat(buffer.getInt(4)).isEqualTo(0xbeef_4000);
        assertThat(buffer.getInt(20)).isEqualTo(0x9404_0000);
    }

    /** Every checksum that a header can have, as TTL and id run through their values. */
    @Test
    void mendsEveryIpv4Checksum() {
        byte[] request = packet(ipv4("10.1.2.3", "10.4.5.6"), udp(60001, 6081), geneve());
        for (int id = 0; id <= 0xffff; id++) {
            byte[] packet = request.clone();
            packet[4] = (byte) (id >> 8);
            packet[5] = (byte) id;
            packet[8] = (byte) (id * 31);
            packet[10] = 0;
            packet[11] = 0;
            int checksum = Checksums.internet(Packets.cut(packet, 20));
            packet[10] = (byte) (checksum >> 8);
            packet[11] = (byte) checksum;
            byte[] expected = NaiveReply.ipv4(packet, 64);

            assertThat(reply.ipv4(Unpooled.wrappedBuffer(packet), 0, packet.length))
                    .isEqualTo(DecodeStatus.OK);
            if (!Arrays.equals(packet, expected)) {
                assertThat(packet).as("id %d", id).isEqualTo(expected);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0806, BAD_IP_HEADER", // ARP
        "86dd, BAD_IP_HEADER", // IPv6
        "6558, BAD_IP_HEADER",
        "0100, BAD_IP_HEADER", // a length field
        "9100, BAD_IP_HEADER", // an unusual tag
    })
    void refusesFramesWithoutIpv4(String etherType, DecodeStatus expected) {
        int type = Integer.parseInt(etherType, 16);
        byte[] frame = packet(ethernet().type(type), ip(awsRequest()));
        assertRefused(frame, expected);
        assertRefused(packet(ethernet(), vlan(1).type(type), ip(awsRequest())), expected);
        assertRefused(packet(ethernet(), qinq(1), vlan(1).type(type), ip(awsRequest())), expected);
    }

    /** As long as the EtherType is there, it is judged. */
    @Test
    void refusesFramesThatEndInTheirHeader() {
        byte[] arp = packet(ethernet().type(0x0806));
        assertRefused(arp, DecodeStatus.BAD_IP_HEADER);
        assertRefused(Packets.cut(arp, 13), DecodeStatus.TRUNCATED_IP);
        byte[] tagged = packet(ethernet(), vlan(1).type(0x0806));
        assertRefused(tagged, DecodeStatus.BAD_IP_HEADER);
        assertRefused(Packets.cut(tagged, 17), DecodeStatus.TRUNCATED_IP);
        assertRefused(packet(ethernet().type(0x0800)), DecodeStatus.TRUNCATED_IP);
    }

    @Test
    void refusesThreeVlanTags() {
        assertRefused(tagged(3, awsRequest()), DecodeStatus.BAD_IP_HEADER);
    }

    /** EtherType IPv4, but IPv6 behind it; and IPv6 where an IPv4 packet is expected. */
    @Test
    void refusesIpv6() {
        byte[] ipv6 =
                packet(ipv6("2001:db8::1", "2001:db8::2"), udp(1, 6081), payload(awsDatagram()));
        assertRefused(packet(ethernet().type(0x0800), ip(ipv6)), DecodeStatus.BAD_IP_HEADER);

        ByteBuf buffer = Unpooled.wrappedBuffer(ipv6.clone());
        assertThat(reply.ipv4(buffer, 0, ipv6.length)).isEqualTo(DecodeStatus.BAD_IP_HEADER);
        assertThat(buffer.array()).isEqualTo(ipv6);

        OuterDecoder outer = new OuterDecoder();
        decode(buffer, 0, ipv6.length, outer);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> reply.ipv4(outer))
                .withMessageContaining("IPv6");
        assertThatIllegalArgumentException().isThrownBy(() -> reply.ethernet(0, outer));
        assertThat(buffer.array()).isEqualTo(ipv6);
    }

    @ParameterizedTest
    @CsvSource({"6080", "6082", "60001", "0"})
    void refusesOtherPorts(int port) {
        byte[] request =
                packet(ipv4("10.1.2.3", "10.4.5.6"), udp(6081, port), payload(awsDatagram()));

        assertRefused(tagged(0, request), DecodeStatus.WRONG_UDP_PORT);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 16081, 65535})
    void answersAPortOfChoice(int port) {
        byte[] request =
                packet(ipv4("10.1.2.3", "10.4.5.6"), udp(6081, port), payload(awsDatagram()));
        ByteBuf buffer = Unpooled.wrappedBuffer(request.clone());

        assertThat(new GwlbReply(port, 64).ipv4(buffer, 0, request.length))
                .isEqualTo(DecodeStatus.OK);
        assertThat(buffer.array()).isEqualTo(NaiveReply.ipv4(request, 64));
    }

    @Test
    void refusesBrokenOuterHeaders() {
        Layer inside = payload(awsDatagram());
        assertRefused(
                tagged(
                        0,
                        packet(ipv4("10.1.2.3", "10.4.5.6").wrongChecksum(), udp(1, 6081), inside)),
                DecodeStatus.BAD_IP_CHECKSUM);
        assertRefused(
                tagged(
                        0,
                        packet(
                                ipv4("10.1.2.3", "10.4.5.6").fragment(0, true),
                                udp(1, 6081),
                                inside)),
                DecodeStatus.OUTER_FRAGMENT);
        assertRefused(
                tagged(0, packet(ipv4("10.1.2.3", "10.4.5.6").protocol(6), udp(1, 6081), inside)),
                DecodeStatus.NOT_UDP);
        assertRefused(
                tagged(0, packet(ipv4("10.1.2.3", "10.4.5.6"), udp(1, 6081).length(7), inside)),
                DecodeStatus.BAD_UDP_LENGTH);
        assertRefused(
                tagged(
                        0,
                        packet(ipv4("10.1.2.3", "10.4.5.6").headerWords(4), udp(1, 6081), inside)),
                DecodeStatus.BAD_IP_HEADER);
    }

    @Test
    void refusesBrokenGeneveHeaders() {
        refusesGeneve(geneve().version(1), DecodeStatus.UNSUPPORTED_VERSION);
        refusesGeneve(geneve().optLenWords(6), DecodeStatus.TRUNCATED_OPTIONS);
        refusesGeneve(
                geneve().malformedOption(0x0108, 3, 0, 2, new byte[4]),
                DecodeStatus.OPTION_OVERRUN);
        refusesGeneve(payload("00 00 08 00 00 00 00"), DecodeStatus.TRUNCATED_HEADER);
    }

    /** Whoever has no policy of his own must not forward these (RFC 8926 §3.4, §3.5). */
    @Test
    void refusesControlPacketsAndCriticalOptions() {
        refusesGeneve(geneve().control(true), DecodeStatus.CONTROL_PACKET);
        refusesGeneve(
                geneve().option(0x0108, 3, "98ef1b00").option(0x0108, 0x81, ""),
                DecodeStatus.UNKNOWN_CRITICAL_OPTION);
        refusesGeneve(
                geneve().control(true).option(0xff00, 0xff, ""),
                DecodeStatus.UNKNOWN_CRITICAL_OPTION);
    }

    /** C without a critical option, reserved bits, unknown options: all of it goes back. */
    @Test
    void echoesWhatItDoesNotKnow() {
        byte[] request =
                packet(
                        ipv4("10.1.2.3", "10.4.5.6"),
                        udp(60001, 6081),
                        geneve().critical(true)
                                .reservedFlags(0x3f)
                                .reservedByte(0xff)
                                .vni(0xabcdef)
                                .option(0x0108, 4, "11223344")
                                .malformedOption(0x0108, 3, 7, 1, new byte[4]),
                        payload("ffff"));
        ByteBuf buffer = Unpooled.wrappedBuffer(request.clone());

        assertThat(reply.ipv4(buffer, 0, request.length)).isEqualTo(DecodeStatus.OK);
        assertThat(buffer.array()).isEqualTo(NaiveReply.ipv4(request, 64));
    }

    @ParameterizedTest
    @EnumSource
    void udpPayloadIsItsOwnReply(BufferKind kind) {
        BufferKind.Placed payload = kind.place(awsDatagram());

        assertThat(reply.udp(payload.buffer(), payload.offset(), payload.length()))
                .isEqualTo(DecodeStatus.OK);
        assertThat(payload.bytes()).isEqualTo(awsDatagram());
    }

    @Test
    void truncationsAreRefusedAndLeftAlone() {
        byte[] frame = tagged(2, awsRequest());
        for (int length = 0; length < frame.length; length++) {
            oracle.check(Packets.cut(frame, length), BufferKind.DIRECT_AT_OFFSET);
            oracle.check(Packets.cut(awsRequest(), Math.min(length, 152)), BufferKind.HEAP);
            oracle.check(Packets.cut(awsDatagram(), Math.min(length, 124)), BufferKind.SLICE);
        }
        for (int length = 0; length < 16; length++) {
            ByteBuf cut = Unpooled.wrappedBuffer(Packets.cut(tagged(0, awsRequest()), length));
            assertThat(reply.ethernet(cut, 0, length)).isEqualTo(DecodeStatus.TRUNCATED_IP);
        }
    }

    @Test
    void refusesRangesOutsideTheBuffer() {
        ByteBuf frame = Unpooled.wrappedBuffer(Hex.bytes(REQUEST));
        int length = frame.capacity();
        assertOutside(() -> reply.ethernet(frame, 0, length + 1));
        assertOutside(() -> reply.ethernet(frame, 1, length));
        assertOutside(() -> reply.ethernet(frame, -1, length));
        assertOutside(() -> reply.ethernet(frame, 0, -1));
        assertOutside(() -> reply.ipv4(frame, 14, length));
        assertOutside(() -> reply.udp(frame, 42, length));
        OuterDecoder outer = new OuterDecoder();
        assertOutside(() -> reply.ipv4(outer));
        assertOutside(() -> reply.ethernet(0, outer));
        decode(frame, 14, length - 14, outer);
        assertOutside(() -> reply.ethernet(-1, outer));
        assertOutside(() -> reply.ethernet(length - 11, outer));
        assertThat(frame.array()).isEqualTo(Hex.bytes(REQUEST));
    }

    @ParameterizedTest
    @CsvSource({"0, 64", "65536, 64", "-1, 64", "6081, 0", "6081, 256", "6081, -1"})
    void refusesImpossibleSettings(int port, int ttl) {
        assertThatIllegalArgumentException().isThrownBy(() -> new GwlbReply(port, ttl));
    }

    private void refusesGeneve(Layer header, DecodeStatus expected) {
        Layer inner = payload(new byte[8]);
        Layer[] layers = {ipv4("10.1.2.3", "10.4.5.6"), udp(60001, 6081), header, inner};
        boolean cut = expected == DecodeStatus.TRUNCATED_HEADER;
        byte[] request = packet(cut ? Arrays.copyOf(layers, 3) : layers);
        assertRefused(tagged(0, request), expected);
        byte[] payload = Arrays.copyOfRange(request, 28, request.length);
        assertThat(reply.udp(Unpooled.wrappedBuffer(payload), 0, payload.length))
                .isEqualTo(expected);
    }

    private void assertRefused(byte[] frame, DecodeStatus expected) {
        ByteBuf buffer = Unpooled.wrappedBuffer(frame.clone());
        assertThat(reply.ethernet(buffer, 0, frame.length)).isEqualTo(expected);
        assertThat(buffer.array()).isEqualTo(frame);
    }

    private byte[] turned(byte[] frame) {
        ByteBuf buffer = Unpooled.wrappedBuffer(frame.clone());
        assertThat(reply.ethernet(buffer, 0, frame.length)).isEqualTo(DecodeStatus.OK);
        return buffer.array();
    }

    private static byte[] tagged(int tags, byte[] packet) {
        List<Layer> layers = new ArrayList<>();
        layers.add(ethernet("02:11:22:33:44:55", "06:aa:bb:cc:dd:ee"));
        for (int i = tags; i > 0; i--) {
            layers.add(i > 1 ? qinq(0xe123) : vlan(0x0fff));
        }
        layers.add(ip(packet));
        return packet(layers.toArray(Layer[]::new));
    }

    private static byte[] withoutEthernet(String frame) {
        byte[] bytes = Hex.bytes(frame);
        return Arrays.copyOfRange(bytes, ETHERNET_LENGTH, bytes.length);
    }

    private static void decode(ByteBuf buffer, int offset, int length, OuterDecoder outer) {
        assertThat(outer.wrap(buffer, offset, length)).isEqualTo(DecodeStatus.OK);
    }

    private static void assertOutside(ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
