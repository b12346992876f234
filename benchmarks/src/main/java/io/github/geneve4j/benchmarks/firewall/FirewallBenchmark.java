package io.github.geneve4j.benchmarks.firewall;

import io.github.geneve4j.appliance.Appliance;
import io.github.geneve4j.appliance.Inspector;
import io.github.geneve4j.appliance.OriginFilter;
import io.github.geneve4j.appliance.firewall.FirewallControl;
import io.github.geneve4j.appliance.inspect.AllowAll;
import io.github.geneve4j.appliance.policy.Action;
import io.github.geneve4j.appliance.policy.Policy;
import io.github.geneve4j.flow.IpProtocol;
import io.github.geneve4j.flow.TcpFlags;
import io.github.geneve4j.io.PacketHandler;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the appliance does for one datagram of an established flow, from the port's hand and back to
 * it, with an inspector that passes everything and with firewalls.
 *
 * <p>The datagrams lie in frames that go round, as in a ring; in each batch the benchmark writes
 * the flow's address and cookie, and the number of a TCP segment, into them, as if they had just
 * come. Flows are visited in turn, neighbours in time being none in memory. A TCP segment brings 24
 * new bytes.
 *
 * {@snippet lang = shell :
 * java -jar benchmarks/target/benchmarks.jar FirewallBenchmark -rf csv
 * }
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"-Xms512m", "-Xmx512m"})
@Warmup(iterations = 60, time = 100, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 40, time = 50, timeUnit = TimeUnit.MILLISECONDS)
public class FirewallBenchmark {
    /** What judges which packets. */
    public enum Setting {
        /** UDP through an appliance that passes everything. */
        PASSED_UDP,
        /** TCP through the same. */
        PASSED_TCP,
        /** UDP through a firewall. */
        UDP,
        /** TCP through a firewall that does not look at numbers. */
        TCP_WITHOUT_WINDOWS,
        /** TCP through a firewall as it is by default. */
        TCP
    }

    /** Datagrams that lie in a ring together. */
    private static final int BATCH = 64;

    private static final int FRAMES = 1024;
    private static final int FRAME_LENGTH = 2048;
    private static final int FRAME_MASK = FRAMES - 1;
    private static final int STRIDE = 7919; // a prime: neighbours in time are none in memory

    // A datagram, from its frame's first byte
    private static final int GENEVE = 42; // behind Ethernet, IPv4 and UDP
    private static final int OPTIONS = GENEVE + 8;
    private static final int COOKIE = OPTIONS + 28;
    private static final int INNER = OPTIONS + 32;
    private static final int SOURCE = INNER + 12;
    private static final int DESTINATION = INNER + 16;
    private static final int TRANSPORT = INNER + 20;
    private static final int SEQUENCE = TRANSPORT + 4;
    private static final int INNER_LENGTH = 64;
    private static final int LENGTH = INNER + INNER_LENGTH - GENEVE;
    private static final int TCP_WORDS = 6;
    private static final int SEGMENT = INNER_LENGTH - 20 - TCP_WORDS * Integer.BYTES;

    private static final int NODE = 0x0a64_0001;
    private static final int SERVER = 0xc633_6401;
    private static final int FIRST_COOKIE = 0x1234_5678;
    private static final int FIRST_CLIENT = 0x0a00_0000;
    private static final int CLIENTS_NUMBER = 1000;
    private static final int SERVERS_NUMBER = 5000;

    /** How many flows there are. */
    @Param({"512", "100000"})
    int flows;

    /** What judges which packets. */
    @Param Setting setting = Setting.TCP;

    private final ByteBuf frames = Unpooled.directBuffer(FRAMES * FRAME_LENGTH);
    private final LentLoop loop = new LentLoop();
    private Appliance appliance;
    private PacketHandler handler;
    private int frame;
    private int flow;
    private int left; // flows of this round
    private int sequence = CLIENTS_NUMBER + 1;

    /** Starts the appliance, and has each flow begin. */
    @Setup
    public void begin() {
        appliance =
                Appliance.builder()
                        .port(loop)
                        .allowFrom(OriginFilter.parse("10.100.0.1/32"))
                        .inspector(inspector())
                        .start();
        handler = loop.handler();
        for (int i = 0; i < flows; i++) {
            connect(i);
        }
        for (int i = 0; i < FRAMES; i++) {
            write(i * FRAME_LENGTH, true, FIRST_CLIENT);
        }
        left = flows;
    }

    private Supplier<? extends Inspector> inspector() {
        if (setting == Setting.PASSED_UDP || setting == Setting.PASSED_TCP) {
            return AllowAll::new;
        }
        Policy policy = new Policy(List.of(), List.of(), List.of(), Action.ALLOW);
        return FirewallControl.builder(policy)
                        .checksWindows(setting != Setting.TCP_WITHOUT_WINDOWS)
                        .build()
                ::newFirewall;
    }

    /**
     * Ends the appliance.
     *
     * @throws IOException never
     */
    @TearDown
    public void end() throws IOException {
        appliance.close();
        long passed = appliance.counters().passed();
        if (passed != appliance.counters().received()) {
            throw new IllegalStateException("only " + passed + " packets passed");
        }
    }

    /** {@return what became of the datagrams of a batch} */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public int handle() {
        int first = frame;
        for (int i = 0; i < BATCH; i++) {
            bring((first + i & FRAME_MASK) * FRAME_LENGTH);
        }
        int sum = 0;
        for (int i = 0; i < BATCH; i++) {
            if (i % PacketHandler.AHEAD == 0) {
                announce(first + i);
            }
            int at = (first + i & FRAME_MASK) * FRAME_LENGTH;
            sum += handler.onDatagram(frames, at + GENEVE, LENGTH, NODE);
        }
        frame = first + BATCH & FRAME_MASK;
        return sum;
    }

    /** As ports do that have datagrams in their memory. */
    private void announce(int first) {
        for (int i = 0; i < PacketHandler.AHEAD; i++) {
            int at = (first + i & FRAME_MASK) * FRAME_LENGTH;
            handler.onAhead(frames, at + GENEVE, LENGTH);
        }
    }

    /** {@return a number that says nothing of its neighbours', as a load balancer's may not} */
    private static int cookie(int flow) {
        int mixed = (FIRST_COOKIE + flow) * 0x85eb_ca6b; // as the end of MurmurHash3, one to one
        mixed = (mixed ^ mixed >>> 13) * 0xc2b2_ae35;
        return mixed ^ mixed >>> 16;
    }

    /** Makes the datagram of a frame that of the next flow. */
    private void bring(int at) {
        frames.setInt(at + COOKIE, cookie(flow));
        frames.setInt(at + SOURCE, FIRST_CLIENT + flow);
        if (isTcp()) {
            frames.setInt(at + SEQUENCE, sequence);
        }
        flow = (flow + STRIDE) % flows;
        if (--left == 0) {
            left = flows;
            sequence += SEGMENT;
        }
    }

    private boolean isTcp() {
        return setting != Setting.PASSED_UDP && setting != Setting.UDP;
    }

    private void connect(int client) {
        int address = FIRST_CLIENT + client;
        write(0, true, address);
        if (isTcp()) {
            segment(0, TcpFlags.SYN, CLIENTS_NUMBER, 0);
            write(0, false, address);
            segment(0, TcpFlags.SYN | TcpFlags.ACK, SERVERS_NUMBER, CLIENTS_NUMBER + 1);
            write(0, true, address);
            segment(0, TcpFlags.ACK, CLIENTS_NUMBER + 1, SERVERS_NUMBER + 1);
            write(0, false, address); // opens the window as far as that goes
            segment(0, TcpFlags.ACK, SERVERS_NUMBER + 1, CLIENTS_NUMBER + 1);
        } else {
            handler.onDatagram(frames, GENEVE, LENGTH, NODE);
        }
    }

    private void segment(int at, int flags, int sequenceNumber, int acknowledgment) {
        frames.setInt(at + SEQUENCE, sequenceNumber);
        frames.setInt(at + SEQUENCE + 4, acknowledgment);
        frames.setByte(at + SEQUENCE + 9, flags);
        handler.onDatagram(frames, at + GENEVE, LENGTH, NODE);
    }

    /** Writes a datagram: UDP, or a segment with an acknowledgment. */
    private void write(int at, boolean fromClient, int client) {
        frames.setLong(at + GENEVE, 0x0800_0800_0000_0000L);
        frames.setInt(at + OPTIONS, 0x0108_0102);
        frames.setLong(at + OPTIONS + 4, 0x0235_6de9_2d38_9839L);
        frames.setInt(at + OPTIONS + 12, 0x0108_0202);
        frames.setLong(at + OPTIONS + 16, 1);
        frames.setInt(at + OPTIONS + 24, 0x0108_0301);
        frames.setInt(at + COOKIE, cookie(client - FIRST_CLIENT));
        frames.setLong(at + INNER, 0x4500_0000_0000_4000L | (long) INNER_LENGTH << 32);
        frames.setInt(at + INNER + 8, 0x4000_0000 | protocol() << 16);
        frames.setInt(at + SOURCE, fromClient ? client : SERVER);
        frames.setInt(at + DESTINATION, fromClient ? SERVER : client);
        frames.setInt(at + TRANSPORT, fromClient ? 5000 << 16 | 443 : 443 << 16 | 5000);
        if (isTcp()) {
            frames.setInt(at + SEQUENCE, CLIENTS_NUMBER + 1);
            frames.setInt(at + SEQUENCE + 4, SERVERS_NUMBER + 1);
            frames.setInt(at + SEQUENCE + 8, TCP_WORDS << 28 | TcpFlags.ACK << 16 | 0xffff);
            frames.setInt(at + SEQUENCE + 12, 0);
            frames.setInt(at + SEQUENCE + 16, 0x0303_0e00); // window scale: 14
        } else {
            frames.setInt(at + TRANSPORT + 4, INNER_LENGTH - 20 << 16);
        }
    }

    private int protocol() {
        return isTcp() ? IpProtocol.TCP : IpProtocol.UDP;
    }
}
