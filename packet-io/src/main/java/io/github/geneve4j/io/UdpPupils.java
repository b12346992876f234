package io.github.geneve4j.io;

import io.github.geneve4j.io.sys.Descriptor;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.NetworkDevice;
import io.github.geneve4j.io.sys.SocketHeader;
import io.github.geneve4j.io.sys.SystemCallException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * UDP sockets that can learn what to poll: the kernel marks each with the NAPI instance that its
 * first datagram came by, whatever the driver tells or does not.
 *
 * <p><b>Threads:</b> one.
 */
final class UdpPupils implements NapiCalls {
    private static final int QUEUE = 0; // of an interface that has one

    private final int interfaceIndex;
    private final XdpAttachment attachment;
    private final XskSocket socket;
    private final int micros;
    private final int budget;
    private @Nullable LinkWatch watch; // as soon as there have been sockets

    /**
     * @param device interface with one receive queue
     * @param attachment of the program that redirects to the socket
     * @param socket of the queue
     * @param micros of {@link AfXdpPort.Builder#busyPoll}
     * @param budget of the same
     */
    UdpPupils(
            NetworkDevice device,
            XdpAttachment attachment,
            XskSocket socket,
            int micros,
            int budget) {
        this.interfaceIndex = device.index();
        this.attachment = attachment;
        this.socket = socket;
        this.micros = micros;
        this.budget = budget;
    }

    @Override
    public List<? extends PollingSocket> enroll() throws IOException {
        List<Descriptor> sockets = attachment.sink().inFront(interfaceIndex);
        try {
            for (Descriptor each : sockets) {
                if (!BusyPolling.tune(each.number(), micros, budget)) {
                    throw new IOException(BusyPolling.NEEDS);
                }
            }
            if (watch == null) { // what was before does not matter to sockets that know nothing
                watch = LinkWatch.open(interfaceIndex);
            }
            return sockets.stream().map(Pupil::new).toList();
        } catch (Throwable e) {
            sockets.forEach(Descriptor::close);
            throw e;
        }
    }

    @Override
    public boolean socketKnowsWhatToPoll() {
        return BusyPolling.knowsWhatToPoll(socket.descriptor());
    }

    @Override
    public void leaveToStack() throws IOException {
        attachment.leaveToStack(QUEUE);
    }

    @Override
    public void redirect() throws IOException {
        attachment.redirect(QUEUE, socket);
    }

    @Override
    public boolean hasBeenDown() {
        return watch != null && watch.hasBeenDown();
    }

    @Override
    public void close() {
        if (watch != null) {
            watch.close();
        }
    }

    /** One of them. */
    private record Pupil(Descriptor descriptor) implements PollingSocket {
        @Override
        public boolean take() {
            return Libc.recvfrom(descriptor.number(), MemorySegment.NULL, SocketHeader.MSG_DONTWAIT)
                    >= 0;
        }

        @Override
        public boolean knowsWhatToPoll() {
            return BusyPolling.knowsWhatToPoll(descriptor.number());
        }

        @Override
        public void deafen() {
            try {
                UdpSink.deafen(descriptor);
            } catch (SystemCallException e) {
                // Then it hears what others send to the port, and each poll takes one of that
            }
        }

        @Override
        public void letGo() {
            BusyPolling.letGo(descriptor.number());
        }

        @Override
        public void close() {
            descriptor.close();
        }
    }
}
