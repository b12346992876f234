package io.github.geneve4j.gwlb;

import static io.github.geneve4j.testkit.KnownPackets.awsDatagram;
import static io.github.geneve4j.testkit.KnownPackets.awsRequest;
import static io.github.geneve4j.testkit.Packets.geneve;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.GeneveDecoder;
import io.github.geneve4j.geneve.tunnel.OuterDecoder;
import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.GeneveLayer;
import io.github.geneve4j.testkit.Hex;
import io.github.geneve4j.testkit.KnownPackets;
import io.github.geneve4j.testkit.Packets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class GwlbReplyHeaderTest {
    /** A reset that the appliance made, from the server's side to the client. */
    private static final byte[] RESET_TO_CLIENT =
            packet(ipv4("54.230.62.60", "10.1.21.101"), tcp(443, 49152).flags(0x04));

    private static final byte[] RESET_TO_SERVER =
            packet(ipv4("10.1.21.101", "54.230.62.60"), tcp(49152, 443).flags(0x04));

    private static final byte[] IPV6_INNER =
            packet(ipv6("2001:db8::1", "2001:db8::2"), udp(53, 53), payload("00010203"));

    private final GwlbReplyHeader header = new GwlbReplyHeader();

    @ParameterizedTest
    @EnumSource
    void wrapsAPacketOfTheAppliance(BufferKind kind) {
        capture(header, awsRequest(), kind);

        assertThat(header.isPresent()).isTrue();
        assertThat(header.length()).isEqualTo(68).isEqualTo(GwlbReplyHeader.AWS_LENGTH);
        assertThat(Hex.text(written(header, RESET_TO_CLIENT, kind)))
                .isEqualTo(Hex.text(expected(RESET_TO_CLIENT, KnownPackets.awsHeader(), 0)));
    }

    /** Both directions of a flow carry the same outer tuple and options, so one header serves. */
    @Test
    void oneHeaderServesBothDirectionsAndBothIpVersions() {
        capture(header, awsRequest(), BufferKind.HEAP);
        byte[] aws = KnownPackets.awsHeader();

        assertThat(written(header, RESET_TO_CLIENT, BufferKind.HEAP))
                .isEqualTo(expected(RESET_TO_CLIENT, aws, 0));
        assertThat(written(header, RESET_TO_SERVER, BufferKind.DIRECT))
                .isEqualTo(expected(RESET_TO_SERVER, aws, 0));
        byte[] ipv6Header = aws.clone();
        ipv6Header[2] = (byte) 0x86;
        ipv6Header[3] = (byte) 0xdd;
        assertThat(written(header, IPV6_INNER, BufferKind.HEAP))
                .isEqualTo(expected(IPV6_INNER, ipv6Header, 0));
        assertThat(written(header, RESET_TO_SERVER, BufferKind.HEAP))
                .isEqualTo(expected(RESET_TO_SERVER, aws, 0));
    }

    /** The stored bytes are a format: they survive in a flow table, and may be copied. */
    @Test
    void storesTheReplysForm() {
        byte[] request =
                packet(
                        ipv4("10.254.11.60", "10.254.11.101").ttl(255).tos(0xbb),
                        udp(60001, 6081),
                        payload(awsDatagram()));
        ByteBuf memory = Unpooled.wrappedBuffer(new byte[68]);

        capture(header.wrap(memory, 0, 68), request, BufferKind.HEAP);

        String stored =
                """
                45 b8 00 00  00 00 40 00  40 11 00 00  # DSCP kept, ECN not
                0a fe 0b 65  0a fe 0b 3c
                ea 61 17 c1  00 00 00 00
                08 00 08 00  00 00 00 00
                01 08 01 02  23 56 de 92 d3 89 83 9c
                01 08 02 02  00 00 00 00 00 00 00 00
                01 08 03 01  98 ef 1b 00
                """;
        assertThat(Hex.text(memory.array())).isEqualTo(Hex.text(Hex.bytes(stored)));

        ByteBuf table = Unpooled.directBuffer(300).setZero(0, 300);
        table.setBytes(101, memory, 0, 68);
        byte[] written = written(header.wrap(table, 101, 68), RESET_TO_CLIENT, BufferKind.HEAP);
        assertThat(written).isEqualTo(expected(RESET_TO_CLIENT, KnownPackets.awsHeader(), 0xb8));
        table.release();
    }

    @Test
    void latestRequestCounts() {
        capture(header, awsRequest(), BufferKind.HEAP);
        byte[] later =
                packet(
                        ipv4("10.254.11.60", "10.254.11.101"),
                        udp(60001, 6081),
                        payload(Packets.concat(KnownPackets.awsOtherHeader(), RESET_TO_CLIENT)));

        capture(header, later, BufferKind.HEAP);

        assertThat(written(header, RESET_TO_CLIENT, BufferKind.HEAP))
                .isEqualTo(expected(RESET_TO_CLIENT, KnownPackets.awsOtherHeader(), 0));
    }

    /** In the frame of the request itself: captured first, so its bytes may go. */
    @Test
    void maySpoilTheRequestItAnswers() {
        ByteBuf frame = Unpooled.wrappedBuffer(awsRequest());
        assertThat(header.capture(frame, 0, 152)).isEqualTo(DecodeStatus.OK);
        frame.setBytes(68, RESET_TO_CLIENT);

        assertThat(header.write(frame, 68, RESET_TO_CLIENT.length)).isZero();

        assertThat(Packets.cut(frame.array(), 68 + RESET_TO_CLIENT.length))
                .isEqualTo(expected(RESET_TO_CLIENT, KnownPackets.awsHeader(), 0));
    }

    /** RFC 6040 §4.1: from the inner packet, never from the request that was captured. */
    @ParameterizedTest
    @CsvSource({"0, 0", "1, 0", "2, 3", "3, 0", "3, 3", "0, 3"})
    void copiesEcnFromTheInnerPacket(int inner, int outer) {
        byte[] request =
                packet(
                        ipv4("10.254.11.60", "10.254.11.101").tos(0x28 | outer),
                        udp(60001, 6081),
                        payload(awsDatagram()));
        capture(header, request, BufferKind.HEAP);
        byte[] v4 = packet(ipv4("10.0.0.1", "10.0.0.2").tos(0xfc | inner), tcp(1, 2));
        byte[] v6 = packet(ipv6("::1", "::2").trafficClass(0xfc | inner), tcp(1, 2));
        byte[] v6Header = KnownPackets.awsHeader();
        v6Header[2] = (byte) 0x86;
        v6Header[3] = (byte) 0xdd;

        assertThat(written(header, v4, BufferKind.HEAP))
                .isEqualTo(expected(v4, KnownPackets.awsHeader(), 0x28 | inner));
        assertThat(written(header, v6, BufferKind.HEAP))
                .isEqualTo(expected(v6, v6Header, 0x28 | inner));
    }

    @Test
    void mayLeaveTheUdpChecksumOut() {
        GwlbReplyHeader without = new GwlbReplyHeader(6081, 64, false);
        capture(without, awsRequest(), BufferKind.HEAP);
        byte[] expected = expected(RESET_TO_CLIENT, KnownPackets.awsHeader(), 0);
        expected[26] = 0;
        expected[27] = 0;

        assertThat(written(without, RESET_TO_CLIENT, BufferKind.HEAP)).isEqualTo(expected);
    }

    /** A checksum that comes out as zero would say that there is none (RFC 768). */
    @Test
    void sendsFfffForAChecksumOfZero() {
        capture(header, awsRequest(), BufferKind.HEAP);
        byte[] inner = packet(ipv4("10.0.0.1", "10.0.0.2"), payload("0000"));
        byte[] first = written(header, inner, BufferKind.HEAP);
        inner[20] = first[26]; // what is missing to a sum of ffff
        inner[21] = first[27];

        byte[] reply = written(header, inner, BufferKind.HEAP);

        assertThat(NaiveReply.u16(reply, 26)).isEqualTo(0xffff);
        assertThat(NaiveReply.isUdpChecksumRight(reply)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"16081, 1", "6081, 255"})
    void takesPortAndTtl(int port, int ttl) {
        GwlbReplyHeader other = new GwlbReplyHeader(port, ttl, true);
        byte[] request =
                packet(
                        ipv4("10.254.11.60", "10.254.11.101"),
                        udp(60001, port),
                        payload(awsDatagram()));
        capture(other, request, BufferKind.HEAP);

        byte[] reply = written(other, RESET_TO_CLIENT, BufferKind.HEAP);

        byte[] expected =
                packet(
                        ipv4("10.254.11.101", "10.254.11.60").ttl(ttl).dontFragment(),
                        udp(60001, port),
                        payload(Packets.concat(KnownPackets.awsHeader(), RESET_TO_CLIENT)));
        assertThat(reply).isEqualTo(expected);
    }

    /** Options of the outer IPv4 header are for the way here, not for the way back. */
    @Test
    void dropsIpv4OptionsAndKeepsGeneveBytes() {
        GeneveLayer odd =
                geneve().protocolType(0x0800)
                        .critical(true)
                        .reservedFlags(0x3f)
                        .reservedByte(0xff)
                        .vni(0xabcdef)
                        .malformedOption(0xff00, 1, 7, 0, new byte[0]);
        byte[] oddHeader = packet(odd);
        byte[] request =
                packet(
                        ipv4("10.254.11.60", "10.254.11.101").options("94040000"),
                        udp(60001, 6081),
                        payload(Packets.concat(oddHeader, RESET_TO_SERVER)));

        capture(header, request, BufferKind.HEAP);

        assertThat(header.length()).isEqualTo(20 + 8 + 12);
        assertThat(written(header, RESET_TO_CLIENT, BufferKind.HEAP))
                .isEqualTo(expected(RESET_TO_CLIENT, oddHeader, 0));
    }

    /** 8 to 260 bytes of Geneve, so both kinds of remainder of the copy loop. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 8, 62, 63})
    void takesEveryHeaderLength(int words) {
        GeneveLayer geneve = geneve().protocolType(0x0800);
        for (int i = 0; i < words; i++) {
            geneve.option(0xff00, i, "");
        }
        byte[] bytes = packet(geneve);
        capture(
                header,
                packet(ipv4("10.254.11.60", "10.254.11.101"), udp(60001, 6081), payload(bytes)),
                BufferKind.DIRECT);

        assertThat(header.length()).isEqualTo(36 + 4 * words);
        assertThat(written(header, RESET_TO_CLIENT, BufferKind.DIRECT_AT_OFFSET))
                .isEqualTo(expected(RESET_TO_CLIENT, bytes, 0));
    }

    @Test
    void holdsTheLongestHeader() {
        assertThat(GwlbReplyHeader.MAX_LENGTH).isEqualTo(288);
    }

    /** What does not fit leaves the memory as it was, within and beyond the slot. */
    @Test
    void refusesAHeaderLongerThanTheMemory() {
        ByteBuf memory = Unpooled.wrappedBuffer(new byte[72]);
        byte[] longer =
                packet(
                        ipv4("10.254.11.60", "10.254.11.101"),
                        udp(60001, 6081),
                        geneve().option(0x0108, 1, new byte[8])
                                .option(0x0108, 2, new byte[8])
                                .option(0x0108, 3, new byte[4])
                                .option(0x0108, 4, ""));
        header.wrap(memory, 0, 68);
        assertThat(header.capture(Unpooled.wrappedBuffer(longer), 0, longer.length))
                .isEqualTo(DecodeStatus.OPTIONS_TOO_LONG);
        assertThat(header.isPresent()).isFalse();
        assertThat(memory.array()).containsOnly(0);

        capture(header, awsRequest(), BufferKind.HEAP);
        byte[] before = memory.array().clone();
        assertThat(header.capture(Unpooled.wrappedBuffer(longer), 0, longer.length))
                .isEqualTo(DecodeStatus.OPTIONS_TOO_LONG);
        assertThat(memory.array()).isEqualTo(before).endsWith(0, 0, 0, 0);

        header.wrap(memory, 0, 72);
        assertThat(header.capture(Unpooled.wrappedBuffer(longer), 0, longer.length))
                .isEqualTo(DecodeStatus.OK);
        assertThat(header.length()).isEqualTo(72);
    }

    @Test
    void refusesWhatHasNoReply() {
        capture(header, awsRequest(), BufferKind.HEAP);
        byte[] awsHeader = KnownPackets.awsHeader();
        assertNotCaptured(new byte[0], DecodeStatus.TRUNCATED_IP);
        assertNotCaptured(
                packet(ipv4("10.0.0.1", "10.0.0.2"), udp(1, 6080), payload(awsHeader)),
                DecodeStatus.WRONG_UDP_PORT);
        assertNotCaptured(
                packet(ipv4("10.0.0.1", "10.0.0.2"), udp(1, 6081), payload("00")),
                DecodeStatus.TRUNCATED_HEADER);
        assertNotCaptured(
                packet(ipv4("10.0.0.1", "10.0.0.2"), udp(1, 6081), geneve().control(true)),
                DecodeStatus.CONTROL_PACKET);
        assertNotCaptured(
                packet(
                        ipv4("10.0.0.1", "10.0.0.2"),
                        udp(1, 6081),
                        geneve().option(0x0108, 0x83, new byte[4])),
                DecodeStatus.UNKNOWN_CRITICAL_OPTION);
        assertNotCaptured(
                packet(ipv6("::1", "::2"), udp(1, 6081), payload(awsHeader)),
                DecodeStatus.BAD_IP_HEADER);

        assertThat(written(header, RESET_TO_CLIENT, BufferKind.HEAP))
                .isEqualTo(expected(RESET_TO_CLIENT, awsHeader, 0));
    }

    /** A caller with a policy of his own may know a critical option, but O fits no data. */
    @Test
    void capturesWhatTheCallerHasAccepted() {
        OuterDecoder outer = new OuterDecoder();
        GeneveDecoder geneve = new GeneveDecoder();
        assertThatThrownBy(() -> header.capture(outer, geneve))
                .isInstanceOf(IndexOutOfBoundsException.class);

        GeneveLayer critical = geneve().option(0x0108, 0x83, "01020304").protocolType(0x0800);
        byte[] criticalHeader = packet(critical);
        decode(
                packet(
                        ipv4("10.254.11.60", "10.254.11.101"),
                        udp(60001, 6081),
                        payload(criticalHeader)),
                outer,
                geneve);
        assertThat(header.capture(outer, geneve)).isEqualTo(DecodeStatus.OK);
        assertThat(written(header, RESET_TO_CLIENT, BufferKind.HEAP))
                .isEqualTo(expected(RESET_TO_CLIENT, criticalHeader, 0));

        decode(
                packet(ipv4("10.0.0.1", "10.0.0.2"), udp(1, 6081), geneve().control(true)),
                outer,
                geneve);
        assertThat(header.capture(outer, geneve)).isEqualTo(DecodeStatus.CONTROL_PACKET);
        assertThat(written(header, RESET_TO_CLIENT, BufferKind.HEAP))
                .isEqualTo(expected(RESET_TO_CLIENT, criticalHeader, 0));

        decode(packet(ipv6("::1", "::2"), udp(1, 6081), geneve()), outer, geneve);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> header.capture(outer, geneve))
                .withMessageContaining("IPv6");
    }

    @Test
    void writesNothingWithoutARequest() {
        ByteBuf buffer = Unpooled.wrappedBuffer(new byte[200]);
        assertThat(header.isPresent()).isFalse();
        assertThatIllegalStateException().isThrownBy(header::length);
        assertThatIllegalStateException().isThrownBy(() -> header.write(buffer, 100, 40));

        capture(header, awsRequest(), BufferKind.HEAP);
        header.clear();
        assertThat(header.isPresent()).isFalse();
        assertThatIllegalStateException().isThrownBy(() -> header.write(buffer, 100, 40));
        assertThat(buffer.array()).containsOnly(0);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 19, 8501, 8900})
    void writesNoInnerLengthThatTheLoadBalancerDrops(int length) {
        capture(header, awsRequest(), BufferKind.HEAP);
        ByteBuf buffer = Unpooled.wrappedBuffer(new byte[9000]).setByte(100, 0x45);
        byte[] before = buffer.array().clone();

        assertThat(header.write(buffer, 100, length)).isEqualTo(GwlbReplyHeader.NOT_WRITTEN);
        assertThat(buffer.array()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(ints = {20, 21, 8499, 8500})
    void takesInnerLengthsUpToTheMtu(int length) {
        capture(header, awsRequest(), BufferKind.HEAP);
        byte[] inner = packet(ipv4("10.0.0.1", "10.0.0.2"), payload(new byte[length - 20]));

        assertThat(written(header, inner, BufferKind.HEAP))
                .isEqualTo(expected(inner, KnownPackets.awsHeader(), 0));
    }

    @ParameterizedTest
    @ValueSource(ints = {0x00, 0x15, 0x35, 0x50, 0x70, 0x80, 0xf0})
    void writesOnlyIpPackets(int firstOctet) {
        capture(header, awsRequest(), BufferKind.HEAP);
        ByteBuf buffer = Unpooled.wrappedBuffer(new byte[200]).setByte(100, firstOctet);
        byte[] before = buffer.array().clone();

        assertThat(header.write(buffer, 100, 40)).isEqualTo(GwlbReplyHeader.NOT_WRITTEN);
        assertThat(buffer.array()).isEqualTo(before);
    }

    @Test
    void needsHeadroom() {
        capture(header, awsRequest(), BufferKind.HEAP);
        ByteBuf buffer = Unpooled.wrappedBuffer(new byte[68 + 20]);
        buffer.setByte(67, 0x45).setByte(68, 0x45);

        byte[] before = buffer.array().clone();

        assertOutside(() -> header.write(buffer, 67, 20));
        assertOutside(() -> header.write(buffer, 68, 21));
        assertOutside(() -> header.write(buffer, -1, 20));
        assertOutside(() -> header.write(buffer, Integer.MIN_VALUE, 20));
        assertOutside(() -> header.write(buffer, 68, -1));
        assertOutside(() -> header.write(buffer, 68, Integer.MAX_VALUE));
        assertThat(buffer.array()).isEqualTo(before);
        assertThat(header.write(buffer, 68, 20)).isZero();
    }

    @Test
    void needsMemoryForAnyHeader() {
        ByteBuf memory = Unpooled.wrappedBuffer(new byte[100]);
        assertThatIllegalArgumentException().isThrownBy(() -> header.wrap(memory, 0, 35));
        assertOutside(() -> header.wrap(memory, 65, 36));
        assertOutside(() -> header.wrap(memory, -1, 36));
        assertOutside(() -> header.wrap(memory, 0, -1));
        assertThat(header.wrap(memory, 64, 36).isPresent()).isFalse();
    }

    @Test
    void refusesRangesOutsideTheBuffer() {
        ByteBuf request = Unpooled.wrappedBuffer(awsRequest());
        assertOutside(() -> header.capture(request, 0, 153));
        assertOutside(() -> header.capture(request, -1, 152));
    }

    @ParameterizedTest
    @CsvSource({"0, 64", "65536, 64", "6081, 0", "6081, 256"})
    void refusesImpossibleSettings(int port, int ttl) {
        assertThatIllegalArgumentException().isThrownBy(() -> new GwlbReplyHeader(port, ttl, true));
    }

    private void assertNotCaptured(byte[] packet, DecodeStatus expected) {
        assertThat(header.capture(Unpooled.wrappedBuffer(packet), 0, packet.length))
                .isEqualTo(expected);
    }

    private static void capture(GwlbReplyHeader header, byte[] request, BufferKind kind) {
        BufferKind.Placed placed = kind.place(request);
        assertThat(header.capture(placed.buffer(), placed.offset(), placed.length()))
                .isEqualTo(DecodeStatus.OK);
        assertThat(placed.bytes()).isEqualTo(request);
    }

    /** {@return the header and the inner packet behind it} */
    private static byte[] written(GwlbReplyHeader header, byte[] inner, BufferKind kind) {
        int length = header.length();
        BufferKind.Placed room = kind.room(length + inner.length);
        int innerOffset = room.offset() + length;
        for (int i = 0; i < inner.length; i++) {
            room.buffer().setByte(innerOffset + i, inner[i]);
        }
        assertThat(header.write(room.buffer(), innerOffset, inner.length)).isEqualTo(room.offset());
        return room.bytes();
    }

    /** {@return the reply, built from layers: nothing of it by the class under test} */
    private static byte[] expected(byte[] inner, byte[] geneveHeader, int tos) {
        return packet(
                ipv4("10.254.11.101", "10.254.11.60").ttl(64).dontFragment().tos(tos),
                udp(60001, 6081),
                payload(Packets.concat(geneveHeader, inner)));
    }

    private static void decode(byte[] packet, OuterDecoder outer, GeneveDecoder geneve) {
        ByteBuf buffer = Unpooled.wrappedBuffer(packet);
        assertThat(outer.wrap(buffer, 0, packet.length)).isEqualTo(DecodeStatus.OK);
        assertThat(geneve.wrap(buffer, outer.payloadOffset(), outer.payloadLength()))
                .isEqualTo(DecodeStatus.OK);
    }

    private static void assertOutside(ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
