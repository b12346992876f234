package io.github.geneve4j.benchmarks.dataplane;

import static io.github.geneve4j.benchmarks.dataplane.Topology.APPLIANCE_ADDRESS;
import static io.github.geneve4j.benchmarks.dataplane.Topology.NODE_ADDRESS;

import io.github.geneve4j.benchmarks.dataplane.Program.Role;
import io.github.geneve4j.benchmarks.dataplane.Program.Running;
import io.github.geneve4j.simulator.load.ReplyRule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** All programs that are compared, in the order of the tables. */
final class Programs {
    static final String XDP_TX = "xdp-tx";
    static final String XDP_TX_INTERRUPTING = XDP_TX + "-interrupting";
    static final String IPTABLES = "iptables";
    static final String AF_XDP_GENERIC = "af_xdp-generic";
    static final String AF_XDP_SINGLE = "af_xdp-single";
    static final String AF_XDP_DRIVER = "af_xdp-driver";
    static final String AF_XDP_BUSY = "af_xdp-busy";
    static final String FIREWALL = "af_xdp-firewall";
    static final String FAST = "fast-";
    static final String FAST_GENERIC = FAST + "generic";
    static final String FAST_DRIVER = FAST + "driver";
    static final String FAST_AF_PACKET = FAST + "af_packet";
    static final String AF_PACKET = "af_packet";
    static final String AF_PACKET_SINGLE = "af_packet-single";
    static final String AF_PACKET_PLAIN = "af_packet-plain";
    static final String UDP = "udp";
    static final String NIO = "nio";
    static final String TESTPMD_AF_PACKET = "testpmd-af_packet";
    static final String TESTPMD_AF_XDP = "testpmd-af_xdp";

    private static final String TESTPMD = "dpdk-testpmd";

    private static final List<Program> ALL = list();

    private Programs() {}

    /** {@return the programs; some may not be {@linkplain #whyNot there} on this machine} */
    static List<Program> all() {
        return ALL;
    }

    /** {@return a program by its {@linkplain Program#id() name}} */
    static Program named(String id) {
        for (Program program : ALL) {
            if (program.id().equals(id)) {
                return program;
            }
        }
        throw new IllegalArgumentException(
                "program '" + id + "': not one of " + ALL.stream().map(Program::id).toList());
    }

    private static List<Program> list() {
        return List.of(
                new Program(
                        XDP_TX,
                        "XDP_TX in the kernel, generic mode (limit)",
                        Role.LIMIT,
                        ReplyRule.PORTS_KEPT,
                        false,
                        Programs::xdpTx),
                new Program(
                        XDP_TX + "-driver",
                        "XDP_TX in the kernel, driver mode (limit)",
                        Role.LIMIT,
                        ReplyRule.PORTS_KEPT,
                        false,
                        Programs::xdpTxInDriver),
                new Program(
                        XDP_TX_INTERRUPTING,
                        "XDP_TX in the kernel, generic mode, interrupting a process",
                        Role.LIMIT,
                        ReplyRule.PORTS_KEPT,
                        true,
                        Programs::xdpTxInterrupting),
                new Program(
                        IPTABLES,
                        "iptables in the kernel",
                        Role.BASE,
                        ReplyRule.PORTS_KEPT,
                        false,
                        Programs::iptables),
                appliance(AF_XDP_GENERIC, "appliance, AF_XDP, generic mode"),
                appliance(AF_XDP_SINGLE, "appliance, AF_XDP, generic mode, replies sent singly"),
                appliance(AF_XDP_DRIVER, "appliance, AF_XDP, driver mode"),
                appliance(AF_XDP_BUSY, "appliance, AF_XDP, driver mode, busy polling"),
                appliance(FIREWALL, "appliance, AF_XDP, driver mode, firewall of 1,000 rules"),
                appliance(FAST_GENERIC, "firewall of 1,000 rules, fast path, generic mode"),
                appliance(FAST_DRIVER, "firewall of 1,000 rules, fast path, driver mode"),
                appliance(FAST_AF_PACKET, "firewall of 1,000 rules, fast path, over AF_PACKET"),
                appliance(AF_PACKET, "appliance, AF_PACKET"),
                appliance(AF_PACKET_SINGLE, "appliance, AF_PACKET, replies sent singly"),
                appliance(AF_PACKET_PLAIN, "appliance, AF_PACKET, offloads not understood"),
                appliance(UDP, "appliance, UDP sockets"),
                appliance(NIO, "appliance, NIO"),
                new Program(
                        TESTPMD_AF_XDP,
                        "DPDK testpmd, AF_XDP",
                        Role.BASE,
                        ReplyRule.PORTS_SWAPPED,
                        true,
                        topology -> testpmd(topology, "net_af_xdp0")),
                new Program(
                        TESTPMD_AF_PACKET,
                        "DPDK testpmd, AF_PACKET",
                        Role.BASE,
                        ReplyRule.PORTS_SWAPPED,
                        true,
                        Programs::testpmdOnPackets));
    }

    /** {@return why a program cannot run on this machine; empty if it can} */
    static String whyNot(Program program) {
        if (program.id().startsWith("testpmd") && !Shell.has(TESTPMD)) {
            return "needs " + TESTPMD + " (Debian: dpdk-dev, librte-net-af-packet23)";
        }
        return "";
    }

    /** The appliance as {@code run --idle spin} has it. */
    private static Program appliance(String io, String label) {
        return new Program(
                io,
                label,
                Role.OURS,
                ReplyRule.PORTS_KEPT,
                !io.startsWith(FAST),
                topology -> {
                    List<String> command = new ArrayList<>(topology.onAppliance());
                    command.addAll(java(ApplianceOnPort.class));
                    command.addAll(
                            List.of(
                                    io,
                                    topology.applianceDevice(),
                                    APPLIANCE_ADDRESS,
                                    NODE_ADDRESS + "/32"));
                    if (io.equals(AF_XDP_BUSY)) {
                        topology.deferInterrupts();
                    }
                    if (!io.equals(FAST_DRIVER)) {
                        return new Running(
                                List.of(start(command, ApplianceOnPort.READY)), List.of());
                    }
                    return returningInDriver(topology, () -> start(command, ApplianceOnPort.READY));
                });
    }

    private interface Start {
        Child start() throws IOException, InterruptedException;
    }

    /** On veth, what a driver's program returns is taken only where a program is at its end too. */
    private static Running returningInDriver(Topology topology, Start program)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(topology.onNode());
        command.addAll(java(XdpProgram.class));
        command.addAll(List.of(XdpProgram.PASS, topology.nodeDevice(), "driver"));
        Child helper = start(command, XdpProgram.READY);
        try {
            return new Running(List.of(program.start()), List.of(helper));
        } catch (IOException | InterruptedException e) {
            helper.close();
            throw e;
        }
    }

    private static Running xdpTx(Topology topology) throws IOException, InterruptedException {
        return new Running(List.of(xdp(topology, "generic")), List.of());
    }

    private static Running xdpTxInDriver(Topology topology)
            throws IOException, InterruptedException {
        return returningInDriver(topology, () -> xdp(topology, "driver"));
    }

    /**
     * A core that waits in the kernel's idle loop sees at once what another has for it. One that
     * runs a process, as it is with each program that polls, has to be interrupted.
     */
    private static Running xdpTxInterrupting(Topology topology)
            throws IOException, InterruptedException {
        Child program = xdp(topology, "generic");
        try {
            List<String> command = new ArrayList<>(topology.onAppliance());
            command.addAll(List.of("chrt", "-i", "0", "sh", "-c", "while :; do :; done"));
            return new Running(List.of(Child.start(command)), List.of(program));
        } catch (IOException e) {
            program.close();
            throw e;
        }
    }

    private static Child xdp(Topology topology, String mode)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(topology.onAppliance());
        command.addAll(java(XdpProgram.class));
        command.addAll(List.of(XdpProgram.HAIRPIN, topology.applianceDevice(), mode));
        return start(command, XdpProgram.READY);
    }

    /**
     * The hairpin of a public workshop for the load balancer: the destination becomes the node, the
     * source the appliance. Replies keep the source port.
     */
    private static Running iptables(Topology topology) throws IOException {
        String device = topology.applianceDevice();
        for (String setting :
                List.of(
                        "ip_forward=1",
                        "conf.all.rp_filter=0",
                        "conf." + device + ".rp_filter=0",
                        "conf.all.send_redirects=0",
                        "conf." + device + ".send_redirects=0")) {
            topology.configureAppliance("sysctl -qw net.ipv4." + setting);
        }
        String from = " -p udp -s " + NODE_ADDRESS + " --dport 6081 ";
        topology.configureAppliance(
                ("iptables -t nat -A PREROUTING -i " + device + from + "-d " + APPLIANCE_ADDRESS)
                        + (" -j DNAT --to-destination " + NODE_ADDRESS + ":6081"));
        topology.configureAppliance(
                ("iptables -t nat -A POSTROUTING -o " + device + from + "-d " + NODE_ADDRESS)
                        + " -j MASQUERADE");
        return new Running(List.of(), List.of());
    }

    /** A packet socket gets copies: without this the kernel would answer the originals, too. */
    private static Running testpmdOnPackets(Topology topology)
            throws IOException, InterruptedException {
        topology.hideFromKernel();
        return testpmd(topology, "net_af_packet0");
    }

    /** Both of its threads are on the one core; the one that does not forward sleeps. */
    private static Running testpmd(Topology topology, String driver)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(topology.onAppliance());
        int core = topology.cores().appliance();
        command.addAll(
                List.of(
                        "stdbuf", // or it tells us nothing before it ends
                        "-oL",
                        TESTPMD,
                        "--no-huge",
                        "--no-shconf",
                        "--no-telemetry",
                        "--no-pci",
                        "-m",
                        "256",
                        "--lcores=(0-1)@" + core,
                        "--vdev=" + driver + ",iface=" + topology.applianceDevice(),
                        "--",
                        "--forward-mode=5tswap",
                        "--total-num-mbufs=16384"));
        Child child = start(command, "Press enter to exit");
        try {
            topology.restoreNeighbour(); // it took the interface down and up
            return new Running(List.of(child), List.of());
        } catch (IOException e) {
            child.close();
            throw e;
        }
    }

    private static Child start(List<String> command, String readyLine)
            throws IOException, InterruptedException {
        Child child = Child.start(command);
        try {
            child.awaitLine(readyLine);
            return child;
        } catch (IOException | InterruptedException e) {
            child.close();
            throw e;
        }
    }

    /** A JVM as small as the appliance needs, with this program's own classes. */
    private static List<String> java(Class<?> main) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms64m",
                "-Xmx64m",
                "-Xlog:gc",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName());
    }
}
