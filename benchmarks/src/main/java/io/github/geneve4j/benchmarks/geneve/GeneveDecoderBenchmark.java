package io.github.geneve4j.benchmarks.geneve;

import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.GeneveDecoder;
import io.github.geneve4j.geneve.OptionCursor;
import io.github.geneve4j.gwlb.GwlbMetadata;
import io.netty.buffer.ByteBuf;
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
 * Cost of reading one header, against a plain touch of the same bytes.
 *
 * {@snippet lang = shell :
 * java -jar benchmarks/target/benchmarks.jar GeneveDecoderBenchmark -prof gc
 * }
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class GeneveDecoderBenchmark {
    /** Which header; see {@link SamplePackets}. */
    @Param({"bare", "gwlb", "gwlb-shuffled", "full", "full-empty"})
    String packet;

    /** Where it lies. */
    @Param({"heap", "direct"})
    String memory;

    private final GeneveDecoder decoder = new GeneveDecoder();
    private final OptionCursor cursor = new OptionCursor();
    private final GwlbMetadata metadata = new GwlbMetadata();
    private ByteBuf buffer;
    private int length;

    /** Makes the packet. */
    @Setup
    public void make() {
        buffer = SamplePackets.packet(memory, packet);
        length = buffer.readableBytes();
        if (decoder.wrap(buffer, 0, length) != DecodeStatus.OK) {
            throw new IllegalStateException("not a packet: " + packet);
        }
    }

    /** {@return two words of the packet: the baseline} */
    @Benchmark
    public long touch() {
        return buffer.getLong(0) ^ buffer.getLong(length - 8);
    }

    /** {@return the status: everything structural is validated} */
    @Benchmark
    public DecodeStatus wrap() {
        return decoder.wrap(buffer, 0, length);
    }

    /** {@return a mix of all options, validated and visited} */
    @Benchmark
    public int wrapAndWalk() {
        int mix = decoder.wrap(buffer, 0, length).ordinal();
        decoder.options(cursor);
        while (cursor.next()) {
            mix = mix * 31 + cursor.type();
        }
        return mix;
    }

    /** {@return the endpoint id, after validation and one pass over the options} */
    @Benchmark
    public long wrapAndReadMetadata() {
        decoder.wrap(buffer, 0, length);
        metadata.read(decoder);
        return metadata.endpointId() + metadata.flowCookie();
    }
}
