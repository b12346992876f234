package io.github.geneve4j.simulator.wire;

import io.github.geneve4j.flow.FlowFormat;
import io.github.geneve4j.geneve.Geneve;
import io.github.geneve4j.io.UdpSocket;
import io.github.geneve4j.simulator.Node;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The sockets of one node: one that replies come to, and one for each source port of flows. Those
 * receive too: what comes there has the ports swapped, and is to be judged. There may be a faster
 * way beside them, a {@link NodeLink}.
 *
 * <p><b>Threads:</b> the simulation's.
 */
final class NodeSockets implements AutoCloseable {
    /** Of the datagrams that they send. */
    static final int TIME_TO_LIVE = 255;

    private static final int HEADERS = 40; // Geneve's; replies may have more options
    private static final int ROOM_FOR_OPTIONS = 256;
    private static final int LEAST_ROOM = 9216;
    private static final int SEND_BATCH = 32;
    private static final int RECEIVE_BATCH = 64;
    private static final int RECEIVE_BUFFER = 4 << 20;
    private static final int SEND_BUFFER = 1 << 20;
    private static final int SMALL_BUFFER = 1 << 16;

    private final Node node;
    private final int address;
    private final int firstSourcePort;
    private final UdpSocket replies;
    private final UdpSocket[] bySourcePort;
    private @Nullable NodeLink link;

    private NodeSockets(
            Node node,
            int address,
            int firstSourcePort,
            UdpSocket replies,
            UdpSocket[] bySourcePort) {
        this.node = node;
        this.address = address;
        this.firstSourcePort = firstSourcePort;
        this.replies = replies;
        this.bySourcePort = bySourcePort;
    }

    /**
     * Opens the sockets.
     *
     * @param node whose
     * @param ipv4 its address, big-endian
     * @param firstSourcePort of its flows
     * @param sourcePorts how many
     * @param mtu of inner packets
     */
    static NodeSockets open(Node node, int ipv4, int firstSourcePort, int sourcePorts, int mtu)
            throws IOException {
        InetAddress address = InetAddress.ofLiteral(FlowFormat.ipv4(ipv4));
        int room = Math.max(LEAST_ROOM, mtu + HEADERS + ROOM_FOR_OPTIONS);
        List<UdpSocket> opened = new ArrayList<>();
        try {
            opened.add(
                    UdpSocket.builder(address, Geneve.UDP_PORT)
                            .maxLength(room)
                            .batches(RECEIVE_BATCH, 1)
                            .bufferLengths(RECEIVE_BUFFER, SMALL_BUFFER)
                            .open());
            for (int i = 0; i < sourcePorts; i++) {
                opened.add(
                        UdpSocket.builder(address, firstSourcePort + i)
                                .maxLength(room)
                                .batches(1, SEND_BATCH)
                                .bufferLengths(SMALL_BUFFER, SEND_BUFFER)
                                .open());
            }
        } catch (IOException | RuntimeException e) {
            opened.forEach(UdpSocket::close);
            throw e;
        }
        UdpSocket[] senders = opened.subList(1, opened.size()).toArray(UdpSocket[]::new);
        return new NodeSockets(node, ipv4, firstSourcePort, opened.get(0), senders);
    }

    Node node() {
        return node;
    }

    /** {@return its address, big-endian} */
    int address() {
        return address;
    }

    /** Has what goes to targets go by a link, if it can; or by the sockets alone, if null. */
    void link(@Nullable NodeLink link) {
        this.link = link;
    }

    /** {@return the one that replies are to come to} */
    UdpSocket replies() {
        return replies;
    }

    /** {@return all that may receive} */
    List<UdpSocket> all() {
        List<UdpSocket> all = new ArrayList<>(List.of(replies));
        all.addAll(List.of(bySourcePort));
        return all;
    }

    /** Takes a datagram to a target. */
    void send(int sourcePort, int target, ByteBuf buffer, int offset, int length)
            throws IOException {
        NodeLink faster = link;
        if (faster != null && faster.send(address, sourcePort, target, buffer, offset, length)) {
            return;
        }
        UdpSocket socket = bySourcePort[sourcePort - firstSourcePort];
        socket.send(target, Geneve.UDP_PORT, buffer, offset, length);
        if (faster != null) {
            socket.flush(); // before what the link will take
        }
    }

    /** Sends what was taken. */
    void flush() throws IOException {
        for (UdpSocket socket : bySourcePort) {
            socket.flush();
        }
    }

    /** {@return datagrams that the kernel did not send} */
    long refused() {
        long refused = 0;
        for (UdpSocket socket : bySourcePort) {
            refused += socket.datagramsRefused();
        }
        return refused;
    }

    /** {@return replies that the kernel had no room for, or that were too long for ours} */
    long overrun() {
        return Math.max(replies.kernelDrops(), 0) + replies.datagramsTooLong();
    }

    @Override
    public void close() {
        all().forEach(UdpSocket::close);
    }
}
