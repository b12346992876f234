package io.github.geneve4j.simulator;

/**
 * A flow as it was at one moment.
 *
 * @param endpoint that its packets enter by
 * @param connection addresses, and ports if they count, from the one that began it
 * @param cookie 32 bits, the same in both directions
 * @param sourcePort UDP source port of its datagrams
 * @param target that it goes to
 * @param lastSeenNanos when its last packet entered the endpoint
 * @param packetsSent to its targets
 * @param packetsReturned by them, and accepted
 */
public record FlowSnapshot(
        Endpoint endpoint,
        String connection,
        int cookie,
        int sourcePort,
        Target target,
        long lastSeenNanos,
        long packetsSent,
        long packetsReturned) {

    /** {@return endpoint, connection and cookie in one line} */
    public String text() {
        String digits = Integer.toHexString(cookie);
        return endpoint
                + " "
                + connection
                + " cookie 0x"
                + "0".repeat(Integer.SIZE / 4 - digits.length())
                + digits;
    }
}
