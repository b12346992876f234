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
import static io.github.geneve4j.testkit.Packets.echoRequest;
import static io.github.geneve4j.testkit.Packets.echoRequestV6;
import static io.github.geneve4j.testkit.Packets.fragment;
import static io.github.geneve4j.testkit.Packets.hopByHop;
import static io.github.geneve4j.testkit.Packets.icmp;
import static io.github.geneve4j.testkit.Packets.icmpv6;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.testkit.Fragments;
import io.github.geneve4j.testkit.Hex;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The flows of packets that do not show their own ports: fragments, and ICMP errors. */
class FragmentAndQuoteTest {
    private static final String A = "10.1.21.101";
    private static final String B = "54.230.62.60";
    private static final String ROUTER = "203.0.113.1";
    private static final String A6 = "2001:db8:0:0:0:0:0:a";
    private static final String B6 = "2001:db8:0:0:0:0:0:b";
    private static final String ROUTER6 = "2001:db8:1:0:0:0:0:1";

    @Nested
    class Fragmented {
        @Test
        void datagramHasOneKey() {
            byte[] whole = packet(ipv4(A, B).options("01"), udp(1, 2), payload(counting(100)));
            List<byte[]> fragments = Fragments.ipv4(whole, 24);
            assertThat(fragments).hasSize(5);
            FiveTuple first = flow(fragments.get(0));
            for (byte[] bytes : fragments) {
                FiveTuple tuple = flow(bytes);
                assertThat(tuple.isFragment()).isTrue();
                assertThat(line(tuple)).isEqualTo("17: " + A + " > " + B);
                assertThat(tuple.isSameFlow(first)).isTrue();
                assertThat(tuple.transportOffset()).isEqualTo(24);
                assertThat(tuple.transportLength()).isEqualTo(bytes.length - 24);
            }
            assertThat(first.isSameFlow(flow(whole))).isFalse();
        }

        @Test
        void ipv6DatagramHasOneKey() {
            byte[] whole = packet(ipv6(A6, B6), udp(1, 2), payload(counting(100)));
            List<byte[]> fragments = Fragments.ipv6(whole, 0xcafebabe, 24);
            assertThat(fragments).hasSize(5);
            for (byte[] bytes : fragments) {
                FiveTuple tuple = flow(bytes);
                assertThat(tuple.isFragment()).isTrue();
                assertThat(line(tuple)).isEqualTo("17: " + A6 + " > " + B6);
                assertThat(tuple.transportOffset()).isEqualTo(48);
            }
        }

        @Test
        void ipv6DatagramWithOptionsInTheFragmentsHasOneKey() {
            byte[] whole =
                    packet(ipv6(A6, B6), destinationOptions(32), udp(1, 2), payload(counting(100)));
            for (byte[] bytes : Fragments.ipv6(whole, 1, 16)) {
                assertThat(line(flow(bytes))).isEqualTo("60: " + A6 + " > " + B6);
            }
        }

        @Test
        void headerBehindOtherExtensionsIsFound() {
            byte[] later = packet(ipv6(A6, B6), hopByHop(8), fragment(8, false, 5).nextHeader(6));
            assertThat(line(flow(later))).isEqualTo("6: " + A6 + " > " + B6);
            assertThat(flow(later).isFragment()).isTrue();
        }

        @Test
        void bitsDecideEachAlone() {
            assertThat(flow(packet(ipv4(A, B).fragment(0, true), udp(1, 2))).isFragment()).isTrue();
            assertThat(flow(packet(ipv4(A, B).fragment(8, false), udp(1, 2))).isFragment())
                    .isTrue();
            assertThat(flow(packet(ipv4(A, B).fragment(65528, false), udp(1, 2))).isFragment())
                    .isTrue();
            assertThat(flow(packet(ipv4(A, B).dontFragment(), udp(1, 2))).isFragment()).isFalse();
            assertThat(flow(packet(ipv6(A6, B6), fragment(0, true, 5), udp(1, 2))).isFragment())
                    .isTrue();
            assertThat(flow(packet(ipv6(A6, B6), fragment(8, false, 5), udp(1, 2))).isFragment())
                    .isTrue();
        }

        @Test
        void reservedBitsDoNotCount() {
            byte[] four = packet(ipv4(A, B), udp(1, 2));
            four[6] |= (byte) 0x80;
            assertThat(flow(four).isFragment()).isFalse();
            byte[] six = packet(ipv6(A6, B6), fragment(0, false, 5), udp(1, 2));
            six[43] |= 6;
            six[41] = (byte) 0xff;
            assertThat(flow(six).isFragment()).isFalse();
            assertThat(flow(six).hasPorts()).isTrue();
        }

        @Test
        void firstFragmentNeedsNoWholeTransport() {
            assertThat(line(flow(packet(ipv4(A, B).fragment(0, true).protocol(6), payload("01")))))
                    .isEqualTo("6: " + A + " > " + B);
            assertThat(flow(packet(ipv4(A, B).fragment(0, true), tcp(1, 2))).tcpFlags()).isZero();
        }

        @Test
        void icmpErrorIsAFragmentFirst() {
            byte[] error =
                    packet(
                            ipv4(ROUTER, A).fragment(0, true),
                            icmp(3, 1),
                            payload(packet(ipv4(A, B), udp(1, 2))));
            assertThat(line(flow(error))).isEqualTo("1: " + ROUTER + " > " + A);
            assertThat(flow(error).isIcmpError()).isFalse();
        }
    }

    @Nested
    class Quoted {
        private final byte[] request = packet(ipv4(A, B), tcp(43210, 443), payload(counting(9)));
        private final byte[] request6 = packet(ipv6(A6, B6), tcp(43210, 443), payload(counting(9)));

        @ParameterizedTest
        @ValueSource(ints = {3, 4, 5, 11, 12})
        void errorIsOfTheFlow(int type) {
            for (int length = 28; length <= request.length; length++) {
                FiveTuple error =
                        flow(packet(ipv4(ROUTER, A), icmp(type, 1), payload(cut(request, length))));
                assertThat(line(error)).isEqualTo("6: " + B + " 443 > " + A + " 43210");
                assertThat(error.isQuoted()).isTrue();
                assertThat(error.isIcmpError()).isTrue();
                assertThat(error.isMisdirected()).isFalse();
                assertThat(error.isFragment()).isFalse();
                assertThat(error.isSameFlow(flow(request))).isTrue();
                assertThat(error.isSourceLower()).isNotEqualTo(flow(request).isSourceLower());
                assertThat(error.transportProtocol()).isEqualTo(1);
                assertThat(error.transportOffset()).isEqualTo(20);
                assertThat(error.transportLength()).isEqualTo(8 + length);
                assertThat(error.tcpFlags()).isZero();
            }
        }

        @ParameterizedTest
        @ValueSource(ints = {0, 1, 2, 3, 4, 100, 127})
        void ipv6ErrorIsOfTheFlow(int type) {
            FiveTuple error =
                    flow(
                            packet(
                                    ipv6(ROUTER6, A6),
                                    hopByHop(8),
                                    icmpv6(type, 0),
                                    payload(request6)));
            assertThat(line(error)).isEqualTo("6: " + B6 + " 443 > " + A6 + " 43210");
            assertThat(error.isQuoted()).isTrue();
            assertThat(error.isMisdirected()).isFalse();
            assertThat(error.isSameFlow(flow(request6))).isTrue();
            assertThat(error.transportProtocol()).isEqualTo(58);
            assertThat(error.transportOffset()).isEqualTo(48);
        }

        @Test
        void portsMayStandBehindOptionsAndExtensions() {
            byte[] four = packet(ipv4(A, B).options("01".repeat(40)), udp(1, 2));
            assertThat(line(flow(packet(ipv4(B, A), icmp(3, 3), payload(four)))))
                    .isEqualTo("17: " + B + " 2 > " + A + " 1");
            byte[] six = packet(ipv6(A6, B6), hopByHop(8), authentication(16), udp(1, 2));
            assertThat(line(flow(packet(ipv6(B6, A6), icmpv6(1, 4), payload(six)))))
                    .isEqualTo("17: " + B6 + " 2 > " + A6 + " 1");
        }

        @Test
        void echoIsOfItsFlow() {
            byte[] ping = packet(ipv4(A, B), echoRequest(77, 1), payload(counting(4)));
            FiveTuple error = flow(packet(ipv4(ROUTER, A), icmp(11, 0), payload(cut(ping, 28))));
            assertThat(line(error)).isEqualTo("1: " + B + " 77 > " + A + " 77");
            assertThat(error.isSameFlow(flow(packet(ipv4(B, A), echoReply(77, 1))))).isTrue();
            assertThat(line(flow(packet(ipv4(ROUTER, A), icmp(11, 0), payload(cut(ping, 26))))))
                    .isEqualTo("1: " + B + " 77 > " + A + " 77");
            assertThat(line(flow(packet(ipv4(ROUTER, A), icmp(11, 0), payload(cut(ping, 25))))))
                    .isEqualTo("1: " + B + " > " + A);

            byte[] ping6 = packet(ipv6(A6, B6), echoRequestV6(0x8001, 1));
            assertThat(line(flow(packet(ipv6(ROUTER6, A6), icmpv6(3, 0), payload(ping6)))))
                    .isEqualTo("58: " + B6 + " 32769 > " + A6 + " 32769");
        }

        @Test
        void shortQuoteKeepsAddressesAndProtocol() {
            for (int length = 20; length < 24; length++) {
                FiveTuple error =
                        flow(packet(ipv4(ROUTER, A), icmp(3, 1), payload(cut(request, length))));
                assertThat(line(error)).isEqualTo("6: " + B + " > " + A);
                assertThat(error.isQuoted()).isTrue();
            }
            assertThat(
                            flow(packet(ipv4(ROUTER, A), icmp(3, 1), payload(cut(request, 24))))
                                    .hasPorts())
                    .isTrue();
            byte[] options = packet(ipv4(A, B).options("01".repeat(8)), udp(1, 2));
            assertThat(line(flow(packet(ipv4(ROUTER, A), icmp(3, 1), payload(cut(options, 22))))))
                    .isEqualTo("17: " + B + " > " + A);
            for (int length = 40; length < 44; length++) {
                FiveTuple error =
                        flow(
                                packet(
                                        ipv6(ROUTER6, A6),
                                        icmpv6(1, 0),
                                        payload(cut(request6, length))));
                assertThat(line(error)).isEqualTo("6: " + B6 + " > " + A6);
            }
        }

        @Test
        void chainCutShortNamesTheHeaderThatIsMissing() {
            byte[] chained = packet(ipv6(A6, B6), hopByHop(8), authentication(16), udp(1, 2));
            FiveTuple error =
                    flow(packet(ipv6(ROUTER6, A6), icmpv6(1, 0), payload(cut(chained, 50))));
            assertThat(line(error)).isEqualTo("51: " + B6 + " > " + A6);
        }

        @Test
        void chainTooLongHasNoPorts() {
            byte[] most = Hex.bytes("3c00000000000000".repeat(15) + "0600000000000000");
            byte[] transport = packet(tcp(1, 2));
            byte[] quote = packet(ipv6(A6, B6).nextHeader(60), payload(concat(most, transport)));
            assertThat(line(flow(packet(ipv6(ROUTER6, A6), icmpv6(1, 0), payload(quote)))))
                    .isEqualTo("6: " + B6 + " 2 > " + A6 + " 1");
            byte[] tooMany =
                    packet(
                            ipv6(A6, B6).nextHeader(60),
                            destinationOptions(8).nextHeader(60),
                            payload(concat(most, transport)));
            FiveTuple error = flow(packet(ipv6(ROUTER6, A6), icmpv6(1, 0), payload(tooMany)));
            assertThat(line(error)).isEqualTo("60: " + B6 + " > " + A6);
            assertThat(error.isQuoted()).isTrue();
        }

        @Test
        void quoteWithoutIpHeaderLeavesTheErrorItself() {
            for (int length = 0; length < 20; length++) {
                FiveTuple error =
                        flow(packet(ipv4(ROUTER, A), icmp(3, 1), payload(cut(request, length))));
                assertThat(line(error)).isEqualTo("1: " + ROUTER + " > " + A);
                assertThat(error.isQuoted()).isFalse();
                assertThat(error.isIcmpError()).isTrue();
            }
            for (int length = 0; length < 40; length++) {
                FiveTuple error =
                        flow(
                                packet(
                                        ipv6(ROUTER6, A6),
                                        icmpv6(1, 1),
                                        payload(cut(request6, length))));
                assertThat(line(error)).isEqualTo("58: " + ROUTER6 + " > " + A6);
                assertThat(error.isQuoted()).isFalse();
                assertThat(error.isIcmpError()).isTrue();
            }
        }

        @Test
        void quoteThatIsNoPacketLeavesTheErrorItself() {
            assertThat(line(flow(packet(ipv4(ROUTER, A), icmp(3, 1), payload(request6)))))
                    .isEqualTo("1: " + ROUTER + " > " + A);
            byte[] badLength = packet(ipv4(A, B).headerWords(4), udp(1, 2));
            assertThat(line(flow(packet(ipv4(ROUTER, A), icmp(3, 1), payload(badLength)))))
                    .isEqualTo("1: " + ROUTER + " > " + A);
            assertThat(line(flow(packet(ipv6(ROUTER6, A6), icmpv6(1, 1), payload(request)))))
                    .isEqualTo("58: " + ROUTER6 + " > " + A6);
        }

        /** RFC 1122 §3.2.2, RFC 4443 §2.1. */
        @Test
        void typeTellsAnErrorThatQuotesNothing() {
            assertThat(
                            IntStream.rangeClosed(0, 255)
                                    .filter(
                                            type ->
                                                    flow(packet(ipv4(ROUTER, A), icmp(type, 0)))
                                                            .isIcmpError()))
                    .containsExactly(3, 4, 5, 11, 12);
            assertThat(
                            IntStream.rangeClosed(0, 255)
                                    .filter(
                                            type ->
                                                    flow(packet(ipv6(ROUTER6, A6), icmpv6(type, 0)))
                                                            .isIcmpError()))
                    .containsExactlyElementsOf(IntStream.range(0, 128).boxed().toList());
        }

        @Test
        void icmpOfTheOtherVersionIsNoError() {
            byte[] redirect = packet(icmp(5, 1), payload(request));
            assertThat(
                            flow(packet(ipv6(ROUTER6, A6).nextHeader(1), payload(redirect)))
                                    .isIcmpError())
                    .isFalse();
            assertThat(flow(packet(ipv4(ROUTER, A).protocol(58), payload(redirect))).isIcmpError())
                    .isFalse();
        }

        /** An extension structure with one object, which would read as ports (RFC 4884 §7). */
        private final byte[] extension = Hex.bytes("2000dfff 00080101 12345678");

        @ParameterizedTest
        @ValueSource(ints = {3, 11, 12})
        void statedLengthEndsTheQuote(int type) {
            for (int words = 1; words < 8; words++) {
                byte[] quote = concat(cut(request, words * 4), extension);
                FiveTuple error =
                        flow(
                                packet(
                                        ipv4(ROUTER, A),
                                        icmp(type, 0).rest(words << 16),
                                        payload(quote)));
                assertThat(line(error))
                        .isEqualTo(
                                words < 5
                                        ? "1: " + ROUTER + " > " + A
                                        : words == 5
                                                ? "6: " + B + " > " + A
                                                : "6: " + B + " 443 > " + A + " 43210");
                assertThat(error.isQuoted()).isEqualTo(words >= 5);
                assertThat(error.isIcmpError()).isTrue();
                assertThat(error.transportLength()).isEqualTo(8 + quote.length);
            }
        }

        @ParameterizedTest
        @ValueSource(ints = {1, 3})
        void statedLengthEndsAnIpv6Quote(int type) {
            for (int longs = 1; longs < 8; longs++) {
                byte[] quote = concat(cut(request6, longs * 8), extension);
                FiveTuple error =
                        flow(
                                packet(
                                        ipv6(ROUTER6, A6),
                                        icmpv6(type, 0).rest(longs << 24),
                                        payload(quote)));
                assertThat(line(error))
                        .isEqualTo(
                                longs < 5
                                        ? "58: " + ROUTER6 + " > " + A6
                                        : longs == 5
                                                ? "6: " + B6 + " > " + A6
                                                : "6: " + B6 + " 443 > " + A6 + " 43210");
            }
        }

        @Test
        void statedLengthEndsAChain() {
            byte[] chained = packet(ipv6(A6, B6), destinationOptions(8), udp(1, 2));
            byte[] quote = concat(cut(chained, 48), extension);
            FiveTuple error =
                    flow(packet(ipv6(ROUTER6, A6), icmpv6(3, 0).rest(6 << 24), payload(quote)));
            assertThat(line(error)).isEqualTo("17: " + B6 + " > " + A6);
        }

        @Test
        void paddingIsNotRead() {
            byte[] padding = new byte[128];
            byte[] four = concat(packet(ipv4(A, B).protocol(17), payload("1234")), padding);
            FiveTuple error =
                    flow(
                            packet(
                                    ipv4(ROUTER, A),
                                    icmp(11, 0).rest(32 << 16),
                                    payload(cut(four, 128)),
                                    payload(extension)));
            assertThat(line(error)).isEqualTo("17: " + B + " > " + A);
            byte[] six = concat(packet(ipv6(A6, B6).nextHeader(17), payload("1234")), padding);
            FiveTuple error6 =
                    flow(
                            packet(
                                    ipv6(ROUTER6, A6),
                                    icmpv6(3, 0).rest(16 << 24),
                                    payload(cut(six, 128)),
                                    payload(extension)));
            assertThat(line(error6)).isEqualTo("17: " + B6 + " > " + A6);
        }

        @Test
        void paddedQuoteShowsItsPorts() {
            byte[] four = concat(request, new byte[128]);
            assertThat(
                            line(
                                    flow(
                                            packet(
                                                    ipv4(ROUTER, A),
                                                    icmp(11, 0).rest(32 << 16),
                                                    payload(cut(four, 128)),
                                                    payload(extension)))))
                    .isEqualTo("6: " + B + " 443 > " + A + " 43210");
            byte[] six = concat(request6, new byte[128]);
            assertThat(
                            line(
                                    flow(
                                            packet(
                                                    ipv6(ROUTER6, A6),
                                                    icmpv6(3, 0).rest(16 << 24),
                                                    payload(cut(six, 128)),
                                                    payload(extension)))))
                    .isEqualTo("6: " + B6 + " 443 > " + A6 + " 43210");
        }

        @Test
        void statedLengthBeyondTheErrorIsHarmless() {
            byte[] error =
                    packet(ipv4(ROUTER, A), icmp(3, 1).rest(255 << 16), payload(cut(request, 22)));
            assertThat(line(flow(error))).isEqualTo("6: " + B + " > " + A);
        }

        @Test
        void statedLengthOfAQuoteThatIsNotThereIsHarmless() {
            assertThat(line(flow(packet(ipv4(ROUTER, A), icmp(3, 1).rest(5 << 16)))))
                    .isEqualTo("1: " + ROUTER + " > " + A);
            assertThat(line(flow(packet(ipv6(ROUTER6, A6), icmpv6(1, 1).rest(5 << 24)))))
                    .isEqualTo("58: " + ROUTER6 + " > " + A6);
        }

        @Test
        void otherBitsAreNoLength() {
            // A source quench, a redirect's gateway, a next-hop MTU and a pointer
            for (int rest : new int[] {0x00010000, 0xffffffff}) {
                assertThat(flow(packet(ipv4(ROUTER, A), icmp(4, 0).rest(rest), payload(request))))
                        .matches(FiveTuple::hasPorts);
                assertThat(flow(packet(ipv4(ROUTER, A), icmp(5, 0).rest(rest), payload(request))))
                        .matches(FiveTuple::hasPorts);
            }
            assertThat(flow(packet(ipv4(ROUTER, A), icmp(3, 4).rest(0x05dc), payload(request))))
                    .matches(FiveTuple::hasPorts);
            assertThat(
                            flow(
                                    packet(
                                            ipv4(ROUTER, A),
                                            icmp(12, 0).rest(0x01000000),
                                            payload(request))))
                    .matches(FiveTuple::hasPorts);
            for (int type : new int[] {2, 4}) {
                assertThat(
                                flow(
                                        packet(
                                                ipv6(ROUTER6, A6),
                                                icmpv6(type, 0).rest(0x01000000),
                                                payload(request6))))
                        .matches(FiveTuple::hasPorts);
            }
            assertThat(
                            flow(
                                    packet(
                                            ipv6(ROUTER6, A6),
                                            icmpv6(1, 0).rest(0x00ffffff),
                                            payload(request6))))
                    .matches(FiveTuple::hasPorts);
        }

        @Test
        void fragmentIsOfTheKeyOfAllFragments() {
            byte[] whole = packet(ipv4(A, B), udp(1, 2), payload(counting(100)));
            for (byte[] bytes : Fragments.ipv4(whole, 48)) {
                FiveTuple error = flow(packet(ipv4(ROUTER, A), icmp(3, 4), payload(bytes)));
                assertThat(line(error)).isEqualTo("17: " + B + " > " + A);
                assertThat(error.isQuoted()).isTrue();
                assertThat(error.isFragment()).isFalse();
                assertThat(error.isSameFlow(flow(bytes))).isTrue();
            }
            byte[] whole6 = packet(ipv6(A6, B6), udp(1, 2), payload(counting(100)));
            for (byte[] bytes : Fragments.ipv6(whole6, 7, 48)) {
                FiveTuple error = flow(packet(ipv6(ROUTER6, A6), icmpv6(2, 0), payload(bytes)));
                assertThat(error.isSameFlow(flow(bytes))).isTrue();
                assertThat(error.hasPorts()).isFalse();
            }
        }

        @Test
        void lengthsInsideTheQuoteAreNotTrusted() {
            byte[] odd = packet(ipv4(A, B).totalLength(0x2800), udp(1, 2));
            assertThat(line(flow(packet(ipv4(ROUTER, A), icmp(3, 1), payload(odd)))))
                    .isEqualTo("17: " + B + " 2 > " + A + " 1");
        }

        @Test
        void errorAboutAnErrorIsNotFollowed() {
            byte[] error = packet(ipv4(ROUTER, A), icmp(3, 1), payload(request));
            assertThat(line(flow(packet(ipv4("9.9.9.9", ROUTER), icmp(3, 1), payload(error)))))
                    .isEqualTo("1: " + A + " > " + ROUTER);
        }

        @Test
        void errorToSomebodyElseIsMarked() {
            FiveTuple error =
                    flow(packet(ipv4(ROUTER, "10.1.21.102"), icmp(3, 1), payload(request)));
            assertThat(error.isSameFlow(flow(request))).isTrue();
            assertThat(error.isMisdirected()).isTrue();
            FiveTuple high =
                    flow(packet(ipv6(ROUTER6, "2001:db8:1::a"), icmpv6(1, 1), payload(request6)));
            assertThat(high.isMisdirected()).isTrue();
            FiveTuple low =
                    flow(packet(ipv6(ROUTER6, "2001:db8::c"), icmpv6(1, 1), payload(request6)));
            assertThat(low.isMisdirected()).isTrue();
        }

        @Test
        void viewForgetsTheQuote() {
            FiveTuple tuple = flow(packet(ipv4(ROUTER, "10.0.0.1"), icmp(3, 1), payload(request)));
            byte[] plain = packet(ipv4(A, B), udp(1, 2));
            tuple.wrap(io.netty.buffer.Unpooled.wrappedBuffer(plain), 0, plain.length);
            assertThat(tuple.isQuoted()).isFalse();
            assertThat(tuple.isIcmpError()).isFalse();
            assertThat(tuple.isMisdirected()).isFalse();
            assertThat(tuple.transportProtocol()).isEqualTo(17);
        }

        @Test
        void truncatedErrorIsRefused() {
            assertThat(status(packet(ipv4(ROUTER, A).protocol(1), payload("03010000000000"))))
                    .isEqualTo(FlowStatus.TRUNCATED_ICMP_HEADER);
        }
    }
}
