package io.github.geneve4j.appliance.cli;

import io.github.geneve4j.testkit.KnownPackets;
import io.github.geneve4j.testkit.Packets;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.Arrays;

/** A load balancer's node as a program, since a namespace holds processes, not threads. */
final class NodeProgram {
    private static final int TUNNEL_PORT = 6081;
    private static final int FIRST_SOURCE_PORT = 60_000;
    private static final int SOURCE_PORTS = 50;
    private static final long PATIENCE_MILLIS = 5_000;
    private static final long SILENCE_MILLIS = 500;

    private NodeProgram() {}

    /**
     * Sends from many ports, in many lengths, and checks each reply.
     *
     * @param args own address, the appliance's, and {@code replies} or {@code silence}: what to
     *     expect; lengths of inner packets, with commas
     */
    public static void main(String[] args) throws IOException {
        InetAddress own = InetAddress.ofLiteral(args[0]);
        InetSocketAddress appliance =
                new InetSocketAddress(InetAddress.ofLiteral(args[1]), TUNNEL_PORT);
        boolean expectReplies = args[2].equals("replies");
        int[] lengths = Arrays.stream(args[3].split(",")).mapToInt(Integer::parseInt).toArray();
        try (Selector selector = Selector.open();
                DatagramChannel replies = open(new InetSocketAddress(own, TUNNEL_PORT))) {
            replies.register(selector, SelectionKey.OP_READ);
            int answered = 0;
            for (int i = 0; i < SOURCE_PORTS; i++) {
                int sourcePort = FIRST_SOURCE_PORT + i;
                try (DatagramChannel sender = open(new InetSocketAddress(own, sourcePort))) {
                    for (int length : lengths) {
                        byte[] request =
                                Packets.concat(KnownPackets.awsHeader(), Packets.counting(length));
                        sender.send(ByteBuffer.wrap(request), appliance);
                        if (expectReplies) {
                            check(selector, replies, appliance, sourcePort, request);
                            answered++;
                        }
                    }
                }
            }
            selector.select(SILENCE_MILLIS);
            if (replies.receive(ByteBuffer.allocate(0xffff)) != null) {
                throw new IllegalStateException("a packet that nobody asked for");
            }
            System.out.println("answered " + answered);
        }
    }

    private static void check(
            Selector selector,
            DatagramChannel replies,
            InetSocketAddress appliance,
            int sourcePort,
            byte[] request)
            throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(0xffff);
        selector.select(PATIENCE_MILLIS);
        selector.selectedKeys().clear();
        InetSocketAddress from = (InetSocketAddress) replies.receive(buffer);
        if (from == null) {
            throw new IllegalStateException(
                    "no reply to " + request.length + " bytes from port " + sourcePort);
        }
        if (!from.equals(new InetSocketAddress(appliance.getAddress(), sourcePort))) {
            throw new IllegalStateException("reply from " + from + ", not port " + sourcePort);
        }
        byte[] reply = Arrays.copyOf(buffer.array(), buffer.position());
        if (!Arrays.equals(reply, request)) {
            throw new IllegalStateException("reply of " + reply.length + " bytes is another");
        }
    }

    private static DatagramChannel open(InetSocketAddress address) throws IOException {
        DatagramChannel channel = DatagramChannel.open(StandardProtocolFamily.INET);
        channel.configureBlocking(false);
        return channel.bind(address);
    }
}
