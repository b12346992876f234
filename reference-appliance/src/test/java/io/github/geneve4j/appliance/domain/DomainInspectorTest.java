package io.github.geneve4j.appliance.domain;

import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.tcp;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.appliance.Inspector;
import io.github.geneve4j.appliance.Verdict;
import io.github.geneve4j.appliance.Verdicts;
import io.github.geneve4j.appliance.firewall.FirewallControl;
import io.github.geneve4j.appliance.policy.PolicyReader;
import io.github.geneve4j.config.ConfigException;
import io.github.geneve4j.testkit.Fragments;
import io.github.geneve4j.testkit.Hex;
import io.github.geneve4j.testkit.TcpLayer;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS through a firewall with a list of servers, where the server wants a second ClientHello. */
class DomainInspectorTest {
    private static final String CLIENT = "10.1.0.10";
    private static final String SERVER = "93.184.216.34";
    private static final int FIRST = 1001;
    private static final int SERVERS_FIRST = 5001;
    private static final int SYN = TcpLayer.SYN;
    private static final int ACK = TcpLayer.ACK;

    private static final byte[] GOOD = record(22, QuicPackets.hello("www.ok.example", 0));
    private static final byte[] BAD = record(22, QuicPackets.hello("www.no.example", 0));
    private static final byte[] NO_CHANGE = Hex.bytes("14 0303 0001 01");

    private Inspector firewall = firewall(true);
    private int sent; // by the client
    private int answered; // by the server

    @Test
    void aSecondMessageMayAskForAListedServer() {
        connect();
        assertThat(client(GOOD)).isEqualTo(Verdict.PASS);
        assertThat(server(retryRequest())).isEqualTo(Verdict.PASS);
        assertThat(server(NO_CHANGE)).isEqualTo(Verdict.PASS);
        assertThat(client(NO_CHANGE)).isEqualTo(Verdict.PASS);
        assertThat(client(GOOD)).isEqualTo(Verdict.PASS);
        assertThat(server(serverHello())).isEqualTo(Verdict.PASS);
        assertThat(client(record(23, new byte[9_000]))).isEqualTo(Verdict.PASS);
    }

    @Test
    void aSecondMessageMayNotAskForAnother() {
        connect();
        assertThat(client(GOOD)).isEqualTo(Verdict.PASS);
        assertThat(server(retryRequest())).isEqualTo(Verdict.PASS);
        assertThat(client(QuicPackets.concat(NO_CHANGE, BAD))).isEqualTo(Verdict.REJECT_BOTH_ENDS);
        assertThat(server(serverHello())).isEqualTo(Verdict.REJECT_BOTH_ENDS);
    }

    /** Before it is asked for, as who knows the server can. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 30, 450})
    void aSecondMessageIsSeenWheneverItComes(int early) {
        connect();
        byte[] all = QuicPackets.concat(GOOD, record(23, new byte[400]), NO_CHANGE, BAD);
        int cut = Math.min(all.length, GOOD.length + early);
        assertThat(client(Arrays.copyOf(all, cut))).isEqualTo(Verdict.PASS);
        assertThat(server(retryRequest())).isEqualTo(Verdict.PASS);
        for (int at = cut; at < all.length - 1; at++) {
            assertThat(client(new byte[] {all[at]})).isEqualTo(Verdict.PASS);
        }
        assertThat(client(new byte[] {all[all.length - 1]})).isEqualTo(Verdict.REJECT_BOTH_ENDS);
    }

    @Test
    void theRequestIsRefusedIfTheSecondMessageIsThereAlready() {
        connect();
        assertThat(client(GOOD)).isEqualTo(Verdict.PASS);
        assertThat(client(BAD)).as("perhaps nobody reads it").isEqualTo(Verdict.PASS);
        assertThat(server(retryRequest())).isEqualTo(Verdict.REJECT_BOTH_ENDS);
    }

    /** What passed unseen could be a second message. */
    @Test
    void theRequestIsRefusedAfterMoreThanThereIsRoomFor() {
        connect();
        assertThat(client(GOOD)).isEqualTo(Verdict.PASS);
        for (int i = 0; i < 9; i++) {
            assertThat(client(record(23, new byte[1000]))).as("early data").isEqualTo(Verdict.PASS);
        }
        assertThat(server(retryRequest())).isEqualTo(Verdict.REJECT_BOTH_ENDS);
    }

    @Test
    void earlyDataPassesIfTheServerGoesOn() {
        connect();
        assertThat(client(QuicPackets.concat(GOOD, record(23, new byte[8_000]))))
                .isEqualTo(Verdict.PASS);
        assertThat(client(record(23, new byte[8_000]))).isEqualTo(Verdict.PASS);
        assertThat(server(serverHello())).isEqualTo(Verdict.PASS);
        assertThat(client(BAD)).as("not read as a message any more").isEqualTo(Verdict.PASS);
    }

    /** As a client can have it by the size of segments or windows. */
    @Test
    void theRequestIsSeenInPieces() {
        connect();
        assertThat(client(GOOD)).isEqualTo(Verdict.PASS);
        byte[] request = retryRequest();
        int from = SERVERS_FIRST;
        assertThat(server(from + 20, Arrays.copyOfRange(request, 20, 43)))
                .as("too early, so that it has to come again")
                .isEqualTo(Verdict.DROP);
        for (int i = 0; i < request.length; i++) {
            assertThat(server(from + Math.max(0, i - 3), copy(request, i - 3, i + 1)))
                    .isEqualTo(Verdict.PASS);
        }
        assertThat(client(BAD)).isEqualTo(Verdict.REJECT_BOTH_ENDS);
    }

    /** As after data that got lost: it has no bytes that could be read. */
    @ParameterizedTest
    @ValueSource(ints = {1, 5, 20, 43, 500})
    void anAcknowledgmentAheadOfTheAnswerIsNoPartOfIt(int ahead) {
        connect();
        assertThat(client(GOOD)).isEqualTo(Verdict.PASS);
        assertThat(server(SERVERS_FIRST + ahead, new byte[0])).isEqualTo(Verdict.PASS);
        assertThat(server(retryRequest())).isEqualTo(Verdict.PASS);
        assertThat(client(BAD)).isEqualTo(Verdict.REJECT_BOTH_ENDS);
    }

    /** Numbers that far from the first are of old segments, which no receiver takes. */
    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, Integer.MIN_VALUE + 1, -1_000})
    void segmentsFromBeforeTheFirstByteAreNotRead(int before) {
        firewall = firewall(false);
        connect();
        TcpLayer old = fromClient(FIRST + before);
        assertThat(show(packet(ipv4(CLIENT, SERVER), old, payload(BAD)))).isEqualTo(Verdict.PASS);
        assertThat(client(GOOD)).isEqualTo(Verdict.PASS);
        assertThat(server(SERVERS_FIRST + before, serverHello())).isEqualTo(Verdict.PASS);
        assertThat(server(retryRequest())).isEqualTo(Verdict.PASS);
        assertThat(client(BAD)).isEqualTo(Verdict.REJECT_BOTH_ENDS);
    }

    /** What follows an answer of another kind may come in any order. */
    @Test
    void onlyTheAnswersBeginningIsInOrder() {
        connect();
        assertThat(client(GOOD)).isEqualTo(Verdict.PASS);
        byte[] answer = serverHello();
        int from = SERVERS_FIRST;
        assertThat(server(from + answer.length, new byte[500])).isEqualTo(Verdict.DROP);
        assertThat(server(from, answer)).isEqualTo(Verdict.PASS);
        assertThat(server(from + answer.length + 500, new byte[500])).isEqualTo(Verdict.PASS);
        assertThat(server(from + answer.length, new byte[500])).isEqualTo(Verdict.PASS);
    }

    /** Whose receiver drops it, so that it comes again. */
    @Test
    void anAnswerWithAWrongChecksumIsNone() {
        connect();
        assertThat(client(GOOD)).isEqualTo(Verdict.PASS);
        TcpLayer broken = fromServer(SERVERS_FIRST).wrongChecksum();
        assertThat(show(packet(ipv4(SERVER, CLIENT), broken, payload(serverHello()))))
                .isEqualTo(Verdict.PASS);
        assertThat(server(retryRequest())).isEqualTo(Verdict.PASS);
        assertThat(client(BAD)).isEqualTo(Verdict.REJECT_BOTH_ENDS);
    }

    @Test
    void anAnswerInFragmentsIsRefused() {
        connect();
        assertThat(client(GOOD)).isEqualTo(Verdict.PASS);
        byte[] whole =
                packet(ipv4(SERVER, CLIENT), fromServer(SERVERS_FIRST), payload(retryRequest()));
        assertThat(show(Fragments.ipv4(whole, 48).get(0))).isEqualTo(Verdict.REJECT_BOTH_ENDS);
    }

    @Test
    void urgentBytesAreRefusedUntilTheServerHasAnswered() {
        connect();
        assertThat(client(GOOD)).isEqualTo(Verdict.PASS);
        assertThat(server(retryRequest())).isEqualTo(Verdict.PASS);
        TcpLayer urgent = fromClient(FIRST + sent).flags(ACK | TcpLayer.PSH | 0x20);
        assertThat(show(packet(ipv4(CLIENT, SERVER), urgent, payload(GOOD))))
                .isEqualTo(Verdict.REJECT_BOTH_ENDS);
    }

    @Test
    void thereIsNothingElseInTheRecord() {
        connect();
        byte[] two =
                QuicPackets.concat(
                        QuicPackets.hello("www.ok.example", 0),
                        QuicPackets.hello("www.no.example", 0));
        assertThat(client(record(22, two))).isEqualTo(Verdict.REJECT_BOTH_ENDS);
    }

    /**
     * A server without memory answers each SYN; which of them it means, the client could choose.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 700, -700, 4_000})
    void theServerAnswersOneSyn(int more) {
        firewall = firewall(false);
        assertThat(show(syn(FIRST - 1))).isEqualTo(Verdict.PASS);
        assertThat(show(syn(FIRST - 1 + more))).isEqualTo(Verdict.PASS);
        assertThat(show(answer(FIRST))).isEqualTo(Verdict.PASS);
        assertThat(show(answer(FIRST + more))).isEqualTo(Verdict.DROP);
        assertThat(client(BAD)).isEqualTo(Verdict.REJECT_BOTH_ENDS);
    }

    /** The server has forgotten the connection, and nobody has seen how. */
    @Test
    void aConnectionInThePlaceOfAnAllowedOneIsJudgedByItself() {
        firewall = firewall(false);
        connect();
        assertThat(client(GOOD)).isEqualTo(Verdict.PASS);
        assertThat(server(serverHello())).isEqualTo(Verdict.PASS);
        assertThat(show(syn(99_999))).isEqualTo(Verdict.PASS);
        assertThat(show(answer(100_000, 77_000))).isEqualTo(Verdict.DROP);
        assertThat(show(syn(99_999))).isEqualTo(Verdict.PASS);
        assertThat(show(answer(100_000, 77_000))).isEqualTo(Verdict.PASS);
        TcpLayer segment = fromClient(100_000).acknowledgment(77_001);
        assertThat(show(packet(ipv4(CLIENT, SERVER), segment, payload(BAD))))
                .isEqualTo(Verdict.REJECT_BOTH_ENDS);
    }

    /** A server without memory counts the minutes, and one that restarts begins anew. */
    @Test
    void theLatestOfTwoAnswersCounts() {
        answerTwice();
        assertThat(show(packet(ipv4(CLIENT, SERVER), fromClient(FIRST).flags(ACK))))
                .isEqualTo(Verdict.PASS);
        assertThat(show(answer(FIRST, 77_000))).isEqualTo(Verdict.DROP);
        assertThat(show(answer(FIRST))).isEqualTo(Verdict.PASS);
        assertThat(client(GOOD)).isEqualTo(Verdict.PASS);
    }

    @Test
    void whoGoesOnByTheEarlierOfTwoAnswersIsRefused() {
        answerTwice();
        byte[] other =
                packet(ipv4(CLIENT, SERVER), fromClient(FIRST).flags(ACK).acknowledgment(77_001));
        byte[] damaged = other.clone();
        damaged[damaged.length - 3] ^= 1;
        assertThat(show(damaged)).isEqualTo(Verdict.DROP);
        assertThat(show(other)).isEqualTo(Verdict.REJECT_BOTH_ENDS);
        assertThat(client(GOOD)).isEqualTo(Verdict.REJECT_BOTH_ENDS);
    }

    @Test
    void nothingIsLearntFromADamagedAnswer() {
        firewall = firewall(false);
        assertThat(show(syn(FIRST - 1))).isEqualTo(Verdict.PASS);
        byte[] damaged = answer(FIRST + 4);
        damaged[damaged.length - 3] ^= 1;
        assertThat(show(damaged)).isEqualTo(Verdict.DROP);
        assertThat(show(answer(FIRST))).isEqualTo(Verdict.PASS);
        assertThat(client(GOOD)).isEqualTo(Verdict.PASS);
    }

    private void answerTwice() {
        firewall = firewall(false);
        assertThat(show(syn(FIRST - 1))).isEqualTo(Verdict.PASS);
        assertThat(show(answer(FIRST, 77_000))).isEqualTo(Verdict.PASS);
        assertThat(show(answer(FIRST))).isEqualTo(Verdict.PASS);
    }

    /** The JDK's client, which is asked to use another group than those that it guessed. */
    @Test
    void aRealClientIsAskedAgain() throws Exception {
        SSLEngine engine = SSLContext.getDefault().createSSLEngine();
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setProtocols(new String[] {"TLSv1.3"});
        parameters.setNamedGroups(new String[] {"x25519", "secp256r1", "secp384r1"});
        parameters.setServerNames(List.of(new SNIHostName("www.ok.example")));
        engine.setSSLParameters(parameters);
        byte[] first = next(engine);
        byte[] session = Arrays.copyOfRange(first, 44, 44 + first[43]);
        byte[] request = retryRequest(session);

        connect();
        assertThat(client(first)).isEqualTo(Verdict.PASS);
        assertThat(server(request)).isEqualTo(Verdict.PASS);
        engine.unwrap(ByteBuffer.wrap(request), ByteBuffer.allocate(1 << 15));
        byte[] second = next(engine);
        assertThat(second).startsWith(0x16, 3, 3).hasSizeGreaterThan(200).isNotEqualTo(first);
        assertThat(client(second)).isEqualTo(Verdict.PASS);
        assertThat(server(serverHello())).isEqualTo(Verdict.PASS);
    }

    /** {@return the next record that a client sends} */
    private static byte[] next(SSLEngine engine) throws Exception {
        for (Runnable task = engine.getDelegatedTask();
                task != null;
                task = engine.getDelegatedTask()) {
            task.run();
        }
        ByteBuffer out = ByteBuffer.allocate(1 << 15);
        engine.wrap(ByteBuffer.allocate(0), out);
        return Arrays.copyOf(out.array(), out.position());
    }

    private void connect() {
        assertThat(show(syn(FIRST - 1))).isEqualTo(Verdict.PASS);
        assertThat(show(answer(FIRST))).isEqualTo(Verdict.PASS);
        assertThat(show(packet(ipv4(CLIENT, SERVER), fromClient(FIRST).flags(ACK))))
                .isEqualTo(Verdict.PASS);
    }

    private static byte[] syn(int sequence) {
        return packet(
                ipv4(CLIENT, SERVER),
                tcp(40_000, 443).flags(SYN).sequence(sequence).window(65_535));
    }

    private static byte[] answer(int acknowledgment) {
        return answer(acknowledgment, SERVERS_FIRST - 1);
    }

    private static byte[] answer(int acknowledgment, int sequence) {
        return packet(
                ipv4(SERVER, CLIENT),
                tcp(443, 40_000)
                        .flags(SYN | ACK)
                        .sequence(sequence)
                        .acknowledgment(acknowledgment)
                        .window(65_535));
    }

    private Verdict client(byte[] bytes) {
        TcpLayer segment = fromClient(FIRST + sent);
        sent += bytes.length;
        return show(packet(ipv4(CLIENT, SERVER), segment, payload(bytes)));
    }

    private Verdict server(byte[] bytes) {
        int at = SERVERS_FIRST + answered;
        answered += bytes.length;
        return server(at, bytes);
    }

    private Verdict server(int sequence, byte[] bytes) {
        return show(packet(ipv4(SERVER, CLIENT), fromServer(sequence), payload(bytes)));
    }

    private TcpLayer fromClient(int sequence) {
        return tcp(40_000, 443)
                .flags(ACK | TcpLayer.PSH)
                .sequence(sequence)
                .acknowledgment(SERVERS_FIRST + answered)
                .window(65_535);
    }

    private TcpLayer fromServer(int sequence) {
        return tcp(443, 40_000)
                .flags(ACK | TcpLayer.PSH)
                .sequence(sequence)
                .acknowledgment(FIRST + sent)
                .window(65_535);
    }

    private Verdict show(byte[] inner) {
        return Verdicts.on(firewall, inner);
    }

    private static byte[] copy(byte[] bytes, int from, int to) {
        return Arrays.copyOfRange(bytes, Math.max(0, from), Math.min(bytes.length, to));
    }

    private static byte[] record(int type, byte[] content) {
        ByteBuffer out = ByteBuffer.allocate(5 + content.length);
        out.put((byte) type).putShort((short) 0x0303).putShort((short) content.length);
        return out.put(content).array();
    }

    private static byte[] retryRequest() {
        return retryRequest(new byte[0]);
    }

    /** Of the group secp384r1. */
    private static byte[] retryRequest(byte[] session) {
        byte[] head =
                Hex.bytes("0303 cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c");
        byte[] tail = Hex.bytes("1301 00 000c 002b 0002 0304 0033 0002 0018");
        byte[] id = QuicPackets.concat(new byte[] {(byte) session.length}, session);
        byte[] body = QuicPackets.concat(head, id, tail);
        byte[] type = {2, 0, 0, (byte) body.length};
        return record(22, QuicPackets.concat(type, body));
    }

    private static byte[] serverHello() {
        byte[] other = retryRequest();
        other[30]++;
        return other;
    }

    private static Inspector firewall(boolean checksWindows) {
        DomainList allowed = DomainList.of(List.of("*.ok.example"));
        try {
            return FirewallControl.builder(PolicyReader.parse("default: allow", "test"))
                    .flows(100)
                    .checksWindows(checksWindows)
                    .inspector(() -> new DomainInspector(() -> allowed))
                    .build()
                    .newFirewall();
        } catch (ConfigException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
