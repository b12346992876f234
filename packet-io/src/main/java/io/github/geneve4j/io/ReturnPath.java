package io.github.geneve4j.io;

import java.util.Locale;

/**
 * Where a datagram came from, kept for sending others there that are not the datagram itself:
 * {@link PacketPort#returnPath} fills it, {@link PacketPort#send} follows it. Reusable, and as good
 * for a later datagram of the same flow.
 *
 * <p>Ports that work on frames use all of it; a port that works on sockets leaves the Ethernet
 * addresses and tags alone.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one. <b>Ownership:</b> holds
 * values only.
 */
public final class ReturnPath {
    private int localAddress;
    private int remoteAddress;
    private int sourcePort;
    private long localMac;
    private long remoteMac;
    private int outerTag;
    private int innerTag;
    private int timeToLive = OuterFrame.TTL;
    private boolean fragmentable;

    /** Creates a path that leads nowhere until it is filled. */
    public ReturnPath() {}

    /** {@return the IPv4 address that the datagram was sent to, big-endian as on the wire} */
    public int localAddress() {
        return localAddress;
    }

    /** {@return the IPv4 address that sent the datagram, big-endian as on the wire} */
    public int remoteAddress() {
        return remoteAddress;
    }

    /** {@return the datagram's UDP source port, 0 to 65535, which is that of answers as well} */
    public int sourcePort() {
        return sourcePort;
    }

    /** {@return the Ethernet address that the datagram was sent to, the lower 48 bits} */
    public long localMac() {
        return localMac;
    }

    /** {@return the Ethernet address that sent the datagram, the lower 48 bits} */
    public long remoteMac() {
        return remoteMac;
    }

    /** {@return the first VLAN tag: protocol in the upper 16 bits, control below; 0 for none} */
    public int outerTag() {
        return outerTag;
    }

    /** {@return the second VLAN tag, like the first; 0 for none} */
    public int innerTag() {
        return innerTag;
    }

    /** {@return the time to live of IPv4 that datagrams along the path begin with, 1 to 255} */
    public int timeToLive() {
        return timeToLive;
    }

    /** {@return whether routers on the path may fragment datagrams: DF is clear} */
    public boolean isFragmentable() {
        return fragmentable;
    }

    /**
     * Sets what IPv4 headers say along the path, where the port makes them: 64 and not to be
     * fragmented if not called, and {@link PacketPort#returnPath} leaves it alone. The
     * identification is 0 in either case.
     *
     * @param timeToLive 1 to 255
     * @param fragmentable whether DF is clear
     * @return this
     */
    public ReturnPath header(int timeToLive, boolean fragmentable) {
        this.timeToLive = Ranges.inRange("time to live", timeToLive, 1, 255);
        this.fragmentable = fragmentable;
        return this;
    }

    /**
     * Sets the ends of the path.
     *
     * @param localAddress IPv4 address that the datagram was sent to, big-endian
     * @param remoteAddress IPv4 address that sent it, big-endian
     * @param sourcePort its UDP source port, 0 to 65535
     * @return this
     */
    public ReturnPath datagram(int localAddress, int remoteAddress, int sourcePort) {
        this.localAddress = localAddress;
        this.remoteAddress = remoteAddress;
        this.sourcePort = sourcePort;
        return this;
    }

    /**
     * Sets how the ends are reached.
     *
     * @param localMac Ethernet address that the datagram was sent to, the lower 48 bits
     * @param remoteMac Ethernet address that sent it, the lower 48 bits
     * @param outerTag first VLAN tag, protocol in the upper 16 bits, control below; 0 for none
     * @param innerTag second VLAN tag, like the first; 0 for none, as whenever there is no first
     * @return this
     */
    public ReturnPath link(long localMac, long remoteMac, int outerTag, int innerTag) {
        this.localMac = localMac;
        this.remoteMac = remoteMac;
        this.outerTag = outerTag;
        this.innerTag = innerTag;
        return this;
    }

    /**
     * Makes this the same as another.
     *
     * @param other to copy
     * @return this
     */
    public ReturnPath set(ReturnPath other) {
        datagram(other.localAddress, other.remoteAddress, other.sourcePort);
        header(other.timeToLive, other.fragmentable);
        return link(other.localMac, other.remoteMac, other.outerTag, other.innerTag);
    }

    /** {@return the ends, {@code "10.0.1.17 to 10.0.1.5, source port 60001"}; for people} */
    @Override
    public String toString() {
        return dotted(localAddress)
                + " to "
                + dotted(remoteAddress)
                + ", source port "
                + sourcePort;
    }

    private static String dotted(int address) {
        return String.format(
                Locale.ROOT,
                "%d.%d.%d.%d",
                address >>> 24,
                address >>> 16 & 0xff,
                address >>> 8 & 0xff,
                address & 0xff);
    }
}
