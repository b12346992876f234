package io.github.geneve4j.io;

import java.net.Inet4Address;
import java.util.List;

/**
 * A port of plain UDP sockets, which take no privilege.
 *
 * <p>Such a socket has one address and port. So a port on the wildcard address listens on every
 * IPv4 address that the host has when the port is opened, each with a socket of its own; and a
 * reply leaves from a socket that is bound to its request's source port, opened when first needed.
 * These are closed when idle, and their number is bounded: beyond it the one used longest ago gives
 * way. A source port that another program holds cannot be had, and neither can one below 1024
 * without a privilege: such replies are counted as {@link SendFailure#SOURCE_PORT_UNAVAILABLE},
 * once a second another attempt is made. Keep other programs off the load balancer's ports with
 * {@code net.ipv4.ip_local_reserved_ports}, or give up the ports with {@link
 * SocketPortBuilder#replyFromListeningPort}.
 */
public sealed interface SocketPort extends PacketPort permits NioPort, UdpPort {
    /** Most bytes of UDP payload in IPv4: 65,535 less the headers. */
    int MAX_DATAGRAM_LENGTH = 65_507;

    /** {@return the addresses that this port listens on} */
    List<Inet4Address> addresses();

    /** {@return the sockets for replies that are open now} */
    int replyChannels();

    /** {@return the sockets for replies that had to give way to others before they were idle} */
    long evictedReplyChannels();
}
