package io.github.geneve4j.io;

import static io.github.geneve4j.testkit.Packets.concat;
import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.cut;
import static io.github.geneve4j.testkit.Packets.ethernet;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.qinq;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static io.github.geneve4j.testkit.Packets.vlan;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.testkit.Checksums;
import io.github.geneve4j.testkit.Ipv4Layer;
import io.github.geneve4j.testkit.Layer;
import io.github.geneve4j.testkit.UdpLayer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Expected bytes are built from nothing, not by changing the request. */
class OuterFrameTest {
    private static final String NODE_MAC = "02:11:22:33:44:55";
    private static final String OWN_MAC = "06:a1:b2:c3:d4:e5";
    private static final String NODE = "10.0.1.5";
    private static final String OWN = "10.0.1.17";
    private static final String OTHER_OWN = "10.0.1.18";
    private static final int NODE_NUMBER = 0x0a000105;
    private static final int OWN_NUMBER = 0x0a000111;
    private static final int OTHER_OWN_NUMBER = 0x0a000112;
    private static final int PORT = 6081;
    private static final int MTU = 1500;
    private static final int BEFORE = 66; // as in a ring
    private static final byte[] PAYLOAD = counting(101);

    private static Ipv4Layer requestIp() {
        return ipv4(NODE, OWN).ttl(255);
    }

    private static byte[] request(Layer... inside) {
        return packet(join(ethernet(OWN_MAC, NODE_MAC), inside));
    }

    private static byte[] reply(Layer... inside) {
        return packet(join(ethernet(NODE_MAC, OWN_MAC), inside));
    }

    private static Layer[] join(Layer first, Layer... rest) {
        return Stream.concat(Stream.of(first), Arrays.stream(rest)).toArray(Layer[]::new);
    }

    private static Layer body() {
        return payload(PAYLOAD);
    }

    /** A frame in memory of its own, with an {@link OuterFrame} over it. */
    private static final class Bench {
        final MemorySegment memory;
        final OuterFrame frame;
        final int length;

        Bench(byte[] bytes) {
            this(bytes, PORT, PORT, 0);
        }

        Bench(byte[] bytes, int port, int peerPort, int after) {
            length = bytes.length;
            memory = Arena.ofAuto().allocate(BEFORE + length + after);
            MemorySegment.copy(bytes, 0, memory, JAVA_BYTE, BEFORE, length);
            int[] addresses = {OTHER_OWN_NUMBER, OWN_NUMBER};
            frame = new OuterFrame(memory, addresses, port, peerPort, MTU);
        }

        ReceiveSkip parse() {
            return frame.parse(BEFORE, length);
        }

        byte[] bytes(int offset, int count) {
            return memory.asSlice(offset, count).toArray(JAVA_BYTE);
        }

        /** The reply, or fails. */
        byte[] unchanged() {
            assertThat(parse()).isNull();
            return bytes(BEFORE, frame.replyUnchanged());
        }

        byte[] reply(byte[] payload) {
            assertThat(parse()).isNull();
            MemorySegment.copy(payload, 0, memory, JAVA_BYTE, frame.payload(), payload.length);
            assertThat(frame.fits(payload.length)).isTrue();
            return bytes(BEFORE, frame.reply(payload.length));
        }
    }

    @Test
    void findsTheDatagram() {
        Bench bench = new Bench(request(requestIp(), udp(60001, PORT), body()));
        assertThat(bench.parse()).isNull();
        assertThat(bench.frame.payload()).isEqualTo(BEFORE + 42);
        assertThat(bench.frame.payloadLength()).isEqualTo(PAYLOAD.length);
        assertThat(bench.frame.sourceAddress()).isEqualTo(NODE_NUMBER);
        assertThat(bench.frame.isUdpChecksumRight()).isTrue();
        assertThat(bench.bytes(bench.frame.payload(), PAYLOAD.length)).isEqualTo(PAYLOAD);
    }

    @Test
    void findsItBehindTagsAndOptions() {
        Bench bench =
                new Bench(
                        request(
                                qinq(0x2007),
                                vlan(5),
                                ipv4(NODE, OTHER_OWN).options("01010101 0101"),
                                udp(1, PORT),
                                body()));
        assertThat(bench.parse()).isNull();
        assertThat(bench.frame.payload()).isEqualTo(BEFORE + 14 + 8 + 28 + 8);
        assertThat(bench.frame.payloadLength()).isEqualTo(PAYLOAD.length);
    }

    static Stream<Arguments> skips() {
        Layer udp = udp(60001, PORT);
        return Stream.of(
                Arguments.of(ReceiveSkip.NOT_FOR_US, request(ipv6("::1", "::2"), udp, body())),
                Arguments.of(
                        ReceiveSkip.NOT_FOR_US,
                        request(vlan(1), vlan(2), vlan(3), requestIp(), udp, body())),
                Arguments.of(
                        ReceiveSkip.NOT_FOR_US, request(requestIp(), udp(60001, 6082), body())),
                Arguments.of(
                        ReceiveSkip.NOT_FOR_US, request(requestIp(), tcp(60001, PORT), body())),
                Arguments.of(ReceiveSkip.NOT_FOR_US, request(ipv4(NODE, "10.0.1.19"), udp, body())),
                Arguments.of(
                        ReceiveSkip.BAD_IP_HEADER, request(requestIp().version(5), udp, body())),
                Arguments.of(
                        ReceiveSkip.BAD_IP_HEADER, request(requestIp().version(12), udp, body())),
                Arguments.of(
                        ReceiveSkip.BAD_IP_HEADER,
                        request(requestIp().headerWords(4), udp, body())),
                Arguments.of(
                        ReceiveSkip.BAD_IP_CHECKSUM,
                        request(requestIp().wrongChecksum(), udp, body())),
                Arguments.of(
                        ReceiveSkip.FRAGMENT, request(requestIp().fragment(0, true), udp, body())),
                Arguments.of(
                        ReceiveSkip.FRAGMENT, request(requestIp().fragment(8, false), udp, body())),
                Arguments.of(
                        ReceiveSkip.TRUNCATED,
                        request(requestIp().totalLength(28 + 102), udp, body())),
                Arguments.of(
                        ReceiveSkip.TRUNCATED, request(requestIp().totalLength(19), udp, body())),
                Arguments.of(
                        ReceiveSkip.TRUNCATED, request(requestIp().totalLength(27), udp, body())),
                Arguments.of(
                        ReceiveSkip.BAD_UDP_LENGTH,
                        request(requestIp(), udp(60001, PORT).length(7), body())),
                Arguments.of(
                        ReceiveSkip.BAD_UDP_LENGTH,
                        request(requestIp(), udp(60001, PORT).length(0), body())),
                Arguments.of(
                        ReceiveSkip.BAD_UDP_LENGTH,
                        request(requestIp(), udp(60001, PORT).length(8 + 102), body())),
                Arguments.of(
                        ReceiveSkip.AGGREGATED,
                        request(requestIp(), udp, payload(counting(MTU - 28 + 1)))));
    }

    @ParameterizedTest
    @MethodSource("skips")
    void saysWhyThereIsNoDatagram(ReceiveSkip expected, byte[] bytes) {
        assertThat(new Bench(bytes).parse()).isEqualTo(expected);
    }

    @Test
    void takesTheLongestPacket() {
        byte[] longest = counting(MTU - 28);
        Bench bench = new Bench(request(requestIp(), udp(60001, PORT), payload(longest)));
        assertThat(bench.unchanged())
                .isEqualTo(reply(ipv4(OWN, NODE), udp(60001, PORT), payload(longest)));
    }

    @Test
    void readsNothingBehindAnyTruncation() {
        byte[] whole =
                request(
                        vlan(7),
                        qinq(8),
                        requestIp().options("01010101"),
                        udp(60001, PORT),
                        body());
        for (int length = 0; length < whole.length; length++) {
            assertThat(new Bench(cut(whole, length)).parse())
                    .as("%d bytes", length)
                    .isEqualTo(ReceiveSkip.TRUNCATED);
        }
        assertThat(new Bench(whole).parse()).isNull();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 1471, 1472})
    void verifiesUdpChecksumsOfAnyLength(int length) {
        Layer body = payload(counting(length));
        assertThat(check(udp(60001, PORT), body)).isTrue();
        assertThat(check(udp(60001, PORT).checksum(0), body)).isTrue();
        assertThat(check(udp(60001, PORT).wrongChecksum(), body)).isFalse();
    }

    private static boolean check(UdpLayer udp, Layer body) {
        Bench bench = new Bench(request(requestIp(), udp, body));
        assertThat(bench.parse()).isNull();
        return bench.frame.isUdpChecksumRight();
    }

    @Test
    void noticesAnyWrongByte() {
        byte[] right = request(requestIp(), udp(60001, PORT), body());
        for (int at = 14 + 28; at < right.length; at++) {
            byte[] wrong = right.clone();
            wrong[at] ^= 0x10;
            Bench bench = new Bench(wrong);
            assertThat(bench.parse()).isNull();
            assertThat(bench.frame.isUdpChecksumRight()).isFalse();
        }
    }

    @Test
    void knowsAPartialChecksum() {
        int sum = 0x0a00 + 0x0105 + 0x0a00 + 0x0111 + 17 + 8 + PAYLOAD.length;
        byte[] partial = request(requestIp(), udp(60001, PORT).checksum(sum), body());
        Bench bench = new Bench(partial);
        assertThat(bench.parse()).isNull();
        assertThat(bench.frame.isUdpChecksumPartial()).isTrue();
        assertThat(bench.bytes(BEFORE, bench.frame.reply(PAYLOAD.length)))
                .isEqualTo(reply(ipv4(OWN, NODE), udp(60001, PORT), body()));
        Bench whole = new Bench(request(requestIp(), udp(60001, PORT), body()));
        assertThat(whole.parse()).isNull();
        assertThat(whole.frame.isUdpChecksumPartial()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"255, 60001", "64, 60000", "1, 1", "0, 65535", "65, 6081"})
    void repliesWithTheSameBytes(int ttl, int sourcePort) {
        Bench bench =
                new Bench(
                        request(
                                ipv4(NODE, OWN).ttl(ttl).tos(0xb9).id(0xabcd).dontFragment(),
                                udp(sourcePort, PORT),
                                body()));
        assertThat(bench.unchanged())
                .isEqualTo(
                        reply(
                                ipv4(OWN, NODE).tos(0xb9).id(0xabcd).dontFragment(),
                                udp(sourcePort, PORT),
                                body()));
    }

    @Test
    void repliesWithTagsAndOptions() {
        String options = "01440c05 00000000 00000000 00000000";
        Bench bench =
                new Bench(
                        request(
                                qinq(0x2007),
                                vlan(0xf005),
                                requestIp().options(options),
                                udp(60001, PORT),
                                body()));
        assertThat(bench.unchanged())
                .isEqualTo(
                        reply(
                                qinq(0x2007),
                                vlan(0xf005),
                                ipv4(OWN, NODE).options(options),
                                udp(60001, PORT),
                                body()));
    }

    @Test
    void repliesWithoutPaddingAndTrailers() {
        byte[] padding = counting(30);
        byte[] frame =
                request(
                        requestIp().totalLength(28 + 4),
                        udp(60001, PORT).length(8 + 2),
                        payload("010203040506"));
        byte[] expected = reply(ipv4(OWN, NODE), udp(60001, PORT), payload("0102"));
        byte[] padded = concat(request(requestIp(), udp(60001, PORT), payload("0102")), padding);
        assertThat(new Bench(padded).unchanged()).isEqualTo(expected);
        // Here the checksum of the request covers other bytes, so only a new one can be right
        Bench trailed = new Bench(frame);
        assertThat(trailed.reply(new byte[] {1, 2})).isEqualTo(expected);
    }

    @Test
    void keepsAWrongChecksumWrong() {
        Bench bench = new Bench(request(requestIp(), udp(60001, PORT).wrongChecksum(), body()));
        assertThat(bench.unchanged())
                .isEqualTo(reply(ipv4(OWN, NODE), udp(60001, PORT).wrongChecksum(), body()));
    }

    @Test
    void answersWithoutAChecksumWhatCameWithoutOne() {
        byte[] request = request(requestIp(), udp(60001, PORT).checksum(0), body());
        byte[] expected = reply(ipv4(OWN, NODE), udp(60001, PORT).checksum(0), body());
        assertThat(new Bench(request).unchanged()).isEqualTo(expected);
        assertThat(new Bench(request).reply(PAYLOAD)).isEqualTo(expected);
        assertThat(new Bench(request, PORT, 7000, 0).unchanged())
                .isEqualTo(reply(ipv4(OWN, NODE), udp(60001, 7000).checksum(0), body()));
    }

    @Test
    void repliesToAnotherPort() {
        byte[] request = request(requestIp(), udp(60001, 20_081), body());
        assertThat(new Bench(request, 20_081, 20_082, 0).unchanged())
                .isEqualTo(reply(ipv4(OWN, NODE), udp(60001, 20_082), body()));
        assertThat(new Bench(request, 20_081, 20_082, 0).reply(PAYLOAD))
                .isEqualTo(reply(ipv4(OWN, NODE), udp(60001, 20_082), body()));
    }

    @Test
    void keepsTheHeaderSumRightForEachOfItsValues() {
        Bench bench = new Bench(request(requestIp(), udp(60001, PORT), body()));
        byte[] header = bench.bytes(BEFORE + 14, 20);
        for (int id = 0; id <= 0xffff; id++) {
            header[4] = (byte) (id >>> 8);
            header[5] = (byte) id;
            header[10] = 0;
            header[11] = 0;
            int sum = Checksums.internet(header);
            header[10] = (byte) (sum >>> 8);
            header[11] = (byte) sum;
            MemorySegment.copy(header, 0, bench.memory, JAVA_BYTE, BEFORE + 14, 20);
            bench.unchanged();
            assertThat(Checksums.internet(bench.bytes(BEFORE + 14, 20))).isZero();
        }
    }

    @Test
    void knowsNoOtherTags() {
        byte[] bytes = request(vlan(1), requestIp(), udp(60001, PORT), body());
        bytes[12] = (byte) 0x91; // some vendors' tag
        assertThat(new Bench(bytes).parse()).isEqualTo(ReceiveSkip.NOT_FOR_US);
    }

    /** For each sum there is a payload that makes it; 0 and 0xffff are the ones to get wrong. */
    @Test
    void neverTurnsAChecksumIntoNone() {
        for (int word = 0; word <= 0xffff; word++) {
            byte[] body = {(byte) (word >>> 8), (byte) word};
            Bench bench =
                    new Bench(
                            request(requestIp(), udp(60001, 20_081), payload(body)),
                            20_081,
                            20_082,
                            0);
            byte[] expected = reply(ipv4(OWN, NODE), udp(60001, 20_082), payload(body));
            assertThat(bench.unchanged()).isEqualTo(expected);
            Bench again =
                    new Bench(
                            request(requestIp(), udp(60001, 20_081), payload(body)),
                            20_081,
                            20_082,
                            0);
            assertThat(again.reply(body)).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 50, 100, 101, 102, 500, MTU - 28})
    void repliesWithOtherBytes(int length) {
        byte[] other = new byte[length];
        Arrays.fill(other, (byte) 0xa7);
        Bench bench = new Bench(request(requestIp(), udp(60001, PORT), body()), PORT, PORT, MTU);
        assertThat(bench.reply(other))
                .isEqualTo(reply(ipv4(OWN, NODE), udp(60001, PORT), payload(other)));
    }

    @Test
    void knowsWhatFits() {
        Bench plain = new Bench(request(requestIp(), udp(60001, PORT), body()));
        assertThat(plain.parse()).isNull();
        assertThat(plain.frame.fits(MTU - 28)).isTrue();
        assertThat(plain.frame.fits(MTU - 28 + 1)).isFalse();
        Bench options =
                new Bench(request(requestIp().options("01010101"), udp(60001, PORT), body()));
        assertThat(options.parse()).isNull();
        assertThat(options.frame.fits(MTU - 32)).isTrue();
        assertThat(options.frame.fits(MTU - 32 + 1)).isFalse();
    }

    @Test
    void pushesATag() {
        byte[] plain = reply(vlan(9), ipv4(OWN, NODE), udp(60001, PORT), body());
        Bench bench = new Bench(plain);
        OuterFrame.pushTag(bench.memory, BEFORE, 0x88a8_f123);
        assertThat(bench.bytes(BEFORE - 4, plain.length + 4))
                .isEqualTo(reply(qinq(0xf123), vlan(9), ipv4(OWN, NODE), udp(60001, PORT), body()));
    }

    static Stream<Arguments> paths() {
        return Stream.of(
                Arguments.of(0, 0, new Layer[0]),
                Arguments.of(0x8100_f005, 0, new Layer[] {vlan(0xf005)}),
                Arguments.of(0x88a8_2007, 0x8100_0005, new Layer[] {qinq(0x2007), vlan(5)}));
    }

    @ParameterizedTest
    @MethodSource("paths")
    void tellsAndFollowsAPath(int outerTag, int innerTag, Layer[] tags) {
        Layer[] request = join(requestIp(), udp(60001, PORT), body());
        Bench bench = new Bench(request(concatLayers(tags, request)));
        assertThat(bench.parse()).isNull();
        ReturnPath path = new ReturnPath();
        bench.frame.path(path);
        assertThat(path.localAddress()).isEqualTo(OWN_NUMBER);
        assertThat(path.remoteAddress()).isEqualTo(NODE_NUMBER);
        assertThat(path.sourcePort()).isEqualTo(60001);
        assertThat(path.localMac()).isEqualTo(0x06a1b2c3d4e5L);
        assertThat(path.remoteMac()).isEqualTo(0x021122334455L);
        assertThat(path.outerTag()).isEqualTo(outerTag);
        assertThat(path.innerTag()).isEqualTo(innerTag);

        byte[] answer = counting(333);
        Layer[] built = join(ipv4(OWN, NODE).dontFragment(), udp(60001, PORT), payload(answer));
        byte[] expected = reply(concatLayers(tags, built));
        MemorySegment memory = Arena.ofAuto().allocate(expected.length);
        memory.fill((byte) 0xff); // what was there before
        int headers = OuterFrame.headersLength(path);
        assertThat(headers).isEqualTo(expected.length - answer.length);
        MemorySegment.copy(answer, 0, memory, JAVA_BYTE, headers, answer.length);
        OuterFrame.build(path, PORT, memory, 0, answer.length);
        assertThat(memory.toArray(JAVA_BYTE)).isEqualTo(expected);
    }

    private static Layer[] concatLayers(Layer[] first, Layer[] second) {
        return Stream.concat(Arrays.stream(first), Arrays.stream(second)).toArray(Layer[]::new);
    }

    @Test
    void writesTheHeaderThatAPathAsksFor() {
        MemorySegment memory = Arena.ofAuto().allocate(64);
        ReturnPath path = new ReturnPath().datagram(0x0a00_0001, 0x0a00_0002, 60_001);
        OuterFrame.build(path, PORT, memory, 0, 4);
        assertThat(HexFormat.of().formatHex(memory.asSlice(18, 6).toArray(JAVA_BYTE)))
                .isEqualTo("000040004011");
        OuterFrame.build(new ReturnPath().set(path.header(255, true)), PORT, memory, 0, 4);
        assertThat(HexFormat.of().formatHex(memory.asSlice(18, 6).toArray(JAVA_BYTE)))
                .isEqualTo("00000000ff11");
        // 4500 + 0020 + ff11 + 0a00 + 0001 + 0a00 + 0002 = 15834, so 5835, and its complement
        assertThat(HexFormat.of().formatHex(memory.asSlice(24, 2).toArray(JAVA_BYTE)))
                .isEqualTo("a7ca");
        assertThatThrownBy(() -> path.header(0, true)).hasMessageContaining("time to live 0");
    }

    @Test
    void copiesPaths() {
        ReturnPath path =
                new ReturnPath().datagram(OWN_NUMBER, NODE_NUMBER, 60001).link(1, 2, 3, 4);
        ReturnPath copy = new ReturnPath().set(path);
        assertThat(copy).usingRecursiveComparison().isEqualTo(path);
        assertThat(copy).hasToString("10.0.1.17 to 10.0.1.5, source port 60001");
        assertThat(new ReturnPath().datagram(-1, 0, 0))
                .hasToString("255.255.255.255 to 0.0.0.0, source port 0");
    }
}
