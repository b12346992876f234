package io.github.geneve4j.benchmarks.simulator;

import io.github.geneve4j.config.ConfigException;
import io.github.geneve4j.geneve.Geneve;
import io.github.geneve4j.io.CpuAffinity;
import io.github.geneve4j.io.NetworkNamespace;
import io.github.geneve4j.io.bpf.BpfLink;
import io.github.geneve4j.io.bpf.BpfProgram;
import io.github.geneve4j.io.bpf.ProgramType;
import io.github.geneve4j.io.bpf.XdpMode;
import io.github.geneve4j.io.bpf.XdpTxHairpin;
import io.github.geneve4j.io.pcap.LinkType;
import io.github.geneve4j.io.pcap.PcapFormat;
import io.github.geneve4j.io.pcap.PcapWriter;
import io.github.geneve4j.io.sys.NetworkDevice;
import io.github.geneve4j.simulator.topology.Topology;
import io.github.geneve4j.simulator.wire.Simulation;
import io.github.geneve4j.simulator.wire.SimulationReport;
import io.github.geneve4j.simulator.wire.SimulationSnapshot;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Tells whether a whole {@link Simulation} with {@code io: af_xdp} sustains a rate on one core,
 * without losing or changing a packet, so that it is not what limits an appliance under test.
 *
 * <p>It makes two network namespaces with a veth cable. In one there is the simulation, in the
 * other a program in the kernel that returns each datagram as an appliance should (XDP_TX), on the
 * other core. Packets of 100 bytes of UDP enter from a capture, in its rhythm, which is the offered
 * rate. Each becomes a frame; its reply arrives by AF_XDP, is judged as any reply is, and leaves to
 * where it is counted. The simulator's core carries what the simulation causes: its thread, the way
 * of each frame into the cable, and what receives for its interface, a thread of NAPI; or, with
 * {@code replies-away}, not the last.
 *
 * {@snippet lang = shell :
 * java -Xmx512m --enable-native-access=ALL-UNNAMED -cp benchmarks/target/benchmarks.jar \
 *     io.github.geneve4j.benchmarks.simulator.SimulatorOnLink 0 1 100000 300 3 10
 * }
 *
 * <p>The arguments are the simulator's core, the other one, the number of flows, the offered rate
 * in thousands of packets a second, the rounds, and the seconds of each; then perhaps {@code
 * replies-away}, and {@code sockets} for the same without AF_XDP. A first round of 3 s compiles,
 * and does not count. The exit status is 1 if the others lost, dropped or objected to anything.
 * Needs root.
 */
public final class SimulatorOnLink {
    private static final String NODE = "10.84.0.1";
    private static final String TARGET = "10.84.0.2";
    private static final String DEVICE = "lb0";
    private static final String PEER = "fw0";
    private static final int WARM_UP_SECONDS = 3;
    private static final long WINDOW_MILLIS = 50;
    private static final String OFFLOADS = " rx off tx off sg off tso off gso off gro off";

    // 100 bytes: 10.0.0.0:1024 > 198.51.100.1:53, lengths right, without checksums
    private static final String PACKET =
            "45000064 00004000 40110000 0a000000 c6336401 04000035 0050";
    private static final int LENGTH = 100;
    private static final int SOURCE_ADDRESS_OFFSET = 12;
    private static final int SOURCE_PORT_OFFSET = 20;
    private static final int FLOWS_OF_AN_ADDRESS = 1 << 14;

    private static final String TOPOLOGY =
            """
            seed: 42
            io: %s
            flow-capacity: 131072
            target-group: {health-check: none}
            nodes: [{zone: zone-a, address: %s}]
            targets: [{name: hairpin, address: %s, zone: zone-a}]
            endpoints:
              - {id: vpce-00000000000000001, zone: zone-a, inside: {pcap-in: in.pcap}}
            """;

    private final String suffix = "-" + ProcessHandle.current().pid();
    private final String node = "g4j-lb" + suffix;
    private final String appliance = "g4j-fw" + suffix;
    private final int core;
    private final int otherCore;
    private final int flows;
    private final int rate;
    private final boolean repliesAway;
    private final boolean sockets;
    private final Path folder;

    private SimulatorOnLink(String[] args) throws IOException {
        this.core = Integer.parseInt(args[0]);
        this.otherCore = Integer.parseInt(args[1]);
        this.flows = Integer.parseInt(args[2]);
        this.rate = 1000 * Integer.parseInt(args[3]);
        this.repliesAway = Arrays.asList(args).contains("replies-away");
        this.sockets = Arrays.asList(args).contains("sockets");
        this.folder = Files.createTempDirectory("simulator-on-link");
    }

    /**
     * Measures, and prints a line for each round.
     *
     * @param args as above
     * @throws Exception if something cannot be had
     */
    public static void main(String[] args) throws Exception {
        if (args.length < 6) {
            System.err.println(
                    "core other-core flows kpps rounds seconds [replies-away] [sockets]");
            System.exit(2);
        }
        boolean clean = new SimulatorOnLink(args).run(args[4], Integer.parseInt(args[5]));
        System.exit(clean ? 0 : 1);
    }

    @SuppressWarnings("try") // the link is there to be closed
    private boolean run(String rounds, int seconds) throws Exception {
        try {
            lay();
            NetworkNamespace there = NetworkNamespace.named(appliance);
            try (BpfProgram program =
                            BpfProgram.load(
                                    ProgramType.XDP,
                                    "hairpin",
                                    XdpTxHairpin.assemble(Geneve.UDP_PORT));
                    BpfLink _ =
                            there.call(
                                    () ->
                                            BpfLink.xdp(
                                                    program,
                                                    NetworkDevice.named(PEER).index(),
                                                    XdpMode.DRIVER))) {
                pinNapi(appliance, PEER, otherCore);
                NetworkNamespace.named(node).enter();
                CpuAffinity.pin(core); // who is started from here is there, too
                write(WARM_UP_SECONDS);
                round("warm-up");
                write(seconds);
                boolean clean = true;
                for (int i = 0; i < Integer.parseInt(rounds); i++) {
                    clean &= round("round  ");
                }
                return clean;
            }
        } finally {
            for (String namespace : new String[] {node, appliance}) {
                new ProcessBuilder("ip", "netns", "delete", namespace).start().waitFor();
            }
            Files.deleteIfExists(folder.resolve("in.pcap"));
            Files.delete(folder);
        }
    }

    private void lay() throws IOException {
        shell("ip netns add " + node + " && ip netns add " + appliance);
        shell(
                "ip link add %s netns %s mtu 1500 type veth peer name %s netns %s mtu 1500"
                        .formatted(DEVICE, node, PEER, appliance));
        setUp(node, DEVICE, NODE);
        setUp(appliance, PEER, TARGET);
        // Or veth drops what its other end has no place for, where a network card lets it wait
        in(node, "tc qdisc replace dev " + DEVICE + " root pfifo limit 1000");
    }

    private static void setUp(String namespace, String device, String address) throws IOException {
        in(namespace, "sysctl -qw net.ipv6.conf.all.disable_ipv6=1");
        in(namespace, "ethtool -K " + device + OFFLOADS);
        in(namespace, "ip addr add " + address + "/24 dev " + device);
        in(namespace, "ip link set " + device + " up");
    }

    /** On veth it is the XDP program that brings NAPI: so after it has been attached. */
    private static void pinNapi(String namespace, String device, int core) throws IOException {
        in(namespace, "echo 1 > /sys/class/net/" + device + "/threaded");
        String name = "napi/" + device + "-";
        try (DirectoryStream<Path> processes =
                Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                try {
                    if (Files.readString(process.resolve("comm")).startsWith(name)) {
                        shell("taskset -pc " + core + " " + process.getFileName());
                        // In front of the simulation, as an interrupt would be
                        shell("chrt -f -p 1 " + process.getFileName());
                    }
                } catch (NoSuchFileException e) {
                    continue; // it has ended
                }
            }
        }
    }

    private void write(int seconds) throws IOException {
        byte[] packet = Arrays.copyOf(HexFormat.of().parseHex(PACKET.replace(" ", "")), LENGTH);
        ByteBuf buffer = Unpooled.wrappedBuffer(packet);
        int address = buffer.getInt(SOURCE_ADDRESS_OFFSET);
        Path file = folder.resolve("in.pcap");
        try (PcapWriter writer = PcapWriter.create(file, PcapFormat.PCAP_NANOS, LinkType.RAW)) {
            for (long i = 0; i < (long) rate * seconds; i++) {
                int flow = (int) (i % flows);
                buffer.setInt(SOURCE_ADDRESS_OFFSET, address + flow / FLOWS_OF_AN_ADDRESS);
                buffer.setShort(SOURCE_PORT_OFFSET, 1024 + flow % FLOWS_OF_AN_ADDRESS);
                writer.write(i * TimeUnit.SECONDS.toNanos(1) / rate, buffer, 0, LENGTH);
            }
        }
    }

    /** {@return whether all packets came back, and nothing was wrong with them} */
    private boolean round(String name) throws IOException, ConfigException, InterruptedException {
        String yaml = TOPOLOGY.formatted(sockets ? "sockets" : "af_xdp", NODE, TARGET);
        String file = folder.resolve("lb.yaml").toString();
        try (Simulation simulation = Simulation.open(Topology.parse(yaml, file))) {
            if (!repliesAway && !sockets) {
                pinNapi(node, DEVICE, core);
            }
            BusyTime busy =
                    BusyTime.of(
                            simulation,
                            WINDOW_MILLIS,
                            (last, now) -> now.packetsSent() == last.packetsSent());
            SimulationSnapshot end = busy.end();
            long lost = end.packetsSent() - end.packetsReturned();
            long objections = end.objections().values().stream().mapToLong(Long::longValue).sum();
            System.out.printf(
                    Locale.ROOT,
                    "%s %.0f packets/s, %.0f ns of the thread each, %d lost, %d dropped,"
                            + " %d objected to; %s; %s%n",
                    name,
                    busy.rate(),
                    busy.nanos(),
                    lost,
                    end.dropped(),
                    objections,
                    end.wire(),
                    SimulationReport.line(end));
            return lost == 0 && end.dropped() == 0 && objections == 0;
        }
    }

    private static void in(String namespace, String command) throws IOException {
        shell("ip netns exec " + namespace + " sh -c '" + command + "'");
    }

    private static void shell(String line) throws IOException {
        Process process = new ProcessBuilder("sh", "-c", line).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int status = process.onExit().join().exitValue();
        if (status != 0) {
            throw new IOException(line + ": " + output);
        }
    }
}
