package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Datagrams on a cable between two namespaces: what loopback does not show. */
@Timeout(60)
class UdpSocketIT {
    private static final int OWN = 0x0a52_0002; // 10.82.0.2

    /** What the interface cannot take is refused, not sent in pieces. */
    @Test
    void isNeverFragmentedAndTellsWhatWas() throws Exception {
        try (Cable cable = new Cable(1);
                UdpSocket own =
                        cable.onOwn(
                                () ->
                                        UdpSocket.builder(
                                                        InetAddress.ofLiteral(Cable.OWN_ADDRESS),
                                                        6081)
                                                .open())) {
            try (UdpSocket node =
                    cable.onNode(
                            () ->
                                    UdpSocket.builder(
                                                    InetAddress.ofLiteral(Cable.NODE_ADDRESS),
                                                    60_000)
                                            .open())) {
                ByteBuf bytes = Unpooled.wrappedBuffer(new byte[2000]);
                node.send(OWN, 6081, bytes, 0, 1473); // with its headers, 1501
                node.send(OWN, 6081, bytes, 0, 1472);
                node.flush();
                assertThat(node.datagramsRefused()).isEqualTo(1);
                assertThat(receive(own, 1)).containsExactly("1472");
            }
            // An ordinary socket fragments
            cable.onNode(
                    () -> {
                        try (DatagramChannel sender = DatagramChannel.open()) {
                            return sender.send(
                                    ByteBuffer.allocate(4000),
                                    new InetSocketAddress(Cable.OWN_ADDRESS, 6081));
                        }
                    });
            assertThat(receive(own, 1)).containsExactly("4000 reassembled");
        }
    }

    private static List<String> receive(UdpSocket socket, int count) throws IOException {
        List<String> seen = new ArrayList<>();
        try (PacketWaiter waiter = PacketWaiter.of(List.of(), List.of(socket))) {
            long deadline = System.nanoTime() + 10_000_000_000L;
            while (seen.size() < count && System.nanoTime() - deadline < 0) {
                waiter.await(1_000_000_000L);
                socket.poll(
                        (buffer, offset, length, address, port, reassembled) ->
                                seen.add(length + (reassembled ? " reassembled" : "")),
                        64);
            }
        }
        return seen;
    }

    @Test
    void aNamespaceThatIsNotThereIsNamed() {
        assertThatThrownBy(() -> NetworkNamespace.named("g4j-not-there").call(() -> 1))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("/run/netns/g4j-not-there")
                .hasMessageContaining("ip netns add");
        assertThatThrownBy(() -> NetworkNamespace.named("a/b"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'a/b'");
    }
}
