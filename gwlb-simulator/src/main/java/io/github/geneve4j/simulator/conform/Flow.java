package io.github.geneve4j.simulator.conform;

/**
 * A flow as the load balancer knows it.
 *
 * @param client who began it: IPv4, and the last 32 bits of its IPv6 address
 * @param server with whom
 * @param clientPort TCP or UDP port
 * @param serverPort TCP or UDP port
 * @param cookie its flow cookie
 * @param sourcePort the outer UDP source port, the same in both directions
 */
record Flow(int client, int server, int clientPort, int serverPort, int cookie, int sourcePort) {
    /** {@return the same five-tuple, begun anew: the load balancer gives it another cookie} */
    Flow withCookie(int other) {
        return new Flow(client, server, clientPort, serverPort, other, sourcePort);
    }

    Flow withSourcePort(int other) {
        return new Flow(client, server, clientPort, serverPort, cookie, other);
    }

    /** {@return the same flow seen from the server: what its answers look like} */
    Flow reversed() {
        return new Flow(server, client, serverPort, clientPort, cookie, sourcePort);
    }
}
