package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.testkit.Allocations;
import io.github.geneve4j.testkit.Packets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Datagrams over loopback, on addresses of its own. */
@Timeout(60)
class UdpSocketTest {
    private static final int PORT = 6081;
    private static final int NODE = 0x7f3e_5301; // 127.62.83.1
    private static final int TARGET = 0x7f3e_5302;
    private static final long SECOND = 1_000_000_000L;

    private final List<String> seen = new ArrayList<>();

    private static UdpSocket.Builder builder(int address, int port) throws IOException {
        byte[] bytes = Unpooled.copyInt(address).array();
        return UdpSocket.builder(InetAddress.getByAddress(bytes), port);
    }

    private void note(
            ByteBuf buffer, int offset, int length, int address, int port, boolean reassembled) {
        seen.add(
                "%08x:%d %s%s"
                        .formatted(
                                address,
                                port,
                                ByteBufUtil.hexDump(buffer, offset, length),
                                reassembled ? " reassembled" : ""));
    }

    /** Waits, bounded, for as many datagrams in all. */
    private void await(UdpSocket socket, int count) throws IOException {
        try (PacketWaiter waiter = PacketWaiter.of(List.of(), List.of(socket))) {
            long deadline = System.nanoTime() + 10 * SECOND;
            while (seen.size() < count && System.nanoTime() - deadline < 0) {
                waiter.await(SECOND);
                socket.poll(this::note, 64);
            }
        }
        assertThat(seen).hasSize(count);
    }

    @Test
    void carriesBatchesFromAndToWhomItLikes() throws Exception {
        try (UdpSocket node = builder(NODE, 60_001).batches(64, 3).open();
                UdpSocket target = builder(TARGET, PORT).batches(4, 64).open()) {
            ByteBuf bytes = Unpooled.wrappedBuffer(Packets.counting(40));
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < 20; i++) { // several batches on either side
                node.send(TARGET, PORT, bytes, i, i);
                expected.add(
                        "7f3e5301:60001 "
                                + HexFormat.of().formatHex(Packets.counting(40), i, i + i));
            }
            node.flush();
            await(target, 20);
            assertThat(seen).isEqualTo(expected);
            assertThat(node.datagramsSent()).isEqualTo(20);
            assertThat(target.datagramsReceived()).isEqualTo(20);

            seen.clear();
            target.send(NODE, 60_001, bytes, 0, 2);
            assertThat(target.datagramsSent()).isZero(); // not before it is flushed
            target.flush();
            await(node, 1);
            assertThat(seen).containsExactly("7f3e5302:6081 0001");
        }
    }

    @Test
    void aBudgetLeavesTheRest() throws Exception {
        try (UdpSocket node = builder(NODE, 60_002).open();
                UdpSocket target = builder(TARGET, PORT + 1).batches(4, 1).open()) {
            ByteBuf bytes = Unpooled.wrappedBuffer(new byte[] {7});
            for (int i = 0; i < 10; i++) {
                node.send(TARGET, PORT + 1, bytes, 0, 1);
            }
            node.flush();
            assertThat(target.poll(this::note, 5)).isEqualTo(5);
            assertThat(target.poll(this::note, 1)).isEqualTo(1);
            assertThat(target.poll(this::note, 100)).isEqualTo(4);
            assertThat(target.poll(this::note, 100)).isZero();
        }
    }

    @Test
    void theHandlerMayAnswer() throws Exception {
        try (UdpSocket node = builder(NODE, 60_003).open();
                UdpSocket target = builder(TARGET, PORT + 2).open()) {
            node.send(TARGET, PORT + 2, Unpooled.wrappedBuffer(new byte[] {1, 2, 3}), 0, 3);
            node.flush();
            int polled =
                    target.poll(
                            (buffer, offset, length, address, port, reassembled) -> {
                                try {
                                    target.send(address, port, buffer, offset + 1, length - 1);
                                    target.flush();
                                } catch (IOException e) {
                                    throw new UncheckedIOException(e);
                                }
                            },
                            64);
            assertThat(polled).isEqualTo(1);
            await(node, 1);
            assertThat(seen).containsExactly("7f3e5302:%d 0203".formatted(PORT + 2));
        }
    }

    @Test
    void whatIsLongerThanItsRoomIsCountedAndDropped() throws Exception {
        try (UdpSocket node = builder(NODE, 60_004).open();
                UdpSocket target = builder(TARGET, PORT + 3).maxLength(100).open()) {
            ByteBuf bytes = Unpooled.wrappedBuffer(Packets.counting(101));
            node.send(TARGET, PORT + 3, bytes, 0, 101);
            node.send(TARGET, PORT + 3, bytes, 0, 100);
            node.flush();
            await(target, 1);
            assertThat(target.datagramsTooLong()).isEqualTo(1);
            assertThat(target.datagramsReceived()).isEqualTo(1);
            assertThatThrownBy(() -> target.send(NODE, 60_004, bytes, 0, 101))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("length 101");
        }
    }

    /** The one that is refused takes no other with it. */
    @Test
    void whatTheKernelRefusesIsCounted() throws Exception {
        try (UdpSocket node = builder(NODE, 60_005).open();
                UdpSocket target = builder(TARGET, PORT + 4).open()) {
            ByteBuf bytes = Unpooled.wrappedBuffer(new byte[] {9});
            node.send(TARGET, PORT + 4, bytes, 0, 1);
            node.send(0xffff_ffff, PORT + 4, bytes, 0, 1); // broadcast, which needs an option
            node.send(TARGET, PORT + 4, bytes, 0, 1);
            node.flush();
            await(target, 2);
            assertThat(node.datagramsSent()).isEqualTo(2);
            assertThat(node.datagramsRefused()).isEqualTo(1);
        }
    }

    @Test
    void refusesWhatCannotBe() throws Exception {
        assertThatThrownBy(() -> UdpSocket.builder(InetAddress.ofLiteral("::1"), PORT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not IPv4");
        assertThatThrownBy(() -> builder(NODE, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("port 0");
        assertThatThrownBy(() -> builder(NODE, PORT).batches(0, 1))
                .hasMessageContaining("receive batch 0");
        assertThatThrownBy(() -> builder(NODE, PORT).batches(1, 1025))
                .hasMessageContaining("send batch 1025");
        assertThatThrownBy(() -> builder(NODE, PORT).timeToLive(256))
                .hasMessageContaining("time to live 256");
        assertThatThrownBy(() -> builder(0x0800_0001, 60_006).open())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("8.0.0.1:60006")
                .hasMessageContaining("no interface");
        UdpSocket socket = builder(NODE, 60_006).open();
        assertThatThrownBy(() -> builder(NODE, 60_006).open())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("another program");
        assertThatThrownBy(() -> socket.poll(this::note, 0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> socket.send(NODE, 0, Unpooled.EMPTY_BUFFER, 0, 0))
                .hasMessageContaining("port 0");
        socket.close();
        socket.close();
        assertThatThrownBy(() -> socket.poll(this::note, 1))
                .isInstanceOf(ClosedChannelException.class);
    }

    @Test
    void theWaiterTellsWhichIsReady() throws Exception {
        try (UdpSocket node = builder(NODE, 60_007).open();
                UdpSocket target = builder(TARGET, PORT + 5).open();
                PacketWaiter waiter = PacketWaiter.of(List.of(), List.of(node, target))) {
            assertThat(waiter.await(0)).isFalse();
            waiter.wakeup();
            assertThat(waiter.await(30 * SECOND)).isFalse(); // returns at once
            node.send(TARGET, PORT + 5, Unpooled.wrappedBuffer(new byte[1]), 0, 1);
            node.flush();
            assertThat(waiter.await(10 * SECOND)).isTrue();
            assertThat(waiter.isSocketReady(0)).isFalse();
            assertThat(waiter.isSocketReady(1)).isTrue();
            assertThatThrownBy(() -> waiter.isSocketReady(2))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> waiter.isQueueReady(0))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void allocatesNothingForADatagram() throws Exception {
        try (UdpSocket node = builder(NODE, 60_008).open();
                UdpSocket target = builder(TARGET, PORT + 6).open()) {
            ByteBuf bytes = Unpooled.wrappedBuffer(new byte[100]);
            DatagramHandler handler = (buffer, offset, length, address, port, reassembled) -> {};
            long allocated =
                    Allocations.of(
                            1_000_000, // until all of it is compiled, after whatever ran before
                            () -> {
                                try {
                                    node.send(TARGET, PORT + 6, bytes, 0, 99);
                                    node.flush();
                                    return target.poll(handler, 64);
                                } catch (IOException e) {
                                    throw new UncheckedIOException(e);
                                }
                            });
            assertThat(allocated).isLessThan(Allocations.SLACK);
            assertThat(target.datagramsReceived()).isGreaterThan(100_000);
        }
    }
}
