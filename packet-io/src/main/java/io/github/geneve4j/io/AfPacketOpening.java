package io.github.geneve4j.io;

import io.github.geneve4j.io.sys.Architecture;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.NetworkDevice;
import java.io.IOException;
import java.net.Inet4Address;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Opens the ports of an interface: first what keeps the kernel silent, then the sockets, and
 * datagrams are let into the rings once all of these share them.
 */
final class AfPacketOpening {
    final AfPacketPort.Builder builder;
    final NetworkDevice device;
    final List<Inet4Address> addresses;

    AfPacketOpening(AfPacketPort.Builder builder) throws IOException {
        Architecture.current();
        this.builder = builder;
        this.device = NetworkDevice.named(builder.interfaceName);
        if (device.linkType() != NetworkDevice.ARPHRD_ETHER) {
            throw new IOException(device.name() + " is no Ethernet interface");
        }
        this.addresses =
                builder.addresses.isEmpty()
                        ? InterfaceAddresses.of(device.name())
                        : builder.addresses;
    }

    List<AfPacketPort> open(int ports) throws IOException {
        List<AfPacketPort> opened = new ArrayList<>();
        try (Silence silence =
                Silence.open(
                        device.index(), addressNumbers(), builder.port, builder.dropByProgram)) {
            open(ports, silence, opened);
            return List.copyOf(opened);
        } catch (Throwable e) {
            opened.forEach(AfPacketPort::close);
            throw e;
        }
    }

    @SuppressWarnings("try") // to let go of the first share
    private void open(int ports, Silence silence, List<AfPacketPort> opened) throws IOException {
        try (FastPathAttachment fastPath = attachFastPath()) {
            for (int i = 0; i < ports; i++) {
                opened.add(add(silence, fastPath));
            }
            start(opened);
        }
    }

    private @Nullable FastPathAttachment attachFastPath() throws IOException {
        if (builder.fastPath == null) {
            return null;
        }
        FastPath.checkPorts(builder.port, builder.peerPort);
        if (builder.fastPath.pin(device.name()) != null) {
            throw new IOException("keeps no program when the process ends; af_xdp does");
        }
        return FastPathAttachment.attach(device, builder.fastPath, builder.port, addressNumbers());
    }

    /** {@return most bytes of UDP payload} */
    int maxDatagramLength() {
        return device.mtu() - OuterFrame.IPV4_LENGTH - OuterFrame.UDP_LENGTH;
    }

    /** {@return the addresses, big-endian} */
    int[] addressNumbers() {
        return addresses.stream().mapToInt(Listener::number).toArray();
    }

    private AfPacketPort add(Silence silence, @Nullable FastPathAttachment fastPath)
            throws IOException {
        RingFilter filter = RingFilter.open(builder.port, builder.understandOffloads);
        PacketSocket socket = null;
        ReplyJoining joining = null;
        try {
            RingLayout layout =
                    RingLayout.of(
                            device.mtu(), builder.slots, Libc.pageSize(), filter.tellsJoined());
            socket =
                    PacketSocket.open(
                            layout, filter, builder.sendBufferLength, builder.bypassQueue);
            joining = joining(socket, filter);
            return new AfPacketPort(
                    this, silence, fastPath, socket, layout, joining, filter.toString());
        } catch (Throwable e) {
            filter.close();
            if (joining != null) {
                joining.close();
            }
            if (socket != null) {
                socket.close();
            }
            throw e;
        }
    }

    private ReplyJoining joining(PacketSocket socket, RingFilter filter) {
        if (!builder.joinReplies) {
            return ReplyJoining.off("not asked for");
        }
        if (!filter.tellsJoined()) {
            return ReplyJoining.off("offloads not understood");
        }
        if (!builder.verifyChecksums) {
            return ReplyJoining.off("checksums not verified"); // the kernel would mend them
        }
        if (builder.bypassQueue) {
            return ReplyJoining.off("without a queue"); // the kernel drops what it had to cut there
        }
        return ReplyJoining.of(device, socket.number());
    }

    private void start(List<AfPacketPort> opened) throws IOException {
        int group = 0;
        for (int i = 0; i < opened.size(); i++) {
            PacketSocket socket = opened.get(i).socket;
            socket.bind(device.index());
            if (i > 0) {
                socket.joinGroup(group);
            } else if (opened.size() > 1) {
                group = socket.makeGroup();
            }
        }
        for (AfPacketPort port : opened) {
            port.socket.accept();
        }
    }
}
