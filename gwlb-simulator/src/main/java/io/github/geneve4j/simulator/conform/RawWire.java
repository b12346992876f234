package io.github.geneve4j.simulator.conform;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.github.geneve4j.flow.FlowFormat;
import io.github.geneve4j.geneve.tunnel.InternetChecksum;
import io.github.geneve4j.io.sys.ClassicBpf;
import io.github.geneve4j.io.sys.Descriptor;
import io.github.geneve4j.io.sys.Errno;
import io.github.geneve4j.io.sys.IfPacket;
import io.github.geneve4j.io.sys.IfPacket.SockaddrLl;
import io.github.geneve4j.io.sys.IfPacket.TpacketAuxdata;
import io.github.geneve4j.io.sys.InHeader.Cmsghdr;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.PollHeader;
import io.github.geneve4j.io.sys.PollHeader.Pollfd;
import io.github.geneve4j.io.sys.PollHeader.Timespec;
import io.github.geneve4j.io.sys.SocketHeader;
import io.github.geneve4j.io.sys.SocketHeader.Iovec;
import io.github.geneve4j.io.sys.SocketHeader.Mmsghdr;
import io.github.geneve4j.io.sys.SocketHeader.SockaddrIn;
import io.github.geneve4j.io.sys.SystemCallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The way to the appliance with every header in our hands: whole IPv4 packets go out by a raw
 * socket, and a packet socket shows what comes in as it is on the wire, before the kernel puts
 * fragments together or drops what it does not like.
 */
final class RawWire implements Wire {
    private static final String CAPABILITY = "CAP_NET_RAW";
    private static final int RECEIVE_BUFFER_LENGTH = 16 << 20;
    private static final int MAX_PACKET_LENGTH = 1 << 16;
    private static final int TTL = 255; // as the load balancer's
    private static final int UDP_HEADER_LENGTH = 8;
    private static final int UDP_LENGTH_OFFSET = 4;
    private static final int UDP_CHECKSUM_OFFSET = 6;
    private static final long NANOS_PER_SECOND = 1_000_000_000;
    private static final byte[] NO_OPTIONS = {};

    private static final long CONTROL_LENGTH = 64;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment outgoing = arena.allocate(MAX_PACKET_LENGTH);
    private final MemorySegment incoming = arena.allocate(MAX_PACKET_LENGTH);
    private final MemorySegment iovec = arena.allocate(Iovec.SIZE, Long.BYTES);
    private final MemorySegment control = arena.allocate(CONTROL_LENGTH, Long.BYTES);
    private final MemorySegment message = arena.allocate(Mmsghdr.SIZE, Long.BYTES);
    private final MemorySegment poll = arena.allocate(Pollfd.SIZE, Integer.BYTES);
    private final MemorySegment timeout = arena.allocate(Timespec.SIZE, Long.BYTES);
    private final MemorySegment destination = arena.allocate(SockaddrIn.SIZE, Integer.BYTES);
    private final Descriptor sender;
    private final Descriptor receiver;
    private final HeldPorts held;
    private final int target;
    private final int port;

    private RawWire(Descriptor sender, Descriptor receiver, HeldPorts held, int target, int port) {
        this.sender = sender;
        this.receiver = receiver;
        this.held = held;
        this.target = target;
        this.port = port;
        iovec.set(ADDRESS, Iovec.BASE, incoming);
        iovec.set(JAVA_LONG, Iovec.LENGTH, incoming.byteSize());
        message.set(ADDRESS, Mmsghdr.IOV, iovec);
        message.set(JAVA_LONG, Mmsghdr.IOV_LENGTH, 1);
        message.set(ADDRESS, Mmsghdr.CONTROL, control);
        poll.set(JAVA_INT, Pollfd.FD, receiver.number());
        poll.set(JAVA_SHORT, Pollfd.EVENTS, (short) PollHeader.POLLIN);
        SocketHeader.sockaddrIn(destination, target, 0);
    }

    /**
     * {@return a way to the appliance}
     *
     * @param addresses of this host, that requests leave from
     * @param target the appliance's address
     * @param port the tunnel's
     * @throws SystemCallException with {@link Errno#EPERM} if the process may not do this
     * @throws IOException if a port cannot be had
     */
    static RawWire open(List<Integer> addresses, int target, int port) throws IOException {
        List<Descriptor> opened = new ArrayList<>();
        try {
            Descriptor sender =
                    Descriptor.of(
                            Libc.socket(
                                    SocketHeader.AF_INET,
                                    SocketHeader.SOCK_RAW | SocketHeader.SOCK_CLOEXEC,
                                    SocketHeader.IPPROTO_RAW),
                            "socket(SOCK_RAW)",
                            CAPABILITY);
            opened.add(sender);
            Descriptor receiver = receiver(addresses);
            opened.add(receiver);
            HeldPorts held = HeldPorts.open(addresses, port, 1);
            return new RawWire(sender, receiver, held, target, port);
        } catch (IOException | RuntimeException e) {
            opened.forEach(Descriptor::close);
            throw e;
        }
    }

    /** A packet socket without link headers, for UDP and ICMP to these addresses. */
    private static Descriptor receiver(List<Integer> addresses) throws IOException {
        int type = SocketHeader.SOCK_DGRAM | SocketHeader.SOCK_NONBLOCK | SocketHeader.SOCK_CLOEXEC;
        Descriptor socket =
                Descriptor.of(
                        Libc.socket(SocketHeader.AF_PACKET, type, 0),
                        "socket(AF_PACKET)",
                        CAPABILITY);
        try (Arena arena = Arena.ofConfined()) {
            int fd = socket.number();
            ClassicBpf.attach(fd, filter(addresses));
            SystemCallException.require(
                    Libc.setsockopt(fd, IfPacket.SOL_PACKET, IfPacket.PACKET_AUXDATA, 1),
                    "setsockopt(PACKET_AUXDATA)");
            SocketHeader.receiveBuffer(fd, RECEIVE_BUFFER_LENGTH);
            MemorySegment address = arena.allocate(SockaddrLl.SIZE, Integer.BYTES);
            IfPacket.sockaddrLl(address, IfPacket.ETH_P_IP, 0);
            SystemCallException.require(Libc.bind(fd, address), "bind(AF_PACKET)", CAPABILITY);
            return socket;
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    /** UDP or ICMP to one of the addresses, from the first fragment to the last. */
    private static long[] filter(List<Integer> addresses) {
        int count = addresses.size();
        List<Long> program = new ArrayList<>();
        program.add(instruction(ClassicBpf.LOAD_BYTE, 0, 0, Ipv4.PROTOCOL_OFFSET));
        program.add(instruction(ClassicBpf.JUMP_IF_EQUAL, 1, 0, Ipv4.UDP));
        program.add(instruction(ClassicBpf.JUMP_IF_EQUAL, 0, count + 1, Ipv4.ICMP));
        program.add(instruction(ClassicBpf.LOAD_INT, 0, 0, Ipv4.DESTINATION_OFFSET));
        for (int i = 0; i < count; i++) {
            int toAccept = count - i; // the remaining comparisons, and the refusal
            program.add(instruction(ClassicBpf.JUMP_IF_EQUAL, toAccept, 0, addresses.get(i)));
        }
        program.add(instruction(ClassicBpf.RETURN, 0, 0, 0));
        program.add(instruction(ClassicBpf.RETURN, 0, 0, ClassicBpf.WHOLE));
        return program.stream().mapToLong(Long::longValue).toArray();
    }

    private static long instruction(int code, int ifTrue, int ifFalse, int operand) {
        return ClassicBpf.instruction(code, ifTrue, ifFalse, operand);
    }

    @Override
    public boolean seesHeaders() {
        return true;
    }

    @Override
    public List<Integer> sourcePorts() {
        return held.sourcePorts();
    }

    @Override
    public void send(Datagram datagram) throws IOException {
        sendPacket(packet(datagram, target, port));
    }

    /** Sends a whole IPv4 packet to the appliance. */
    void sendPacket(byte[] packet) throws IOException {
        MemorySegment.copy(packet, 0, outgoing, JAVA_BYTE, 0, packet.length);
        long result = Libc.sendto(sender.number(), outgoing, packet.length, 0, destination);
        if (result == -Errno.EMSGSIZE) {
            throw new TooLongException(packet.length);
        }
        SystemCallException.require(
                (int) result, "sendto(" + FlowFormat.ipv4(target) + ")", CAPABILITY);
    }

    /**
     * {@return the IPv4 packet around a datagram, as the load balancer makes it, but for its ID: a
     * raw socket fills that in where it is 0}
     */
    static byte[] packet(Datagram datagram, int target, int port) {
        byte[] payload = datagram.payload();
        int udpLength = UDP_HEADER_LENGTH + payload.length;
        byte[] udp = new byte[UDP_HEADER_LENGTH];
        Bytes.put16(udp, 0, datagram.sourcePort());
        Bytes.put16(udp, 2, port);
        Bytes.put16(udp, UDP_LENGTH_OFFSET, udpLength);
        int source = datagram.source();
        long sum =
                Ipv4.pseudoSum(source, target, Ipv4.UDP, udpLength)
                        + Bytes.sum(udp, 0, udp.length)
                        + Bytes.sum(payload, 0, payload.length);
        int right = InternetChecksum.checksum(sum);
        int written =
                switch (datagram.checksum()) {
                    case RIGHT -> right == 0 ? 0xffff : right;
                    case NONE -> 0;
                    case WRONG -> right % 0xffff + 1; // neither right nor 0
                };
        Bytes.put16(udp, UDP_CHECKSUM_OFFSET, written);
        byte[] ip = Ipv4.header(source, target, Ipv4.UDP, TTL, NO_OPTIONS, udpLength);
        return Bytes.concat(ip, udp, payload);
    }

    @Override
    public @Nullable Arrival receive(long deadlineNanos) throws IOException {
        while (true) {
            byte[] packet = receivePacket();
            if (packet == null) {
                long left = deadlineNanos - System.nanoTime();
                if (left <= 0) {
                    return null;
                }
                timeout.set(JAVA_LONG, Timespec.SECONDS, left / NANOS_PER_SECOND);
                timeout.set(JAVA_LONG, Timespec.NANOS, left % NANOS_PER_SECOND);
                Libc.ppoll(poll, 1, timeout);
            } else if (packet.length >= Ipv4.HEADER_LENGTH) {
                Arrival arrival = Arrival.packet(packet, isChecksumLeft());
                if (concerns(arrival)) {
                    return arrival;
                }
            }
        }
    }

    /** Whether it is the appliance's, or looks like the tunnel's: not somebody's DNS answer. */
    private boolean concerns(Arrival arrival) {
        return arrival.source() == target
                || arrival.destinationPort() == port
                || arrival.sourcePort() == port
                || held.sourcePorts().contains(arrival.destinationPort());
    }

    private byte @Nullable [] receivePacket() {
        control.fill((byte) 0);
        message.set(JAVA_LONG, Mmsghdr.CONTROL_LENGTH, CONTROL_LENGTH);
        int received = Libc.recvmmsg(receiver.number(), message, 1, SocketHeader.MSG_DONTWAIT);
        if (received <= 0) {
            return null;
        }
        return incoming.asSlice(0, message.get(JAVA_INT, Mmsghdr.LENGTH)).toArray(JAVA_BYTE);
    }

    private boolean isChecksumLeft() {
        if (control.get(JAVA_INT, Cmsghdr.LEVEL) != IfPacket.SOL_PACKET
                || control.get(JAVA_INT, Cmsghdr.TYPE) != IfPacket.PACKET_AUXDATA) {
            return false;
        }
        int status = control.get(JAVA_INT, Cmsghdr.DATA + TpacketAuxdata.STATUS);
        return (status & IfPacket.TP_STATUS_CSUMNOTREADY) != 0;
    }

    @Override
    public long newDrops() throws IOException {
        return IfPacket.newDrops(receiver.number());
    }

    @Override
    public void close() {
        held.close();
        receiver.close();
        sender.close();
        arena.close();
    }
}
