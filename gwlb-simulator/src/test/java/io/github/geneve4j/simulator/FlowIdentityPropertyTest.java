package io.github.geneve4j.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.flow.FlowScope;
import io.github.geneve4j.testkit.Fragments;
import io.github.geneve4j.testkit.PacketArbitraries;
import io.github.geneve4j.testkit.Packets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** One flow has one cookie, one source port and one target; and what is one flow's is only its. */
class FlowIdentityPropertyTest {
    /** A connection between two hosts of a small network, so that many are alike. */
    record Connection(int client, int server, int clientPort, int serverPort, int kind) {
        byte[] there() {
            return packet(client, server, clientPort, serverPort, true);
        }

        byte[] back() {
            return packet(server, client, serverPort, clientPort, false);
        }

        private byte[] packet(int from, int to, int fromPort, int toPort, boolean first) {
            String source = kind == 3 ? "2001:db8::" + from : "10.1.0." + from;
            String destination = kind == 3 ? "2001:db8::" + to : "10.1.0." + to;
            var ip =
                    kind == 3
                            ? Packets.ipv6(source, destination)
                            : Packets.ipv4(source, destination);
            return switch (kind) {
                case 0, 3 -> Packets.packet(ip, Packets.udp(fromPort, toPort));
                case 1 ->
                        Packets.packet(
                                ip, Packets.tcp(fromPort, toPort).flags(first ? 0x02 : 0x12));
                default ->
                        Packets.packet(
                                ip,
                                first
                                        ? Packets.echoRequest(clientPort, 1)
                                        : Packets.echoReply(clientPort, 1));
            };
        }

        /** {@return what makes the flow, the slow and plain way} */
        Set<String> key(FlowScope scope) {
            boolean ports = scope == FlowScope.FIVE_TUPLE && kind != 2;
            String protocol = scope == FlowScope.TWO_TUPLE ? kind == 3 ? "6" : "4" : "" + kind;
            return Set.of(
                    "p" + protocol,
                    "a" + client + (ports ? ":" + clientPort : ""),
                    "a" + server + (ports ? ":" + serverPort : "") + "'");
        }

        Set<String> turnedKey(FlowScope scope) {
            return new Connection(server, client, serverPort, clientPort, kind).key(scope);
        }

        boolean isSameFlow(Connection other, FlowScope scope) {
            return key(scope).equals(other.key(scope)) || key(scope).equals(other.turnedKey(scope));
        }
    }

    @Provide
    Arbitrary<List<Connection>> connections() {
        Arbitrary<Connection> one =
                Combinators.combine(
                                Arbitraries.integers().between(1, 3),
                                Arbitraries.integers().between(4, 6),
                                Arbitraries.integers().between(1, 3),
                                Arbitraries.integers().between(4, 6),
                                Arbitraries.integers().between(0, 3))
                        .as(Connection::new);
        return one.list().ofMinSize(2).ofMaxSize(12);
    }

    @Property(tries = 300)
    void bothDirectionsAreOneFlowAndNoOther(
            @ForAll("connections") List<Connection> connections,
            @ForAll FlowScope scope,
            @ForAll long seed) {
        Rig rig =
                new Rig(
                        Rig.withoutChecks().withStickiness(scope).withCrossZone(true),
                        b -> b.seed(seed));
        for (Endpoint endpoint : List.of(rig.a, rig.b)) {
            List<Rig.Sent> there = new ArrayList<>();
            List<Rig.Sent> back = new ArrayList<>();
            for (Connection connection : connections) {
                there.add(rig.in(endpoint, Side.INSIDE, connection.there(), 0));
                back.add(rig.in(endpoint, Side.OUTSIDE, connection.back(), 0));
            }
            for (int i = 0; i < connections.size(); i++) {
                assertThat(identity(back.get(i))).isEqualTo(identity(there.get(i)));
                assertThat(rig.accepts(there.get(i), 0)).isTrue();
                assertThat(rig.left.getLast().side()).isEqualTo(Side.OUTSIDE);
                assertThat(rig.accepts(back.get(i), 0)).isTrue();
                assertThat(rig.left.getLast().side()).isEqualTo(Side.INSIDE);
                for (int j = 0; j < connections.size(); j++) {
                    boolean same = connections.get(i).isSameFlow(connections.get(j), scope);
                    assertThat(there.get(i).cookie() == there.get(j).cookie()).isEqualTo(same);
                    byte[] mixed =
                            Packets.concat(
                                    Packets.cut(there.get(i).bytes(), GwlbSimulator.HEADROOM),
                                    connections.get(j).back());
                    mixed[2] = there.get(j).bytes()[2]; // protocol type
                    mixed[3] = there.get(j).bytes()[3];
                    assertThat(rig.accepts(there.get(i), mixed, 0)).isEqualTo(same);
                }
            }
        }
        for (Rig.Sent ofA : rig.sent.subList(0, rig.sent.size() / 2)) {
            for (Rig.Sent ofB : rig.sent.subList(rig.sent.size() / 2, rig.sent.size())) {
                assertThat(ofA.cookie()).isNotEqualTo(ofB.cookie());
            }
        }
    }

    private static List<Object> identity(Rig.Sent sent) {
        return List.of(sent.cookie(), sent.port(), sent.target(), sent.node());
    }

    @Property(tries = 100)
    void fragmentsBelongToTheirFlow(
            @ForAll("connections") List<Connection> connections, @ForAll boolean firstIsLast) {
        Rig rig = Rig.healthy();
        int id = 0;
        for (Connection connection : connections) {
            if (connection.kind != 0) {
                continue;
            }
            byte[] whole =
                    Packets.packet(
                            Packets.ipv4(
                                            "10.1.0." + connection.client,
                                            "10.1.0." + connection.server)
                                    .id(id++),
                            Packets.udp(connection.clientPort, connection.serverPort),
                            Packets.payload(Packets.counting(100)));
            List<byte[]> fragments = new ArrayList<>(Fragments.ipv4(whole, 40));
            assertThat(fragments).hasSizeGreaterThan(2);
            int cookie = rig.in(Side.INSIDE, connection.there(), 0).cookie();
            if (firstIsLast) {
                fragments.add(fragments.removeFirst());
            }
            List<Rig.Sent> sent = new ArrayList<>();
            for (byte[] fragment : fragments) {
                sent.add(rig.in(Side.INSIDE, fragment, 0));
            }
            int last = fragments.size() - 1;
            for (int i = 0; i < sent.size(); i++) {
                // One that overtakes the first has the flow of its addresses, as nobody waits
                assertThat(sent.get(i).cookie() == cookie).isEqualTo(!firstIsLast || i == last);
            }
            for (Rig.Sent fragment : sent) {
                assertThat(rig.accepts(fragment, 0)).isTrue();
                assertThat(rig.left.getLast().packet()).isEqualTo(fragment.inner());
            }
        }
    }

    @Provide
    Arbitrary<byte[]> packets() {
        return Arbitraries.oneOf(
                PacketArbitraries.ip(), PacketArbitraries.damaged(PacketArbitraries.ip()));
    }

    @Property(tries = 2000)
    void anyPacketIsSentAndTakenBackOrDroppedForAReason(
            @ForAll("packets") byte[] packet, @ForAll FlowScope scope, @ForAll Side side) {
        Rig rig = new Rig(Rig.withoutChecks().withStickiness(scope), b -> b.mtu(65_000));
        rig.hairpin = true;
        int events = rig.events.size();
        rig.offer(rig.a, side, packet, 0);
        if (rig.sent.isEmpty()) {
            assertThat(rig.events.subList(events, rig.events.size()))
                    .singleElement()
                    .isInstanceOf(SimulatorEvent.PacketDropped.class);
            assertThat(rig.left).isEmpty();
        } else {
            assertThat(rig.sent.getFirst().inner()).isEqualTo(packet);
            assertThat(rig.left).hasSize(1);
            assertThat(rig.left.getFirst().packet()).isEqualTo(packet);
            assertThat(rig.left.getFirst().side()).isEqualTo(side.other());
        }
    }

    @Provide
    Arbitrary<byte[]> replies() {
        return Arbitraries.oneOf(
                PacketArbitraries.datagrams(),
                PacketArbitraries.damaged(PacketArbitraries.datagrams()));
    }

    @Property(tries = 2000)
    void nothingThatWasNotSentIsTaken(@ForAll("replies") byte[] reply) {
        Rig rig = Rig.healthy();
        Rig.Sent request = rig.in(Side.INSIDE, Rig.udp(1), 0);
        assertThat(rig.accepts(request, reply, 0)).isFalse();
        assertThat(rig.events(SimulatorEvent.PacketDropped.class)).hasSize(1);
    }

    @Property(tries = 200)
    void cookiesOfOnePlaceAndOfAllAreDifferent(@ForAll long seed) {
        FlowCookies cookies = new FlowCookies(seed, 1000);
        Set<Integer> seen = new HashSet<>();
        for (int use = 0; use < 5; use++) {
            for (int place = 0; place < 1000; place++) {
                int cookie = cookies.begin(place);
                assertThat(seen.add(cookie)).isTrue();
                assertThat(cookies.place(cookie)).isEqualTo(place);
                assertThat(cookies.latest(place)).isEqualTo(cookie);
                assertThat(cookies.isEarlier(cookie, place)).isFalse();
            }
        }
        int old = cookies.latest(7);
        cookies.begin(7);
        assertThat(cookies.isEarlier(old, 7)).isTrue();
    }
}
