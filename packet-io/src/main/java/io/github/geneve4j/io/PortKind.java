package io.github.geneve4j.io;

/** The ways to take packets from the network, best first. */
public enum PortKind {
    /** {@link AfXdpPort}: frames taken from the driver, or just behind it, by queue. */
    AF_XDP("af_xdp"),
    /** {@link AfPacketPort}: frames taken from the interface, shared by flow. */
    AF_PACKET("af_packet"),
    /** {@link UdpPort}: datagrams of ordinary sockets, many at once, without a privilege. */
    UDP("udp"),
    /** {@link NioPort}: datagrams of ordinary sockets, without a privilege. */
    NIO("nio");

    private final String label;

    PortKind(String label) {
        this.label = label;
    }

    /** {@return the stable name, for command lines and metrics} */
    public String label() {
        return label;
    }
}
