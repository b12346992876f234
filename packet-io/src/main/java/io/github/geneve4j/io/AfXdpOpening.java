package io.github.geneve4j.io;

import io.github.geneve4j.io.bpf.XdpMode;
import io.github.geneve4j.io.sys.Architecture;
import io.github.geneve4j.io.sys.Ethtool;
import io.github.geneve4j.io.sys.MappedMemory;
import io.github.geneve4j.io.sys.NetworkDevice;
import java.io.IOException;
import java.net.Inet4Address;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Opens the ports of an interface: first the sockets, and last the program that redirects to them,
 * so that nothing is lost in between.
 */
final class AfXdpOpening {
    final AfXdpPort.Builder builder;
    final NetworkDevice device;
    final List<Inet4Address> addresses;
    @Nullable IOException driverRefusal;

    private final int ports;
    private final int queues;
    private final XskSizes sizes;

    AfXdpOpening(AfXdpPort.Builder builder, int ports) throws IOException {
        Architecture.current();
        if (builder.fastPath != null) {
            FastPath.checkPorts(builder.port, builder.peerPort);
        }
        this.builder = builder;
        this.ports = ports;
        this.device = NetworkDevice.named(builder.interfaceName);
        if (device.linkType() != NetworkDevice.ARPHRD_ETHER) {
            throw new IOException(device.name() + " is no Ethernet interface");
        }
        this.sizes = XskSizes.of(builder.frames, builder.spares(), device.mtu());
        this.queues = Ethtool.receiveQueues(device.name());
        if (ports > queues) {
            throw new IOException(
                    ports
                            + " ports, but "
                            + device.name()
                            + " receives by "
                            + queues
                            + " queues: open fewer, or have more with ethtool -L");
        }
        int sendQueues = Ethtool.sendQueues(device.name());
        if (queues > sendQueues) {
            throw new IOException(
                    device.name()
                            + " receives by "
                            + queues
                            + " queues, but sends by "
                            + sendQueues
                            + ", and AF_XDP answers by the queue that asked: have as many of both"
                            + " with ethtool -L");
        }
        this.addresses =
                builder.addresses.isEmpty()
                        ? InterfaceAddresses.of(device.name())
                        : builder.addresses;
    }

    List<AfXdpPort> open() throws IOException {
        boolean anyMode = builder.mode == null;
        if (builder.mode == AfXdpMode.GENERIC
                || (anyMode
                        && builder.fastPath != null
                        && !FastPathAttachment.sendsByDriver(device.name()))) {
            return open(AfXdpMode.GENERIC);
        }
        try {
            return open(AfXdpMode.DRIVER);
        } catch (IOException e) {
            if (builder.mode == AfXdpMode.DRIVER) {
                throw e;
            }
            driverRefusal = e;
        }
        try {
            return open(AfXdpMode.GENERIC);
        } catch (IOException e) {
            e.addSuppressed(driverRefusal);
            throw e;
        }
    }

    /** {@return most bytes of UDP payload} */
    int maxDatagramLength() {
        return device.mtu() - OuterFrame.IPV4_LENGTH - OuterFrame.UDP_LENGTH;
    }

    /** {@return what reads the frames in that memory} */
    OuterFrame outerFrame(MappedMemory memory) {
        return new OuterFrame(
                memory.segment(), addressNumbers(), builder.port, builder.peerPort, device.mtu());
    }

    /** {@return why replies are never joined, or nothing} */
    String whyNotJoined(XskSockets sockets) {
        if (!builder.joinReplies) {
            return "not asked for";
        }
        if (!builder.verifyChecksums) {
            return "checksums not verified"; // the kernel would mend them
        }
        return sockets.isCopied() ? "" : "nothing is copied";
    }

    /** {@return what polls the interface, or null if nobody does} */
    @Nullable XskPolling polling(
            XskSockets sockets, XdpAttachment attachment, XskLink link, PortCounters counters) {
        if (!sockets.mayPoll()) {
            return null;
        }
        String bySockets = whyBySockets(sockets);
        NapiPoll napi = bySockets.isEmpty() ? napiPoll(sockets, attachment, counters) : null;
        return new XskPolling(sockets, link, builder.busyPollBudget, napi, bySockets);
    }

    /** {@return why the interface is not polled though it was to be, or nothing} */
    String whyUnpolled(XskSockets sockets) {
        return builder.busyPollMicros == 0 || sockets.mayPoll()
                ? ""
                : BusyPolling.notPossible(BusyPolling.NEEDS);
    }

    private NapiPoll napiPoll(XskSockets sockets, XdpAttachment attachment, PortCounters counters) {
        UdpPupils pupils =
                new UdpPupils(
                        device,
                        attachment,
                        sockets.get(0),
                        builder.busyPollMicros,
                        builder.busyPollBudget);
        return new NapiPoll(pupils, counters, System::nanoTime);
    }

    /** {@return why the sockets are to poll the interface themselves, or nothing} */
    private String whyBySockets(XskSockets sockets) {
        if (sockets.knowWhatToPoll()) {
            return BusyPolling.BY_SOCKETS;
        }
        if (queues > 1) {
            return bySocketsIf("there are " + queues + " queues");
        }
        if (builder.besideSocket) {
            return bySocketsIf("the UDP port is somebody else's");
        }
        if (builder.fastPath != null && builder.fastPath.isKept()) {
            return bySocketsIf("the program of the fast path is kept");
        }
        return "";
    }

    private static String bySocketsIf(String noLessons) {
        return "by its sockets, if they are told what (" + noLessons + ")";
    }

    private List<AfXdpPort> open(AfXdpMode mode) throws IOException {
        // A driver that does without copies is of no use to a program that runs in the stack.
        boolean copy = builder.copy || mode == AfXdpMode.GENERIC;
        XskOptions options =
                new XskOptions(
                        copy, builder.busyPollMicros, builder.busyPollBudget, maxDatagramLength());
        List<XskSockets> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < ports; i++) {
                sockets.add(XskSockets.open(device.index(), queuesOf(i), sizes, options));
            }
            XdpAttachment attachment =
                    XdpAttachment.attach(
                            device,
                            mode == AfXdpMode.DRIVER ? XdpMode.DRIVER : XdpMode.GENERIC,
                            builder.port,
                            addressNumbers(),
                            builder.besideSocket,
                            byQueue(sockets),
                            ports,
                            builder.fastPath);
            List<AfXdpPort> opened = new ArrayList<>();
            try {
                for (XskSockets each : sockets) {
                    opened.add(new AfXdpPort(this, each, attachment, mode));
                }
                return List.copyOf(opened);
            } catch (Throwable e) {
                opened.forEach(AfXdpPort::forgo);
                attachment.close();
                throw e;
            }
        } catch (Throwable e) {
            sockets.forEach(XskSockets::close);
            throw e;
        }
    }

    /** Deals the queues out like cards. */
    private List<Integer> queuesOf(int port) {
        List<Integer> ids = new ArrayList<>();
        for (int id = port; id < queues; id += ports) {
            ids.add(id);
        }
        return ids;
    }

    private List<XskSocket> byQueue(List<XskSockets> sockets) {
        List<XskSocket> all = new ArrayList<>();
        for (int id = 0; id < queues; id++) {
            all.add(sockets.get(id % ports).get(id / ports));
        }
        return all;
    }

    private int[] addressNumbers() {
        return addresses.stream().mapToInt(Listener::number).toArray();
    }
}
