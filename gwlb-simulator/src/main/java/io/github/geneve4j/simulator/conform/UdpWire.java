package io.github.geneve4j.simulator.conform;

import io.github.geneve4j.flow.FlowFormat;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;

/** The way to the appliance by ordinary UDP sockets: without privileges, and without headers. */
final class UdpWire implements Wire {
    private static final int BUFFER_LENGTH = 1 << 21;
    private static final int HEADERS_LENGTH = Ipv4.HEADER_LENGTH + 8;

    // How long a full send buffer is waited for, and how often it is looked at
    private static final long FULL_NANOS = 1_000_000_000;
    private static final long RETRY_NANOS = 50_000;

    private final ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
    private final Queue<Arrival> arrived = new ArrayDeque<>();
    private final HeldPorts ports;
    private final Selector selector;
    private final InetSocketAddress target;

    private UdpWire(HeldPorts ports, Selector selector, InetSocketAddress target) {
        this.ports = ports;
        this.selector = selector;
        this.target = target;
    }

    static UdpWire open(List<Integer> addresses, int target, int port) throws IOException {
        HeldPorts ports = HeldPorts.open(addresses, port, BUFFER_LENGTH);
        Selector selector = null;
        try {
            selector = Selector.open();
            for (DatagramChannel channel : ports.channels()) {
                if (channel.supportedOptions().contains(ExtendedSocketOptions.IP_DONTFRAGMENT)) {
                    channel.setOption(ExtendedSocketOptions.IP_DONTFRAGMENT, true);
                }
                channel.register(selector, SelectionKey.OP_READ);
            }
            Inet4Address address = Inet4Address.ofLiteral(FlowFormat.ipv4(target));
            return new UdpWire(ports, selector, new InetSocketAddress(address, port));
        } catch (IOException | RuntimeException e) {
            if (selector != null) {
                selector.close();
            }
            ports.close();
            throw e;
        }
    }

    @Override
    public boolean seesHeaders() {
        return false;
    }

    @Override
    public List<Integer> sourcePorts() {
        return ports.sourcePorts();
    }

    @Override
    public void send(Datagram datagram) throws IOException {
        if (datagram.checksum() != Datagram.Checksum.RIGHT) {
            throw new IllegalArgumentException("checksum " + datagram.checksum());
        }
        for (DatagramChannel channel : ports.channels()) {
            InetSocketAddress local = (InetSocketAddress) channel.getLocalAddress();
            if (local.getPort() == datagram.sourcePort() && address(local) == datagram.source()) {
                send(channel, datagram.payload());
                return;
            }
        }
        throw new IllegalArgumentException("port " + datagram.sourcePort() + " is not held");
    }

    private void send(DatagramChannel channel, byte[] payload) throws IOException {
        try {
            long deadline = System.nanoTime() + FULL_NANOS;
            // 0 bytes are all of an empty datagram, and else say that there is no room
            while (channel.send(ByteBuffer.wrap(payload), target) < payload.length) {
                if (System.nanoTime() - deadline > 0) {
                    throw new IOException("the socket's send buffer stays full");
                }
                LockSupport.parkNanos(RETRY_NANOS);
            }
        } catch (IOException e) {
            String message = e.getMessage();
            // The JDK has no exception of its own for EMSGSIZE
            if (message != null && message.toLowerCase(Locale.ROOT).contains("too long")) {
                throw new TooLongException(HEADERS_LENGTH + payload.length);
            }
            throw e;
        }
    }

    @Override
    public @Nullable Arrival receive(long deadlineNanos) throws IOException {
        while (arrived.isEmpty()) {
            long left = deadlineNanos - System.nanoTime();
            int ready =
                    left <= 0
                            ? selector.selectNow()
                            : selector.select(1 + TimeUnit.NANOSECONDS.toMillis(left));
            if (ready > 0) {
                for (SelectionKey key : selector.selectedKeys()) {
                    drain((DatagramChannel) key.channel());
                }
                selector.selectedKeys().clear();
            } else if (left <= 0) {
                return null;
            }
        }
        return arrived.poll();
    }

    private void drain(DatagramChannel channel) throws IOException {
        InetSocketAddress local = (InetSocketAddress) channel.getLocalAddress();
        while (channel.receive(buffer.clear()) instanceof InetSocketAddress from) {
            byte[] payload = Arrays.copyOf(buffer.array(), buffer.position());
            arrived.add(
                    Arrival.datagram(
                            address(from),
                            from.getPort(),
                            address(local),
                            local.getPort(),
                            payload));
        }
    }

    @Override
    public long newDrops() {
        return 0;
    }

    @Override
    public void close() {
        try {
            selector.close();
        } catch (IOException e) {
            // nobody waits at it any more
        }
        ports.close();
    }

    private static int address(InetSocketAddress end) {
        return Bytes.s32(end.getAddress().getAddress(), 0);
    }
}
