package io.github.geneve4j.simulator.wire;

import io.github.geneve4j.flow.FlowFormat;
import io.github.geneve4j.io.AfXdpPort;
import io.github.geneve4j.io.PacketHandler;
import io.github.geneve4j.io.ReturnPath;
import io.github.geneve4j.simulator.Node;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The fast way of nodes to targets on the same link, and back: frames by AF_XDP, beside the nodes'
 * {@linkplain NodeSockets sockets}. What does not fit stays with these: targets that the kernel
 * does not know as neighbours, datagrams longer than the link's MTU, and what comes in fragments,
 * to another port, or by another interface.
 *
 * <p>The port checks of a reply what the kernel's IP and UDP would. Requests have the headers that
 * the sockets give them.
 *
 * <p><b>Allocation:</b> none for a datagram. <b>Threads:</b> the simulation's; any for {@link
 * #overrun}.
 */
final class NodeLink implements PacketHandler, AutoCloseable {
    private static final int FRAMES = 4096; // of a queue
    private static final int FRAMES_TO_TARGETS = 1024; // of these
    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final String device;
    private final AfXdpPort port;
    private final Node[] nodes;
    private final int[] addresses; // of the nodes
    private final Replies replies;
    private final long mac;
    private final Neighbours neighbours = new Neighbours();
    private final ReturnPath request = new ReturnPath();
    private final ReturnPath reply = new ReturnPath();
    private long lookedAt;
    private long tooLong;
    private boolean polling;
    private boolean isFull;
    private long fullSince;

    /** Takes replies, on the simulation's thread. */
    interface Replies {
        /** Looks at a datagram that came to a node's port 6081, and is gone afterwards. */
        void onReply(Node node, int source, int sourcePort, ByteBuf buffer, int offset, int length);
    }

    private NodeLink(
            String device, long mac, AfXdpPort port, List<NodeSockets> nodes, Replies replies)
            throws IOException {
        this.device = device;
        this.mac = mac;
        this.port = port;
        this.nodes = nodes.stream().map(NodeSockets::node).toArray(Node[]::new);
        this.addresses = nodes.stream().mapToInt(NodeSockets::address).toArray();
        this.replies = replies;
        request.header(NodeSockets.TIME_TO_LIVE, true);
        neighbours.read(device);
    }

    /**
     * Opens a link, and has the nodes use it.
     *
     * @param device name of the interface that has the nodes' addresses
     * @param nodes whose sockets are open
     * @param replies told of what comes
     * @throws IOException if the interface is not fit for it, or a privilege is missing
     */
    static NodeLink open(String device, List<NodeSockets> nodes, Replies replies)
            throws IOException {
        NetworkInterface found = NetworkInterface.getByName(device);
        byte[] mac = found == null ? null : found.getHardwareAddress();
        if (mac == null || mac.length != 6) {
            throw new IOException(device + " is no Ethernet interface, which io: af_xdp needs");
        }
        List<Inet4Address> addresses = new ArrayList<>();
        for (NodeSockets node : nodes) {
            addresses.add(Inet4Address.ofLiteral(FlowFormat.ipv4(node.address())));
        }
        AfXdpPort port =
                AfXdpPort.builder(device)
                        .addresses(addresses)
                        .besideSocket(true)
                        .frames(FRAMES)
                        .originated(FRAMES_TO_TARGETS)
                        .open();
        try {
            long number = ByteBuffer.allocate(Long.BYTES).position(2).put(mac).getLong(0);
            NodeLink link = new NodeLink(device, number, port, nodes, replies);
            nodes.forEach(node -> node.link(link));
            return link;
        } catch (IOException | RuntimeException e) {
            port.close();
            throw e;
        }
    }

    /**
     * {@return the interface that has an address}
     *
     * @param ipv4 the address, big-endian
     * @throws IOException if none has it
     */
    static String device(int ipv4) throws IOException {
        InetAddress address = InetAddress.ofLiteral(FlowFormat.ipv4(ipv4));
        NetworkInterface found = NetworkInterface.getByInetAddress(address);
        if (found == null) {
            throw new IOException(
                    FlowFormat.ipv4(ipv4)
                            + ": no interface has just this address, as io: af_xdp needs it");
        }
        return found.getName();
    }

    /** {@return the port, to wait for} */
    AfXdpPort port() {
        return port;
    }

    /**
     * Takes a datagram to a target, if it is one for this way.
     *
     * @return whether it was taken; if not, nothing that was taken before is left to leave later
     */
    boolean send(
            int nodeAddress, int sourcePort, int address, ByteBuf buffer, int offset, int length)
            throws IOException {
        if (length > port.maxDatagramLength()) {
            tooLong++;
            flush();
            return false;
        }
        long next = neighbours.next(address);
        if (next == Neighbours.KERNEL) {
            flush();
            return false;
        }
        request.datagram(nodeAddress, address, sourcePort).link(mac, next, 0, 0);
        port.enqueue(request, buffer, offset, length);
        return true;
    }

    /** Sends what was taken. */
    void flush() throws IOException {
        if (!polling) { // the poll does it
            port.flush();
        }
    }

    /** Looks after the neighbours, if it is time. */
    void look(long nowNanos) throws IOException {
        long pause = neighbours.hasMissed() ? LOOK_AGAIN_NANOS : LOOK_NANOS;
        if (nowNanos - lookedAt >= pause) {
            neighbours.read(device);
            lookedAt = nowNanos;
        }
    }

    /**
     * {@return whether to take in packets that are to leave by this link: not while it is full, as
     * they would be lost; unless it is for long, as they would wait for ever}
     */
    boolean hasRoom(int packets, long nowNanos) throws IOException {
        if (port.room() >= packets) {
            isFull = false;
            return true;
        }
        if (!isFull) {
            isFull = true;
            fullSince = nowNanos;
        }
        return nowNanos - fullSince > PATIENCE_NANOS;
    }

    /** Takes the replies that are there, a limited number. */
    void poll(int budget) throws IOException {
        polling = true;
        try {
            port.poll(this, budget);
        } finally {
            polling = false;
        }
    }

    @Override
    public int onDatagram(ByteBuf buffer, int offset, int length, int sourceAddress) {
        port.returnPath(reply);
        for (int i = 0; i < addresses.length; i++) {
            if (addresses[i] == reply.localAddress()) {
                replies.onReply(
                        nodes[i], sourceAddress, reply.sourcePort(), buffer, offset, length);
                break;
            }
        }
        return DROP;
    }

    /** {@return datagrams that it could not take: to no neighbour that is known, or too long} */
    long leftToSockets() {
        return neighbours.unknown() + tooLong;
    }

    /** {@return datagrams that did not leave} */
    long refused() {
        return port.counters().failed();
    }

    /** {@return replies that there was no room for} */
    long overrun() {
        return Math.max(port.kernelDrops(), 0);
    }

    @Override
    public void close() throws IOException {
        port.close();
    }
}
