package io.github.geneve4j.benchmarks.flow;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowHash;
import io.github.geneve4j.flow.FlowTable;
import io.github.geneve4j.flow.TcpFlags;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Time to fill an empty table with flows, to expire all of them, to find out that none has expired
 * though each might have, and to take in as many TCP handshakes; divide by the flows. Every place
 * was in use before.
 *
 * {@snippet lang = shell :
 * java -jar benchmarks/target/benchmarks.jar FlowTableBulkBenchmark -rf csv
 * }
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
        value = 3,
        jvmArgsAppend = {"-Xms256m", "-Xmx256m", "-XX:MaxDirectMemorySize=4g"})
@Warmup(iterations = 10)
@Measurement(iterations = 10)
public class FlowTableBulkBenchmark {
    private static final long LONGER_THAN_ANY_TIMEOUT_NS = 400_000_000_000L;
    private static final long HALF_A_TIMEOUT_NS = 60_000_000_000L;
    private static final long TWO_TICKS_NS = 2L << 30;
    private static final int UDP = 17;
    private static final int SERVER = 0xc633_6401;
    private static final int SOURCE_OFFSET = 12;
    private static final int DESTINATION_OFFSET = 16;
    private static final int PORTS_OFFSET = 20;
    private static final int SEQUENCE_OFFSET = 24;
    private static final int ACKNOWLEDGMENT_OFFSET = 28;
    private static final int FLAGS_OFFSET = 33;

    /** A table and what is done to it. */
    @State(Scope.Thread)
    public abstract static class Table {
        /** How many flows come and go. */
        @Param({"1000", "100000", "1000000", "10000000"})
        int flows;

        private final FiveTuple tuple = new FiveTuple();
        private final ByteBuf packet = Unpooled.directBuffer(40, 40);
        private FlowTable table = FlowTable.builder(1).build();
        private long now;

        /** Makes it. */
        @Setup
        public void make() {
            packet.setZero(0, packet.capacity());
            packet.setInt(0, 0x4500_0028);
            packet.setInt(8, 0x4006_0000);
            packet.setByte(32, 0x50);
            table = FlowTable.builder(flows).valueLength(32).hash(FlowHash.seeded(1)).build();
            fill();
        }

        void refreshAll(long afterNs) {
            now += afterNs;
            for (int i = 0; i < flows; i++) {
                table.find(i & 3, tuple(i), now);
            }
        }

        int sweep(long afterNs) {
            now += afterNs;
            if (table.expire(now, Integer.MAX_VALUE) != flows) {
                throw new IllegalStateException("not all flows were looked at");
            }
            return sizeThatMustBe(flows);
        }

        int connectAll() {
            for (int i = 0; i < flows; i++) {
                int client = 0x0a00_0000 + i;
                segment(client, SERVER, TcpFlags.SYN);
                table.insert(i & 3, tuple, now + i);
                segment(SERVER, client, TcpFlags.SYN | TcpFlags.ACK);
                table.find(i & 3, tuple, now + i);
                segment(client, SERVER, TcpFlags.ACK);
                table.find(i & 3, tuple, now + i);
            }
            return sizeThatMustBe(flows);
        }

        private void segment(int source, int destination, int flags) {
            packet.setInt(SOURCE_OFFSET, source);
            packet.setInt(DESTINATION_OFFSET, destination);
            packet.setInt(PORTS_OFFSET, source == SERVER ? 443 << 16 | 5000 : 5000 << 16 | 443);
            packet.setInt(SEQUENCE_OFFSET, 0);
            packet.setInt(ACKNOWLEDGMENT_OFFSET, 1);
            packet.setByte(FLAGS_OFFSET, flags);
            tuple.wrap(packet, 0, packet.capacity());
        }

        int expireAll() {
            now += LONGER_THAN_ANY_TIMEOUT_NS;
            table.expire(now, Integer.MAX_VALUE);
            return sizeThatMustBe(0);
        }

        int fill() {
            for (int i = 0; i < flows; i++) {
                table.insert(i & 3, tuple(i), now + i);
            }
            return sizeThatMustBe(flows);
        }

        /** {@return one of the flows; neighbours in time are not neighbours in the table} */
        private FiveTuple tuple(int i) {
            return tuple.setIpv4(0x0a00_0000 + (i >>> 4), SERVER, UDP, 1024 + (i & 15), 443);
        }

        private int sizeThatMustBe(int size) {
            if (table.size() != size) {
                throw new IllegalStateException("size " + table.size() + ": not " + size);
            }
            return size;
        }
    }

    /** A table that is empty before each shot. */
    public static class Empty extends Table {
        /** Empties it. */
        @Setup(Level.Invocation)
        public void prepare() {
            expireAll();
        }
    }

    /** A table that is full before each shot. */
    public static class Full extends Table {
        /** Fills it. */
        @Setup(Level.Invocation)
        public void prepare() {
            fill();
        }
    }

    /** A table whose flows were all refreshed since they were put in order. */
    public static class Busy extends Table {
        /** Refreshes them. */
        @Setup(Level.Invocation)
        public void prepare() {
            refreshAll(HALF_A_TIMEOUT_NS);
            refreshAll(HALF_A_TIMEOUT_NS);
        }
    }

    /** {@return the size: as many flows kept, each put where it belongs by now} */
    @Benchmark
    public int sweepAll(Busy table) {
        return table.sweep(TWO_TICKS_NS);
    }

    /** {@return the size: as many connections established, by three segments each} */
    @Benchmark
    public int connectAll(Empty table) {
        return table.connectAll();
    }

    /** {@return the size: as many flows inserted} */
    @Benchmark
    public int insertAll(Empty table) {
        return table.fill();
    }

    /** {@return the size: none left} */
    @Benchmark
    public int expireAll(Full table) {
        return table.expireAll();
    }
}
