package io.github.geneve4j.appliance.domain;

import static io.github.geneve4j.appliance.domain.QuicPackets.HANDSHAKE;
import static io.github.geneve4j.appliance.domain.QuicPackets.V1;
import static io.github.geneve4j.appliance.domain.QuicPackets.V2;
import static io.github.geneve4j.appliance.domain.QuicPackets.ZERO_RTT;
import static io.github.geneve4j.appliance.domain.QuicPackets.crypto;
import static io.github.geneve4j.appliance.domain.QuicPackets.hello;
import static io.github.geneve4j.appliance.domain.QuicPackets.initial;
import static io.github.geneve4j.appliance.domain.QuicPackets.other;
import static io.github.geneve4j.appliance.domain.QuicPackets.padding;
import static io.github.geneve4j.testkit.Packets.authentication;
import static io.github.geneve4j.testkit.Packets.destinationOptions;
import static io.github.geneve4j.testkit.Packets.fragment;
import static io.github.geneve4j.testkit.Packets.hopByHop;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.routing;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.appliance.Inspector;
import io.github.geneve4j.appliance.Verdict;
import io.github.geneve4j.appliance.Verdicts;
import io.github.geneve4j.appliance.firewall.FirewallControl;
import io.github.geneve4j.appliance.policy.PolicyReader;
import io.github.geneve4j.config.ConfigException;
import io.github.geneve4j.testkit.Fragments;
import io.github.geneve4j.testkit.Hex;
import io.github.geneve4j.testkit.Layer;
import io.github.geneve4j.testkit.UdpLayer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTP/3 through a firewall with a list of servers: what reaches them, and what does not. */
class QuicDomainInspectorTest {
    private static final String CLIENT = "10.1.0.10";
    private static final String SERVER = "93.184.216.34";
    private static final byte[] FIRST_ID = Hex.bytes("8394c8f03e515708");
    private static final byte[] OTHER_ID = Hex.bytes("0102030405060708");
    private static final byte[] SERVERS_ID = Hex.bytes("f067a5502a4262b5");
    private static final int BUFFERS = 1_100; // and some more than there are
    private static final byte[] SHORT_HEADER = Hex.bytes("40f067a5502a4262b501020304");
    private static final byte[] LONG_OF_SERVER = other(V1, HANDSHAKE, new byte[0], 30);

    private Inspector firewall = control(100).newFirewall();
    private int port = 50_000;

    @ParameterizedTest
    @ValueSource(ints = {V1, V2})
    void aListedServerIsReached(int version) {
        assertThat(
                        out(
                                initial(crypto(0, hello("www.ok.example", 0)), padding(1200))
                                        .version(version)
                                        .build()))
                .isEqualTo(Verdict.PASS);
        assertThat(in(LONG_OF_SERVER)).isEqualTo(Verdict.PASS);
        assertThat(out(other(version, HANDSHAKE, SERVERS_ID, 30))).isEqualTo(Verdict.PASS);
        assertThat(in(SHORT_HEADER)).isEqualTo(Verdict.PASS);
        assertThat(out(SHORT_HEADER)).isEqualTo(Verdict.PASS);
    }

    @Test
    void anotherIsNot() {
        assertThat(out(whole("www.bad.example"))).isEqualTo(Verdict.REJECT);
        assertThat(out(whole("www.bad.example"))).isEqualTo(Verdict.REJECT);
        assertThat(out(whole("www.ok.example"))).as("on the same ports").isEqualTo(Verdict.REJECT);
        assertThat(in(SHORT_HEADER)).isEqualTo(Verdict.DROP);
        assertThat(out(SHORT_HEADER)).isEqualTo(Verdict.REJECT);
        port++;
        assertThat(out(whole("www.ok.example"))).isEqualTo(Verdict.PASS);
    }

    /** One half of a hello, a packet of other keys so that it is forgotten, the other half. */
    @Test
    void keysDoNotChangeBeforeTheNameIsKnown() {
        byte[] hello = hello("www.bad.example", 700);
        byte[] begin = Arrays.copyOf(hello, 50);
        byte[] end = Arrays.copyOfRange(hello, 50, hello.length);
        assertThat(out(initial(crypto(0, begin), padding(1200)).build())).isEqualTo(Verdict.PASS);
        assertThat(out(initial(padding(1200)).destination(OTHER_ID).keys(OTHER_ID).build()))
                .isEqualTo(Verdict.REJECT);
        assertThat(out(initial(crypto(50, end), padding(1200)).number(1, 1).build()))
                .isEqualTo(Verdict.REJECT);
    }

    /** As when what was seen of the hello is forgotten, with the flow. */
    @Test
    void nobodyHasTheServersKeysBeforeTheNameIsKnown() {
        byte[] end = Arrays.copyOfRange(hello("www.bad.example", 700), 900, 1000);
        assertThat(out(initial(crypto(900, end), padding(1200)).build())).isEqualTo(Verdict.PASS);
        assertThat(out(other(V1, HANDSHAKE, SERVERS_ID, 30))).isEqualTo(Verdict.DROP);
        assertThat(out(SHORT_HEADER)).isEqualTo(Verdict.DROP);
    }

    /** As browsers send it: over two datagrams, the end before the beginning. */
    @Test
    void piecesAreReadAsOne() {
        for (String name : List.of("www.ok.example", "www.bad.example")) {
            port++;
            byte[] hello = hello(name, 700);
            byte[] begin = Arrays.copyOf(hello, 900);
            byte[] end = Arrays.copyOfRange(hello, 900, hello.length);
            assertThat(out(initial(crypto(900, end), padding(1200)).number(1, 1).build()))
                    .isEqualTo(Verdict.PASS);
            assertThat(out(other(V1, ZERO_RTT, FIRST_ID, 60))).isEqualTo(Verdict.PASS);
            assertThat(out(initial(crypto(0, begin), padding(1200)).build()))
                    .isEqualTo(name.contains("ok") ? Verdict.PASS : Verdict.REJECT);
        }
    }

    @Test
    void noTwoReadings() {
        byte[] good = hello("www.ok.example", 0);
        byte[] bad = hello("www.no.example", 0);
        byte[] begin = Arrays.copyOf(good, good.length - 8);
        assertThat(out(initial(crypto(0, begin), padding(1200)).build())).isEqualTo(Verdict.PASS);
        assertThat(out(initial(crypto(0, bad), padding(1200)).number(1, 1).build()))
                .isEqualTo(Verdict.REJECT);
        port++;
        assertThat(out(whole("www.ok.example"))).isEqualTo(Verdict.PASS);
        assertThat(out(initial(crypto(0, bad), padding(1200)).number(1, 1).build()))
                .as("while the server may not have got the first")
                .isEqualTo(Verdict.REJECT);
    }

    @Test
    void nothingOfAHandshakeComesAfterIt() {
        out(whole("www.ok.example"));
        in(SHORT_HEADER);
        byte[] bad =
                initial(crypto(0, hello("www.no.example", 0)), padding(1200)).number(1, 1).build();
        assertThat(out(bad)).isEqualTo(Verdict.DROP);
        assertThat(out(initial(Hex.bytes("0200000000"), padding(1200)).number(2, 1).build()))
                .as("a late acknowledgment")
                .isEqualTo(Verdict.PASS);
    }

    /** A further connection on the same ports has another name, and other keys. */
    @Test
    void eachConnectionIsJudged() {
        out(whole("www.ok.example"));
        in(SHORT_HEADER);
        assertThat(
                        out(
                                initial(crypto(0, hello("a.ok.example", 0)), padding(1200))
                                        .destination(OTHER_ID)
                                        .build()))
                .isEqualTo(Verdict.PASS);
        assertThat(out(SHORT_HEADER)).isEqualTo(Verdict.PASS);
        byte[] bad =
                initial(crypto(0, hello("www.bad.example", 0)), padding(1200))
                        .destination(FIRST_ID)
                        .build();
        assertThat(out(bad)).as("before the server has answered").isEqualTo(Verdict.DROP);
        in(SHORT_HEADER);
        assertThat(out(bad)).isEqualTo(Verdict.REJECT);
    }

    @Test
    void whatCannotBeOpenedReachesNobody() {
        byte[] damaged = whole("www.ok.example");
        damaged[300] ^= 1;
        assertThat(out(damaged)).isEqualTo(Verdict.DROP);
        byte[] unknown = whole("www.ok.example");
        unknown[4] = 9;
        assertThat(out(unknown)).as("another version").isEqualTo(Verdict.DROP);
        assertThat(out(SHORT_HEADER)).as("of no connection").isEqualTo(Verdict.DROP);
        assertThat(out(new byte[0])).isEqualTo(Verdict.DROP);
        assertThat(out(Hex.bytes("0001000000000000"))).as("no QUIC").isEqualTo(Verdict.DROP);
        assertThat(out(whole("www.ok.example")))
                .as("and then one that can")
                .isEqualTo(Verdict.PASS);
    }

    /** What the server drops is not what it was asked. */
    @Test
    void whatTheServerWouldNotReadDoesNotCount() {
        byte[] good = whole("www.ok.example");
        UdpLayer broken = udp(port, 443).wrongChecksum();
        assertThat(show(packet(ipv4(CLIENT, SERVER), broken, bytes(good)))).isEqualTo(Verdict.DROP);
        UdpLayer shorter = udp(port, 443).length(good.length);
        assertThat(show(packet(ipv4(CLIENT, SERVER), shorter, bytes(good))))
                .isEqualTo(Verdict.DROP);
        assertThat(out(whole("www.bad.example"))).isEqualTo(Verdict.REJECT);
    }

    @Test
    void fragmentsAreRefused() {
        byte[] whole = packet(ipv4(CLIENT, SERVER), udp(port, 443), bytes(whole("www.ok.example")));
        List<byte[]> fragments = Fragments.ipv4(whole, 800);
        assertThat(show(fragments.get(0))).isEqualTo(Verdict.REJECT);
        assertThat(show(fragments.get(1))).isEqualTo(Verdict.REJECT);
    }

    @Test
    void whatAServerBeginsIsRefused() {
        assertThat(in(SHORT_HEADER)).isEqualTo(Verdict.REJECT);
        assertThat(out(whole("www.ok.example"))).isEqualTo(Verdict.DROP);
    }

    @Test
    void otherPortsAreNobodysBusiness() {
        assertThat(show(packet(ipv4(CLIENT, SERVER), udp(port, 53), payload("01"))))
                .isEqualTo(Verdict.PASS);
        assertThat(
                        show(
                                packet(
                                        ipv4(CLIENT, SERVER),
                                        udp(port, 4433),
                                        bytes(whole("www.bad.example")))))
                .isEqualTo(Verdict.PASS);
    }

    /** After a HelloRetryRequest, which is a packet of the server's like any other. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aSecondMessageIsJudgedLikeTheFirst(boolean early) {
        for (String name : List.of("www.ok.example", "www.bad.example")) {
            port++;
            byte[] first = hello("www.ok.example", 0);
            byte[] second = hello(name, 0);
            int cut = second.length - 9;
            byte[] begin = Arrays.copyOf(second, cut);
            byte[] end = Arrays.copyOfRange(second, cut, second.length);
            byte[][] frames = {
                crypto(0, first), crypto(first.length, begin), crypto(first.length + cut, end)
            };
            int[] order = early ? new int[] {1, 0, 2} : new int[] {0, 1, 2};
            for (int i = 0; i < 2; i++) {
                byte[] frame = frames[order[i]];
                assertThat(out(initial(frame, padding(1200)).number(i, 1).build()))
                        .isEqualTo(Verdict.PASS);
                assertThat(in(LONG_OF_SERVER)).isEqualTo(Verdict.PASS);
            }
            assertThat(
                            out(
                                    initial(frames[order[2]], padding(1200))
                                            .destination(SERVERS_ID)
                                            .keys(FIRST_ID)
                                            .number(2, 1)
                                            .build()))
                    .isEqualTo(name.contains("ok") ? Verdict.PASS : Verdict.REJECT);
        }
    }

    /**
     * The end of a hello would pass as a part of another connection's second one, and its beginning
     * as that of a third connection's, when the first is forgotten.
     */
    @Test
    void noConnectionGoesOnInTheNameOfAnother() {
        byte[] bad = hello("www.bad.example", 300);
        byte[] good = hello("www1.ok.example", 300);
        int cut = 250;
        assertThat(Arrays.copyOf(good, cut)).isEqualTo(Arrays.copyOf(bad, cut));
        assertThat(hello("www.ok.example", 0)).hasSizeLessThan(cut);
        byte[] end = Arrays.copyOfRange(bad, cut, bad.length);

        assertThat(out(whole("www.ok.example"))).isEqualTo(Verdict.PASS);
        byte[] early = initial(crypto(cut, end), padding(1200)).destination(OTHER_ID).build();
        assertThat(out(early)).isEqualTo(Verdict.DROP);
        assertThat(in(SHORT_HEADER)).isEqualTo(Verdict.PASS);
        assertThat(out(early)).as("may begin now").isEqualTo(Verdict.PASS);
        assertThat(
                        out(
                                initial(crypto(0, Arrays.copyOf(bad, cut)), padding(1200))
                                        .destination(OTHER_ID)
                                        .number(1, 1)
                                        .build()))
                .isEqualTo(Verdict.REJECT);
    }

    /** RFC 9000 §17.2.5: keys of the first Retry's id; a client goes by no other one. */
    @ParameterizedTest
    @ValueSource(ints = {V1, QuicPackets.V2})
    void aRetryChangesTheKeys(int version) {
        byte[] hello = hello("www.ok.example", 700);
        byte[] begin = crypto(0, Arrays.copyOf(hello, 900));
        byte[] end = crypto(900, Arrays.copyOfRange(hello, 900, hello.length));
        assertThat(out(initial(begin, padding(1200)).version(version).build()))
                .isEqualTo(Verdict.PASS);
        assertThat(in(retry(version, OTHER_ID))).isEqualTo(Verdict.PASS);
        assertThat(in(retry(version, SERVERS_ID))).isEqualTo(Verdict.PASS);
        assertThat(out(initial(end, padding(1200)).version(version).number(1, 1).build()))
                .as("sent before the Retry came")
                .isEqualTo(Verdict.DROP);
        for (byte[] frame : List.of(begin, end)) {
            assertThat(
                            out(
                                    initial(frame, padding(1200))
                                            .version(version)
                                            .destination(OTHER_ID)
                                            .number(2, 1)
                                            .build()))
                    .isEqualTo(Verdict.PASS);
        }
        assertThat(out(other(version, HANDSHAKE, SERVERS_ID, 30))).isEqualTo(Verdict.PASS);
        assertThat(
                        out(
                                initial(begin, padding(1200))
                                        .version(version)
                                        .destination(SERVERS_ID)
                                        .build()))
                .as("of no Retry that counts")
                .isEqualTo(Verdict.DROP);
    }

    private static byte[] retry(int version, byte[] id) {
        byte[] bytes = other(version, QuicPackets.RETRY, new byte[0], 60);
        byte[] head = Arrays.copyOf(bytes, 6);
        byte[] ofServer = {(byte) id.length};
        return QuicPackets.concat(head, ofServer, id, new byte[60]);
    }

    @Test
    void thereIsNoThirdMessage() {
        byte[] hello = hello("www.ok.example", 0);
        byte[] third = QuicPackets.concat(hello, hello, new byte[] {1});
        assertThat(out(initial(crypto(0, third), padding(1200)).build())).isEqualTo(Verdict.REJECT);
    }

    /** However a connection ends; else that of the oldest is lent again, and it is refused. */
    @Test
    void buffersComeBack() throws Exception {
        FirewallControl control = control(10_000);
        firewall = control.newFirewall();
        byte[] hello = hello("www.ok.example", 0);
        byte[] begin =
                initial(crypto(0, Arrays.copyOf(hello, 40)), padding(1200)).number(0, 1).build();
        byte[] end =
                initial(crypto(40, Arrays.copyOfRange(hello, 40, hello.length)), padding(1200))
                        .number(1, 1)
                        .build();
        byte[] bad = whole("www.bad.example");
        byte[] good = whole("www.ok.example");
        assertThat(out(begin)).isEqualTo(Verdict.PASS);
        int first = port;
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < BUFFERS / 2; i++) {
                port++;
                out(bad);
                port++;
                out(good);
                in(SHORT_HEADER);
            }
            int withdrawn = port;
            for (int i = 0; i < BUFFERS / 2; i++) {
                port++;
                out(begin);
            }
            control.replace(PolicyReader.parse("default: drop", "test"));
            for (; port > withdrawn; port--) {
                assertThat(out(begin)).isEqualTo(Verdict.DROP);
            }
            control.replace(PolicyReader.parse("default: allow", "test"));
        }
        port = first;
        assertThat(out(end)).isEqualTo(Verdict.PASS);
        assertThat(out(other(V1, HANDSHAKE, SERVERS_ID, 30))).isEqualTo(Verdict.PASS);
    }

    /** Behind whatever IPv6 puts in front; fragments are refused. */
    @Test
    void extensionHeadersHideNothing() {
        List<Layer> headers =
                List.of(
                        hopByHop(8),
                        destinationOptions(24),
                        routing(4, 0),
                        routing(0, 1),
                        fragment(0, false, 7),
                        authentication(24));
        for (Layer header : headers) {
            for (String name : List.of("www.ok.example", "www.bad.example")) {
                port++;
                Verdict verdict =
                        show(
                                packet(
                                        ipv6("fd00::1", "2001:db8::1"),
                                        header,
                                        udp(port, 443),
                                        bytes(whole(name))));
                assertThat(verdict)
                        .as(header.toString())
                        .isEqualTo(name.contains("ok") ? Verdict.PASS : Verdict.REJECT);
            }
        }
        byte[] whole =
                packet(
                        ipv6("fd00::1", "2001:db8::1"),
                        udp(++port, 443),
                        bytes(whole("www.ok.example")));
        assertThat(show(Fragments.ipv6(whole, 9, 800).get(0))).isEqualTo(Verdict.REJECT);
    }

    /** Both ends use port 443, and what the server sends late begins the flow. */
    @Test
    void aClientIsJudgedWhoeverBegins() {
        port = 443;
        assertThat(in(SHORT_HEADER)).isEqualTo(Verdict.DROP);
        assertThat(out(whole("www.bad.example"))).isEqualTo(Verdict.DROP);
        assertThat(out(SHORT_HEADER)).isEqualTo(Verdict.DROP);
    }

    @Test
    void moreThanThereIsRoomForIsRefused() {
        byte[] hello = hello("www.ok.example", 2100);
        Verdict last = Verdict.PASS;
        for (int at = 0, number = 0; at < hello.length; at += 1000, number++) {
            byte[] piece = Arrays.copyOfRange(hello, at, Math.min(hello.length, at + 1000));
            last = out(initial(crypto(at, piece), padding(1200)).number(number, 1).build());
        }
        assertThat(last).isEqualTo(Verdict.REJECT);
    }

    private static byte[] whole(String name) {
        return initial(crypto(0, hello(name, 0)), padding(1200)).build();
    }

    private Verdict out(byte[] datagram) {
        return show(packet(ipv4(CLIENT, SERVER), udp(port, 443), bytes(datagram)));
    }

    private Verdict in(byte[] datagram) {
        return show(packet(ipv4(SERVER, CLIENT), udp(443, port), bytes(datagram)));
    }

    private Verdict show(byte[] inner) {
        return Verdicts.on(firewall, inner);
    }

    private static Layer bytes(byte[] datagram) {
        return payload(HexFormat.of().formatHex(datagram));
    }

    private static FirewallControl control(int flows) {
        DomainList allowed = DomainList.of(List.of("*.ok.example"));
        try {
            return FirewallControl.builder(PolicyReader.parse("default: allow", "test"))
                    .flows(flows)
                    .inspector(() -> new QuicDomainInspector(() -> allowed))
                    .build();
        } catch (ConfigException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
