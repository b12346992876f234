package io.github.geneve4j.benchmarks.geneve;

import io.github.geneve4j.geneve.EtherType;
import io.github.geneve4j.geneve.GeneveEncoder;
import io.github.geneve4j.gwlb.GwlbDialect;
import io.github.geneve4j.gwlb.GwlbOptions;
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
 * Cost of writing one header, against a copy of the same 40 bytes.
 *
 * {@snippet lang = shell :
 * java -jar benchmarks/target/benchmarks.jar GeneveEncoderBenchmark -prof gc
 * }
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class GeneveEncoderBenchmark {
    private static final int GWLB_HEADER_LENGTH = 40;

    /** Where it is written. */
    @Param({"heap", "direct"})
    String memory;

    private final GeneveEncoder encoder = new GeneveEncoder();
    private final GwlbOptions gwlb = new GwlbOptions(GwlbDialect.AWS);
    private ByteBuf buffer;
    private ByteBuf template;
    private int cookie;

    /** Makes the buffers. */
    @Setup
    public void make() {
        buffer = SamplePackets.buffer(memory);
        template = SamplePackets.packet(memory, "gwlb");
    }

    /** {@return the buffer with a copied header: the baseline} */
    @Benchmark
    public ByteBuf copy() {
        return buffer.setBytes(0, template, 0, GWLB_HEADER_LENGTH);
    }

    /** {@return the length of a header without options} */
    @Benchmark
    public int bare() {
        return encoder.begin(buffer, 0, EtherType.IPV4, 0).headerLength();
    }

    /** {@return the length of a load balancer's header} */
    @Benchmark
    public int gwlb() {
        return gwlb.begin(buffer, 0, EtherType.IPV4)
                .endpointId(0x2356de92d389839cL)
                .attachmentId(0)
                .flowCookie(cookie++)
                .headerLength();
    }
}
