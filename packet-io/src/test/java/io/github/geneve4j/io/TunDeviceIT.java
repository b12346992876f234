package io.github.geneve4j.io;

import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.testkit.Allocations;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Packets between this program and the host's own sockets, in a network namespace. */
@Timeout(60)
class TunDeviceIT {
    private static final String HOST = "10.84.0.1";
    private static final String BEYOND = "10.84.0.2";
    private static final long SECOND = 1_000_000_000L;

    private final List<byte[]> packets = new ArrayList<>();

    private void take(ByteBuf buffer, int offset, int length) {
        packets.add(ByteBufUtil.getBytes(buffer, offset, length));
    }

    private static void setUp(Cable cable, String name) throws Exception {
        cable.runOnOwn("ip addr add " + HOST + "/24 dev " + name);
        cable.runOnOwn("ip link set " + name + " mtu 9001 up");
    }

    private static DatagramChannel socket(int port) throws IOException {
        DatagramChannel channel = DatagramChannel.open();
        channel.bind(new InetSocketAddress(HOST, port));
        channel.configureBlocking(false);
        return channel;
    }

    private static void send(DatagramChannel from, byte[] bytes) throws IOException {
        from.send(ByteBuffer.wrap(bytes), new InetSocketAddress(BEYOND, 53));
    }

    /** Waits, bounded, until a queue has handed over as many packets in all. */
    private void await(TunQueue queue, int count) throws IOException {
        long deadline = System.nanoTime() + 10 * SECOND;
        while (packets.size() < count && System.nanoTime() - deadline < 0) {
            if (queue.poll(this::take, 64) == 0) {
                queue.await(SECOND);
            }
        }
        assertThat(packets).hasSize(count);
    }

    @Test
    void carriesPacketsBothWays() throws Exception {
        try (Cable cable = new Cable(1500)) {
            cable.onOwn(
                    () -> {
                        try (TunDevice tun = TunDevice.open("tun%d", 1);
                                DatagramChannel host = openAfterSetUp(cable, tun, 5000)) {
                            assertThat(tun.name()).isEqualTo("tun0");
                            assertThat(tun.mtu()).isEqualTo(9001);
                            TunQueue queue = tun.queues().get(0);
                            exchange(host, queue, new byte[] {1, 2, 3});
                            exchange(host, queue, new byte[8_900]);
                            exchange(host, queue, new byte[0]);
                        }
                        return null;
                    });
            // It was made by opening it, and is gone now
            assertThat(cable.runOnOwn("ip -br link")).doesNotContain("tun0");
        }
    }

    private static DatagramChannel openAfterSetUp(Cable cable, TunDevice tun, int port)
            throws Exception {
        setUp(cable, tun.name());
        return socket(port);
    }

    private void exchange(DatagramChannel host, TunQueue queue, byte[] bytes) throws Exception {
        packets.clear();
        send(host, bytes);
        await(queue, 1);
        byte[] request = packets.get(0);
        assertThat(request).hasSize(28 + bytes.length).endsWith(bytes);
        assertThat(request[0]).isEqualTo((byte) 0x45);
        assertThat(request).containsSequence(10, 84, 0, 1, 10, 84, 0, 2);

        byte[] reply = packet(ipv4(BEYOND, HOST), udp(53, 5000), payload(bytes));
        ByteBuf buffer = Unpooled.buffer().writeZero(5).writeBytes(reply);
        assertThat(queue.send(buffer, 5, reply.length)).isTrue();
        ByteBuffer received = ByteBuffer.allocate(10_000);
        for (int i = 0; i < 1000 && host.receive(received) == null; i++) {
            Thread.sleep(5);
        }
        assertThat(java.util.Arrays.copyOf(received.array(), received.position())).isEqualTo(bytes);
    }

    /** The kernel learns where a flow lives from the queue that its packets are put into. */
    @Test
    void keepsAFlowOnTheQueueThatAnswersIt() throws Exception {
        try (Cable cable = new Cable(1500)) {
            cable.onOwn(
                    () -> {
                        try (TunDevice tun = TunDevice.open("tun7", 4)) {
                            assertThat(tun.queues()).hasSize(4);
                            setUp(cable, "tun7");
                            for (int i = 0; i < 12; i++) {
                                flowOn(tun, tun.queues().get(i % 4), 5000 + i);
                            }
                        }
                        return null;
                    });
        }
    }

    private void flowOn(TunDevice tun, TunQueue queue, int port) throws Exception {
        try (DatagramChannel host = socket(port)) {
            byte[] reply = packet(ipv4(BEYOND, HOST), udp(53, port), payload(new byte[] {7}));
            assertThat(queue.send(Unpooled.wrappedBuffer(reply), 0, reply.length)).isTrue();
            packets.clear();
            for (int i = 0; i < 20; i++) {
                send(host, new byte[] {(byte) i});
            }
            await(queue, 20);
            for (TunQueue other : tun.queues()) {
                assertThat(other.poll(this::take, 64)).isZero();
            }
        }
    }

    @Test
    void saysWhatCannotBeSent() throws Exception {
        try (Cable cable = new Cable(1500)) {
            cable.onOwn(
                    () -> {
                        try (TunDevice tun = TunDevice.open("tun0", 1)) {
                            TunQueue queue = tun.queues().get(0);
                            byte[] packet = packet(ipv4(BEYOND, HOST), udp(53, 5000));
                            ByteBuf buffer = Unpooled.wrappedBuffer(packet);
                            assertThat(queue.send(buffer, 0, packet.length)).isFalse(); // down
                            assertThat(queue.poll(this::take, 1)).isZero();
                            setUp(cable, "tun0");
                            assertThat(queue.send(buffer, 0, packet.length)).isTrue();
                            ByteBuf rubbish = Unpooled.wrappedBuffer(new byte[40]);
                            assertThat(queue.send(rubbish, 0, 40)).isFalse();
                            assertThatThrownBy(() -> queue.send(buffer, 0, 0))
                                    .isInstanceOf(IllegalArgumentException.class)
                                    .hasMessageContaining("length 0");
                            assertThatThrownBy(() -> queue.send(buffer, 1, packet.length))
                                    .isInstanceOf(IndexOutOfBoundsException.class);
                            assertThatThrownBy(() -> queue.poll(this::take, 0))
                                    .isInstanceOf(IllegalArgumentException.class);
                            assertThatThrownBy(() -> TunDevice.open("tun0", 1))
                                    .isInstanceOf(IOException.class)
                                    .hasMessageContaining("EBUSY");
                            cable.runOnOwn("ip link delete tun0");
                            assertThatThrownBy(() -> queue.send(buffer, 0, packet.length))
                                    .isInstanceOf(IOException.class)
                                    .hasMessageContaining("tun0")
                                    .hasMessageContaining("gone");
                        }
                        return null;
                    });
        }
    }

    @Test
    void isWokenUpAndClosedByOtherThreads() throws Exception {
        try (Cable cable = new Cable(1500)) {
            cable.onOwn(
                    () -> {
                        TunDevice tun = TunDevice.open("tun0", 1);
                        TunQueue queue = tun.queues().get(0);
                        queue.wakeup();
                        queue.await(30 * SECOND); // returns at once
                        Thread closer =
                                Thread.ofPlatform()
                                        .start(
                                                () -> {
                                                    try {
                                                        Thread.sleep(200);
                                                    } catch (InterruptedException e) {
                                                        return;
                                                    }
                                                    tun.close();
                                                });
                        queue.await(30 * SECOND);
                        closer.join();
                        assertThatThrownBy(() -> queue.poll(this::take, 1))
                                .isInstanceOf(ClosedChannelException.class);
                        tun.close();
                        return null;
                    });
        }
    }

    @Test
    void allocatesNothingForAPacket() throws Exception {
        try (Cable cable = new Cable(1500)) {
            cable.onOwn(
                    () -> {
                        try (TunDevice tun = TunDevice.open("tun0", 1)) {
                            setUp(cable, "tun0");
                            TunQueue queue = tun.queues().get(0);
                            // The host forwards nothing: it takes the packet, and drops it
                            byte[] packet = packet(ipv4(BEYOND, "10.99.0.1"), udp(53, 5000));
                            ByteBuf buffer = Unpooled.wrappedBuffer(packet);
                            TunHandler handler = (bytes, offset, length) -> {};
                            long allocated =
                                    Allocations.of(
                                            1_000_000,
                                            () -> {
                                                try {
                                                    boolean sent =
                                                            queue.send(buffer, 0, packet.length);
                                                    return (sent ? 1 : 0) + queue.poll(handler, 4);
                                                } catch (IOException e) {
                                                    throw new java.io.UncheckedIOException(e);
                                                }
                                            });
                            assertThat(allocated).isLessThan(Allocations.SLACK);
                        }
                        return null;
                    });
        }
    }
}
