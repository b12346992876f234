package io.github.geneve4j.io;

import java.io.IOException;
import java.net.BindException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import jdk.net.ExtendedSocketOptions;

/**
 * Opens the sockets of a {@link NioPort}.
 *
 * @param sendBufferLength bytes that the kernel keeps of what is still to be sent
 * @param reusePort whether other sockets of this user may have the same address and port
 */
record UdpSockets(int sendBufferLength, boolean reusePort)
        implements ReplyChannels.Opener<DatagramChannel> {
    /**
     * {@inheritDoc}
     *
     * <p>What it sends is not fragmented where the system can prevent it: the load balancer drops
     * fragments, so it is better to hear of it (RFC 8926 §4.4.1 wants the same).
     */
    @Override
    public DatagramChannel open(Inet4Address address, int port, int receiveBufferLength)
            throws IOException {
        DatagramChannel channel = DatagramChannel.open(StandardProtocolFamily.INET);
        try {
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.SO_RCVBUF, receiveBufferLength);
            channel.setOption(StandardSocketOptions.SO_SNDBUF, sendBufferLength);
            if (channel.supportedOptions().contains(ExtendedSocketOptions.IP_DONTFRAGMENT)) {
                channel.setOption(ExtendedSocketOptions.IP_DONTFRAGMENT, true);
            }
            if (reusePort) {
                channel.setOption(StandardSocketOptions.SO_REUSEPORT, true);
            }
            return bind(channel, address, port);
        } catch (IOException | RuntimeException e) {
            try {
                channel.close();
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    /** Binds, or says what could not be had: the JDK's message names neither address nor port. */
    private static DatagramChannel bind(DatagramChannel channel, Inet4Address address, int port)
            throws IOException {
        try {
            return channel.bind(new InetSocketAddress(address, port));
        } catch (BindException e) {
            String what = e.getMessage();
            if (what != null && what.startsWith("Cannot assign")) { // as errors are called in C
                what = "no interface of this host has the address";
            }
            BindException named =
                    new BindException("UDP " + address.getHostAddress() + ":" + port + ": " + what);
            named.initCause(e);
            throw named;
        }
    }
}
