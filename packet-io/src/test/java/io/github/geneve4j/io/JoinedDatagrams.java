package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.SocketHeader;
import io.github.geneve4j.io.sys.SocketHeader.SockaddrIn;
import io.github.geneve4j.io.sys.UdpHeader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * A socket that sends several datagrams as one message, which loopback does not cut, and receives
 * them the same way: as a network card and the kernel would pass them on.
 */
final class JoinedDatagrams implements AutoCloseable {
    private final SendQueue queue = new SendQueue(1, new PortCounters()); // takes no part
    private final ReceiveBatch batch = new ReceiveBatch();
    private final PortSocket socket;

    /** Opens it. */
    JoinedDatagrams(InetSocketAddress at) throws IOException {
        Inet4Address address = (Inet4Address) at.getAddress();
        this.socket =
                new PortSocket.Opener(1 << 20, false, queue).open(address, at.getPort(), 4 << 20);
        assertThat(socket.receiveJoined()).isTrue();
    }

    /** Sends bytes as datagrams of that length, the last one maybe shorter. */
    void send(InetSocketAddress to, byte[] bytes, int length) {
        assertThat(segment(length)).isZero();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(SockaddrIn.SIZE, Integer.BYTES);
            SocketHeader.sockaddrIn(name, Listener.number(to.getAddress()), to.getPort());
            MemorySegment message = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
            assertThat(Libc.sendto(socket.number(), message, bytes.length, 0, name))
                    .isEqualTo(bytes.length);
        }
        assertThat(segment(0)).isZero();
    }

    /** Sends all that is {@linkplain #write written} from now on to there, cut to that length. */
    void connectAndCut(InetSocketAddress to, int length) {
        assertThat(segment(length)).isZero();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(SockaddrIn.SIZE, Integer.BYTES);
            SocketHeader.sockaddrIn(name, Listener.number(to.getAddress()), to.getPort());
            assertThat(Libc.connect(socket.number(), name)).isZero();
        }
    }

    /** Sends that memory as one message; allocates nothing. */
    void write(MemorySegment bytes) {
        if (Libc.write(socket.number(), bytes) != bytes.byteSize()) {
            throw new AssertionError("the message was not sent");
        }
    }

    /** {@return the datagrams that are there, by the message that each was part of} */
    List<List<byte[]>> receive() throws IOException {
        List<List<byte[]>> messages = new ArrayList<>();
        while (batch.receive(socket.number(), 1) > 0) {
            List<byte[]> message = new ArrayList<>();
            while (batch.hasNext()) {
                batch.next();
                byte[] bytes = new byte[batch.length()];
                batch.buffer().getBytes(batch.offset(), bytes);
                message.add(bytes);
            }
            messages.add(message);
        }
        return messages;
    }

    @Override
    public void close() {
        socket.close();
    }

    private int segment(int length) {
        return Libc.setsockopt(socket.number(), UdpHeader.SOL_UDP, UdpHeader.UDP_SEGMENT, length);
    }
}
