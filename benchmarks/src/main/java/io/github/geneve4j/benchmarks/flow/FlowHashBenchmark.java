package io.github.geneve4j.benchmarks.flow;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowHash;
import io.github.geneve4j.flow.FlowStatus;
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
 * Cost of a packet's five-tuple and of its hash, against a plain touch of the same bytes.
 *
 * <p>The packets go round a ring of 1024 frames that the caches hold, as memory is not what is
 * measured: random addresses and ports, either endpoint the lower one, so that no branch on them
 * can be predicted.
 *
 * {@snippet lang = shell :
 * java -jar benchmarks/target/benchmarks.jar FlowHashBenchmark -prof gc
 * }
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class FlowHashBenchmark {
    /** What the packets are. */
    @Param({"ipv4-tcp", "ipv4-udp-options", "ipv6-tcp", "ipv6-extensions", "icmp-error"})
    String packet = "";

    /** Where they lie. */
    @Param({"heap", "direct"})
    String memory = "";

    private final FiveTuple tuple = new FiveTuple();
    private final FlowHash hash = FlowHash.seeded(1);
    private ByteBuf ring = Unpooled.EMPTY_BUFFER;
    private int length;
    private int addresses;
    private int ports;
    private boolean ipv6;
    private int next;

    /** Makes the packets. */
    @Setup
    public void make() {
        byte[] template = SampleFlows.packet(packet);
        ring =
                memory.equals("direct")
                        ? Unpooled.directBuffer(SampleFlows.RING_LENGTH)
                        : Unpooled.buffer(SampleFlows.RING_LENGTH);
        SampleFlows.fill(ring, template);
        length = template.length;
        ipv6 = template[0] >>> 4 == 6;
        addresses = ipv6 ? 8 : 12;
        ports = template.length - 20;
        for (int i = 0; i < SampleFlows.RING_LENGTH; i += SampleFlows.FRAME_LENGTH) {
            if (tuple.wrap(ring, i, length) != FlowStatus.OK) {
                throw new IllegalStateException("not a packet: " + packet);
            }
        }
    }

    /** {@return the fields that make a key, read and added up: the baseline} */
    @Benchmark
    public long touch() {
        int at = advance();
        long sum = ring.getLong(at) + ring.getLong(at + addresses) + ring.getInt(at + ports);
        if (ipv6) {
            sum +=
                    ring.getLong(at + addresses + 8)
                            + ring.getLong(at + addresses + 16)
                            + ring.getLong(at + addresses + 24);
        }
        return sum;
    }

    /** {@return the status: the five-tuple is known} */
    @Benchmark
    public FlowStatus fiveTuple() {
        return tuple.wrap(ring, advance(), length);
    }

    /** {@return the hash of the five-tuple} */
    @Benchmark
    public long fiveTupleAndHash() {
        tuple.wrap(ring, advance(), length);
        return hash.hash(tuple);
    }

    private int advance() {
        int at = next;
        next = (at + SampleFlows.FRAME_LENGTH) & (SampleFlows.RING_LENGTH - 1);
        return at;
    }
}
