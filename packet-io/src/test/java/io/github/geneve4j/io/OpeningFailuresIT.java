package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.io.sys.Requirement;
import java.io.BufferedReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Ports that do not open say why, and leave nothing behind, at whatever step it was. */
@Timeout(120)
class OpeningFailuresIT {
    private static final String OPENED = "opened ";
    private static final List<String> FEW_DESCRIPTORS = List.of("prlimit", "--nofile=96:96");

    private static final Map<String, String> WRONG_FOR_BOTH =
            Map.of(
                    "no interface",
                    "ioctl(SIOCGIFINDEX, none): ENODEV (No such device): there is no such network"
                            + " interface",
                    "no Ethernet",
                    "lo is no Ethernet interface",
                    "UDP port",
                    "bind(UDP 10.82.0.2:6081): EADDRINUSE (Address already in use): another port or"
                            + " program is on it",
                    "address",
                    "bind(UDP 192.0.2.1:6081): EADDRNOTAVAIL (Cannot assign requested address):"
                            + " this host has no such address",
                    "no address",
                    "own0 has no IPv4 address that requests could be sent to");

    private Cable cable;

    @BeforeEach
    void open() throws Exception {
        Requirement.command("prlimit");
        Requirement.command("setpriv");
        cable = new Cable(2);
    }

    @AfterEach
    void close() throws Exception {
        if (cable != null) {
            cable.close();
        }
    }

    @Test
    void leaveNothingWhateverIsWrongForAfXdp() throws Exception {
        Map<String, String> said = said(PortKind.AF_XDP, List.of(), "conditions");
        assertThat(said).containsAllEntriesOf(WRONG_FOR_BOTH);
        assertThat(said)
                .containsEntry(
                        "too many ports",
                        "1000 ports, but own0 receives by 2 queues: open fewer, or have more with"
                                + " ethtool -L")
                .containsEntry(
                        "queue of others",
                        "bind(AF_XDP, queue 0): EBUSY (Device or resource busy): another AF_XDP"
                                + " socket is bound to this queue")
                .containsEntry(
                        "program of others",
                        "bpf(BPF_LINK_CREATE, XDP, GENERIC): EBUSY (Device or resource busy):"
                                + " another program is attached to this interface")
                .containsEntry(
                        "MTU", "MTU 9002 is above what one AF_XDP frame holds; use af_packet");
        assertThat(said.get("down")).startsWith(OPENED); // it serves once the interface is up
    }

    @Test
    void leaveNothingWhateverIsWrongForAfPacket() throws Exception {
        Map<String, String> said = said(PortKind.AF_PACKET, List.of(), "conditions");
        assertThat(said).containsAllEntriesOf(WRONG_FOR_BOTH);
        for (String harmless : List.of("queue of others", "program of others", "MTU", "down")) {
            assertThat(said.get(harmless)).as(harmless).startsWith(OPENED);
        }
    }

    @Test
    void leaveNothingWhicheverDescriptorAfXdpIsRefused() throws Exception {
        Map<String, String> said = said(PortKind.AF_XDP, FEW_DESCRIPTORS, "descriptors");
        assertThat(descriptorsRefused(said))
                .containsExactly(
                        "socket(AF_INET)", // to ask for the interface by
                        "eventfd", // of the first port
                        "socket(AF_XDP)",
                        "eventfd",
                        "socket(AF_INET)", // on the UDP port
                        "bpf(BPF_MAP_CREATE, XSKMAP)",
                        "bpf(BPF_PROG_LOAD, geneve_redirect)",
                        "bpf(BPF_LINK_CREATE, XDP, GENERIC)");
    }

    @Test
    void leaveNothingWhicheverDescriptorAfPacketIsRefused() throws Exception {
        Map<String, String> said = said(PortKind.AF_PACKET, FEW_DESCRIPTORS, "descriptors");
        assertThat(descriptorsRefused(said))
                .containsExactly(
                        // A filter program takes one as well, where there are two when it is
                        // loaded:
                        // so one more does not always go further.
                        "socket(AF_INET)",
                        "socket(AF_PACKET)",
                        "eventfd",
                        "eventfd",
                        "eventfd",
                        "socket(AF_PACKET)",
                        "eventfd",
                        "eventfd");
    }

    private static List<String> descriptorsRefused(Map<String, String> said) {
        String why = ": EMFILE (Too many open files): needs a higher RLIMIT_NOFILE";
        List<String> calls = new ArrayList<>();
        int left = 0;
        for (; !said.get(left + " descriptors").startsWith(OPENED); left++) {
            assertThat(said.get(left + " descriptors")).endsWith(why);
            calls.add(said.get(left + " descriptors").replace(why, ""));
        }
        return calls;
    }

    @ParameterizedTest
    @CsvSource({
        "AF_XDP, mmap(AF_XDP frames): ENOMEM (Cannot allocate memory)",
        "AF_PACKET, mmap(PACKET_RX_RING): ENOMEM (Cannot allocate memory)",
    })
    void leaveNothingWhereMemoryEnds(PortKind kind, String message) throws Exception {
        assertThat(said(kind, List.of(), "memory")).containsEntry("address space", message);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3}) // MiB of the 4 that two queues take
    void leaveNothingWhereLockedMemoryEnds(int megabytes) throws Exception {
        List<String> before = privileges("+net_raw,+net_admin,+bpf", megabytes);
        assertThat(said(PortKind.AF_XDP, before, "once", "1024"))
                .containsEntry(
                        "once",
                        "setsockopt(XDP_UMEM_REG): ENOBUFS (No buffer space available): locked"
                                + " memory is short: needs CAP_IPC_LOCK, or a higher"
                                + " RLIMIT_MEMLOCK");
    }

    /** The kernel frees the memory of the sockets for the driver only after they are closed. */
    @Test
    void theSecondModeMakesDoWithTheLockedMemoryOfTheFirst() throws Exception {
        cable.runOnNode("ip link set " + Cable.NODE + " mtu 3800");
        cable.runOnOwn("ip link set " + Cable.OWN + " mtu 3800");
        List<String> before = privileges("+net_raw,+net_admin,+bpf", 4);
        assertThat(said(PortKind.AF_XDP, before, "once", "512").get("once"))
                .startsWith(OPENED)
                .contains(", GENERIC; ");
    }

    @ParameterizedTest
    @CsvSource({
        "AF_XDP, '+net_admin,+bpf', socket(AF_XDP), CAP_NET_RAW",
        "AF_XDP, '+net_raw', 'bpf(BPF_MAP_CREATE, XSKMAP)', 'CAP_BPF and CAP_NET_ADMIN (before"
                + " Linux 5.8 CAP_SYS_ADMIN)'",
        "AF_PACKET, '+net_admin,+bpf', socket(AF_PACKET), CAP_NET_RAW",
    })
    void leaveNothingWithoutCapabilities(PortKind kind, String has, String call, String needs)
            throws Exception {
        assertThat(said(kind, privileges(has, 4), "once", "64"))
                .containsEntry("once", call + ": EPERM (Operation not permitted): needs " + needs);
    }

    private static List<String> privileges(String capabilities, int lockedMegabytes) {
        long locked = (long) lockedMegabytes << 20;
        return List.of(
                "prlimit",
                "--memlock=" + locked + ":" + locked,
                "setpriv",
                "--bounding-set",
                "-all," + capabilities,
                "--inh-caps",
                "-all",
                "--no-new-privs");
    }

    /** {@return what a program says that opens ports, of each way, and leaves nothing behind} */
    private Map<String, String> said(PortKind kind, List<String> before, String... arguments)
            throws Exception {
        List<String> command = new ArrayList<>(before);
        command.addAll(
                List.of(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Xms64m",
                        "-Xmx64m",
                        "-XX:+UseSerialGC",
                        "-XX:+AlwaysPreTouch",
                        "-cp",
                        System.getProperty("java.class.path"),
                        OpeningProgram.class.getName(),
                        kind.name()));
        command.addAll(List.of(arguments));
        Process process =
                new ProcessBuilder(cable.commandOnOwn(command)).redirectErrorStream(true).start();
        Map<String, String> said = new LinkedHashMap<>();
        try (BufferedReader output = process.inputReader()) {
            String line = output.readLine();
            for (; line != null && !line.equals("done"); line = output.readLine()) {
                String[] parts = line.split(": ", 2);
                said.put(parts[0], parts.length == 2 ? parts[1] : "");
            }
            assertThat(line).as("%s", said).isEqualTo("done");
            assertThat(said.keySet()).noneMatch(what -> what.startsWith("LEFT"));
            assertThat(cable.runOnOwn("ip link show " + Cable.OWN)).doesNotContain("prog/xdp");
            reopens();
        } finally {
            process.destroy();
            assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        }
        return said;
    }

    /** While the program is still there: it has neither queue, nor port, nor place. */
    private void reopens() throws Exception {
        if (!cable.runOnOwn("ip addr show " + Cable.OWN).contains(Cable.OWN_ADDRESS)) {
            cable.runOnOwn("ip addr add " + Cable.OWN_ADDRESS + "/24 dev " + Cable.OWN);
        }
        try (PacketPort port = cable.onOwn(() -> AfXdpPort.builder(Cable.OWN).open())) {
            assertThat(port.poll(PacketHandlers.failing(), 1)).isZero();
        }
        try (PacketPort port = cable.onOwn(() -> AfPacketPort.builder(Cable.OWN).open())) {
            assertThat(port.poll(PacketHandlers.failing(), 1)).isZero();
        }
    }
}
