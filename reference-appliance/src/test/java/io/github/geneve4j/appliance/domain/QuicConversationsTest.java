package io.github.geneve4j.appliance.domain;

import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.appliance.Inspector;
import io.github.geneve4j.appliance.Verdict;
import io.github.geneve4j.appliance.Verdicts;
import io.github.geneve4j.appliance.firewall.FirewallControl;
import io.github.geneve4j.appliance.policy.PolicyReader;
import io.github.geneve4j.testkit.Hex;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Clients that try everything in any order, against a server that keeps every connection in mind
 * for ever: none gets beyond its first messages unless one asked for listed servers only, and of
 * none has the server a whole first message that asks for another.
 */
class QuicConversationsTest {
    private static final int CONVERSATIONS = Integer.getInteger("geneve4j.conversations", 300);
    private static final int STEPS = 24;
    private static final int HEADER = 4; // of a message
    private static final String GOOD = "www.ok.example";
    private static final String BAD = "www.no.example";
    private static final int ROOM = 4_096;
    private static final byte[] SHORT_HEADER = Hex.bytes("40f067a5502a4262b501020304");

    private final Random random = new Random(7);
    private int refused;
    private int handshakes;
    private int listed;

    /** What a server has got of one connection. */
    private static final class Connection {
        final byte[] id;
        final byte[] serversId;
        final byte[] message;
        final byte[] got = new byte[ROOM];
        final boolean[] present = new boolean[ROOM];
        long number;

        Connection(int index, byte[] message) {
            this.id = new byte[8 + index];
            this.serversId = new byte[9 + index];
            this.message = message;
            Arrays.fill(id, (byte) (index + 1));
            Arrays.fill(serversId, (byte) (index + 0x41));
        }

        void take(int at, byte[] piece) {
            for (int i = 0; i < piece.length; i++) {
                if (!present[at + i]) { // the first one counts
                    present[at + i] = true;
                    got[at + i] = piece[i];
                }
            }
        }

        /** {@return whether the server has a whole first message that names no listed one} */
        boolean isDeceived() {
            int end = HEADER + ((got[2] & 0xff) << Byte.SIZE) + (got[3] & 0xff);
            for (int i = 0; i < end; i++) {
                if (!present[i]) {
                    return false;
                }
            }
            return new String(got, 0, end, StandardCharsets.ISO_8859_1).contains(BAD);
        }

        /** {@return whether the server has whole messages, all of which name a listed one} */
        boolean isListed() {
            int there = 0;
            while (there < ROOM && present[there]) {
                there++;
            }
            int at = 0;
            while (at + HEADER <= there) {
                int end = at + HEADER + ((got[at + 2] & 0xff) << Byte.SIZE) + (got[at + 3] & 0xff);
                if (end > there) {
                    break;
                }
                String text = new String(got, at, end - at, StandardCharsets.ISO_8859_1);
                if (text.contains(BAD)) {
                    return false;
                }
                at = end;
            }
            return at > 0;
        }
    }

    @Test
    void noneGetsBeyondWhatIsListed() throws Exception {
        byte[] good = QuicPackets.hello(GOOD, 0);
        byte[] bad = QuicPackets.hello(BAD, 0);
        byte[] third = QuicPackets.hello(BAD, 300);
        byte[] alike = QuicPackets.hello(GOOD, 300); // up to the name
        byte[][] messages = {
            good, bad, QuicPackets.concat(good, bad), QuicPackets.concat(good, good), third, alike
        };
        Inspector firewall = firewall();
        for (int i = 0; i < CONVERSATIONS; i++) {
            List<Connection> connections = new ArrayList<>();
            for (int j = 0; j < 4; j++) {
                connections.add(new Connection(j, messages[random.nextInt(messages.length)]));
            }
            int port = 1_024 + i % 60_000;
            List<String> steps = new ArrayList<>();
            for (int step = 0; step < STEPS; step++) {
                play(firewall, port, connections, steps);
            }
            listed += connections.stream().anyMatch(Connection::isListed) ? 1 : 0;
        }
        assertThat(refused).isGreaterThan(CONVERSATIONS);
        assertThat(handshakes).isGreaterThan(CONVERSATIONS / 10);
        assertThat(listed).isGreaterThan(CONVERSATIONS / 10);
    }

    private void play(
            Inspector firewall, int port, List<Connection> connections, List<String> steps) {
        int index = random.nextInt(random.nextInt(connections.size()) + 1);
        Connection connection = connections.get(index);
        byte[] to = random.nextInt(3) > 0 ? connection.id : connection.serversId;
        int version = random.nextInt(4) > 0 ? QuicPackets.V1 : QuicPackets.V2;
        switch (random.nextInt(8)) {
            case 0 -> {
                boolean isShort = random.nextBoolean();
                steps.add("server " + isShort);
                in(firewall, port, isShort ? SHORT_HEADER : QuicPackets.other(version, 2, to, 40));
            }
            case 1 -> {
                byte[] handshake = QuicPackets.other(version, QuicPackets.HANDSHAKE, to, 40);
                boolean passes = out(firewall, port, handshake);
                steps.add(index + " handshake " + passes);
                handshakes += passes ? 1 : 0;
                if (passes) {
                    assertThat(connections.stream().anyMatch(Connection::isListed))
                            .as("%s", steps)
                            .isTrue();
                }
            }
            default -> sendPiece(firewall, port, connection, to, version, steps, index);
        }
    }

    private void sendPiece(
            Inspector firewall,
            int port,
            Connection connection,
            byte[] to,
            int version,
            List<String> steps,
            int index) {
        byte[] message = connection.message;
        int from = random.nextInt(3) > 0 ? 0 : random.nextInt(message.length);
        int end =
                random.nextInt(3) > 0
                        ? message.length
                        : from + 1 + random.nextInt(message.length - from);
        byte[] piece = Arrays.copyOfRange(message, from, end);
        byte[] datagram =
                QuicPackets.initial(QuicPackets.crypto(from, piece), QuicPackets.padding(1200))
                        .version(version)
                        .destination(to)
                        .keys(connection.id)
                        .number(connection.number++, 2)
                        .build();
        boolean passes = out(firewall, port, datagram);
        steps.add(index + " " + from + ".." + end + "/" + message.length + " " + passes);
        if (passes) {
            connection.take(from, piece);
            assertThat(connection.isDeceived()).as("%s", steps).isFalse();
        } else {
            refused++;
        }
    }

    private static boolean out(Inspector firewall, int port, byte[] datagram) {
        return Verdicts.on(
                        firewall,
                        packet(
                                ipv4("10.1.0.10", "93.184.216.34"),
                                udp(port, 443),
                                payload(datagram)))
                == Verdict.PASS;
    }

    private static void in(Inspector firewall, int port, byte[] datagram) {
        Verdicts.on(
                firewall,
                packet(ipv4("93.184.216.34", "10.1.0.10"), udp(443, port), payload(datagram)));
    }

    private static Inspector firewall() throws Exception {
        DomainList allowed = DomainList.of(List.of("*.ok.example"));
        return FirewallControl.builder(PolicyReader.parse("default: allow", "test"))
                .flows(1 << 17)
                .inspector(() -> new QuicDomainInspector(() -> allowed))
                .build()
                .newFirewall();
    }
}
