package io.github.geneve4j.benchmarks.flow;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowHash;
import io.github.geneve4j.flow.FlowTable;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Cost of a table that is full to its capacity, 32 bytes for each flow, when every flow is as
 * likely to come next: the worst case for the caches. Each operation makes its own five-tuple from
 * a counter, which the baseline does too.
 *
 * {@snippet lang = shell :
 * java -jar benchmarks/target/benchmarks.jar FlowTableBenchmark -prof gc -rf csv
 * }
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 3,
        jvmArgsAppend = {"-Xms256m", "-Xmx256m", "-XX:MaxDirectMemorySize=4g"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class FlowTableBenchmark {
    private static final long OTHER_TIMEOUT_NS = 120_000_000_000L;
    private static final int VALUE_LENGTH = 32;
    private static final int RECORD_LENGTH = 96;
    private static final int UDP = 17;

    /** How many flows the table holds. */
    @Param({"1000", "100000", "1000000", "10000000"})
    int flows;

    private final FiveTuple tuple = new FiveTuple();
    private FlowTable table = FlowTable.builder(1).build();
    private ByteBuffer memory = ByteBuffer.allocate(0);
    private long step;
    private long now;
    private long newest;

    /** Fills the table. */
    @Setup
    public void fill() {
        table = FlowTable.builder(flows).valueLength(VALUE_LENGTH).hash(FlowHash.seeded(1)).build();
        memory = ByteBuffer.allocateDirect(flows * RECORD_LENGTH);
        for (int i = 0; i < memory.capacity(); i += Long.BYTES) {
            memory.putLong(i, 0);
        }
        // The last flow comes one timeout after the first
        for (int i = 0; i < flows; i++) {
            now = OTHER_TIMEOUT_NS * i / flows;
            table.insert(i & 3, tuple(i), now);
        }
        newest = flows;
        if (table.size() != flows) {
            throw new IllegalStateException("size " + table.size());
        }
    }

    /**
     * {@return a sum: one read of as many bytes of plain memory, at a random place that depends on
     * the read before, so that no two overlap; the baseline}
     */
    @Benchmark
    public long touch() {
        long flow = random();
        long read = memory.getLong((int) flow * RECORD_LENGTH); // 0 always
        step += read;
        return tuple(flow).sourceLow() + read;
    }

    /** {@return a flow that was found, and is idle no longer} */
    @Benchmark
    public int find() {
        long flow = random();
        return table.find(flow & 3, tuple(flow), now);
    }

    /** {@return a sum: a flow that was found, and its counters counted up, as an appliance does} */
    @Benchmark
    public long findAndCount() {
        long flow = random();
        int found = table.find(flow & 3, tuple(flow), now);
        long packets = table.getLong(found, 0) + 1;
        table.setLong(found, 0, packets);
        return packets;
    }

    /** {@return NONE: a flow that is not there} */
    @Benchmark
    public int findNothing() {
        long flow = random() + (1L << 32);
        return table.find(flow & 3, tuple(flow), now);
    }

    /** {@return a new flow, in the place of the one idle for longest} */
    @Benchmark
    public int insertAndEvict() {
        long flow = newest++;
        return table.insert(flow & 3, tuple(flow), now);
    }

    /** {@return how many expired: about one for each flow that comes} */
    @Benchmark
    public int insertAndExpire() {
        now += OTHER_TIMEOUT_NS / flows;
        int expired = table.expire(now + (2L << 30), 2);
        long flow = newest++;
        table.insert(flow & 3, tuple(flow), now);
        return expired;
    }

    /** {@return any of the flows that the table was filled with} */
    private long random() {
        step += 0x9e37_79b9_7f4a_7c15L;
        long z = (step ^ (step >>> 32)) * 0xd6e8_feb8_6659_fd93L;
        z ^= z >>> 32;
        return ((z >>> 32) * flows) >>> 32;
    }

    /** {@return a five-tuple like no other's} */
    private FiveTuple tuple(long flow) {
        int client = 0x0a00_0000 + (int) (flow >>> 4);
        int server = 0xc633_6400 + (int) (flow >>> 32);
        return tuple.setIpv4(client, server, UDP, 1024 + ((int) flow & 15), 443);
    }
}
