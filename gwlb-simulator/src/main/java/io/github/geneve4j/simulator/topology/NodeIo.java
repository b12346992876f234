package io.github.geneve4j.simulator.topology;

/** How a node's datagrams get to targets, and their replies back. */
public enum NodeIo {
    /** By UDP sockets: any address of the host, any route, no privilege. */
    SOCKETS,
    /**
     * As frames by AF_XDP, to targets that are on the node's own link; to all others by sockets.
     * Faster; needs an Ethernet interface and the privileges for it.
     */
    AF_XDP
}
