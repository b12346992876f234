package io.github.geneve4j.io;

import static io.github.geneve4j.io.Cable.NODE_MAC;
import static io.github.geneve4j.io.Cable.OWN_MAC;
import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.ethernet;
import static io.github.geneve4j.testkit.Packets.geneve;
import static io.github.geneve4j.testkit.Packets.ip;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.qinq;
import static io.github.geneve4j.testkit.Packets.sctp;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static io.github.geneve4j.testkit.Packets.vlan;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.io.sys.Descriptor;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.SocketHeader;
import io.github.geneve4j.io.sys.SystemCallException;
import io.github.geneve4j.io.sys.VirtioNet;
import io.github.geneve4j.testkit.Checksums;
import io.github.geneve4j.testkit.Layer;
import io.github.geneve4j.testkit.UdpLayer;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What senders on the same host, and network cards, leave to each other: datagrams that are joined,
 * and checksums that are still to be computed.
 */
@Timeout(120)
class AfPacketOffloadsIT {
    private static final int PORT = 6081;
    private static final int MTU = 1500;
    private static final String NODE = Cable.NODE_ADDRESS;
    private static final String OWN = Cable.OWN_ADDRESS;
    private static final int OWN_NUMBER = 0x0a520002;
    private static final byte[] BODY = counting(150);
    private static final int OUTER = 14 + 20 + 8; // bytes before the tunnel header

    /** What a handler may do with a datagram that it lets pass. */
    enum Answer {
        UNCHANGED,
        SAME_LENGTH,
        CHANGED_BYTE;

        PacketHandler handler() {
            return (buffer, offset, length, source) -> {
                if (this == CHANGED_BYTE) {
                    int at = offset + length - 1;
                    buffer.setByte(at, buffer.getByte(at) ^ 0xff);
                }
                return this == UNCHANGED ? PacketHandler.UNCHANGED : length;
            };
        }

        byte[] of(byte[] body) {
            byte[] changed = body.clone();
            if (this == CHANGED_BYTE) {
                changed[changed.length - 1] ^= (byte) 0xff;
            }
            return changed;
        }
    }

    private Tap tap;
    private Cable cable;
    private FrameSocket node;
    private AfPacketPort port;

    private void openOnTap() throws Exception {
        openOnTap(AfPacketPort.builder(Tap.NAME));
    }

    private void openOnTap(AfPacketPort.Builder builder) throws Exception {
        tap = new Tap(MTU);
        port = tap.inside(builder::open);
    }

    private void openOnCable(AfPacketPort.Builder builder) throws Exception {
        cable = new Cable();
        node = cable.onNode(() -> FrameSocket.open(Cable.NODE));
        port = cable.onOwn(builder::open);
    }

    @AfterEach
    void close() throws Exception {
        Cable.close(port, node, cable, tap);
    }

    private static byte[] frame(boolean request, UdpLayer udp, Layer... inside) {
        byte[] datagram =
                packet(
                        request ? ipv4(NODE, OWN).ttl(255) : ipv4(OWN, NODE),
                        udp,
                        payload(packet(inside)));
        Layer link = request ? ethernet(OWN_MAC, NODE_MAC) : ethernet(NODE_MAC, OWN_MAC);
        return packet(link, ip(datagram));
    }

    private static byte[] request(byte[] body) {
        return frame(true, udp(60001, PORT), payload(body));
    }

    private static byte[] reply(byte[] body) {
        return frame(false, udp(60001, PORT), payload(body));
    }

    private void poll(PacketHandler handler, int datagrams) throws IOException {
        long deadline = System.nanoTime() + 5_000_000_000L;
        for (int done = 0; done < datagrams; done += port.poll(handler, 64)) {
            assertThat(System.nanoTime() - deadline).as("waiting for datagrams").isNegative();
        }
    }

    private void servesTheTap() throws IOException {
        tap.send(request(BODY));
        poll(PacketHandlers.unchanged(), 1);
        List<byte[]> received = tap.receive(1);
        assertThat(received).hasSize(1);
        assertThat(received.get(0)).isEqualTo(reply(BODY));
    }

    /** From port 60002 of the node; segment 0 for one datagram. */
    private void sendFromSocket(byte[] body, int segment) throws Exception {
        cable.onNode(
                () -> {
                    try (Descriptor socket = Descriptor.udpSocket();
                            Arena arena = Arena.ofConfined()) {
                        int fd = socket.number();
                        MemorySegment address = arena.allocate(16, 4);
                        SocketHeader.sockaddrIn(address, 0, 60002);
                        SystemCallException.require(Libc.bind(fd, address), "bind");
                        if (segment > 0) {
                            SystemCallException.require(
                                    Libc.setsockopt(fd, 17, 103, segment), "UDP_SEGMENT");
                        }
                        MemorySegment to = arena.allocate(16, 4);
                        SocketHeader.sockaddrIn(to, OWN_NUMBER, PORT);
                        MemorySegment bytes = arena.allocateFrom(JAVA_BYTE, body);
                        return SystemCallException.require(
                                (int) Libc.sendto(fd, bytes, body.length, 0, to), "sendto");
                    }
                });
    }

    @Test
    void saysThatItUnderstands() throws Exception {
        openOnTap();
        assertThat(port.understandsOffloads()).as(port.toString()).isTrue();
        assertThat(port.toString()).contains(" bytes; offloads understood; ");
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 900, 1472, 3000})
    void refusesWhatASocketJoined(int length) throws Exception {
        openOnCable(AfPacketPort.builder(Cable.OWN));
        sendFromSocket(counting(length), (length + 2) / 3);
        node.send(request(BODY));
        poll(PacketHandlers.unchanged(), 1);
        assertThat(node.receive(1)).hasSize(1);
        assertThat(port.counters().received()).isEqualTo(1);
        assertThat(port.counters().skipped(ReceiveSkip.AGGREGATED)).isEqualTo(1);
        assertThat(port.counters().skipped()).isEqualTo(1);
    }

    @Test
    void countsJoinedDatagramsOfItsOwnPortOnly() throws Exception {
        openOnTap();
        int kind = VirtioNet.VIRTIO_NET_HDR_GSO_UDP_L4;
        for (int i = 0; i < 5; i++) {
            tap.sendJoined(request(BODY), kind, 50);
        }
        tap.sendJoined(frame(true, udp(60001, 6082), payload(BODY)), kind, 50);
        assertThat(tap.receive(1)).as("the kernel's: port unreachable").hasSize(1);
        servesTheTap();
        tap.sendJoined(request(BODY), kind, 50);
        assertThat(port.poll(PacketHandlers.failing(), 1)).isZero();
        assertThat(port.counters().skipped(ReceiveSkip.AGGREGATED)).isEqualTo(6);
        assertThat(port.counters().skipped()).isEqualTo(6);
        // Joined by name only: one datagram, and smaller than the pieces it would be cut into
        tap.sendJoined(request(BODY), kind, 1000);
        poll(PacketHandlers.unchanged(), 1);
        assertThat(tap.receive(1)).hasSize(1);
    }

    /**
     * A kind of joined packets that the kernel has no virtio header for would stop a ring that has
     * such headers, had it ever come so far.
     */
    @Test
    void isNotStoppedByKindsThatTheKernelCannotDescribe() throws Exception {
        openOnTap();
        for (int i = 0; i < 3; i++) {
            tap.sendJoined(request(counting(1000)), VirtioNet.VIRTIO_NET_HDR_GSO_UDP, 504);
            tap.sendJoined(request(counting(5000)), VirtioNet.VIRTIO_NET_HDR_GSO_UDP, 1480);
            servesTheTap();
        }
        assertThat(port.counters().skipped(ReceiveSkip.AGGREGATED)).isEqualTo(6);
        assertThat(port.kernelDrops()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void completesChecksumsOfASocket(Answer answer) throws Exception {
        openOnCable(AfPacketPort.builder(Cable.OWN));
        completesChecksumOfASocket(answer);
    }

    @ParameterizedTest
    @EnumSource
    void completesThemWithoutThePrivilegeToo(Answer answer) throws Exception {
        openOnCable(AfPacketPort.builder(Cable.OWN).understandOffloads(false));
        assertThat(port.understandsOffloads()).isFalse();
        assertThat(port.toString()).contains(" bytes; offloads not asked for; ");
        completesChecksumOfASocket(answer);
    }

    private void completesChecksumOfASocket(Answer answer) throws Exception {
        sendFromSocket(BODY, 0);
        poll(answer.handler(), 1);
        byte[] received = node.receive(1).get(0);
        int id = ByteBuffer.wrap(received).getShort(18) & 0xffff;
        Layer ip = ipv4(OWN, NODE).dontFragment().id(id);
        Layer body = payload(answer.of(BODY));
        assertThat(received)
                .isEqualTo(packet(ethernet(NODE_MAC, OWN_MAC), ip, udp(60002, PORT), body));
    }

    /** Without the program: by the length, and by what the UDP checksum looks like. */
    @Test
    void goesByAppearanceWithoutThePrivilege() throws Exception {
        openOnTap(AfPacketPort.builder(Tap.NAME).understandOffloads(false));
        byte[] inner = packet(ipv4("192.0.2.1", "192.0.2.2"), tcp(1, 2), payload(BODY));
        byte[] whole = frame(true, udp(60001, PORT), geneve(), ip(inner));
        byte[] partial = open(whole, OUTER + 8, 6, 16);
        tap.sendPartial(partial, OUTER + 8 + 20, 16);
        tap.sendJoined(request(counting(1473)), VirtioNet.VIRTIO_NET_HDR_GSO_UDP_L4, 500);
        servesTheTap();
        assertThat(port.counters().received()).isEqualTo(1);
        assertThat(port.counters().skipped(ReceiveSkip.PARTIAL_INNER_CHECKSUM)).isEqualTo(1);
        assertThat(port.counters().skipped(ReceiveSkip.AGGREGATED)).isEqualTo(1);
    }

    /**
     * As a sender leaves a frame to its card: the checksum's place holds the sum of the addresses
     * and so on, everything else is as it is to be in the end.
     *
     * @param ip where the IP header is, IPv4 without options or IPv6 without extensions
     * @param protocol of the layer whose checksum it is
     * @param offset of the checksum in that layer
     */
    private static byte[] open(byte[] frame, int ip, int protocol, int offset) {
        boolean six = frame[ip] >> 4 == 6;
        int transport = ip + (six ? 40 : 20);
        byte[] addresses = Arrays.copyOfRange(frame, ip + (six ? 8 : 12), ip + (six ? 40 : 20));
        ByteBuffer rest = ByteBuffer.allocate(8);
        rest.putInt(frame.length - transport).putInt(protocol);
        int sum = 0xffff - Checksums.internet(addresses, rest.array());
        byte[] open = frame.clone();
        open[transport + offset] = (byte) (sum >> 8);
        open[transport + offset + 1] = (byte) sum;
        assertThat(open).isNotEqualTo(frame);
        return open;
    }

    private void passes(byte[] whole, byte[] open, int start, int offset, Answer answer)
            throws IOException {
        tap.sendPartial(open, start, offset);
        byte[] seen = Arrays.copyOfRange(whole, whole.length - (open.length - start), whole.length);
        poll(
                (buffer, at, length, source) -> {
                    byte[] inside = new byte[seen.length];
                    buffer.getBytes(at + length - inside.length, inside);
                    assertThat(inside).as("what the handler sees").isEqualTo(seen);
                    return answer.handler().onDatagram(buffer, at, length, source);
                },
                1);
    }

    @ParameterizedTest
    @EnumSource
    void completesChecksumsInsideTheTunnel(Answer answer) throws Exception {
        openOnTap();
        for (int length : new int[] {1, 2, 3, 700, 1391}) {
            byte[] data = counting(length);
            Layer[] four = {ipv4("192.0.2.1", "192.0.2.2"), tcp(49152, 443), payload(data)};
            Layer[] six = {ipv6("2001:db8::1", "2001:db8::2"), udp(53, 53), payload(data)};
            for (UdpLayer udp : List.of(udp(60001, PORT), udp(60001, PORT).checksum(0))) {
                completes(answer, udp, packet(four), 20, 6, 16);
                completes(answer, udp, packet(six), 40, 17, 6);
            }
        }
        assertThat(port.counters().skipped() + port.counters().failed()).isZero();
    }

    private void completes(
            Answer answer, UdpLayer udp, byte[] inner, int ipLength, int protocol, int offset)
            throws IOException {
        byte[] whole = frame(true, udp, geneve(), ip(inner));
        byte[] open = open(whole, OUTER + 8, protocol, offset);
        passes(whole, open, OUTER + 8 + ipLength, offset, answer);
        byte[] expected = frame(false, udp, payload(answer.of(packet(geneve(), ip(inner)))));
        List<byte[]> received = tap.receive(1);
        assertThat(received).hasSize(1);
        assertThat(received.get(0)).isEqualTo(expected);
    }

    @ParameterizedTest
    @EnumSource
    void completesThemBehindTags(Answer answer) throws Exception {
        openOnTap();
        Layer[] tunnel = {
            geneve(), ipv4("192.0.2.1", "192.0.2.2"), tcp(49152, 443), payload(counting(99))
        };
        byte[] datagram = packet(ipv4(NODE, OWN), udp(60001, PORT), payload(packet(tunnel)));
        byte[] back = packet(ipv4(OWN, NODE), udp(60001, PORT), payload(answer.of(packet(tunnel))));
        Layer[][] tags = {{vlan(0xa064)}, {qinq(0x2007), vlan(5)}};
        for (Layer[] each : tags) {
            byte[] whole = packet(concat(ethernet(OWN_MAC, NODE_MAC), each, ip(datagram)));
            int extra = 4 * each.length;
            byte[] open = open(whole, OUTER + extra + 8, 6, 16);
            passes(whole, open, OUTER + extra + 8 + 20, 16, answer);
            List<byte[]> received = tap.receive(1);
            assertThat(received).hasSize(1);
            assertThat(received.get(0))
                    .isEqualTo(packet(concat(ethernet(NODE_MAC, OWN_MAC), each, ip(back))));
        }
    }

    private static Layer[] concat(Layer first, Layer[] then, Layer last) {
        Layer[] all = new Layer[then.length + 2];
        all[0] = first;
        System.arraycopy(then, 0, all, 1, then.length);
        all[all.length - 1] = last;
        return all;
    }

    /** A kernel's own tunnel, so that what it leaves open is not what this test thinks it does. */
    @ParameterizedTest
    @EnumSource
    void completesWhatATunnelDeviceLeavesOpen(Answer answer) throws Exception {
        openOnCable(AfPacketPort.builder(Cable.OWN));
        cable.runOnNode(
                "ip link add vx0 mtu 1400 type vxlan id 5 local "
                        + NODE
                        + " remote "
                        + OWN
                        + " dstport 6081 udpcsum dev "
                        + Cable.NODE);
        cable.runOnNode("ip addr add 192.0.2.1/24 dev vx0");
        cable.runOnNode("ip link set vx0 up");
        cable.runOnNode("ip neigh replace 192.0.2.2 lladdr 02:00:00:00:00:09 dev vx0");
        byte[] data = counting(333);
        cable.onNode(
                () -> {
                    try (Descriptor socket = Descriptor.udpSocket();
                            Arena arena = Arena.ofConfined()) {
                        MemorySegment to = arena.allocate(16, 4);
                        SocketHeader.sockaddrIn(to, 0xc0000202, 9);
                        MemorySegment bytes = arena.allocateFrom(JAVA_BYTE, data);
                        return SystemCallException.require(
                                (int) Libc.sendto(socket.number(), bytes, data.length, 0, to),
                                "sendto");
                    }
                });
        int innerIp = OUTER + 8 + 14;
        int[] seen = {0};
        poll(
                (buffer, offset, length, source) -> {
                    seen[0]++;
                    return answer.handler().onDatagram(buffer, offset, length, source);
                },
                1);
        assertThat(seen[0]).isEqualTo(1);
        byte[] received = node.receive(1).get(0);
        assertThat(received).hasSize(innerIp + 28 + data.length);
        assertThat(sumOfUdp(received, 14)).as("outer checksum").isZero();
        if (answer != Answer.CHANGED_BYTE) { // else its own fault
            assertThat(sumOfUdp(received, innerIp)).as("inner checksum").isZero();
        }
        assertThat(ByteBuffer.wrap(received).getShort(innerIp + 26)).isNotZero();
        assertThat(Arrays.copyOfRange(received, innerIp + 28, received.length))
                .isEqualTo(answer.of(data));
        assertThat(port.counters().skipped() + port.counters().failed()).isZero();
    }

    /** {@return 0 if the checksum of UDP behind an IPv4 header without options is right} */
    private static int sumOfUdp(byte[] frame, int ip) {
        byte[] addresses = Arrays.copyOfRange(frame, ip + 12, ip + 20);
        byte[] udp = Arrays.copyOfRange(frame, ip + 20, frame.length);
        ByteBuffer rest = ByteBuffer.allocate(4).putShort((short) 17).putShort((short) udp.length);
        return Checksums.internet(addresses, rest.array(), udp);
    }

    @Test
    void refusesChecksumsThatItCannotComplete() throws Exception {
        openOnTap();
        byte[] inner = packet(ipv4("192.0.2.1", "192.0.2.2"), tcp(1, 2), payload(BODY));
        byte[] whole = frame(true, udp(60001, PORT), geneve(), ip(inner));
        byte[] open = open(whole, OUTER + 8, 6, 16);
        int start = OUTER + 8 + 20;
        tap.sendPartial(open, start + 1, 16); // not at a whole word
        tap.sendPartial(open, start, 15);
        tap.sendPartial(open, 34, 4); // in the outer header
        tap.sendPartial(open, 36, 40);
        byte[] stream = packet(ipv4("192.0.2.1", "192.0.2.2"), sctp(1, 2, 3), payload(BODY));
        tap.sendPartial(frame(true, udp(60001, PORT), geneve(), ip(stream)), start, 8); // a CRC
        byte[] padded = Arrays.copyOf(open, open.length + 4);
        tap.sendPartial(padded, open.length - 1 - (open.length & 1), 2); // behind the datagram
        assertThat(port.poll(PacketHandlers.failing(), 64)).isZero();
        assertThat(port.counters().skipped(ReceiveSkip.PARTIAL_INNER_CHECKSUM)).isEqualTo(6);
        assertThat(port.counters().skipped()).isEqualTo(6);
        servesTheTap();
    }

    @Test
    void verifiesWhatIsOutsideOfAnOpenChecksum() throws Exception {
        openOnTap();
        byte[] inner = packet(ipv4("192.0.2.1", "192.0.2.2"), tcp(1, 2), payload(BODY));
        byte[] whole = frame(true, udp(60001, PORT).wrongChecksum(), geneve(), ip(inner));
        tap.sendPartial(open(whole, OUTER + 8, 6, 16), OUTER + 8 + 20, 16);
        assertThat(port.poll(PacketHandlers.failing(), 64)).isZero();
        assertThat(port.counters().skipped(ReceiveSkip.BAD_UDP_CHECKSUM)).isEqualTo(1);
        port.close();

        port = tap.inside(AfPacketPort.builder(Tap.NAME).verifyChecksums(false)::open);
        tap.sendPartial(open(whole, OUTER + 8, 6, 16), OUTER + 8 + 20, 16);
        poll(PacketHandlers.unchanged(), 1);
        UdpLayer udp = udp(60001, PORT).wrongChecksum();
        assertThat(tap.receive(1).get(0)).isEqualTo(frame(false, udp, geneve(), ip(inner)));
    }
}
