package io.github.geneve4j.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.assertj.core.api.Assertions;

/**
 * Runs millions of random operations on a table and on a {@link LinkedHashMap} that keeps flows in
 * the order of their last packets, under a clock that the test turns.
 */
class FlowTablePropertyTest {
    @Property(tries = 3, shrinking = ShrinkingMode.OFF)
    void agreesWithAModel(@ForAll long seed) {
        new Run(seed, 2000, 5000, WhenFull.EVICT_OLDEST_IDLE).operations(400_000);
    }

    @Property(tries = 2, shrinking = ShrinkingMode.OFF)
    void agreesWithAModelThatHasRoom(@ForAll long seed) {
        new Run(seed, 8000, 5000, WhenFull.REFUSE).operations(200_000);
    }

    @Property(tries = 2, shrinking = ShrinkingMode.OFF)
    void agreesWithAModelThatRefuses(@ForAll long seed) {
        new Run(seed, 1000, 1500, WhenFull.REFUSE).operations(200_000);
    }

    /** So small that the search for the oldest is never given up. */
    @Property(tries = 5, shrinking = ShrinkingMode.OFF)
    void evictsExactlyInASmallTable(@ForAll long seed) {
        new Run(seed, 16, 40, WhenFull.EVICT_OLDEST_IDLE).operations(50_000);
    }

    /** From minutes before the clock passes from the greatest long to the least. */
    @Property(tries = 2, shrinking = ShrinkingMode.OFF)
    void agreesWithAModelWhenTheClockWraps(@ForAll long seed) {
        Run run = new Run(seed, 500, 1000, WhenFull.EVICT_OLDEST_IDLE);
        run.now = Long.MAX_VALUE - 180 * Run.SECOND;
        run.operations(100_000);
        assertThat(run.now).isNegative();
    }

    /** One table, its model, and the operations on both. */
    private static final class Run {
        private static final long SECOND = 1_000_000_000L;
        private static final int TICK_SHIFT = 30;
        private static final int FIN = 1;
        private static final int SYN = 2;
        private static final int RST = 4;
        private static final int ACK = 16;
        private static final int[] FLAGS = {
            SYN, SYN | ACK, ACK, ACK, ACK, ACK, FIN | ACK, FIN, RST, SYN | FIN, SYN | RST, 0
        };

        private final Random random;
        private final int capacity;
        private final int keys;
        private final FlowTable table;
        private final boolean evicts;
        private final LinkedHashMap<Integer, Flow> model = new LinkedHashMap<>();
        private final Map<FlowEnd, Integer> ends = new HashMap<>();
        private final FiveTuple tuple = new FiveTuple();
        private final FiveTuple shown = new FiveTuple();
        private final FlowValue value = new FlowValue();
        private final ByteBuf packet = Unpooled.buffer(128).setZero(0, 128);
        private int packetLength;
        private FlowTimeouts timeouts = FlowTimeouts.DEFAULT;
        private long now;
        private long refused;
        private long evictedEstablished;

        // The operation under way
        private int key;
        private int flags;
        private int sequence;
        private int acknowledgment;
        private int payload;
        private boolean inserting;
        private boolean removing;

        Run(long seed, int capacity, int keys, WhenFull whenFull) {
            this.random = new Random(seed);
            this.capacity = capacity;
            this.keys = keys;
            this.evicts = whenFull == WhenFull.EVICT_OLDEST_IDLE;
            this.now = random.nextLong() >> 4;
            this.table =
                    FlowTable.builder(capacity)
                            .valueLength(8)
                            .whenFull(whenFull)
                            .hash(FlowHash.seeded(seed))
                            .listener(this::ended)
                            .build();
        }

        void operations(int count) {
            for (int i = 0; i < count; i++) {
                now += step();
                operation();
                if (table.size() != model.size()) {
                    fail("size %d, model %d", table.size(), model.size());
                }
                if (i % 20_000 == 0) {
                    compareAll();
                }
            }
            compareAll();
            compareCounters();
        }

        /** Mostly milliseconds, at times minutes, rarely hours. */
        private long step() {
            return switch (random.nextInt(50_000)) {
                case 0 -> random.nextInt(20_000) * SECOND;
                case 1, 2, 3, 4 -> random.nextInt(300) * SECOND;
                default -> random.nextInt(25_000_000);
            };
        }

        private void operation() {
            // Some keys come up again and again, others hardly ever
            key = (int) (keys * Math.pow(random.nextDouble(), 2));
            int choice = random.nextInt(1001);
            if (choice < 500) {
                find();
            } else if (choice < 900) {
                insert();
            } else if (choice < 930) {
                peek();
            } else if (choice < 945) {
                remove();
            } else if (choice < 960) {
                findByError();
            } else if (choice < 999) {
                expire();
            } else if (choice < 1000) {
                insertByError();
            } else {
                timeouts =
                        new FlowTimeouts(
                                60 + random.nextInt(400),
                                60 + random.nextInt(100),
                                1 + random.nextInt(100));
                table.timeouts(timeouts);
            }
        }

        private void find() {
            packet(random.nextBoolean());
            Flow expected = live();
            int flow = table.find(key % 3, tuple, now);
            expected = touched(expected);
            compare(flow, expected);
        }

        private void insert() {
            packet(random.nextBoolean());
            Flow expected = touched(live());
            inserting = expected == null;
            int flow = table.insert(key % 3, tuple, now);
            inserting = false;
            if (expected == null && flow == FlowTable.NONE) {
                Assertions.assertThat(model).hasSize(capacity);
                Assertions.assertThat(evicts).isFalse();
                refused++;
                return;
            }
            if (expected == null) {
                boolean answer = tuple.protocol() == 6 && (flags & Flow.CONTROL) == (SYN | ACK);
                expected = new Flow(tuple.isSourceLower() != answer);
                expected.packet(tuple, flags, sequence, acknowledgment, payload, now);
                expected.value = random.nextLong();
                model.put(key, expected);
                assertThat(table.getLong(flow, 0)).isZero();
                table.setLong(flow, 0, expected.value);
            }
            compare(flow, expected);
        }

        private void peek() {
            packet(random.nextBoolean());
            int flow = table.peek(key % 3, tuple, now);
            compare(flow, live());
            peekWhereItMayBe(flow);
        }

        /** A guess, right or wrong, of a flow or of none, changes nothing about what is found. */
        private void peekWhereItMayBe(int flow) {
            int guess =
                    switch (random.nextInt(4)) {
                        case 0 -> flow;
                        case 1 -> random.nextInt();
                        default -> random.nextInt(-1, capacity + 1);
                    };
            table.bringNear(new int[] {guess, random.nextInt(), flow}, random.nextInt(4));
            assertThat(table.peek(key % 3, tuple, guess, now, value)).isEqualTo(flow);
            if (flow != FlowTable.NONE) {
                assertThat(value.getLong(0)).isEqualTo(table.getLong(flow, 0));
            }
        }

        private void remove() {
            packet(true);
            Flow expected = live();
            int flow = table.peek(key % 3, tuple, now);
            compare(flow, expected);
            if (flow != FlowTable.NONE) {
                removing = true;
                table.remove(flow);
                removing = false;
                assertThat(model).doesNotContainKey(key);
            }
        }

        /**
         * An ICMP error finds its flow and changes nothing, except that it meets an expired one.
         */
        private void findByError() {
            error();
            Flow expected = live();
            compare(table.find(key % 3, tuple, now), expected);
        }

        /** An ICMP error adds no flow. */
        private void insertByError() {
            error();
            Flow expected = live();
            long before = table.counters().refusedQuotes();
            compare(table.insert(key % 3, tuple, now), expected);
            assertThat(table.counters().refusedQuotes() - before)
                    .isEqualTo(expected == null ? 1 : 0);
        }

        private void expire() {
            boolean all = random.nextBoolean();
            int limit = all ? Integer.MAX_VALUE : random.nextInt(50);
            int before = model.size();
            int lookedAt = table.expire(now, limit);
            assertThat(lookedAt).isBetween(before - model.size(), limit);
            if (lookedAt < limit) {
                for (Flow flow : model.values()) {
                    assertThat(flow.isSwept(now, timeouts)).isFalse();
                }
            }
        }

        /** The flow of the key if the model has it and it has not expired. */
        private Flow live() {
            Flow flow = model.get(key);
            return flow == null || flow.isExpired(now, timeouts) ? null : flow;
        }

        /** What a packet makes of a flow; null if it ends it. */
        private Flow touched(Flow flow) {
            if (flow == null || flow.isReopenedBy(flags)) {
                return null;
            }
            flow.packet(tuple, flags, sequence, acknowledgment, payload, now);
            model.remove(key);
            model.put(key, flow); // last in order now
            return flow;
        }

        private void compare(int flow, Flow expected) {
            if ((flow == FlowTable.NONE) != (expected == null)) {
                fail("key %d: found %s, expected %s", key, flow, expected);
            }
            if (expected != null) {
                assertThat(table.getLong(flow, 0)).isEqualTo(expected.value);
                assertThat(table.lastSeenNs(flow)).isEqualTo(expected.lastSeen);
                assertThat(table.isAnswered(flow)).isEqualTo(expected.answered);
                assertThat(table.isEstablished(flow)).isEqualTo(expected.established);
                assertThat(table.isClosed(flow)).isEqualTo(expected.isClosed());
            }
        }

        private void compareAll() {
            Set<Integer> seen = new HashSet<>();
            for (int f = table.next(FlowTable.NONE); f != FlowTable.NONE; f = table.next(f)) {
                int key = keyOf(f);
                assertThat(seen.add(key)).isTrue();
                this.key = key;
                compare(f, model.get(key));
                assertThat(shown.isSourceLower()).isEqualTo(model.get(key).lowerBegan);
            }
            assertThat(seen).isEqualTo(model.keySet());
        }

        private void compareCounters() {
            FlowCounters counters = table.counters();
            assertThat(counters.expired()).isEqualTo(ends.getOrDefault(FlowEnd.EXPIRED, 0) + 0L);
            assertThat(counters.evicted()).isEqualTo(ends.getOrDefault(FlowEnd.EVICTED, 0) + 0L);
            assertThat(counters.reopened()).isEqualTo(ends.getOrDefault(FlowEnd.REOPENED, 0) + 0L);
            assertThat(counters.removed()).isEqualTo(ends.getOrDefault(FlowEnd.REMOVED, 0) + 0L);
            assertThat(counters.refused()).isEqualTo(refused);
            assertThat(counters.evictedEstablished()).isEqualTo(evictedEstablished);
            assertThat(refused > 0).isEqualTo(!evicts && capacity < keys);
            assertThat(ends.containsKey(FlowEnd.EVICTED)).isEqualTo(evicts);
            long ended = ends.values().stream().mapToLong(Integer::longValue).sum();
            assertThat(counters.inserted()).isEqualTo(ended + table.size());
            if (capacity >= 500) { // or chance may have spared one of them
                assertThat(ends).containsKeys(FlowEnd.EXPIRED, FlowEnd.REMOVED, FlowEnd.REOPENED);
            }
        }

        /** The table says that a flow has ended: is there a reason? */
        private void ended(FlowTable table, int handle, FlowEnd end) {
            int ended = keyOf(handle);
            Flow flow = model.get(ended);
            assertThat(flow).as("key %d ended, was not in", ended).isNotNull();
            switch (end) {
                case EXPIRED -> assertThat(flow.isExpired(now, timeouts)).isTrue();
                case REMOVED -> assertThat(removing && ended == key).isTrue();
                case REOPENED -> {
                    assertThat(flow.isReopenedBy(flags)).isTrue();
                    assertThat(ended).isEqualTo(key);
                }
                case EVICTED -> checkEvicted(ended, flow);
            }
            ends.merge(end, 1, Integer::sum);
            model.remove(ended);
        }

        private void checkEvicted(int ended, Flow victim) {
            assertThat(evicts && inserting).isTrue();
            assertThat(model).hasSize(capacity);
            boolean doubted = now - victim.lastSeen < 5 * SECOND;
            evictedEstablished += victim.rank() > 1 && (victim.rank() < 4 || doubted) ? 1 : 0;
            int[] count = new int[5];
            int olderOfItsRank = 0;
            // From the one idle for longest on
            for (Flow flow : model.values()) {
                count[flow.rank()]++;
                if (flow.rank() == victim.rank()
                        && tickStart(flow.lastSeen) - tickStart(victim.lastSeen) < 0) {
                    olderOfItsRank++;
                }
            }
            assertThat(victim.rank()).isIn(ranksToEvict(count));
            if (capacity <= IdleOrder.MAX_PASSED_OVER) {
                assertThat(olderOfItsRank).as("key %d evicted", ended).isZero();
            }
        }

        /**
         * Closed, or reset (if that is not in doubt), or new unless few, or established: TCP last
         * unless there are few others.
         */
        private Set<Integer> ranksToEvict(int[] count) {
            if (count[0] > 0) {
                return Set.of(0);
            }
            int few = Math.max(1, Math.min(capacity / 2, Math.max(16, capacity / 8)));
            int rank = 1;
            if (count[1] < few && count[1] < capacity) {
                boolean other = count[2] >= few || count[3] + count[4] == 0;
                rank = other ? 2 : count[4] > 0 ? 4 : 3;
            }
            return count[4] > 0 && rank != 4 ? Set.of(rank, 4) : Set.of(rank);
        }

        private static long tickStart(long at) {
            return at >> TICK_SHIFT << TICK_SHIFT;
        }

        private int keyOf(int handle) {
            table.read(handle, shown);
            long address = shown.isSourceLower() ? shown.sourceLow() : shown.destinationLow();
            return (int) (address & 0xff_ffff);
        }

        /** A packet of the flow under way: four of ten flows are TCP, one of ten is IPv6. */
        private void packet(boolean up) {
            boolean tcp = key % 10 < 4;
            flags = tcp ? FLAGS[random.nextInt(FLAGS.length)] : 0;
            write(0, up);
            assertThat(tuple.wrap(packet, 0, packetLength)).isEqualTo(FlowStatus.OK);
        }

        private void write(int at, boolean up) {
            boolean tcp = key % 10 < 4;
            int low = up ? 0 : 1;
            int transport;
            if (key % 10 == 9) {
                packet.setInt(at, 0x60000000);
                packet.setInt(at + 4, 20 << 16 | 17 << 8 | 64);
                packet.setLong(at + 8 + 16 * low, 0x20010db8L << 32);
                packet.setLong(at + 16 + 16 * low, key);
                packet.setLong(at + 24 - 16 * low, 0x20010db8L << 32);
                packet.setLong(at + 32 - 16 * low, 0x7fff_ffffL);
                transport = at + 40;
            } else {
                packet.setInt(at, 0x45000028);
                packet.setInt(at + 4, 0);
                packet.setInt(at + 8, 0x40000000 | (tcp ? 6 : 17) << 16);
                packet.setInt(at + 12 + 4 * low, 0x0a000000 | key);
                packet.setInt(at + 16 - 4 * low, 0xc0a80001);
                transport = at + 20;
            }
            packet.setShort(transport + 2 * low, 1000 + key % 7);
            packet.setShort(transport + 2 - 2 * low, 443);
            // Few numbers, so that they often fit
            sequence = 0xffff_fffe + random.nextInt(3);
            acknowledgment = 0xffff_ffff + random.nextInt(3);
            packet.setInt(transport + 4, sequence);
            packet.setInt(transport + 8, acknowledgment);
            packet.setByte(transport + 12, 0x50);
            payload = tcp ? random.nextInt(3) * 4 : 0;
            packet.setByte(transport + 13, flags);
            packetLength = transport + 20 + payload - at;
            if (key % 10 != 9) {
                packet.setShort(at + 2, packetLength);
            }
        }

        private void error() {
            boolean v6 = key % 10 == 9;
            flags = 0;
            int header = v6 ? 40 : 20;
            write(header + 8, random.nextBoolean());
            int total = header + 8 + packetLength;
            packet.setLong(header, 0);
            if (v6) {
                packet.setInt(0, 0x60000000);
                packet.setInt(4, total - 40 << 16 | 58 << 8 | 64);
                packet.setByte(header, 1);
            } else {
                packet.setInt(0, 0x45000000 | total);
                packet.setInt(4, 0);
                packet.setInt(8, 0x40010000);
                packet.setByte(header, 3);
            }
            assertThat(tuple.wrap(packet, 0, total)).isEqualTo(FlowStatus.OK);
            assertThat(tuple.isQuoted()).isTrue();
        }
    }

    /** What the model knows of a flow. */
    private static final class Flow {
        private static final long SECOND = 1_000_000_000L;
        private static final int CONTROL = 1 | 2 | 4 | 16;
        private final boolean lowerBegan;
        private long lastSeen;
        private long value;
        private boolean tcp;
        private boolean answered;
        private boolean established;
        private int awaited;
        private int awaitedSequence;
        private boolean lowerFin;
        private boolean upperFin;
        private boolean reset;
        private boolean lowerWentOn;
        private boolean upperWentOn;

        Flow(boolean lowerBegan) {
            this.lowerBegan = lowerBegan;
        }

        void packet(
                FiveTuple tuple,
                int flags,
                int sequence,
                int acknowledgment,
                int payload,
                long now) {
            lastSeen = now;
            tcp = tuple.protocol() == 6;
            boolean fromBeginner = tuple.isSourceLower() == lowerBegan;
            if (!tcp) {
                established |= fromBeginner && answered;
                answered |= !fromBeginner;
                return;
            }
            boolean fin = (flags & 1) != 0;
            boolean syn = (flags & 2) != 0;
            boolean ack = (flags & 16) != 0;
            if ((flags & 4) != 0) {
                reset = true;
                goesOn(false, false);
                return;
            }
            if (!established && fromBeginner) {
                established =
                        answered
                                && !reset
                                && ack
                                && acknowledgment == awaited
                                && sequence == awaitedSequence;
            } else if (!established && ack) {
                answered = true;
                awaitedSequence = acknowledgment;
                awaited = sequence + payload + (syn || fin ? 1 : 0);
            }
            if (fin && !syn) {
                goesOn(false, false);
                lowerFin |= tuple.isSourceLower();
                upperFin |= !tuple.isSourceLower();
            } else if (!syn && (bothFin() ? payload > 0 : reset)) {
                goesOn(lowerWentOn || tuple.isSourceLower(), upperWentOn || !tuple.isSourceLower());
                if (lowerWentOn && upperWentOn) {
                    reset = false;
                    lowerFin = false;
                    upperFin = false;
                    goesOn(false, false);
                }
            }
        }

        private void goesOn(boolean lower, boolean upper) {
            lowerWentOn = lower;
            upperWentOn = upper;
        }

        private boolean bothFin() {
            return lowerFin && upperFin;
        }

        boolean isClosed() {
            return reset || bothFin();
        }

        boolean isReopenedBy(int flags) {
            return bothFin() && (flags & CONTROL) == 2;
        }

        long timeout(FlowTimeouts timeouts) {
            return SECOND
                    * (isClosed()
                            ? timeouts.closedSeconds()
                            : tcp ? timeouts.tcpSeconds() : timeouts.otherSeconds());
        }

        boolean isExpired(long now, FlowTimeouts timeouts) {
            return now - lastSeen >= timeout(timeouts);
        }

        /** Whether a complete sweep must have found it: all that share its tick are due. */
        boolean isSwept(long now, FlowTimeouts timeouts) {
            long tickEnd = (lastSeen >> Run.TICK_SHIFT) + 1 << Run.TICK_SHIFT;
            return now - tickEnd >= timeout(timeouts);
        }

        int rank() {
            if (isClosed()) {
                return established && !bothFin() ? 4 : 0;
            }
            return established ? (tcp ? 3 : 2) : 1;
        }

        @Override
        public String toString() {
            return "last seen " + lastSeen + ", rank " + rank();
        }
    }
}
