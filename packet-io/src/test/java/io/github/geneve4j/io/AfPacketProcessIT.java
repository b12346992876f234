package io.github.geneve4j.io;

import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.ethernet;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.io.sys.Requirement;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of a port's process with few privileges, and of the interface once it is killed. */
@Timeout(60)
class AfPacketProcessIT {
    private static final byte ICMP = 1;
    private static final int PROTOCOL = 14 + 9;

    private Cable cable;
    private FrameSocket node;

    @BeforeEach
    void open() throws Exception {
        Requirement.command("setpriv");
        cable = new Cable();
        node = cable.onNode(() -> FrameSocket.open(Cable.NODE));
    }

    @AfterEach
    void close() throws Exception {
        Cable.close(node, cable);
    }

    @Test
    void needsOneCapabilityAndNamesTheOthers() throws Exception {
        try (PortProgram program = start("+net_raw")) {
            assertThat(program.says())
                    .startsWith("AF_PACKET on own0, 10.82.0.2, ")
                    .contains("; offloads not understood (bpf(BPF_MAP_CREATE, ARRAY): EPERM (")
                    .endsWith(
                            "; kernel's copy dropped by UDP sockets (bpf(BPF_PROG_LOAD,"
                                    + " geneve4j_drop): EPERM (Operation not permitted): needs"
                                    + " CAP_BPF and CAP_NET_ADMIN (before Linux 5.8"
                                    + " CAP_SYS_ADMIN))");
            assertThat(exchange()).isEqualTo(reply());
        }
    }

    @Test
    void usesThreeCapabilitiesAndNoMore() throws Exception {
        try (PortProgram program = start("+net_raw,+bpf,+net_admin")) {
            assertThat(program.says())
                    .endsWith(
                            "; offloads understood; replies sent singly (own0 passes joined packets"
                                    + " on); kernel's copy dropped by a program");
            assertThat(exchange()).isEqualTo(reply());
        }
    }

    @Test
    void needsNoOtherCapabilityToJoinReplies() throws Exception {
        cable.runOnOwn("ethtool -K " + Cable.OWN + " tx off tx-udp-segmentation off");
        try (PortProgram program = start("+net_raw,+bpf")) {
            assertThat(program.says())
                    .contains("; offloads understood; replies joined where alike; ");
            assertThat(exchange()).isEqualTo(reply());
        }
    }

    @Test
    void saysWhichCapabilityItNeeds() throws Exception {
        try (PortProgram program = start("+net_admin")) {
            assertThat(program.saysAll())
                    .isEqualTo(
                            "socket(AF_PACKET): EPERM (Operation not permitted): needs"
                                    + " CAP_NET_RAW");
        }
    }

    @Test
    void leavesNothingBehindWhenKilled() throws Exception {
        for (int i = 0; i < 3; i++) {
            try (PortProgram program = PortProgram.start(cable)) {
                assertThat(program.says()).endsWith("; kernel's copy dropped by a program");
                assertThat(exchange()).isEqualTo(reply());
                program.kill();
            }
            // Were the program still there, or a socket, the kernel would not answer
            assertThat(exchange()[PROTOCOL]).isEqualTo(ICMP);
        }
    }

    private PortProgram start(String capabilities) throws IOException {
        return PortProgram.start(
                cable,
                "setpriv",
                "--bounding-set",
                "-all," + capabilities,
                "--inh-caps",
                "-all",
                "--no-new-privs");
    }

    private byte[] exchange() throws IOException {
        node.send(
                packet(
                        ethernet(Cable.OWN_MAC, Cable.NODE_MAC),
                        ipv4(Cable.NODE_ADDRESS, Cable.OWN_ADDRESS).ttl(255),
                        udp(60001, 6081),
                        payload(counting(99))));
        List<byte[]> frames = node.receive(1);
        assertThat(frames).hasSize(1);
        return frames.get(0);
    }

    private static byte[] reply() {
        return packet(
                ethernet(Cable.NODE_MAC, Cable.OWN_MAC),
                ipv4(Cable.OWN_ADDRESS, Cable.NODE_ADDRESS),
                udp(60001, 6081),
                payload(counting(99)));
    }
}
