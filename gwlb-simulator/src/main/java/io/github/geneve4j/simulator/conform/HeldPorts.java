package io.github.geneve4j.simulator.conform;

import io.github.geneve4j.flow.FlowFormat;
import java.io.Closeable;
import java.io.IOException;
import java.net.BindException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * UDP sockets on the ports that a node has, so that this host's kernel does not tell the appliance
 * that they are closed.
 */
final class HeldPorts implements Closeable {
    /**
     * Ports that requests leave from. AWS was seen to use 60000 and 60001; nobody promises a range,
     * so that others are among them: any but the privileged ones, up to the last.
     */
    static final List<Integer> WANTED =
            List.of(60_000, 60_001, 60_002, 60_003, 65_535, 49_153, 20_001, 1025);

    private static final int FEWEST = 2;

    private final List<DatagramChannel> channels = new ArrayList<>();
    private final List<Integer> sourcePorts = new ArrayList<>();

    private HeldPorts() {}

    /**
     * {@return ports of some addresses, each held}
     *
     * @param addresses of this host
     * @param port the tunnel's
     * @param receiveBufferLength bytes that the kernel keeps for each socket
     * @throws IOException if the tunnel's port, or all but one of the others, cannot be had
     */
    static HeldPorts open(List<Integer> addresses, int port, int receiveBufferLength)
            throws IOException {
        HeldPorts held = new HeldPorts();
        try {
            for (int address : addresses) {
                held.channels.add(bind(address, port, receiveBufferLength));
            }
            for (int sourcePort : new TreeSet<>(WANTED)) {
                held.holdIfFree(addresses, sourcePort, receiveBufferLength);
            }
            held.sourcePorts.sort((one, other) -> WANTED.indexOf(one) - WANTED.indexOf(other));
            if (held.sourcePorts.size() < FEWEST) {
                throw new BindException(
                        "of the UDP ports "
                                + WANTED
                                + " only "
                                + held.sourcePorts
                                + " can be had here, and two are needed");
            }
            return held;
        } catch (IOException | RuntimeException e) {
            held.close();
            throw e;
        }
    }

    List<Integer> sourcePorts() {
        return List.copyOf(sourcePorts);
    }

    List<DatagramChannel> channels() {
        return channels;
    }

    @Override
    public void close() {
        for (DatagramChannel channel : channels) {
            try {
                channel.close();
            } catch (IOException e) {
                // a UDP socket has nothing left to lose
            }
        }
    }

    private void holdIfFree(List<Integer> addresses, int port, int receiveBufferLength)
            throws IOException {
        List<DatagramChannel> bound = new ArrayList<>();
        for (int address : addresses) {
            try {
                bound.add(bind(address, port, receiveBufferLength));
            } catch (BindException e) {
                for (DatagramChannel channel : bound) {
                    channel.close();
                }
                return;
            }
        }
        channels.addAll(bound);
        sourcePorts.add(port);
    }

    private static DatagramChannel bind(int address, int port, int receiveBufferLength)
            throws IOException {
        DatagramChannel channel = DatagramChannel.open(StandardProtocolFamily.INET);
        try {
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.SO_RCVBUF, receiveBufferLength);
            Inet4Address own = Inet4Address.ofLiteral(FlowFormat.ipv4(address));
            return channel.bind(new InetSocketAddress(own, port));
        } catch (BindException e) {
            channel.close();
            BindException named =
                    new BindException(
                            "UDP " + FlowFormat.ipv4(address) + ":" + port + ": " + e.getMessage());
            named.initCause(e);
            throw named;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }
}
