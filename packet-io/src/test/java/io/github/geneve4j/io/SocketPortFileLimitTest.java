package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.geneve4j.testkit.Packets;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A process with fewer file descriptors than source ports. */
class SocketPortFileLimitTest {
    private static final String LOCAL = "127.60.82.1";
    private static final String NODE = "127.60.82.2";
    private static final int FILES = 128;
    private static final int FIRST_SOURCE_PORT = 25_000;
    private static final int SOURCE_PORTS = 40;
    private static final int LEFT = 10;

    @ParameterizedTest
    @EnumSource(names = {"UDP", "NIO"})
    void makesDoWithTheDescriptorsThereAre(PortKind kind) throws Exception {
        Path shell = Path.of("/bin/sh");
        assumeThat(Files.isExecutable(shell)).isTrue();
        Process process =
                new ProcessBuilder(
                                shell.toString(),
                                "-c",
                                "ulimit -n " + FILES + " && exec \"$@\"",
                                "sh",
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-cp",
                                System.getProperty("java.class.path"),
                                SocketPortFileLimitTest.class.getName(),
                                kind.name())
                        .redirectErrorStream(true)
                        .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        assertThat(output)
                .contains("refused: 256")
                .contains("plenty: 40 answered, 0 failed, 40 open, 0 evicted")
                .contains("none: 0 answered, 40 failed, 0 open, 0 evicted")
                .contains("ten: 35 answered, 10 failed, 10 open, 25 evicted");
    }

    /** Runs in the process with the limit. */
    public static void main(String[] arguments) throws IOException {
        PortKind kind = PortKind.valueOf(arguments[0]);
        List<DatagramChannel> hoard = new ArrayList<>();
        try (Wire wire = new Wire()) {
            openInVain(kind, wire);
            wire.receiveAt(NODE);
            for (int i = 0; i < SOURCE_PORTS; i++) {
                wire.channel(Wire.at(NODE, FIRST_SOURCE_PORT + i));
            }
            try (SocketPort port = open(kind)) {
                exchange("plenty", wire, port, SOURCE_PORTS);
            }
            try (SocketPort port = open(kind)) {
                hoard(hoard);
                exchange("none", wire, port, SOURCE_PORTS);
            }
            for (DatagramChannel channel : hoard) {
                channel.close();
            }
            try (SocketPort port = open(kind)) {
                hoard(hoard);
                exchange("none again", wire, port, 5);
                for (int i = 0; i < LEFT; i++) {
                    hoard.removeLast().close();
                }
                exchange("ten", wire, port, SOURCE_PORTS); // the first five remembered
            }
            for (DatagramChannel channel : hoard) {
                channel.close();
            }
        }
    }

    /** What cannot be bound leaves no descriptor behind. */
    private static void openInVain(PortKind kind, Wire wire) throws IOException {
        wire.channel(Wire.at(LOCAL, Wire.PORT));
        int refused = 0;
        for (int i = 0; i < 2 * FILES; i++) {
            try {
                open(kind);
            } catch (BindException expected) {
                refused++;
            }
        }
        System.out.println("refused: " + refused);
        wire.close(Wire.at(LOCAL, Wire.PORT));
    }

    private static SocketPort open(PortKind kind) throws IOException {
        InetAddress local = Wire.address(LOCAL);
        return (kind == PortKind.UDP ? UdpPort.builder(local) : NioPort.builder(local))
                .port(Wire.PORT)
                .peerPort(Wire.PEER_PORT)
                .nanoClock(() -> 0) // no second passes, however slow the machine
                .open();
    }

    private static void exchange(String what, Wire wire, SocketPort port, int sourcePorts)
            throws IOException {
        PacketHandler echo = (buffer, offset, length, source) -> length;
        int answered = 0;
        for (int i = 0; i < sourcePorts; i++) {
            wire.send(
                    Wire.at(NODE, FIRST_SOURCE_PORT + i),
                    Wire.at(LOCAL, Wire.PORT),
                    Packets.counting(10));
            port.poll(echo, 1);
            answered += wire.receive(NODE) == null ? 0 : 1;
        }
        System.out.printf(
                "%s: %d answered, %d failed, %d open, %d evicted%n",
                what,
                answered,
                port.counters().failed(SendFailure.NO_SOCKET),
                port.replyChannels(),
                port.evictedReplyChannels());
    }

    /** Takes every descriptor that is left. */
    private static void hoard(List<DatagramChannel> hoard) {
        hoard.clear();
        try {
            while (true) {
                hoard.add(DatagramChannel.open(StandardProtocolFamily.INET));
            }
        } catch (IOException noneLeft) {
            // That is the point.
        }
    }
}
