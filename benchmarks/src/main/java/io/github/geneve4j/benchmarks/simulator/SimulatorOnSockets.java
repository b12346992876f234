package io.github.geneve4j.benchmarks.simulator;

import io.github.geneve4j.config.ConfigException;
import io.github.geneve4j.io.CpuAffinity;
import io.github.geneve4j.io.DatagramHandler;
import io.github.geneve4j.io.UdpSocket;
import io.github.geneve4j.io.pcap.LinkType;
import io.github.geneve4j.io.pcap.PcapFormat;
import io.github.geneve4j.io.pcap.PcapWriter;
import io.github.geneve4j.simulator.topology.Topology;
import io.github.geneve4j.simulator.wire.Simulation;
import io.github.geneve4j.simulator.wire.SimulationReport;
import io.github.geneve4j.simulator.wire.SimulationSnapshot;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/**
 * Tells how many packets a second a whole {@link Simulation} carries on one core, so that it is not
 * what limits an appliance under test.
 *
 * <p>Packets of 100 bytes of UDP, of 1,024 flows in turn, enter from a capture whose packets are
 * all of one moment, so as fast as the simulation takes them. Each becomes a datagram on loopback,
 * out by {@code sendmmsg}; a reflector on the other core returns it as an appliance should; it
 * arrives by {@code recvmmsg}, is judged as any reply is, and leaves to where it is counted. The
 * system's calls are the simulation's cost, and so is the kernel's way of each datagram to the
 * reflector's socket, which loopback walks in the sender's name.
 *
 * <p>A round plays the capture once; in it, packets that were returned and accepted count, over all
 * windows of 100 ms in which packets entered from begin to end. The first rounds compile.
 *
 * {@snippet lang = shell :
 * java -Xmx512m --enable-native-access=ALL-UNNAMED -cp benchmarks/target/benchmarks.jar \
 *     io.github.geneve4j.benchmarks.simulator.SimulatorOnSockets 0 1 7
 * }
 *
 * <p>The arguments are the simulator's core, the reflector's, and the rounds. Linux only; without
 * {@code CAP_NET_ADMIN} receive buffers may be small, and packets be lost there.
 */
public final class SimulatorOnSockets {
    private static final String NODE = "127.62.85.1";
    private static final String TARGET = "127.62.85.11";
    private static final int GENEVE_PORT = 6081;
    private static final int FIRST_PORT = 60_000;
    private static final int PORTS = 4;
    private static final int PACKETS = 600_000;
    private static final int FLOWS = 1024;
    private static final int WARM_UP = 3;
    private static final long WINDOW_MILLIS = 100;
    private static final int BATCH = 64;

    // 100 bytes: 10.0.0.0:1024 > 198.51.100.1:53, lengths right, without checksums
    private static final String PACKET =
            "45000064 00004000 40110000 0a000000 c6336401 04000035 0050";
    private static final int LENGTH = 100;
    private static final int SOURCE_PORT_OFFSET = 20;

    private static final String TOPOLOGY =
            """
            seed: 42
            target-group: {health-check: none}
            source-ports: %d-%d
            nodes: [{zone: zone-a, address: %s}]
            targets: [{name: reflector, address: %s, zone: zone-a}]
            endpoints:
              - {id: vpce-00000000000000001, zone: zone-a, inside: {pcap-in: in.pcap}}
            """
                    .formatted(FIRST_PORT, FIRST_PORT + PORTS - 1, NODE, TARGET);

    private SimulatorOnSockets() {}

    /**
     * Measures, and prints a line for each round and the median of them.
     *
     * @param args the simulator's core, the reflector's, and how many rounds; 0, 1 and 7 if none
     * @throws Exception if a core, an address or a temporary file cannot be had
     */
    public static void main(String[] args) throws Exception {
        int simulatorsCore = args.length > 0 ? Integer.parseInt(args[0]) : 0;
        int reflectorsCore = args.length > 1 ? Integer.parseInt(args[1]) : 1;
        int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 7;
        Path folder = Files.createTempDirectory("simulator-on-sockets");
        Path capture = folder.resolve("in.pcap");
        try (Reflector reflector = new Reflector(reflectorsCore)) {
            write(capture);
            CpuAffinity.pin(simulatorsCore); // who is started from here is there, too
            List<Double> rates = new ArrayList<>();
            for (int i = 0; i < WARM_UP + rounds; i++) {
                Round round = play(folder.resolve("lb.yaml"));
                System.out.printf(
                        Locale.ROOT,
                        "%s %.0f packets/s, %.0f ns of the core each, %.2f %% lost; %s%n",
                        i < WARM_UP ? "warm-up" : "round  ",
                        round.rate,
                        round.nanos,
                        round.lostPercent,
                        SimulationReport.line(round.end));
                if (i >= WARM_UP) {
                    rates.add(round.rate);
                }
            }
            rates.sort(null);
            System.out.printf(
                    Locale.ROOT,
                    "median %.0f packets/s of %d rounds, %.0f to %.0f%n",
                    rates.get(rates.size() / 2),
                    rates.size(),
                    rates.getFirst(),
                    rates.getLast());
            reflector.check();
        } finally {
            Files.deleteIfExists(capture);
            Files.delete(folder);
        }
    }

    private static void write(Path capture) throws IOException {
        byte[] packet = Arrays.copyOf(HexFormat.of().parseHex(PACKET.replace(" ", "")), LENGTH);
        ByteBuf buffer = Unpooled.wrappedBuffer(packet);
        try (PcapWriter writer = PcapWriter.create(capture, PcapFormat.PCAP_NANOS, LinkType.RAW)) {
            for (int i = 0; i < PACKETS; i++) {
                buffer.setShort(SOURCE_PORT_OFFSET, 1024 + i % FLOWS);
                writer.write(0, buffer, 0, LENGTH);
            }
        }
    }

    /**
     * What one round showed.
     *
     * @param rate packets that were returned and accepted, in a second
     * @param nanos of the simulator's core for each of them
     * @param lostPercent of what was sent, that came not back
     * @param end how all was then
     */
    private record Round(double rate, double nanos, double lostPercent, SimulationSnapshot end) {}

    private static Round play(Path file) throws IOException, ConfigException, InterruptedException {
        try (Simulation simulation = Simulation.open(Topology.parse(TOPOLOGY, file.toString()))) {
            BusyTime busy =
                    BusyTime.of(
                            simulation, WINDOW_MILLIS, (last, now) -> now.packetsSent() == PACKETS);
            SimulationSnapshot end = busy.end();
            if (end.dropped() > 0) {
                throw new IllegalStateException(SimulationReport.summary(end));
            }
            double lost = end.packetsSent() - end.packetsReturned();
            return new Round(busy.rate(), busy.nanos(), 100 * lost / end.packetsSent(), end);
        }
    }

    /** Returns each datagram from the port that it came from, as an appliance does. */
    private static final class Reflector implements DatagramHandler, AutoCloseable {
        private final UdpSocket in;
        private final UdpSocket[] out = new UdpSocket[PORTS];
        private final Thread thread;
        private volatile boolean closing;
        private volatile Exception failure;

        Reflector(int core) throws IOException {
            InetAddress address = InetAddress.ofLiteral(TARGET);
            in = UdpSocket.builder(address, GENEVE_PORT).batches(BATCH, 1).open();
            for (int i = 0; i < PORTS; i++) {
                out[i] = UdpSocket.builder(address, FIRST_PORT + i).batches(1, BATCH).open();
            }
            thread = Thread.ofPlatform().daemon().name("reflector").start(() -> run(core));
        }

        private void run(int core) {
            try {
                CpuAffinity.pin(core);
                while (!closing) {
                    if (in.poll(this, BATCH) == 0) {
                        Thread.onSpinWait();
                    }
                    for (UdpSocket socket : out) {
                        socket.flush();
                    }
                }
            } catch (IOException | RuntimeException e) {
                failure = e;
            }
        }

        @Override
        public void onDatagram(
                ByteBuf buffer,
                int offset,
                int length,
                int sourceAddress,
                int sourcePort,
                boolean reassembled) {
            try {
                out[sourcePort - FIRST_PORT].send(
                        sourceAddress, GENEVE_PORT, buffer, offset, length);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        void check() throws IOException {
            Exception seen = failure;
            if (seen != null) {
                throw new IOException("the reflector failed: " + seen.getMessage(), seen);
            }
        }

        @Override
        public void close() {
            closing = true;
            in.close();
            for (UdpSocket socket : out) {
                socket.close();
            }
        }
    }
}
