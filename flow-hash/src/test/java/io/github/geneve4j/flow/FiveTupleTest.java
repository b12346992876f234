package io.github.geneve4j.flow;

import static io.github.geneve4j.flow.Wrapped.flow;
import static io.github.geneve4j.flow.Wrapped.line;
import static io.github.geneve4j.flow.Wrapped.status;
import static io.github.geneve4j.testkit.Packets.authentication;
import static io.github.geneve4j.testkit.Packets.concat;
import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.cut;
import static io.github.geneve4j.testkit.Packets.destinationOptions;
import static io.github.geneve4j.testkit.Packets.echoReply;
import static io.github.geneve4j.testkit.Packets.echoReplyV6;
import static io.github.geneve4j.testkit.Packets.echoRequest;
import static io.github.geneve4j.testkit.Packets.echoRequestV6;
import static io.github.geneve4j.testkit.Packets.esp;
import static io.github.geneve4j.testkit.Packets.extension;
import static io.github.geneve4j.testkit.Packets.fragment;
import static io.github.geneve4j.testkit.Packets.gre;
import static io.github.geneve4j.testkit.Packets.hopByHop;
import static io.github.geneve4j.testkit.Packets.icmp;
import static io.github.geneve4j.testkit.Packets.icmpv6;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.routing;
import static io.github.geneve4j.testkit.Packets.sctp;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.Hex;
import io.github.geneve4j.testkit.TcpLayer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.HexFormat;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class FiveTupleTest {
    private static final String A = "10.1.21.101";
    private static final String B = "54.230.62.60";
    private static final String A6 = "2001:db8:0:0:0:0:0:a";
    private static final String B6 = "2001:db8:0:0:0:0:0:b";

    @ParameterizedTest
    @EnumSource
    void readsEveryField(BufferKind kind) {
        byte[] bytes =
                packet(
                        ipv4(A, B).options("94040000"),
                        tcp(43210, 443).flags(0xa5),
                        payload("0102"));
        BufferKind.Placed placed = kind.place(bytes);
        FiveTuple tuple = new FiveTuple();

        assertThat(tuple.wrap(placed.buffer(), placed.offset(), placed.length()))
                .isEqualTo(FlowStatus.OK);

        assertThat(line(tuple)).isEqualTo("6: 10.1.21.101 43210 > 54.230.62.60 443");
        assertThat(tuple.sourceLow()).isEqualTo(0x0a01_1565L);
        assertThat(tuple.destinationLow()).isEqualTo(0x36e6_3e3cL);
        assertThat(tuple.isIpv6()).isFalse();
        assertThat(tuple.isFragment()).isFalse();
        assertThat(tuple.isQuoted()).isFalse();
        assertThat(tuple.isIcmpError()).isFalse();
        assertThat(tuple.isMisdirected()).isFalse();
        assertThat(tuple.isSourceLower()).isTrue();
        assertThat(tuple.transportProtocol()).isEqualTo(6);
        assertThat(tuple.transportOffset()).isEqualTo(placed.offset() + 24);
        assertThat(tuple.transportLength()).isEqualTo(22);
        assertThat(tuple.tcpFlags()).isEqualTo(0xa5);
        assertThat(tuple.scope()).isEqualTo(FlowScope.FIVE_TUPLE);
        assertThat(placed.bytes()).isEqualTo(bytes);
        assertThat(placed.buffer().readerIndex()).isEqualTo(placed.offset());
        assertThat(placed.buffer().refCnt()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void readsEveryFieldOfIpv6(BufferKind kind) {
        byte[] bytes =
                packet(
                        ipv6(B6, A6),
                        hopByHop(8),
                        tcp(443, 43210).flags(TcpLayer.ACK),
                        payload("01"));
        BufferKind.Placed placed = kind.place(bytes);
        FiveTuple tuple = new FiveTuple();

        assertThat(tuple.wrap(placed.buffer(), placed.offset(), placed.length()))
                .isEqualTo(FlowStatus.OK);

        assertThat(line(tuple)).isEqualTo("6: " + B6 + " 443 > " + A6 + " 43210");
        assertThat(tuple.sourceHigh()).isEqualTo(0x2001_0db8_0000_0000L);
        assertThat(tuple.sourceLow()).isEqualTo(0xb);
        assertThat(tuple.destinationHigh()).isEqualTo(0x2001_0db8_0000_0000L);
        assertThat(tuple.destinationLow()).isEqualTo(0xa);
        assertThat(tuple.isIpv6()).isTrue();
        assertThat(tuple.isSourceLower()).isFalse();
        assertThat(tuple.transportOffset()).isEqualTo(placed.offset() + 48);
        assertThat(tuple.transportLength()).isEqualTo(21);
        assertThat(tuple.tcpFlags()).isEqualTo(TcpLayer.ACK);
    }

    @Test
    void readsTheNumbersOfTcp() {
        FiveTuple tuple =
                flow(
                        packet(
                                ipv4(A, B),
                                tcp(1, 2)
                                        .sequence(0x8000_0001)
                                        .acknowledgment(-2)
                                        .window(65535)
                                        .options("0303 0701"),
                                payload(counting(9))));
        assertThat(tuple.hasTcpHeader()).isTrue();
        assertThat(tuple.tcpSequence()).isEqualTo(0x8000_0001);
        assertThat(tuple.tcpAcknowledgment()).isEqualTo(-2);
        assertThat(tuple.tcpWindow()).isEqualTo(65535);
        assertThat(tuple.tcpHeaderLength()).isEqualTo(24);
        assertThat(tuple.tcpPayloadLength()).isEqualTo(9);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4, 8, 15})
    void readsNoLengthOfABrokenTcpHeader(int words) {
        FiveTuple tuple = flow(packet(ipv4(A, B), tcp(1, 2).headerWords(words)));
        assertThat(tuple.tcpHeaderLength()).isZero();
        assertThat(tuple.tcpPayloadLength()).isZero();
    }

    @Test
    void hasNoNumbersOfTcpWhereThereAreNone() {
        FiveTuple other = new FiveTuple().setIpv4(1, 2, IpProtocol.TCP, 3, 4);
        assertThat(other.hasTcpHeader()).isFalse();
        assertThatThrownBy(other::tcpSequence).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(other::tcpAcknowledgment).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(other::tcpWindow).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(other::tcpHeaderLength).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(other::tcpPayloadLength).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Nested
    class Ports {
        @ParameterizedTest(name = "protocol {0}")
        @CsvSource({"6, 20", "17, 8", "136, 8", "132, 12", "33, 12"})
        void readsThePortsOfEveryTransport(int protocol, int headerLength) {
            byte[] transport = concat(Hex.bytes("1234 5678"), new byte[headerLength - 4]);

            FiveTuple v4 = flow(packet(ipv4(A, B).protocol(protocol), payload(transport)));
            assertThat(line(v4)).isEqualTo(protocol + ": " + A + " 4660 > " + B + " 22136");
            FiveTuple v6 = flow(packet(ipv6(A6, B6).nextHeader(protocol), payload(transport)));
            assertThat(line(v6)).isEqualTo(protocol + ": " + A6 + " 4660 > " + B6 + " 22136");
        }

        @ParameterizedTest(name = "protocol {0}")
        @CsvSource({
            "6, 20, TRUNCATED_TCP_HEADER",
            "17, 8, TRUNCATED_UDP_HEADER",
            "136, 8, TRUNCATED_UDP_HEADER",
            "132, 12, TRUNCATED_SCTP_HEADER",
            "33, 12, TRUNCATED_DCCP_HEADER",
        })
        void refusesAHeaderOneByteShort(int protocol, int headerLength, FlowStatus expected) {
            byte[] transport = new byte[headerLength - 1];
            assertThat(status(packet(ipv4(A, B).protocol(protocol), payload(transport))))
                    .isEqualTo(expected);
            assertThat(status(packet(ipv6(A6, B6).nextHeader(protocol), payload(transport))))
                    .isEqualTo(expected);
        }

        @Test
        void readsPortsAfterTheLongestOptions() {
            byte[] bytes = packet(ipv4(A, B).options("01".repeat(40)), udp(1, 2));
            assertThat(line(flow(bytes))).isEqualTo("17: " + A + " 1 > " + B + " 2");
        }

        @Test
        void readsNothingBehindTheLengthThatTheHeaderStates() {
            byte[] v4 = packet(ipv4(A, B).totalLength(27), udp(1, 2));
            assertThat(status(v4)).isEqualTo(FlowStatus.TRUNCATED_UDP_HEADER);
            byte[] v6 = packet(ipv6(A6, B6).payloadLength(7), udp(1, 2));
            assertThat(status(v6)).isEqualTo(FlowStatus.TRUNCATED_UDP_HEADER);

            byte[] padded = packet(ipv4(A, B).totalLength(28), udp(1, 2), payload("00".repeat(18)));
            assertThat(flow(padded).transportLength()).isEqualTo(8);
        }

        @Test
        void knowsUnsignedPorts() {
            FiveTuple tuple = flow(packet(ipv4(A, B), udp(0xffff, 0x8000)));
            assertThat(tuple.sourcePort()).isEqualTo(0xffff);
            assertThat(tuple.destinationPort()).isEqualTo(0x8000);
        }
    }

    @Nested
    class OtherProtocols {
        @ParameterizedTest
        @ValueSource(ints = {0, 2, 4, 41, 46, 47, 50, 51, 58, 59, 63, 64, 89, 103, 253, 255})
        void keepAddressesAndProtocolOverIpv4(int protocol) {
            byte[] bytes = packet(ipv4(A, B).protocol(protocol), payload(counting(40)));
            FiveTuple tuple = flow(bytes);
            assertThat(line(tuple)).isEqualTo(protocol + ": " + A + " > " + B);
            assertThat(tuple.sourcePort()).isZero();
            assertThat(tuple.destinationPort()).isZero();
            assertThat(tuple.tcpFlags()).isZero();
        }

        @ParameterizedTest
        @ValueSource(ints = {1, 2, 4, 41, 46, 47, 50, 59, 63, 64, 89, 103, 253, 255})
        void keepAddressesAndProtocolOverIpv6(int protocol) {
            byte[] bytes = packet(ipv6(A6, B6).nextHeader(protocol), payload(counting(40)));
            assertThat(line(flow(bytes))).isEqualTo(protocol + ": " + A6 + " > " + B6);
        }

        @Test
        void mayCarryNothing() {
            assertThat(line(flow(packet(ipv4(A, B).protocol(253)))))
                    .isEqualTo("253: " + A + " > " + B);
            assertThat(line(flow(packet(ipv6(A6, B6))))).isEqualTo("59: " + A6 + " > " + B6);
        }

        @Test
        void areNotLookedInto() {
            assertThat(line(flow(packet(ipv4(A, B), gre(), ipv4(B, A), udp(1, 2)))))
                    .isEqualTo("47: " + A + " > " + B);
            assertThat(line(flow(packet(ipv4(A, B), esp(1, 1), udp(1, 2)))))
                    .isEqualTo("50: " + A + " > " + B);
        }
    }

    @Nested
    class Ipv6Extensions {
        @Test
        void areWalkedInAnyOrderAndNumber() {
            byte[] bytes =
                    packet(
                            ipv6(A6, B6),
                            destinationOptions(24),
                            hopByHop(2048),
                            routing(4, 0),
                            authentication(12),
                            fragment(0, false, 77),
                            authentication(24),
                            extension(135, 0, "000000000000").nextHeader(140),
                            extension(140, 1, "00".repeat(14)).nextHeader(139),
                            extension(139, 0, "000000000000").nextHeader(60),
                            destinationOptions(8),
                            sctp(7, 9, 1));
            FiveTuple tuple = flow(bytes);
            assertThat(line(tuple)).isEqualTo("132: " + A6 + " 7 > " + B6 + " 9");
            assertThat(tuple.isFragment()).isFalse();
            assertThat(tuple.transportOffset()).isEqualTo(bytes.length - 12);
            assertThat(tuple.transportProtocol()).isEqualTo(132);
        }

        @Test
        void mayNotFillAWholePacket() {
            assertThat(status(chain(60, 1001, 6))).isEqualTo(FlowStatus.TOO_MANY_EXTENSION_HEADERS);
        }

        @Test
        void endAtTheSecurityPayload() {
            byte[] bytes = packet(ipv6(A6, B6), hopByHop(8), esp(1, 1), udp(1, 2));
            assertThat(line(flow(bytes))).isEqualTo("50: " + A6 + " > " + B6);
        }

        @Test
        void mayEndWithNothing() {
            byte[] bytes = packet(ipv6(A6, B6), hopByHop(8));
            assertThat(line(flow(bytes))).isEqualTo("59: " + A6 + " > " + B6);
        }

        @ParameterizedTest
        @ValueSource(ints = {135, 139})
        void thatAreTheMessageItselfNameTheProtocol(int number) {
            byte[] bytes = packet(ipv6(A6, B6), hopByHop(8), extension(number, 0, "000000000000"));
            FiveTuple tuple = flow(bytes);
            assertThat(line(tuple)).isEqualTo(number + ": " + A6 + " > " + B6);
            assertThat(tuple.transportOffset()).isEqualTo(48);
        }

        @ParameterizedTest
        @ValueSource(ints = {0, 43, 44, 51, 60, 135, 139, 140})
        void areRefusedWhenCutAnywhere(int number) {
            byte[] whole =
                    packet(
                            ipv6(A6, B6).nextHeader(number),
                            extension(number, number == 51 ? 4 : 2, "00".repeat(22))
                                    .nextHeader(253));
            int length = number == 44 ? 8 : 24;
            for (int kept = 0; kept < length; kept++) {
                byte[] bytes =
                        packet(ipv6(A6, B6).nextHeader(number), payload(cutTail(whole, kept)));
                assertThat(status(bytes)).isEqualTo(FlowStatus.TRUNCATED_EXTENSION_HEADER);
            }
            byte[] exact = packet(ipv6(A6, B6).nextHeader(number), payload(cutTail(whole, length)));
            assertThat(flow(exact).protocol()).isEqualTo(253);
        }

        private byte[] cutTail(byte[] packet, int kept) {
            return java.util.Arrays.copyOfRange(packet, 40, 40 + kept);
        }

        @ParameterizedTest
        @ValueSource(ints = {0, 43, 44, 51, 60, 135, 139, 140})
        void areSixteenAtMost(int number) {
            byte[] most = chain(number, 16, 6);
            assertThat(line(flow(most))).isEqualTo("6: " + A6 + " 1 > " + B6 + " 2");
            assertThat(flow(most).transportOffset()).isEqualTo(40 + 16 * 8);
            byte[] tooMany = chain(number, 17, 6);
            assertThat(status(tooMany)).isEqualTo(FlowStatus.TOO_MANY_EXTENSION_HEADERS);
            // What comes one too late is not looked at
            assertThat(status(cutPacket(tooMany, 16 * 8)))
                    .isEqualTo(FlowStatus.TOO_MANY_EXTENSION_HEADERS);
            assertThat(status(cutPacket(tooMany, 16 * 8 - 1)))
                    .isEqualTo(FlowStatus.TRUNCATED_EXTENSION_HEADER);
        }

        @Test
        void areSixteenAtMostWithTheFragmentHeader() {
            byte[] most = chain(60, 16, 6);
            most[40 + 14 * 8] = 44;
            most[40 + 15 * 8 + 3] = 1;
            assertThat(flow(most).isFragment()).isTrue();
            byte[] tooMany = chain(60, 17, 6);
            tooMany[40 + 15 * 8] = 44;
            tooMany[40 + 16 * 8 + 3] = 1;
            assertThat(status(tooMany)).isEqualTo(FlowStatus.TOO_MANY_EXTENSION_HEADERS);
        }

        /** A chain of like headers of 8 bytes each, and TCP. */
        private byte[] chain(int number, int headers, int last) {
            String header = HexFormat.of().toHexDigits((byte) number) + "00000000000000";
            byte[] chain = Hex.bytes(header.repeat(headers));
            chain[(headers - 1) * 8] = (byte) last;
            return packet(
                    ipv6(A6, B6).nextHeader(number), payload(concat(chain, packet(tcp(1, 2)))));
        }

        private byte[] cutPacket(byte[] packet, int kept) {
            return packet(
                    ipv6(A6, B6).nextHeader(packet[6] & 0xff), payload(cutTail(packet, kept)));
        }

        @Test
        void thatPromiseATransportMustHoldIt() {
            byte[] bytes = packet(ipv6(A6, B6), hopByHop(8).nextHeader(6));
            assertThat(status(bytes)).isEqualTo(FlowStatus.TRUNCATED_TCP_HEADER);
        }
    }

    @Nested
    class Echo {
        @Test
        void hasItsIdentifierAsBothPorts() {
            FiveTuple request = flow(packet(ipv4(A, B), echoRequest(0x1234, 1)));
            FiveTuple reply = flow(packet(ipv4(B, A), echoReply(0x1234, 2)));
            assertThat(line(request)).isEqualTo("1: " + A + " 4660 > " + B + " 4660");
            assertThat(line(reply)).isEqualTo("1: " + B + " 4660 > " + A + " 4660");
            assertThat(request.isSameFlow(reply)).isTrue();
            assertThat(request.isSameFlow(flow(packet(ipv4(A, B), echoRequest(0x1235, 1)))))
                    .isFalse();
        }

        @Test
        void hasItsIdentifierAsBothPortsOverIpv6() {
            FiveTuple request = flow(packet(ipv6(A6, B6), echoRequestV6(0xffff, 1)));
            FiveTuple reply = flow(packet(ipv6(B6, A6), echoReplyV6(0xffff, 2)));
            assertThat(line(request)).isEqualTo("58: " + A6 + " 65535 > " + B6 + " 65535");
            assertThat(request.isSameFlow(reply)).isTrue();
        }

        @Test
        void isOfItsOwnFlowWhateverItCarries() {
            byte[] four = packet(ipv4(B, A), udp(1, 2));
            FiveTuple request = flow(packet(ipv4(A, B), echoRequest(7, 1), payload(four)));
            assertThat(line(request)).isEqualTo("1: " + A + " 7 > " + B + " 7");
            byte[] six = packet(ipv6(B6, A6), udp(1, 2));
            FiveTuple request6 = flow(packet(ipv6(A6, B6), echoRequestV6(7, 1), payload(six)));
            assertThat(line(request6)).isEqualTo("58: " + A6 + " 7 > " + B6 + " 7");
            assertThat(request6.isQuoted()).isFalse();
        }

        @Test
        void ofOneVersionIsNothingInTheOther() {
            assertThat(flow(packet(ipv4(A, B), echoRequestV6(7, 1))).hasPorts()).isFalse();
            assertThat(flow(packet(ipv6(A6, B6), echoRequest(7, 1))).hasPorts()).isFalse();
        }

        @ParameterizedTest
        @ValueSource(ints = {9, 10, 13, 14, 15, 16, 17, 18, 42, 43, 128, 129, 255})
        void isTheOnlyQueryWithAnIdentifier(int type) {
            assertThat(line(flow(packet(ipv4(A, B), icmp(type, 0).rest(0x12340001)))))
                    .isEqualTo("1: " + A + " > " + B);
        }

        @ParameterizedTest
        @ValueSource(ints = {130, 133, 134, 135, 136, 137, 160, 161, 255})
        void isTheOnlyQueryWithAnIdentifierOverIpv6(int type) {
            assertThat(line(flow(packet(ipv6(A6, B6), icmpv6(type, 0).rest(0x12340001)))))
                    .isEqualTo("58: " + A6 + " > " + B6);
        }

        @ParameterizedTest
        @CsvSource({
            "08000000000000,   TRUNCATED_ICMP_HEADER",
            "00000000000000,   TRUNCATED_ICMP_HEADER",
            "0800000000000000, OK",
            "03010000000000,   TRUNCATED_ICMP_HEADER",
            "0301000000000000, OK",
            "0d0000,           TRUNCATED_ICMP_HEADER",
            "0d000000,         OK",
        })
        void needsAsMuchAsItsTypeTakes(String hex, FlowStatus expected) {
            assertThat(status(packet(ipv4(A, B).protocol(1), payload(hex)))).isEqualTo(expected);
        }

        @ParameterizedTest
        @CsvSource({
            "80000000000000,   TRUNCATED_ICMP_HEADER",
            "81000000000000,   TRUNCATED_ICMP_HEADER",
            "8000000000000000, OK",
            "01010000000000,   TRUNCATED_ICMP_HEADER",
            "7f01000000000000, OK",
            "820000,           TRUNCATED_ICMP_HEADER",
            "82000000,         OK",
        })
        void needsAsMuchAsItsTypeTakesOverIpv6(String hex, FlowStatus expected) {
            assertThat(status(packet(ipv6(A6, B6).nextHeader(58), payload(hex))))
                    .isEqualTo(expected);
        }
    }

    @Nested
    class Order {
        @ParameterizedTest(name = "{0} {1} / {2} {3}")
        @CsvSource({
            "10.0.0.1,        1,     10.0.0.2,        1",
            "10.0.0.1,        65535, 10.0.0.2,        1",
            "127.255.255.255, 1,     128.0.0.0,       1",
            "0.0.0.0,         9,     255.255.255.255, 1",
            "0.0.0.0,         1,     128.0.0.0,       1",
            "192.168.37.50,   1,     192.168.37.178,  1",
            "10.0.0.1,        1,     10.0.0.1,        2",
            "10.0.0.1,        32767, 10.0.0.1,        32768",
            "0.0.0.0,         0,     0.0.0.0,         65535",
            "255.255.255.255, 0,     255.255.255.255, 65535",
            "::,              1,     ::1,             1",
            "::1,             9,     ::8000:0:0:0,    1",
            "::ffff:ffff:ffff:ffff, 9, 0:0:0:1::,     1",
            "7fff::,          9,     8000::,          1",
            "7fff::ffff,      9,     8000::1,         1",
            "2001:db8::1,     1,     2001:db8::1,     2",
            "ffff::,          1,     ffff::1,         1",
        })
        void putsTheLowerEndpointFirst(String low, int lowPort, String high, int highPort) {
            boolean v6 = low.contains(":");
            FiveTuple up =
                    flow(
                            v6
                                    ? packet(ipv6(low, high), udp(lowPort, highPort))
                                    : packet(ipv4(low, high), udp(lowPort, highPort)));
            FiveTuple down =
                    flow(
                            v6
                                    ? packet(ipv6(high, low), udp(highPort, lowPort))
                                    : packet(ipv4(high, low), udp(highPort, lowPort)));

            assertThat(up.isSourceLower()).isTrue();
            assertThat(down.isSourceLower()).isFalse();
            assertThat(up.isSameFlow(down)).isTrue();
            assertThat(down.isSameFlow(up)).isTrue();
            assertThat(down.sourcePort()).isEqualTo(highPort);
            assertThat(down.destinationPort()).isEqualTo(lowPort);
            assertThat(down.sourceLow()).isEqualTo(up.destinationLow());
            assertThat(down.sourceHigh()).isEqualTo(up.destinationHigh());
            assertThat(down.destinationLow()).isEqualTo(up.sourceLow());
            assertThat(down.destinationHigh()).isEqualTo(up.sourceHigh());
        }

        @Test
        void ofOneEndpointWithItselfIsTrue() {
            assertThat(flow(packet(ipv4(A, A), udp(5, 5))).isSourceLower()).isTrue();
            assertThat(flow(packet(ipv6(A6, A6), udp(5, 5))).isSourceLower()).isTrue();
        }

        @Test
        void tellsApartFlowsThatAnIndependentSortWouldMerge() {
            FiveTuple one = flow(packet(ipv4("10.0.0.1", "10.0.0.2"), udp(1, 2)));
            FiveTuple other = flow(packet(ipv4("10.0.0.1", "10.0.0.2"), udp(2, 1)));
            assertThat(one.isSameFlow(other)).isFalse();
        }

        @Test
        void tellsApartWhatDiffersInOneField() {
            FiveTuple tuple = flow(packet(ipv4(A, B), udp(1, 2)));
            assertThat(tuple.isSameFlow(flow(packet(ipv4(A, B), udp(1, 2))))).isTrue();
            assertThat(tuple.isSameFlow(flow(packet(ipv4("10.1.21.100", B), udp(1, 2))))).isFalse();
            assertThat(tuple.isSameFlow(flow(packet(ipv4(A, "54.230.62.61"), udp(1, 2)))))
                    .isFalse();
            assertThat(tuple.isSameFlow(flow(packet(ipv4(A, B), udp(3, 2))))).isFalse();
            assertThat(tuple.isSameFlow(flow(packet(ipv4(A, B), udp(1, 3))))).isFalse();
            assertThat(tuple.isSameFlow(flow(packet(ipv4(A, B), tcp(1, 2))))).isFalse();

            FiveTuple six = flow(packet(ipv6("::a", "1::b"), udp(1, 2)));
            assertThat(six.isSameFlow(flow(packet(ipv6("1::a", "1::b"), udp(1, 2))))).isFalse();
            assertThat(six.isSameFlow(flow(packet(ipv6("::a", "::b"), udp(1, 2))))).isFalse();
        }

        @Test
        void tellsPortsOfZeroFromNoPorts() {
            FiveTuple zero = flow(packet(ipv4(A, B), udp(0, 0)));
            FiveTuple none = flow(packet(ipv4(A, B).fragment(8, true), udp(0, 0)));
            assertThat(zero.isSameFlow(none)).isFalse();
        }

        @Test
        void tellsIpv4FromIpv6WithTheSameNumbers() {
            FiveTuple four = flow(packet(ipv4("10.0.0.1", "10.0.0.2"), udp(1, 2)));
            FiveTuple six = flow(packet(ipv6("::10.0.0.1", "::10.0.0.2"), udp(1, 2)));
            assertThat(six.sourceLow()).isEqualTo(four.sourceLow());
            assertThat(four.isSameFlow(six)).isFalse();
        }
    }

    @Nested
    class Scope {
        @Test
        void ofThreeLeavesPortsOut() {
            FiveTuple one = flow(FlowScope.THREE_TUPLE, packet(ipv4(A, B), udp(1, 2)));
            FiveTuple other = flow(FlowScope.THREE_TUPLE, packet(ipv4(B, A), udp(4, 3)));
            FiveTuple part =
                    flow(FlowScope.THREE_TUPLE, packet(ipv4(A, B).fragment(8, true), udp(1, 2)));
            FiveTuple tcp = flow(FlowScope.THREE_TUPLE, packet(ipv4(A, B), tcp(1, 2)));
            assertThat(one.isSameFlow(other)).isTrue();
            assertThat(one.isSameFlow(part)).isTrue();
            assertThat(one.isSameFlow(tcp)).isFalse();
            assertThat(line(one)).isEqualTo("17: " + A + " 1 > " + B + " 2");
            assertThat(line(other)).isEqualTo("17: " + B + " 4 > " + A + " 3");
        }

        @Test
        void ofTwoLeavesPortsAndProtocolOut() {
            FiveTuple one = flow(FlowScope.TWO_TUPLE, packet(ipv4(A, B), udp(1, 2)));
            FiveTuple other = flow(FlowScope.TWO_TUPLE, packet(ipv4(B, A), tcp(4, 3)));
            FiveTuple six = flow(FlowScope.TWO_TUPLE, packet(ipv6("::" + A, "::" + B), udp(1, 2)));
            assertThat(one.isSameFlow(other)).isTrue();
            assertThat(one.isSameFlow(six)).isFalse();
            assertThat(other.protocol()).isEqualTo(6);
            assertThat(other.sourcePort()).isEqualTo(4);
        }

        @Test
        void ofThreeHasNoOrderBetweenEqualAddresses() {
            FiveTuple tuple = flow(FlowScope.THREE_TUPLE, packet(ipv4(A, A), udp(9, 2)));
            assertThat(tuple.isSourceLower()).isTrue();
            assertThat(line(tuple)).isEqualTo("17: " + A + " 9 > " + A + " 2");
        }
    }

    @Nested
    class Malformed {
        @ParameterizedTest(name = "{0} -> {1}")
        @CsvSource({
            "'',                                         EMPTY_PACKET",
            "00,                                         UNSUPPORTED_IP_VERSION",
            "30,                                         UNSUPPORTED_IP_VERSION",
            "50,                                         UNSUPPORTED_IP_VERSION",
            "f0,                                         UNSUPPORTED_IP_VERSION",
            "5500001400000000000000000a0000010a000002,   UNSUPPORTED_IP_VERSION",
            "7500001400000000000000000a0000010a000002,   UNSUPPORTED_IP_VERSION",
            "45,                                         TRUNCATED_IPV4_HEADER",
            "4500001400000000000000000a0000010a0000,     TRUNCATED_IPV4_HEADER",
            "4400001400000000000000000a0000010a000002,   BAD_IPV4_HEADER_LENGTH",
            "4000001400000000000000000a0000010a000002,   BAD_IPV4_HEADER_LENGTH",
            "4500001300000000000000000a0000010a000002,   BAD_IPV4_TOTAL_LENGTH",
            "4500000000000000000000000a0000010a000002,   BAD_IPV4_TOTAL_LENGTH",
            "4600001400000000000000000a0000010a000002,   BAD_IPV4_TOTAL_LENGTH",
            "4600001800000000000000000a0000010a000002,   TRUNCATED_IPV4_PACKET",
            "4500001500000000000000000a0000010a000002,   TRUNCATED_IPV4_PACKET",
            "4500ffff00000000000000000a0000010a000002,   TRUNCATED_IPV4_PACKET",
            "4500001400000000000000000a0000010a000002,   OK",
            "60,                                         TRUNCATED_IPV6_HEADER",
            "600000000000000000000000000000000000000000, TRUNCATED_IPV6_HEADER",
        })
        void namesTheFirstViolation(String hex, FlowStatus expected) {
            assertThat(status(Hex.bytes(hex))).isEqualTo(expected);
        }

        @Test
        void namesAnIpv6PayloadThatIsCut() {
            byte[] whole = packet(ipv6(A6, B6), udp(1, 2));
            assertThat(status(cut(whole, 39))).isEqualTo(FlowStatus.TRUNCATED_IPV6_HEADER);
            for (int length = 40; length < whole.length; length++) {
                assertThat(status(cut(whole, length))).isEqualTo(FlowStatus.TRUNCATED_IPV6_PACKET);
            }
        }

        @Test
        void detachesTheView() {
            FiveTuple tuple = flow(packet(ipv4(A, B), udp(1, 2)));
            ByteBuf cut = Unpooled.wrappedBuffer(Hex.bytes("45"));
            assertThat(tuple.wrap(cut, 0, 1)).isEqualTo(FlowStatus.TRUNCATED_IPV4_HEADER);
            assertReadsThrow(tuple);
        }

        @Test
        void detachesTheViewHoweverFarItWasRead() {
            FiveTuple tuple = flow(packet(ipv4(A, B), udp(1, 2)));
            byte[] late = packet(ipv4(A, B).totalLength(27), udp(1, 2));
            tuple.wrap(Unpooled.wrappedBuffer(late), 0, late.length);
            assertReadsThrow(tuple);
        }

        @Test
        void isNothingThatAViewStartsWith() {
            assertReadsThrow(new FiveTuple());
        }

        private void assertReadsThrow(FiveTuple tuple) {
            assertThatThrownBy(tuple::protocol).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(tuple::isIpv6).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(tuple::hasPorts).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(tuple::sourcePort).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(tuple::destinationPort)
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(tuple::sourceHigh).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(tuple::sourceLow).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(tuple::destinationHigh)
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(tuple::destinationLow).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(tuple::isSourceLower).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(tuple::isFragment).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(tuple::isQuoted).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(tuple::isIcmpError).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(tuple::isMisdirected).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(tuple::transportProtocol)
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(tuple::transportOffset)
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(tuple::transportLength)
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(tuple::tcpFlags).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> tuple.isSameFlow(tuple))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(tuple::isPartial).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(tuple::buffer).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(tuple::packetOffset).isInstanceOf(IndexOutOfBoundsException.class);
        }

        @ParameterizedTest
        @CsvSource({"-1, 20", "0, -1", "0, 29", "9, 20", "2147483647, 1", "1, 2147483647"})
        void isNotARangeOutsideTheBuffer(int offset, int length) {
            ByteBuf buffer = Unpooled.wrappedBuffer(packet(ipv4(A, B), udp(1, 2)));
            assertThatThrownBy(() -> new FiveTuple().wrap(buffer, offset, length))
                    .isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessageContaining("[" + offset + ", " + offset + " + " + length + ")")
                    .hasMessageContaining("28");
        }
    }

    @Nested
    class CutByACapture {
        private final FiveTuple tuple = new FiveTuple();

        private FlowStatus wrap(byte[] whole, int kept, int wireLength) {
            return tuple.wrap(Unpooled.wrappedBuffer(cut(whole, kept)), 0, kept, wireLength);
        }

        @Test
        void isReadAsFarAsTheKeyNeeds() {
            byte[] four = packet(ipv4(A, B).options("01010101"), tcp(1, 2), payload(counting(99)));
            byte[] six = packet(ipv6(A6, B6), tcp(1, 2), payload(counting(99)));
            assertThat(wrap(four, 44, four.length)).isEqualTo(FlowStatus.OK);
            assertThat(line(tuple)).isEqualTo("6: " + A + " 1 > " + B + " 2");
            assertThat(tuple.transportLength()).isEqualTo(20);
            assertThat(wrap(six, 60, six.length)).isEqualTo(FlowStatus.OK);
            assertThat(line(tuple)).isEqualTo("6: " + A6 + " 1 > " + B6 + " 2");
            assertThat(tuple.transportLength()).isEqualTo(20);
            assertThat(wrap(four, 43, four.length)).isEqualTo(FlowStatus.TRUNCATED_TCP_HEADER);
            assertThat(wrap(four, 24, four.length)).isEqualTo(FlowStatus.TRUNCATED_TCP_HEADER);
            assertThat(wrap(four, 23, four.length)).isEqualTo(FlowStatus.TRUNCATED_IPV4_PACKET);
            assertThat(wrap(six, 59, six.length)).isEqualTo(FlowStatus.TRUNCATED_TCP_HEADER);
        }

        @Test
        void isHeldAgainstTheLengthThatItHad() {
            byte[] four = packet(ipv4(A, B), tcp(1, 2), payload(counting(99)));
            byte[] six = packet(ipv6(A6, B6), tcp(1, 2), payload(counting(99)));
            assertThat(wrap(four, 60, four.length - 1)).isEqualTo(FlowStatus.TRUNCATED_IPV4_PACKET);
            assertThat(wrap(six, 60, six.length - 1)).isEqualTo(FlowStatus.TRUNCATED_IPV6_PACKET);
            assertThat(wrap(four, 60, Integer.MAX_VALUE)).isEqualTo(FlowStatus.OK);
        }

        @Test
        void wasNotShorter() {
            byte[] four = packet(ipv4(A, B), tcp(1, 2));
            assertThatThrownBy(() -> wrap(four, 40, 39))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("39");
        }
    }

    @Nested
    class FromFields {
        private final FiveTuple tuple = new FiveTuple();

        @Test
        void equalsThePacket() {
            FiveTuple four = flow(packet(ipv4(A, B), udp(5, 4)));
            assertThat(tuple.setIpv4(0x36e63e3c, 0x0a011565, 17, 4, 5).isSameFlow(four)).isTrue();
            assertThat(line(tuple)).isEqualTo("17: " + B + " 4 > " + A + " 5");
            FiveTuple six = flow(packet(ipv6("1::2", "3::4"), tcp(5, 4)));
            long one = 0x1_0000_0000_0000L;
            assertThat(tuple.setIpv6(3 * one, 4, one, 2, 6, 4, 5).isSameFlow(six)).isTrue();
            assertThat(line(tuple)).isEqualTo("6: 3:0:0:0:0:0:0:4 4 > 1:0:0:0:0:0:0:2 5");
            assertThat(tuple.isSourceLower()).isFalse();
        }

        /** Whichever side sent it, with ports and without; and the other may change then. */
        @Test
        void equalsAnother() {
            byte[][] packets = {
                packet(ipv4(A, B), udp(4, 5)),
                packet(ipv4(B, A), udp(5, 4)),
                packet(ipv6("1::2", "3::4"), tcp(5, 4)),
                packet(ipv6("::4", "::2"), gre())
            };
            for (byte[] bytes : packets) {
                FiveTuple other = flow(bytes);
                assertThat(tuple.set(other)).isSameAs(tuple);
                assertThat(tuple.isSameFlow(other)).isTrue();
                assertThat(line(tuple)).isEqualTo(line(other));
                assertThat(tuple.isSourceLower()).isEqualTo(other.isSourceLower());
                assertThat(tuple.hasPorts()).isEqualTo(other.hasPorts());
                assertThat(tuple.isIpv6()).isEqualTo(other.isIpv6());
                assertThatThrownBy(tuple::transportOffset)
                        .isInstanceOf(IndexOutOfBoundsException.class);
                String before = line(tuple);
                other.setIpv4(1, 2, 3);
                assertThat(line(tuple)).isEqualTo(before);
            }
            assertThatThrownBy(() -> tuple.set(new FiveTuple()))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }

        @Test
        void equalsThePacketWithoutPorts() {
            FiveTuple four = flow(packet(ipv4("255.0.0.1", B), gre()));
            assertThat(tuple.setIpv4(0xff000001, 0x36e63e3c, 47).isSameFlow(four)).isTrue();
            assertThat(tuple.hasPorts()).isFalse();
            FiveTuple six = flow(packet(ipv6("::2", "::4"), gre()));
            assertThat(tuple.setIpv6(0, 4, 0, 2, 47).isSameFlow(six)).isTrue();
        }

        @Test
        void hasNoPacket() {
            tuple.setIpv4(1, 2, 6, 3, 4);
            assertThat(tuple.tcpFlags()).isZero();
            assertThatThrownBy(tuple::transportOffset)
                    .isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessageContaining("no packet");
            assertThatThrownBy(tuple::buffer)
                    .isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessageContaining("no packet");
            assertThatThrownBy(tuple::packetOffset)
                    .isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessageContaining("no packet");
        }

        @ParameterizedTest
        @CsvSource({
            "-1, 0, 0, protocol -1",
            "256, 0, 0, protocol 256",
            "6, -1, 0, source port -1",
            "6, 65536, 0, source port 65536",
            "6, 0, -1, destination port -1",
            "6, 0, 65536, destination port 65536",
        })
        void refusesNumbersOutOfRange(int protocol, int source, int destination, String message) {
            tuple.setIpv4(1, 2, 6, 3, 4);
            assertThatThrownBy(() -> tuple.setIpv4(1, 2, protocol, source, destination))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(message);
            assertIsDetached();
            tuple.setIpv6(1, 2, 3, 4, 6, 3, 4);
            assertThatThrownBy(() -> tuple.setIpv6(1, 2, 3, 4, protocol, source, destination))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(message);
            assertIsDetached();
        }

        @ParameterizedTest
        @ValueSource(ints = {-1, 256})
        void refusesProtocolsOutOfRange(int protocol) {
            tuple.setIpv4(1, 2, 6);
            assertThatThrownBy(() -> tuple.setIpv4(1, 2, protocol))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("protocol " + protocol);
            assertIsDetached();
            tuple.setIpv6(1, 2, 3, 4, 6);
            assertThatThrownBy(() -> tuple.setIpv6(1, 2, 3, 4, protocol))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("protocol " + protocol);
            assertIsDetached();
        }

        private void assertIsDetached() {
            assertThatThrownBy(tuple::protocol).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(tuple::keyWord).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }
}
