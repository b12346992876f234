package io.github.geneve4j.io.bpf;

import static io.github.geneve4j.testkit.Packets.concat;
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
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.io.sys.MappedMemory;
import io.github.geneve4j.io.sys.Requirement;
import io.github.geneve4j.testkit.Ipv4Layer;
import io.github.geneve4j.testkit.Layer;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The program in the kernel; joined frames only a packet socket can be given. */
class SocketFilterIT {
    private static final int PORT = 6081;
    // The kernel takes a link header off before it runs a program of this type
    private static final byte[] LINK = packet(ethernet("00:00:00:00:00:00", "02:00:00:00:00:01"));

    private static BpfMap map;
    private static MappedMemory values;
    private static BpfProgram program;

    @BeforeAll
    static void load() throws IOException {
        Requirement.root();
        map = BpfMap.createShared("joined", Long.BYTES, 1);
        values = map.mapValues(Long.BYTES);
        program =
                BpfProgram.load(
                        ProgramType.SOCKET_FILTER,
                        "filter",
                        SocketFilter.assemble(PORT, map.descriptor()));
    }

    @AfterAll
    static void unload() {
        if (program != null) {
            program.close();
            values.close();
            map.close();
        }
    }

    private static Ipv4Layer ip() {
        return ipv4("10.0.1.5", "10.0.1.17");
    }

    private static byte[] frame(Layer... inside) {
        Layer[] layers = new Layer[inside.length + 1];
        layers[0] = ethernet();
        System.arraycopy(inside, 0, layers, 1, inside.length);
        return packet(layers);
    }

    private static int run(byte[] frame) throws IOException {
        return ProgramRun.of(program, concat(LINK, frame)).result();
    }

    private static void accepts(Layer... inside) throws IOException {
        assertThat(run(frame(inside))).isEqualTo(SocketContext.WHOLE);
    }

    private static void refuses(Layer... inside) throws IOException {
        assertThat(run(frame(inside))).isEqualTo(SocketContext.NOTHING);
    }

    @Test
    void acceptsDatagramsOfThePort() throws IOException {
        Layer body = payload(counting(64));
        accepts(ip(), udp(60001, PORT), body);
        accepts(ip(), udp(60001, PORT));
        accepts(ipv4("10.0.1.5", "10.9.9.9"), udp(1, PORT), body);
        accepts(ip().fragment(0, true), udp(60001, PORT), body);
        accepts(ip().wrongChecksum(), udp(1, PORT).wrongChecksum(), body);
        accepts(vlan(5), ip(), udp(60001, PORT), body);
        accepts(qinq(5), ip(), udp(60001, PORT), body);
        for (int words = 1; words <= 10; words++) {
            accepts(ip().options("01".repeat(4 * words)), udp(60001, PORT), body);
            accepts(vlan(5), ip().options("01".repeat(4 * words)), udp(60001, PORT), body);
            refuses(ip().options("01".repeat(4 * words)), udp(PORT, 60001), body);
        }
        assertThat(values.segment().get(JAVA_LONG, 0)).as("joined").isZero();
    }

    @Test
    void refusesEverythingElse() throws IOException {
        Layer body = payload(counting(64));
        refuses(ip(), udp(60001, 6082), body);
        refuses(ip(), udp(PORT, 6082), body);
        refuses(ip(), tcp(60001, PORT), body);
        refuses(ip().fragment(8, false), udp(60001, PORT), body);
        refuses(vlan(5), ip(), udp(60001, 6082), body);
        refuses(vlan(5), ip(), tcp(60001, PORT), body);
        refuses(vlan(5), ip().fragment(8, false), udp(60001, PORT), body);
        refuses(vlan(5), vlan(6), ip(), udp(60001, PORT), body); // the first one is not here
        refuses(ipv6("::1", "::2"), udp(60001, PORT), body);
    }

    @Test
    void readsNothingBehindAnyTruncation() throws IOException {
        byte[] whole = frame(vlan(5), ip().options("01".repeat(40)), udp(60001, PORT));
        for (int length = 1; length < whole.length - 4; length++) {
            assertThat(run(cut(whole, length)))
                    .as("%d bytes", length)
                    .isEqualTo(SocketContext.NOTHING);
        }
        assertThat(run(whole)).isEqualTo(SocketContext.WHOLE);
    }
}
