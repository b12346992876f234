package io.github.geneve4j.benchmarks.simulator;

import io.github.geneve4j.flow.TcpFlags;
import io.github.geneve4j.gwlb.EndpointId;
import io.github.geneve4j.simulator.Endpoint;
import io.github.geneve4j.simulator.GwlbSimulator;
import io.github.geneve4j.simulator.HealthProbe;
import io.github.geneve4j.simulator.Node;
import io.github.geneve4j.simulator.Side;
import io.github.geneve4j.simulator.SimulatorEvent;
import io.github.geneve4j.simulator.SimulatorOutput;
import io.github.geneve4j.simulator.Target;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.HexFormat;
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
 * Cost of a round trip: a packet enters an endpoint, its datagram comes back from the target at
 * once, is judged, and leaves the endpoint. Sixteen targets in two zones, four endpoints; every
 * flow is as likely to come next, in either direction.
 *
 * {@snippet lang = shell :
 * java -jar benchmarks/target/benchmarks.jar SimulatorBenchmark -prof gc
 * }
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 3,
        jvmArgsAppend = {"-Xms512m", "-Xmx512m"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class SimulatorBenchmark {
    private static final int LENGTH = 100;
    private static final int PACKETS = 1024; // a ring, as of a socket
    private static final int STRIDE = 256;
    private static final String IPV4_TCP =
            "45000064 00004000 40060000 0a000000 c6336400 c0de01bb 00000001 00000002 50100400";
    private static final int SOURCE_OFFSET = 12;
    private static final int DESTINATION_OFFSET = 16;
    private static final int SOURCE_PORT_OFFSET = 20;
    private static final int DESTINATION_PORT_OFFSET = 22;
    private static final int FLAGS_OFFSET = 33;
    private static final int GENEVE_PORT = 6081;
    private static final int HTTPS = 443;
    private static final int SERVER = 0xc633_6401;

    /** How many flows the load balancer knows. */
    @Param({"1000", "100000"})
    int flows;

    private final ByteBuf ring =
            Unpooled.directBuffer(PACKETS * STRIDE).setZero(0, PACKETS * STRIDE);
    private final Endpoint[] endpoints = new Endpoint[4];
    private final Hairpin appliance = new Hairpin();
    private GwlbSimulator lb =
            GwlbSimulator.builder().node("a", 1).flowCapacity(1).output(appliance).build(0);
    private long step;
    private long now;

    /** Begins all flows. */
    @Setup
    public void begin() {
        var builder = GwlbSimulator.builder().node("a", 1).node("b", 2);
        for (int i = 0; i < 16; i++) {
            builder.target("fw-" + i, 0x0a00_0100 + i, i % 2 == 0 ? "a" : "b");
        }
        lb =
                builder.targetGroup(
                                io.github.geneve4j.simulator.TargetGroupSettings.DEFAULT
                                        .withHealthCheck(null)
                                        .withCrossZone(true))
                        .seed(42)
                        .output(appliance)
                        .build(0);
        appliance.lb = lb;
        var service = lb.service("svc", false);
        for (int i = 0; i < endpoints.length; i++) {
            endpoints[i] = service.createEndpoint(new EndpointId(i), i % 2 == 0 ? "a" : "b", 0);
        }
        byte[] packet = HexFormat.of().parseHex(IPV4_TCP.replace(" ", ""));
        for (int i = 0; i < PACKETS; i++) {
            ring.setBytes(i * STRIDE + GwlbSimulator.HEADROOM, packet);
        }
        for (int flow = 0; flow < flows; flow++) {
            trip(flow, true, TcpFlags.SYN);
        }
        if (appliance.left != flows) {
            throw new IllegalStateException(appliance.left + " of " + flows + " packets came back");
        }
    }

    /** {@return how many packets have left so far} */
    @Benchmark
    public long roundTrip() {
        step += 0x9e37_79b9_7f4a_7c15L;
        long z = (step ^ (step >>> 32)) * 0xd6e8_feb8_6659_fd93L;
        z ^= z >>> 32;
        long before = appliance.left;
        trip((int) (((z >>> 32) * flows) >>> 32), (z & 1) == 0, TcpFlags.ACK);
        if (appliance.left == before) {
            throw new IllegalStateException("a packet was dropped");
        }
        return appliance.left;
    }

    private void trip(int flow, boolean there, int flags) {
        int at = (int) (appliance.left % PACKETS) * STRIDE + GwlbSimulator.HEADROOM;
        int client = 0x0a00_0000 + (flow >>> 4);
        int clientPort = 1024 + (flow & 15);
        ring.setInt(at + SOURCE_OFFSET, there ? client : SERVER);
        ring.setInt(at + DESTINATION_OFFSET, there ? SERVER : client);
        ring.setShort(at + SOURCE_PORT_OFFSET, there ? clientPort : HTTPS);
        ring.setShort(at + DESTINATION_PORT_OFFSET, there ? HTTPS : clientPort);
        ring.setByte(at + FLAGS_OFFSET, flags);
        now += 1000;
        lb.fromEndpoint(
                endpoints[flow & 3], there ? Side.INSIDE : Side.OUTSIDE, ring, at, LENGTH, now);
    }

    /** Sends every datagram back as it came. */
    private static final class Hairpin implements SimulatorOutput {
        GwlbSimulator lb;
        long left;

        @Override
        public void toTarget(
                Node node,
                Target target,
                int sourcePort,
                ByteBuf buffer,
                int offset,
                int length,
                long nowNanos) {
            lb.fromTarget(
                    node,
                    target.address(),
                    sourcePort,
                    GENEVE_PORT,
                    buffer,
                    offset,
                    length,
                    nowNanos);
        }

        @Override
        public void fromEndpoint(
                Endpoint endpoint,
                Side side,
                ByteBuf buffer,
                int offset,
                int length,
                long nowNanos) {
            left++;
        }

        @Override
        public void probe(HealthProbe probe, long nowNanos) {}

        @Override
        public void event(SimulatorEvent event) {}
    }
}
