package io.github.geneve4j.io;

import static io.github.geneve4j.io.Ranges.MAX_PORT;
import static io.github.geneve4j.io.Ranges.inRange;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Says how a {@link SocketPort} is to be opened.
 *
 * @param <B> the builder itself
 */
public abstract sealed class SocketPortBuilder<B extends SocketPortBuilder<B>>
        permits NioPort.Builder, UdpPort.Builder {
    private static final int MAX_REPLY_CHANNELS = 0x1_0000; // a port each

    final Inet4Address address;
    final @Nullable String interfaceName;
    int port = NioPort.GENEVE_PORT;
    int peerPort = NioPort.GENEVE_PORT;
    boolean replyFromListeningPort;
    int maxReplyChannels = 4096;
    long idleNanos = TimeUnit.MINUTES.toNanos(6);
    int receiveBufferLength = 4 << 20;
    int sendBufferLength = 1 << 20;
    boolean reusePort;
    LongSupplier nanoClock = System::nanoTime;

    SocketPortBuilder(InetAddress address, @Nullable String interfaceName) {
        if (!(address instanceof Inet4Address ipv4)) {
            throw new IllegalArgumentException(
                    "address " + address.getHostAddress() + ": not IPv4");
        }
        this.address = ipv4;
        this.interfaceName = interfaceName;
    }

    /**
     * Sets the UDP port that requests are sent to; {@value NioPort#GENEVE_PORT} if not called.
     *
     * @param port 1 to 65535
     * @return this
     */
    public B port(int port) {
        this.port = inRange("port", port, 1, MAX_PORT);
        return self();
    }

    /**
     * Sets the UDP port that replies are sent to; {@value NioPort#GENEVE_PORT} if not called.
     *
     * @param peerPort 1 to 65535
     * @return this
     */
    public B peerPort(int peerPort) {
        this.peerPort = inRange("peer port", peerPort, 1, MAX_PORT);
        return self();
    }

    /**
     * Sends every reply from the port that requests are sent to, instead of the request's source
     * port. It needs no further sockets and no free ports. The load balancer names no rule about
     * the source port, and appliances are known that work like this; but RFC 8926 §3.3 wants one
     * source port for a flow, and nobody promises that it stays that way.
     *
     * @param always false, if not called
     * @return this
     */
    public B replyFromListeningPort(boolean always) {
        this.replyFromListeningPort = always;
        return self();
    }

    /**
     * Bounds the sockets that replies leave from; 4096 if not called. Each takes a file descriptor.
     * Where the process has fewer left, it makes do with those.
     *
     * @param max 1 to 65536
     * @return this
     */
    public B maxReplyChannels(int max) {
        this.maxReplyChannels = inRange("reply channels", max, 1, MAX_REPLY_CHANNELS);
        return self();
    }

    /**
     * Sets after how long without a reply a socket for replies is closed; 6 minutes if not called,
     * as the load balancer forgets an idle flow after 350 seconds by default. A closed one is
     * opened again when it is needed.
     *
     * @param idleNanos nanoseconds, 1 or more
     * @return this
     */
    public B idleNanos(long idleNanos) {
        if (idleNanos < 1) {
            throw new IllegalArgumentException("idle time " + idleNanos + " ns: not 1 or more");
        }
        this.idleNanos = idleNanos;
        return self();
    }

    /**
     * Sets what the kernel keeps of requests while the port is not polled; 4 MiB if not called. The
     * kernel gives less without a word if its own limit ({@code net.core.rmem_max}) is lower.
     *
     * @param bytes 1 or more
     * @return this
     */
    public B receiveBufferLength(int bytes) {
        this.receiveBufferLength = inRange("receive buffer", bytes, 1, Integer.MAX_VALUE);
        return self();
    }

    /**
     * Sets what the kernel keeps of replies that are still to be sent, for each socket; 1 MiB if
     * not called. {@code net.core.wmem_max} limits it.
     *
     * @param bytes 1 or more
     * @return this
     */
    public B sendBufferLength(int bytes) {
        this.sendBufferLength = inRange("send buffer", bytes, 1, Integer.MAX_VALUE);
        return self();
    }

    /**
     * Lets several ports of one user share address and port (SO_REUSEPORT): one for each thread,
     * among which the kernel divides the flows by their outer addresses and ports.
     *
     * @param reusePort false, if not called
     * @return this
     */
    public B reusePort(boolean reusePort) {
        this.reusePort = reusePort;
        return self();
    }

    /**
     * Sets the clock that idle time is measured with; {@link System#nanoTime()} if not called.
     *
     * @param nanoClock nanoseconds from any start, never going back
     * @return this
     */
    public B nanoClock(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        return self();
    }

    /**
     * Opens the port.
     *
     * @return a port that receives from now on
     * @throws IOException if an address cannot be bound
     */
    public abstract SocketPort open() throws IOException;

    abstract B self();

    /** {@return the addresses to listen on, one or more} */
    final List<Inet4Address> localAddresses() throws IOException {
        if (interfaceName != null) {
            return InterfaceAddresses.of(interfaceName);
        }
        if (!address.isAnyLocalAddress()) {
            return List.of(address);
        }
        List<Inet4Address> all = InterfaceAddresses.all();
        if (all.isEmpty()) {
            throw new IOException("this host has no IPv4 address to listen on");
        }
        return all;
    }
}
