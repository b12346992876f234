package io.github.geneve4j.flow;

import static io.github.geneve4j.flow.FlowTable.NONE;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.testkit.Hex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A table under attack: what was established stays, and nothing is thrown. */
class FlowTableFloodTest {
    private static final long SECOND = 1_000_000_000L;
    private static final int CAPACITY = 50_000;
    private static final int ESTABLISHED = 20_000;
    private static final int FLOOD = 500_000;
    private static final int SERVER = 0x0a000001;
    private static final int SYN = 0x02;
    private static final int SYN_ACK = 0x12;
    private static final int ACK = 0x10;
    private static final int FIN = 0x01;
    private static final int RST = 0x04;

    private final FiveTuple tuple = new FiveTuple();
    private final ByteBuf packet =
            Unpooled.wrappedBuffer(
                    Hex.bytes(
                            """
                            45 00 00 28  00 00 40 00  40 06 00 00
                            00 00 00 00  00 00 00 00
                            00 00 00 00  00 00 00 00  00 00 00 00  50 00 00 00  00 00 00 00
                            """));

    private FiveTuple tcp(
            int source, int sourcePort, int destination, int destinationPort, int flags) {
        packet.setInt(12, source);
        packet.setInt(16, destination);
        packet.setShort(20, sourcePort);
        packet.setShort(22, destinationPort);
        // The answer's number depends on the client; the client acknowledges it
        int number = Integer.hashCode(source ^ destination ^ SERVER) * 0x9e37_79b1;
        boolean toServer = destination == SERVER;
        int first = toServer ? source : number;
        packet.setInt(24, (flags & SYN) != 0 ? first : first + 1);
        packet.setInt(28, toServer ? number + 1 : destination + 1);
        packet.setByte(33, flags);
        assertThat(tuple.wrap(packet, 0, 40)).isEqualTo(FlowStatus.OK);
        return tuple;
    }

    private FiveTuple toServer(int client, int port, int flags) {
        return tcp(client, port, SERVER, 443, flags);
    }

    private FiveTuple fromServer(int client, int port, int flags) {
        return tcp(SERVER, 443, client, port, flags);
    }

    private void establish(FlowTable table, long now) {
        for (int i = 0; i < ESTABLISHED; i++) {
            table.insert(0, toServer(0xc0a80000 + i, 5000, SYN), now);
            table.find(0, fromServer(0xc0a80000 + i, 5000, SYN_ACK), now);
            int flow = table.find(0, toServer(0xc0a80000 + i, 5000, ACK), now);
            table.setInt(flow, 0, i);
        }
    }

    private void assertAllEstablished(FlowTable table, long now) {
        for (int i = 0; i < ESTABLISHED; i++) {
            int flow = table.find(0, fromServer(0xc0a80000 + i, 5000, ACK), now);
            assertThat(flow).isNotEqualTo(NONE);
            assertThat(table.getInt(flow, 0)).isEqualTo(i);
        }
    }

    /** Forged senders; with or without a server that answers each of them. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void synFloodDisplacesItself(boolean answered) {
        FlowTable table = FlowTable.builder(CAPACITY).valueLength(4).build();
        establish(table, 0);
        Random random = new Random(1);
        long now = SECOND;
        for (int i = 0; i < FLOOD; i++) {
            int client = random.nextInt();
            int port = random.nextInt(65_536);
            now += 200_000; // 5,000 in a second, for 100 seconds
            assertThat(table.insert(0, toServer(client, port, SYN), now)).isNotEqualTo(NONE);
            if (answered) {
                table.find(0, fromServer(client, port, SYN_ACK), now + 1);
            }
            if (i % 1000 == 0) {
                table.expire(now, 100);
            }
        }
        assertAllEstablished(table, now);
        assertThat(table.size()).isEqualTo(CAPACITY);
        assertThat(table.counters().evicted()).isGreaterThan(FLOOD - CAPACITY - 100);
        assertThat(table.counters().evictedEstablished()).isZero();
        assertThat(table.counters().refused()).isZero();
    }

    /** Forged senders that go on after the answer, whose number they have to guess. */
    @Test
    void tcpFloodOfTwoPacketsEachDisplacesItself() {
        FlowTable table = FlowTable.builder(CAPACITY).valueLength(4).build();
        establish(table, 0);
        Random random = new Random(1);
        long now = SECOND;
        int guessed = 0;
        for (int i = 0; i < FLOOD; i++) {
            int client = random.nextInt();
            int port = random.nextInt(65_536);
            now += 200_000;
            table.insert(0, toServer(client, port, SYN), now);
            table.find(0, fromServer(client, port, SYN_ACK), now + 1);
            toServer(client, port, ACK);
            packet.setInt(28, random.nextInt());
            guessed += table.isEstablished(table.find(0, tuple, now + 2)) ? 1 : 0;
            if (i % 1000 == 0) {
                table.expire(now, 100);
            }
        }
        assertThat(guessed).isBetween(85, 160); // 1 in 4,095: 122 are expected
        assertAllEstablished(table, now);
        assertThat(table.counters().evictedEstablished()).isZero();
    }

    @Test
    void synFloodIsRefusedByATableThatMayNotEvict() {
        FlowTable table =
                FlowTable.builder(CAPACITY).valueLength(4).whenFull(WhenFull.REFUSE).build();
        establish(table, 0);
        Random random = new Random(1);
        for (int i = 0; i < FLOOD; i++) {
            table.insert(0, toServer(random.nextInt(), random.nextInt(65_536), SYN), SECOND + i);
        }
        assertAllEstablished(table, 2 * SECOND);
        assertThat(table.counters().evicted()).isZero();
        assertThat(table.counters().refused()).isEqualTo(FLOOD - (CAPACITY - ESTABLISHED));
        assertThat(table.counters().inserted()).isEqualTo(CAPACITY);
    }

    @Test
    void newConnectionsComeThroughAFlood() {
        FlowTable table = FlowTable.builder(CAPACITY).valueLength(4).build();
        establish(table, 0);
        Random random = new Random(1);
        long now = SECOND;
        for (int i = 0; i < 200_000; i++) {
            now += 20_000;
            table.insert(0, toServer(random.nextInt(), random.nextInt(65_536), SYN), now);
            if (i % 10_000 == 0) { // a client whose answers take a while among 5,000 forged
                table.insert(0, toServer(0x01010101, i / 10_000, SYN), now);
            }
            if (i % 10_000 == 5_000) {
                FiveTuple answer = fromServer(0x01010101, i / 10_000, SYN_ACK);
                assertThat(table.find(0, answer, now)).isNotEqualTo(NONE);
                table.find(0, toServer(0x01010101, i / 10_000, ACK), now);
            }
        }
        for (int port = 0; port < 20; port++) {
            int flow = table.find(0, toServer(0x01010101, port, ACK), now);
            assertThat(table.isEstablished(flow)).isTrue();
        }
    }

    /** UDP proves nothing: who forges a sender forges its second packet, too. */
    @Test
    void udpFloodOfTwoPacketsEachSparesTcp() {
        FlowTable table = FlowTable.builder(CAPACITY).valueLength(4).build();
        establish(table, 0);
        Random random = new Random(1);
        long now = SECOND;
        for (int i = 0; i < 200_000; i++) {
            now += 200_000;
            int client = random.nextInt();
            table.insert(0, tuple.setIpv4(client, SERVER, 17, 4000, 53), now);
            table.find(0, tuple.setIpv4(SERVER, client, 17, 53, 4000), now);
            int flow = table.find(0, tuple.setIpv4(client, SERVER, 17, 4000, 53), now);
            assertThat(table.isEstablished(flow)).isTrue();
        }
        assertAllEstablished(table, now);
        assertThat(table.counters().evictedEstablished()).isGreaterThan(150_000);
    }

    /** A table that really holds only established flows must give up some, or take none. */
    @ParameterizedTest
    @EnumSource
    void isFullOfEstablishedFlows(WhenFull whenFull) {
        FlowTable table = FlowTable.builder(ESTABLISHED).valueLength(4).whenFull(whenFull).build();
        establish(table, 0);
        for (int i = 0; i < 1000; i++) {
            table.insert(0, toServer(0x01010101, i, SYN), SECOND * 2);
        }
        if (whenFull == WhenFull.REFUSE) {
            assertThat(table.counters().refused()).isEqualTo(1000);
            assertAllEstablished(table, SECOND * 3);
        } else {
            // An eighth makes room for the flood, which then displaces itself
            assertThat(table.counters().evictedEstablished()).isEqualTo(1000);
            table.expire(SECOND * 3, 0);
            for (int i = 1000; i < 4000; i++) {
                table.insert(0, toServer(0x01010101, i, SYN), SECOND * 2);
            }
            assertThat(table.counters().evictedEstablished()).isEqualTo(ESTABLISHED / 8);
            assertThat(table.counters().evicted()).isEqualTo(4000);
        }
    }

    /** What fills the table, while clients connect that take 50 ms for each round trip. */
    enum Load {
        NOTHING,
        SYN_FLOOD,
        ANSWERED_UDP,
        ESTABLISHED_TCP
    }

    @ParameterizedTest
    @EnumSource
    void newConnectionsGetThrough(Load load) {
        int capacity = load == Load.ESTABLISHED_TCP ? ESTABLISHED : CAPACITY;
        FlowTable table = FlowTable.builder(capacity).valueLength(4).build();
        establish(table, 0);
        Random random = new Random(1);
        int connections = 2000;
        int found = 0;
        long now = SECOND;
        // In each step of 5 ms a client connects, and those that did 10 and 20 steps ago go on
        for (int step = 0; step < connections + 20; step++) {
            now += 5_000_000;
            for (int i = 0; i < 25; i++) {
                flood(table, load, random, now);
            }
            if (step < connections) {
                table.insert(0, toServer(0x01010101, step, SYN), now);
            }
            if (step >= 10 && step < connections + 10) {
                table.find(0, fromServer(0x01010101, step - 10, SYN_ACK), now);
            }
            if (step >= 20) {
                int flow = table.find(0, toServer(0x01010101, step - 20, ACK), now);
                found += flow != NONE && table.isEstablished(flow) ? 1 : 0;
            }
            table.expire(now, 16);
        }
        assertThat(found).isEqualTo(connections);
    }

    private void flood(FlowTable table, Load load, Random random, long now) {
        int client = random.nextInt();
        switch (load) {
            case NOTHING, ESTABLISHED_TCP -> {}
            case SYN_FLOOD -> table.insert(0, toServer(client, 5, SYN), now);
            case ANSWERED_UDP -> {
                table.insert(0, tuple.setIpv4(client, SERVER, 17, 4000, 53), now);
                table.find(0, tuple.setIpv4(SERVER, client, 17, 53, 4000), now);
                table.find(0, tuple.setIpv4(client, SERVER, 17, 4000, 53), now);
            }
        }
    }

    /** Whoever sees a flow's SYN hidden in fragments, or evicted, begins it by the answer. */
    @Test
    void repeatedAnswersProveNothing() {
        FlowTable table = FlowTable.builder(CAPACITY).valueLength(4).build();
        establish(table, 0);
        Random random = new Random(1);
        long now = SECOND;
        for (int i = 0; i < 200_000; i++) {
            now += 200_000;
            int client = random.nextInt();
            int flow = table.insert(0, fromServer(client, 5, SYN_ACK), now);
            table.find(0, toServer(client, 5, SYN), now);
            table.find(0, fromServer(client, 5, SYN_ACK), now);
            assertThat(table.isEstablished(flow)).isFalse();
        }
        assertAllEstablished(table, now);
        assertThat(table.counters().evictedEstablished()).isZero();
    }

    /** Only one side's packets are forged: one of them ends no connection. */
    @Test
    void aForgedResetDoesNotEvictAConnectionThatGoesOn() {
        FlowTable table = FlowTable.builder(ESTABLISHED + 2000).valueLength(4).build();
        establish(table, 0);
        long now = SECOND;
        for (int i = 0; i < 10_000; i++) {
            table.insert(0, toServer(0x01010101, i, SYN), now);
        }
        for (int i = 0; i < ESTABLISHED; i++) {
            now += 10_000;
            table.find(0, fromServer(0xc0a80000 + i, 5000, RST), now);
            table.insert(0, toServer(0x02020202, i, SYN), now);
            table.insert(0, toServer(0x03030303, i, SYN), now);
            if (i >= 1000) { // somewhat later both sides go on
                table.find(0, toServer(0xc0a80000 + i - 1000, 5000, ACK), now);
                table.find(0, fromServer(0xc0a80000 + i - 1000, 5000, ACK), now);
            }
        }
        for (int i = ESTABLISHED - 1000; i < ESTABLISHED; i++) {
            table.find(0, toServer(0xc0a80000 + i, 5000, ACK), now);
        }
        int left = 0;
        for (int i = 0; i < ESTABLISHED; i++) {
            int flow = table.find(0, fromServer(0xc0a80000 + i, 5000, ACK), now);
            left += flow != NONE && table.isEstablished(flow) && !table.isClosed(flow) ? 1 : 0;
        }
        // All but those that make room for newcomers
        assertThat(left).isGreaterThanOrEqualTo(ESTABLISHED - (ESTABLISHED + 2000) / 8 + 2000);
        assertThat(table.counters().evictedEstablished()).isEqualTo(ESTABLISHED - left);
    }

    @Test
    void tcpKeepsThreeQuartersOfATableThatItFilled() {
        FlowTable table = FlowTable.builder(ESTABLISHED).valueLength(4).build();
        establish(table, 0);
        Random random = new Random(1);
        for (int i = 0; i < 100_000; i++) {
            int client = random.nextInt();
            long now = SECOND + i;
            table.insert(0, tuple.setIpv4(client, SERVER, 17, 4000, 53), now);
            if (i % 4 != 0) {
                table.find(0, tuple.setIpv4(SERVER, client, 17, 53, 4000), now);
                table.find(0, tuple.setIpv4(client, SERVER, 17, 4000, 53), now);
            }
        }
        int left = 0;
        for (int i = 0; i < ESTABLISHED; i++) {
            left += table.peek(0, toServer(0xc0a80000 + i, 5000, ACK), SECOND) == NONE ? 0 : 1;
        }
        assertThat(left).isBetween(ESTABLISHED / 4 * 3 - 2, ESTABLISHED / 8 * 7);
    }

    /**
     * Whatever a forger sends in a client's name, the server answers as RFC 9293 §3.10.7 wants, and
     * nothing but the right number makes the connection established.
     */
    @Test
    void noForgerEstablishesAConnectionWithoutItsNumber() {
        Random random = new Random(1);
        FlowTable table = FlowTable.builder(64).valueLength(4).build();
        int established = 0;
        int tries = 0;
        int[] forged = {SYN, RST, ACK, 0, FIN | ACK, RST | ACK, SYN_ACK, FIN};
        long now = 0;
        for (int attack = 0; attack < 20_000; attack++) {
            int client = attack + 1;
            boolean halfOpen = false;
            int number = random.nextInt();
            for (int step = 0; step < 12; step++) {
                now += random.nextInt(1_000_000_000);
                int flags = forged[random.nextInt(forged.length)];
                toServer(client, 5, flags);
                packet.setInt(28, random.nextInt());
                see(table, now);
                // The server: half open after a SYN, and doubtful of all that does not fit
                int answer;
                if (flags == SYN) {
                    answer = SYN_ACK;
                    halfOpen = true;
                } else if (!halfOpen) {
                    answer = (flags & RST) != 0 ? -1 : RST;
                } else if ((flags & RST) != 0) {
                    answer = -1; // not in the window
                } else {
                    answer = random.nextBoolean() ? ACK : RST;
                }
                if (answer >= 0 && random.nextInt(8) != 0) {
                    fromServer(client, 5, answer);
                    packet.setInt(24, answer == SYN_ACK ? number : number + 1);
                    see(table, now);
                }
                int flow = table.peek(0, toServer(client, 5, ACK), now);
                established += flow != NONE && table.isEstablished(flow) ? 1 : 0;
                tries++;
                if (random.nextInt(4) == 0) { // others displace it
                    for (int i = 0; i < 64; i++) {
                        table.insert(0, toServer(-random.nextInt(1 << 30) - 1, i, SYN), now);
                    }
                }
            }
        }
        assertThat(table.counters().evicted()).isPositive();
        assertThat(established).isLessThan(tries / 1000); // by luck
    }

    /** As an appliance does with every packet. */
    private void see(FlowTable table, long now) {
        if (table.find(0, tuple, now) == NONE) {
            table.insert(0, tuple, now);
        }
    }
}
