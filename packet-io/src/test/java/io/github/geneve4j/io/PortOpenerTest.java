package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.testkit.JavaProcess;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What anyone can open, and what is said of the rest. */
@Timeout(60)
class PortOpenerTest {
    private static final Inet4Address LOOPBACK = Inet4Address.ofLiteral("127.0.0.1");
    private static final Inet4Address ANY = Inet4Address.ofLiteral("0.0.0.0");

    private static void close(OpenPorts open) throws IOException {
        for (PacketPort port : open.ports()) {
            port.close();
        }
    }

    private static int freePort() throws IOException {
        try (DatagramChannel channel = DatagramChannel.open(StandardProtocolFamily.INET)) {
            channel.bind(new InetSocketAddress(LOOPBACK, 0));
            return ((InetSocketAddress) channel.getLocalAddress()).getPort();
        }
    }

    @Test
    void fallsBackToSocketsWhereRingsCannotBeAndSaysWhy() throws Exception {
        OpenPorts open = PortOpener.at(LOOPBACK).port(freePort()).openBest();
        try {
            assertThat(open.kind()).isEqualTo(PortKind.UDP);
            assertThat(open.addresses()).containsExactly(LOOPBACK);
            assertThat(open.ports()).hasSize(1).hasOnlyElementsOfType(UdpPort.class);
            assertThat(open.refusals()).hasSize(2);
            assertThat(open.refusals().get(0)).startsWith("af_xdp: ").contains("lo");
            assertThat(open.refusals().get(1)).startsWith("af_packet: ").contains("lo");
        } finally {
            close(open);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"AF_XDP", "AF_PACKET"})
    void ringsNeedAnInterface(PortKind kind) {
        assertThatThrownBy(() -> PortOpener.at(ANY).open(kind))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("interface");
        assertThatThrownBy(() -> PortOpener.at(Inet4Address.ofLiteral("192.0.2.1")).open(kind))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("192.0.2.1");
        assertThatThrownBy(() -> PortOpener.on("g4j-none").open(kind))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("g4j-none");
        assertThatThrownBy(() -> PortOpener.at(LOOPBACK).replyFromListeningPort(true).open(kind))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("udp and nio");
    }

    @ParameterizedTest
    @EnumSource(names = {"UDP", "NIO"})
    void listensOnWhatAnInterfaceHas(PortKind kind) throws Exception {
        OpenPorts open = PortOpener.on("lo").port(freePort()).open(kind);
        try {
            assertThat(open.addresses()).contains(LOOPBACK);
            assertThat(open.refusals()).isEmpty();
        } finally {
            close(open);
        }
        OpenPorts one = PortOpener.on("lo", LOOPBACK).port(freePort()).open(kind);
        try {
            assertThat(one.addresses()).containsExactly(LOOPBACK);
        } finally {
            close(one);
        }
    }

    @Test
    void refusesBusyPollingOutOfItsRange() {
        PortOpener opener = PortOpener.on("lo");
        assertThatThrownBy(() -> opener.busyPoll(-1, 64))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("busy polling time -1: ");
        assertThatThrownBy(() -> opener.busyPoll(20, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("busy polling budget 0: ");
    }

    @Test
    void saysWhatIsWrongIfNothingOpens() {
        assertThatThrownBy(() -> PortOpener.on("g4j-none").openBest())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("g4j-none")
                .satisfies(failure -> assertThat(failure.getSuppressed()).hasSize(3));
    }

    /** Several ports share address and port: every datagram comes to one of them. */
    @ParameterizedTest
    @EnumSource(names = {"UDP", "NIO"})
    void opensSeveral(PortKind kind) throws Exception {
        int port = freePort();
        OpenPorts open = PortOpener.at(LOOPBACK).port(port).count(3).open(kind);
        try (DatagramChannel sender = DatagramChannel.open(StandardProtocolFamily.INET)) {
            sender.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            assertThat(open.ports()).hasSize(3);
            for (int i = 0; i < 50; i++) {
                sender.send(ByteBuffer.wrap(new byte[20]), new InetSocketAddress(LOOPBACK, port));
            }
            int received = 0;
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
            while (received < 50 && System.nanoTime() - deadline < 0) {
                for (PacketPort each : open.ports()) {
                    received += each.poll((buffer, offset, length, source) -> 0, 64);
                }
            }
            assertThat(received).isEqualTo(50);
        } finally {
            close(open);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"UDP", "NIO"})
    void closesThoseThatOpenedWhenOneDoesNot(PortKind kind) throws Exception {
        int port = freePort();
        try (NioPort taken = NioPort.builder(LOOPBACK).port(port).open()) {
            assertThat(taken.addresses()).isEqualTo(List.of(LOOPBACK));
            PortOpener opener = PortOpener.at(LOOPBACK).port(port).count(2);
            assertThatThrownBy(() -> opener.open(kind)).isInstanceOf(IOException.class);
        }
        close(PortOpener.at(LOOPBACK).port(port).open(kind)); // nobody has it now
    }

    /**
     * A kind that has no room for so many gives way to the next, like one that lacks a privilege.
     */
    @Test
    void refusesMorePortsThanAKindHas() {
        assertThatThrownBy(() -> PortOpener.at(LOOPBACK).count(257).open(PortKind.AF_PACKET))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("ports 257");
    }

    /** The option is another one for programs on the class path, as this test is. */
    @Test
    void namesTheOptionThatGivesNativeAccess() throws Exception {
        String said = JavaProcess.output(WithoutNativeAccess.class, "--illegal-native-access=deny");
        assertThat(said).contains("needs native access: --enable-native-access=ALL-UNNAMED");
    }

    /** Opens a port in vain. */
    static final class WithoutNativeAccess {
        private WithoutNativeAccess() {}

        public static void main(String[] args) {
            try {
                System.out.println(PortOpener.on("lo").open(PortKind.AF_PACKET));
            } catch (IOException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 65_536})
    void portsAreInRange(int port) {
        assertThatThrownBy(() -> PortOpener.at(ANY).port(port))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("port " + port);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1})
    void countsArePositive(int count) {
        assertThatThrownBy(() -> PortOpener.at(ANY).count(count))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("count " + count);
    }

    @Test
    void kindsHaveStableNames() {
        assertThat(PortKind.values())
                .extracting(PortKind::label)
                .containsExactly("af_xdp", "af_packet", "udp", "nio");
    }
}
