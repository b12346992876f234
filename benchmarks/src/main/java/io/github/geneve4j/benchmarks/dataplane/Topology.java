package io.github.geneve4j.benchmarks.dataplane;

import io.github.geneve4j.io.NetworkNamespace;
import io.github.geneve4j.simulator.load.Wire;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Two network namespaces with a veth cable: the load balancer's node on one side, the program that
 * is measured on the other. Nothing outside them is touched, and closing takes them away.
 *
 * <p>Checksums are computed and checked by software on both sides (veth has no hardware to leave
 * them to), nothing is aggregated unless GRO is asked for, IPv6 is off, neighbours are written
 * down.
 */
final class Topology implements AutoCloseable {
    static final String NODE_ADDRESS = "10.83.0.1";
    static final String APPLIANCE_ADDRESS = "10.83.0.2";

    private static final int NODE_IPV4 = 0x0a53_0001;
    private static final int APPLIANCE_IPV4 = 0x0a53_0002;
    private static final long NODE_MAC = 0x0200_0053_0001L;
    private static final long NODE_INTERFACE_MAC = 0x0200_0053_00f1L;
    private static final long APPLIANCE_MAC = 0x0200_0053_0002L;
    private static final long STRANGE_MAC = 0x0200_0053_00f2L;
    private static final String OFFLOADS =
            "rx off tx off sg off tso off gso off gro off tx-udp-segmentation off";

    private final String node;
    private final String appliance;
    private final String nodeDevice;
    private final String applianceDevice;
    private final Layout layout;
    private final Cores cores;
    private final boolean hasGro;

    /**
     * Makes the namespaces.
     *
     * @param name part of the names of namespaces and interfaces, up to 9 characters
     * @param layout which core receives what
     * @param settings cores, MTU, and whether the appliance's interface has GRO
     */
    Topology(String name, Layout layout, Settings settings) throws IOException {
        this.node = name + "-node";
        this.appliance = name + "-appl";
        this.nodeDevice = "n" + name;
        this.applianceDevice = "a" + name;
        this.layout = layout;
        this.cores = settings.cores();
        this.hasGro = settings.hasGro();
        int mtu = settings.mtu();
        try {
            Shell.run("ip netns add " + node);
            Shell.run("ip netns add " + appliance);
            Shell.run(
                    ("ip link add " + nodeDevice + " netns " + node + " mtu " + mtu)
                            + (" type veth peer name " + applianceDevice)
                            + (" netns " + appliance + " mtu " + mtu));
            setUp(node, nodeDevice, NODE_INTERFACE_MAC);
            setUp(appliance, applianceDevice, APPLIANCE_MAC);
            steer();
            ip(appliance, "addr add " + APPLIANCE_ADDRESS + "/24 dev " + applianceDevice);
            restoreNeighbour();
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    private void setUp(String namespace, String device, long mac) throws IOException {
        in(namespace, "sysctl -qw net.ipv6.conf.all.disable_ipv6=1");
        in(namespace, "ethtool -K " + device + " " + OFFLOADS);
        ip(namespace, "link set lo up");
        ip(namespace, "link set " + device + " address " + text(mac) + " up");
    }

    private void steer() throws IOException {
        String file = "queues/rx-0/rps_cpus";
        if (layout.hasRepliesOnGenerator()) {
            write(node, nodeDevice, file, Cores.mask(cores.generator()));
        }
        if (hasGro) {
            in(appliance, "ethtool -K " + applianceDevice + " gro on"); // brings NAPI
        } else if (layout.hasRequestsOnAppliance()) {
            write(appliance, applianceDevice, file, Cores.mask(cores.appliance()));
        }
    }

    /** {@return the wire, for a generator on a thread that has entered the node's side} */
    Wire wire() {
        return new Wire(nodeDevice, NODE_MAC, APPLIANCE_MAC, NODE_IPV4, APPLIANCE_IPV4);
    }

    /** {@return the interface on the node's side} */
    String nodeDevice() {
        return nodeDevice;
    }

    /** {@return what to begin a command with that runs on the node's side, on its core} */
    List<String> onNode() {
        return List.of(("ip netns exec " + node + " taskset -c " + cores.generator()).split(" "));
    }

    /** {@return the interface on the appliance's side} */
    String applianceDevice() {
        return applianceDevice;
    }

    /** {@return what to begin a command with that runs beside the appliance, on its core} */
    List<String> onAppliance() {
        return List.of(
                ("ip netns exec " + appliance + " taskset -c " + cores.appliance()).split(" "));
    }

    /** {@return who runs where} */
    Cores cores() {
        return cores;
    }

    /** Writes down the node's MAC address; an interface that goes down forgets it. */
    void restoreNeighbour() throws IOException {
        ip(
                appliance,
                ("neigh replace " + NODE_ADDRESS + " lladdr " + text(NODE_MAC))
                        + (" nud permanent dev " + applianceDevice));
    }

    /** Runs a command in the appliance's namespace. */
    void configureAppliance(String command) throws IOException {
        in(appliance, command);
    }

    /**
     * Gives the appliance's interface another MAC address, while frames go on to the old one. The
     * kernel then drops them, at once, as somebody else's, after packet sockets got their copies.
     */
    void hideFromKernel() throws IOException {
        ip(appliance, "link set " + applianceDevice + " address " + text(STRANGE_MAC));
    }

    /**
     * Gives an interface that receives by NAPI a thread for it, where the layout wants one. Call it
     * after the program has started: on veth it is the program that brings NAPI.
     *
     * @return whether there are threads on the appliance's side
     */
    boolean pinNapi() throws IOException {
        if (layout.hasRepliesOnGenerator()) {
            pinNapi(node, nodeDevice, cores.generator());
        }
        return layout.hasRequestsOnAppliance()
                && pinNapi(appliance, applianceDevice, cores.appliance());
    }

    private static boolean pinNapi(String namespace, String device, int core) throws IOException {
        try {
            write(namespace, device, "threaded", "1");
        } catch (IOException e) {
            return false; // it has no NAPI
        }
        List<Long> threads = kernelThreads("napi/" + device + "-");
        for (long thread : threads) {
            Shell.run("taskset -pc " + core + " " + thread);
        }
        return !threads.isEmpty();
    }

    /**
     * Has the appliance's interface interrupt nobody for a while after it was polled, as busy
     * polling wants it. Longer than a tick of the kernel's clock: to set a timer that would be the
     * next one to expire, with each poll, is dear in a virtual machine.
     */
    void deferInterrupts() throws IOException {
        write(appliance, applianceDevice, "napi_defer_hard_irqs", "2");
        write(appliance, applianceDevice, "gro_flush_timeout", "5000000");
    }

    /** Moves the calling thread, and nobody else, to the node's side. */
    void enterNode() throws IOException {
        NetworkNamespace.named(node).enter();
    }

    /** Takes away what is there, so it also ends a topology that was made in part. */
    @Override
    public void close() throws IOException {
        IOException failure = null;
        for (String namespace : List.of(node, appliance)) {
            if (Files.exists(Path.of("/run/netns", namespace))) {
                try {
                    Shell.run("ip netns delete " + namespace);
                } catch (IOException e) {
                    failure = e;
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** Their names are cut off at 15 characters, which may be before the end of the prefix. */
    private static List<Long> kernelThreads(String prefix) throws IOException {
        String begin = prefix.substring(0, Math.min(prefix.length(), 15));
        List<Long> threads = new ArrayList<>();
        try (DirectoryStream<Path> processes =
                Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                try {
                    if (Files.readString(process.resolve("comm")).startsWith(begin)) {
                        threads.add(Long.valueOf(process.getFileName().toString()));
                    }
                } catch (NoSuchFileException e) {
                    continue; // it has ended
                } catch (IOException e) {
                    if (Files.exists(process)) {
                        throw e;
                    }
                }
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return threads;
    }

    private static void write(String namespace, String device, String file, String value)
            throws IOException {
        // The command sees the namespace's own /sys.
        String line = "echo " + value + " > /sys/class/net/" + device + "/" + file;
        Shell.run(List.of("ip", "netns", "exec", namespace, "sh", "-c", line));
    }

    private static void ip(String namespace, String command) throws IOException {
        Shell.run("ip -n " + namespace + " " + command);
    }

    private static void in(String namespace, String command) throws IOException {
        Shell.run("ip netns exec " + namespace + " " + command);
    }

    private static String text(long mac) {
        StringBuilder text = new StringBuilder();
        for (int shift = 40; shift >= 0; shift -= 8) {
            text.append(String.format("%02x", mac >>> shift & 0xff)).append(shift > 0 ? ":" : "");
        }
        return text.toString();
    }
}
