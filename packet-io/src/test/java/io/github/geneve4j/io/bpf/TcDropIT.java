package io.github.geneve4j.io.bpf;

import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.cut;
import static io.github.geneve4j.testkit.Packets.ethernet;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.qinq;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static io.github.geneve4j.testkit.Packets.vlan;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.io.sys.Requirement;
import io.github.geneve4j.testkit.Ipv4Layer;
import io.github.geneve4j.testkit.Layer;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The program in the kernel, on packets of our own; the interface there has the address zero. */
class TcDropIT {
    private static final int PORT = 6081;
    private static final String OWN_MAC = "00:00:00:00:00:00";
    private static final String OTHER_MAC = "02:00:00:00:00:01";

    private static BpfProgram program;

    @BeforeAll
    static void load() throws IOException {
        Requirement.root();
        program =
                BpfProgram.load(
                        ProgramType.TRAFFIC_CONTROL,
                        "drop",
                        TcDrop.assemble(PORT, new int[] {0x0a000111, 0xfffffffe}));
    }

    @AfterAll
    static void unload() {
        if (program != null) {
            program.close();
        }
    }

    private static Ipv4Layer ip() {
        return ipv4("10.0.1.5", "10.0.1.17");
    }

    private static Layer body() {
        return payload(counting(64));
    }

    private static int run(byte[] frame) throws IOException {
        return ProgramRun.of(program, frame).result();
    }

    private static int run(Layer... inside) throws IOException {
        Layer[] layers = new Layer[inside.length + 1];
        layers[0] = ethernet(OWN_MAC, OTHER_MAC);
        System.arraycopy(inside, 0, layers, 1, inside.length);
        return run(packet(layers));
    }

    @Test
    void dropsDatagramsOfThePort() throws IOException {
        assertThat(run(ip(), udp(60001, PORT), body())).isEqualTo(TcContext.DROP);
        assertThat(run(ip(), udp(60001, PORT))).isEqualTo(TcContext.DROP);
        assertThat(run(ipv4("10.0.1.5", "255.255.255.254"), udp(1, PORT), body()))
                .isEqualTo(TcContext.DROP);
        assertThat(run(ip(), udp(60001, PORT), payload(counting(1400)))).isEqualTo(TcContext.DROP);
        assertThat(run(ip().fragment(0, true), udp(60001, PORT), body())).isEqualTo(TcContext.DROP);
        assertThat(run(ip().wrongChecksum(), udp(1, PORT).wrongChecksum(), body()))
                .isEqualTo(TcContext.DROP);
        for (int words = 1; words <= 10; words++) {
            assertThat(run(ip().options("01".repeat(4 * words)), udp(60001, PORT), body()))
                    .as("%d words of options", words)
                    .isEqualTo(TcContext.DROP);
            assertThat(run(ip().options("01".repeat(4 * words)), udp(PORT, 60001), body()))
                    .as("%d words of options", words)
                    .isEqualTo(TcContext.NEXT);
        }
    }

    /**
     * The kernel takes the first tag out on the way in; what is left is for the program to skip.
     */
    @Test
    void dropsThemBehindTags() throws IOException {
        assertThat(run(vlan(5), ip(), udp(60001, PORT), body())).isEqualTo(TcContext.DROP);
        assertThat(run(qinq(5), vlan(7), ip(), udp(60001, PORT), body())).isEqualTo(TcContext.DROP);
        assertThat(run(vlan(5), ip(), udp(60001, 6082), body())).isEqualTo(TcContext.NEXT);
        assertThat(run(vlan(1), vlan(2), vlan(3), ip(), udp(60001, PORT), body()))
                .isEqualTo(TcContext.NEXT);
    }

    @Test
    void leavesEverythingElse() throws IOException {
        assertThat(run(ip(), udp(60001, 6082), body())).isEqualTo(TcContext.NEXT);
        assertThat(run(ip(), tcp(60001, PORT), body())).isEqualTo(TcContext.NEXT);
        assertThat(run(ip().fragment(8, false), udp(60001, PORT), body()))
                .isEqualTo(TcContext.NEXT);
        assertThat(run(ipv4("10.0.1.5", "10.0.1.18"), udp(60001, PORT), body()))
                .isEqualTo(TcContext.NEXT);
        assertThat(run(ip().version(6), udp(60001, PORT), body())).isEqualTo(TcContext.NEXT);
        assertThat(run(ip().headerWords(4), udp(60001, PORT), body())).isEqualTo(TcContext.NEXT);
        assertThat(run(ipv6("::1", "::2"), udp(60001, PORT), body())).isEqualTo(TcContext.NEXT);
        byte[] forOthers = packet(ethernet(OTHER_MAC, OTHER_MAC), ip(), udp(1, PORT), body());
        assertThat(run(forOthers)).isEqualTo(TcContext.NEXT);
    }

    @Test
    void readsNothingBehindAnyTruncation() throws IOException {
        byte[] whole =
                packet(
                        ethernet(OWN_MAC, OTHER_MAC),
                        vlan(5),
                        ip().options("01".repeat(40)),
                        udp(60001, PORT));
        for (int length = 15; length < whole.length; length++) { // the kernel takes no less
            assertThat(run(cut(whole, length))).as("%d bytes", length).isEqualTo(TcContext.NEXT);
        }
        assertThat(run(whole)).isEqualTo(TcContext.DROP);
    }
}
