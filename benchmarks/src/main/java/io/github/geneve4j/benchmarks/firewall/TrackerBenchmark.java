package io.github.geneve4j.benchmarks.firewall;

import io.github.geneve4j.appliance.track.ConnectionTracker;
import io.github.geneve4j.appliance.track.Outcome;
import io.github.geneve4j.flow.FiveTuple;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
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
 * What a tracker adds to reading a packet's flow: for a segment of an established connection, and
 * for the whole opening of a connection in a table that is full, so that each evicts another.
 *
 * {@snippet lang = shell :
 * java -jar benchmarks/target/benchmarks.jar TrackerBenchmark -rf csv
 * }
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"-Xms512m", "-Xmx512m", "-XX:MaxDirectMemorySize=4g"})
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 3, time = 2)
public class TrackerBenchmark {
    private static final int SERVER = 0xc633_6401;
    private static final int FIRST_CLIENT = 0x0a00_0000;
    private static final int ACK = 0x10;
    private static final int SYN = 0x02;
    private static final int STRIDE = 7919; // a prime: neighbours in time are none in memory

    /** How many flows the table holds. */
    @Param({"1000", "100000", "1000000"})
    int flows;

    /** Whether numbers are held against windows. */
    @Param({"true", "false"})
    boolean windows;

    private final FiveTuple tuple = new FiveTuple();
    private final ByteBuf packet = Unpooled.directBuffer(40, 40);
    private ConnectionTracker tracker = ConnectionTracker.builder(1).build();
    private int at;
    private int newcomer;
    private long now;

    /** Opens the connections. */
    @Setup
    public void open() {
        packet.setZero(0, packet.capacity());
        packet.setInt(0, 0x4500_0028);
        packet.setInt(8, 0x4006_0000);
        packet.setShort(34, 1000);
        tracker =
                ConnectionTracker.builder(flows)
                        .checksWindows(windows)
                        .flowsPerEndpoint(flows + 1, 16) // is asked before one is evicted
                        .flowsPerSource(1000)
                        .build();
        for (int i = 0; i < flows; i++) {
            connect(i);
        }
        newcomer = flows;
    }

    /** {@return the length of the packet: what there is to do without a tracker} */
    @Benchmark
    public int plain() {
        write(true, next(), ACK, 1001, 5001);
        return tuple.transportLength();
    }

    /** {@return what the tracker says about a segment of an established connection} */
    @Benchmark
    public Outcome established() {
        write(true, next(), ACK, 1001, 5001);
        return look();
    }

    /** {@return what the tracker says about the third segment of a new connection} */
    @Benchmark
    public Outcome connect() {
        return connect(newcomer++);
    }

    private Outcome connect(int client) {
        now += 1000;
        write(true, client, SYN, 1000, 0);
        look();
        tracker.begin(0, 0, 0);
        write(false, client, SYN | ACK, 5000, 1001);
        look();
        write(true, client, ACK, 1001, 5001);
        return look();
    }

    private Outcome look() {
        Outcome outcome = tracker.look(tuple, packet, packet.capacity(), 1, 7, now);
        if (outcome == Outcome.INVALID || outcome == Outcome.MIDSTREAM) {
            throw new IllegalStateException("a good segment is " + outcome);
        }
        return outcome;
    }

    private int next() {
        at = (int) ((at + (long) STRIDE) % flows);
        return at;
    }

    private void write(
            boolean fromClient, int client, int flags, int sequence, int acknowledgment) {
        int address = FIRST_CLIENT + client;
        packet.setInt(12, fromClient ? address : SERVER);
        packet.setInt(16, fromClient ? SERVER : address);
        packet.setInt(20, fromClient ? 5000 << 16 | 443 : 443 << 16 | 5000);
        packet.setInt(24, sequence);
        packet.setInt(28, acknowledgment);
        packet.setShort(32, 5 << 12 | flags);
        tuple.wrap(packet, 0, packet.capacity());
    }
}
