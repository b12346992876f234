package io.github.geneve4j.benchmarks.flow;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowHash;
import io.github.geneve4j.flow.FlowTable;
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
 * Time to fill an empty table with flows, and to expire all of them; divide by the flows. Every
 * place was in use before.
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
    private static final int UDP = 17;

    /** A table and what is done to it. */
    @State(Scope.Thread)
    public abstract static class Table {
        /** How many flows come and go. */
        @Param({"1000", "100000", "1000000", "10000000"})
        int flows;

        private final FiveTuple tuple = new FiveTuple();
        private FlowTable table = FlowTable.builder(1).build();
        private long now;

        /** Makes it. */
        @Setup
        public void make() {
            table = FlowTable.builder(flows).valueLength(32).hash(FlowHash.seeded(1)).build();
            fill();
        }

        int expireAll() {
            now += LONGER_THAN_ANY_TIMEOUT_NS;
            table.expire(now, Integer.MAX_VALUE);
            return sizeThatMustBe(0);
        }

        int fill() {
            for (int i = 0; i < flows; i++) {
                // Neighbours in time are not neighbours in the table
                tuple.setIpv4(0x0a00_0000 + (i >>> 4), 0xc633_6401, UDP, 1024 + (i & 15), 443);
                table.insert(i & 3, tuple, now + i);
            }
            return sizeThatMustBe(flows);
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
