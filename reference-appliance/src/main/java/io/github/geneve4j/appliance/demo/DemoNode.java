package io.github.geneve4j.appliance.demo;

import io.github.geneve4j.appliance.DropReason;
import io.github.geneve4j.geneve.Geneve;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * One node of a load balancer: sends requests from many source ports, and checks every reply as the
 * contract between a load balancer and an appliance wants it.
 *
 * <p>It keeps a fixed number of packets under way and sends the next one when one comes back.
 * Single threaded.
 */
final class DemoNode implements AutoCloseable {
    private static final int UNDER_WAY = 32;
    private static final int SLOTS = 1024; // a power of two, well above UNDER_WAY
    private static final long LOST_AFTER_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long MAX_LATENCY_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int MAX_DATAGRAM = 0xffff;

    /** What can be wrong with a reply. */
    enum Fault {
        WRONG_ADDRESS("reply from an address the request was not sent to"),
        WRONG_PORT("reply from another port than the request's source port"),
        HEADER_CHANGED("Geneve header not byte for byte the request's"),
        INNER_CHANGED("inner packet changed"),
        UNSOLICITED("reply to no open request, or a second reply"),
        LOST("no reply");

        private final String text;

        Fault(String text) {
            this.text = text;
        }

        String text() {
            return text;
        }
    }

    private final InetSocketAddress appliance;
    private final DatagramChannel replies;
    private final Map<Integer, DatagramChannel> senders = new HashMap<>();
    private final DatagramChannel stranger;
    private final List<DatagramChannel> opened = new ArrayList<>();

    private final ByteBuffer reply = ByteBuffer.allocateDirect(MAX_DATAGRAM);
    private final @Nullable DemoPacket[] underWay = new DemoPacket[SLOTS];
    private final long[] serials = new long[SLOTS];
    private final long[] sentNanos = new long[SLOTS];
    private int open;
    private long nextSerial;
    private long oldestSerial;

    private long sent;
    private int started; // packets of the list that were sent at least once
    private long verified;
    private final Map<DropReason, Long> sentToBeDropped = new EnumMap<>(DropReason.class);
    private final Map<Fault, Long> faults = new EnumMap<>(Fault.class);
    private final Histogram latencyNanos = new Histogram(MAX_LATENCY_NANOS, 3);

    /**
     * Opens a node.
     *
     * @param address where replies go to, on port 6081
     * @param strangerAddress an address that the appliance must not serve
     * @param appliance where requests go to
     */
    DemoNode(InetAddress address, InetAddress strangerAddress, InetSocketAddress appliance)
            throws IOException {
        this.appliance = appliance;
        try {
            replies = open(new InetSocketAddress(address, Geneve.UDP_PORT));
            stranger = open(new InetSocketAddress(strangerAddress, 0));
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /**
     * Sends the packets in turn, again and again, until the time is over; then waits for the rest.
     */
    void exchange(List<DemoPacket> packets, long untilNanos, Runnable everySecond)
            throws IOException {
        long now = System.nanoTime();
        long nextSecond = now + TimeUnit.SECONDS.toNanos(1);
        int next = 0;
        while (now - untilNanos < 0) {
            while (open < UNDER_WAY && send(packets.get(next), now)) {
                started = Math.max(started, next + 1);
                next = next + 1 == packets.size() ? 0 : next + 1;
            }
            receive();
            now = System.nanoTime();
            giveUpOnLost(now);
            if (now - nextSecond >= 0) {
                everySecond.run();
                nextSecond += TimeUnit.SECONDS.toNanos(1);
            }
        }
        while (open > 0) {
            receive();
            giveUpOnLost(System.nanoTime());
        }
    }

    /** {@return whether the packet went out; false when the socket has no room now} */
    private boolean send(DemoPacket packet, long now) throws IOException {
        DatagramChannel sender = packet.fromStranger() ? stranger : senderFrom(packet.sourcePort());
        if (sender.send(packet.stamped(nextSerial), appliance) == 0) {
            return false;
        }
        sent++;
        DropReason drop = packet.expectedDrop();
        if (drop != null) {
            sentToBeDropped.merge(drop, 1L, Long::sum);
            return true;
        }
        int slot = (int) nextSerial & (SLOTS - 1);
        underWay[slot] = packet;
        serials[slot] = nextSerial;
        sentNanos[slot] = now;
        open++;
        nextSerial++;
        return true;
    }

    private void receive() throws IOException {
        reply.clear();
        for (InetSocketAddress from; (from = receiveFrom()) != null; reply.clear()) {
            reply.flip();
            long serial = DemoPacket.serialOf(reply);
            int slot = (int) serial & (SLOTS - 1);
            DemoPacket request = underWay[slot];
            if (serial < 0 || request == null || serials[slot] != serial) {
                count(Fault.UNSOLICITED);
                continue;
            }
            underWay[slot] = null;
            open--;
            latencyNanos.recordValue(
                    Math.min(System.nanoTime() - sentNanos[slot], MAX_LATENCY_NANOS));
            Fault fault = check(request, serial, from);
            if (fault == null) {
                verified++;
            } else {
                count(fault);
            }
        }
    }

    private @Nullable InetSocketAddress receiveFrom() throws IOException {
        return (InetSocketAddress) replies.receive(reply);
    }

    /**
     * {@return what is wrong with a reply, or null}. That it came here is the destination's check.
     */
    private @Nullable Fault check(DemoPacket request, long serial, InetSocketAddress from) {
        if (!from.getAddress().equals(appliance.getAddress())) {
            return Fault.WRONG_ADDRESS;
        }
        if (from.getPort() != request.sourcePort()) {
            return Fault.WRONG_PORT;
        }
        ByteBuffer expected = request.stamped(serial);
        int difference = expected.mismatch(reply);
        if (difference < 0) {
            return null;
        }
        return difference < DemoTraffic.HEADER_LENGTH ? Fault.HEADER_CHANGED : Fault.INNER_CHANGED;
    }

    private void giveUpOnLost(long now) {
        for (; oldestSerial < nextSerial; oldestSerial++) {
            int slot = (int) oldestSerial & (SLOTS - 1);
            if (underWay[slot] == null || serials[slot] != oldestSerial) {
                continue; // answered
            }
            if (now - sentNanos[slot] < LOST_AFTER_NANOS && nextSerial - oldestSerial < SLOTS) {
                return;
            }
            underWay[slot] = null;
            open--;
            count(Fault.LOST);
        }
    }

    private void count(Fault fault) {
        faults.merge(fault, 1L, Long::sum);
    }

    private DatagramChannel senderFrom(int port) throws IOException {
        DatagramChannel sender = senders.get(port);
        if (sender == null) {
            InetSocketAddress node = (InetSocketAddress) replies.getLocalAddress();
            sender = open(new InetSocketAddress(node.getAddress(), port));
            senders.put(port, sender);
        }
        return sender;
    }

    private DatagramChannel open(InetSocketAddress local) throws IOException {
        DatagramChannel channel = DatagramChannel.open(StandardProtocolFamily.INET);
        opened.add(channel);
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.SO_RCVBUF, 1 << 20);
        channel.bind(local);
        return channel;
    }

    /** {@return how many packets of the list were sent at least once, from its beginning} */
    int started() {
        return started;
    }

    long sent() {
        return sent;
    }

    long verified() {
        return verified;
    }

    Map<DropReason, Long> sentToBeDropped() {
        return sentToBeDropped;
    }

    Map<Fault, Long> faults() {
        return faults;
    }

    Histogram latencyNanos() {
        return latencyNanos;
    }

    @Override
    public void close() throws IOException {
        for (DatagramChannel channel : opened) {
            channel.close();
        }
    }
}
