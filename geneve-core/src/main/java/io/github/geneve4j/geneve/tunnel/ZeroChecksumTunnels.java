package io.github.geneve4j.geneve.tunnel;

import io.netty.buffer.ByteBuf;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The tunnels over IPv6 that may run without a UDP checksum (RFC 8926 §4.3.1, RFC 6936).
 *
 * <p>IPv6 has no header checksum, so without UDP's a corrupted address goes unseen and the packet
 * ends in another tunnel. That is why zero is off by default, and where it is on, both ends check
 * that source and destination belong together: give the same pairs to the {@link TunnelSender} and
 * to the receiver's {@link EndpointPolicy}.
 *
 * <p>Immutable and safe to share between threads; {@link #allows(ByteBuf, int)} allocates nothing.
 */
public final class ZeroChecksumTunnels {
    /** No tunnel: every packet over IPv6 has a checksum. */
    public static final ZeroChecksumTunnels NONE = builder().build();

    // A pair of addresses, in wire order, is four 64-bit words.
    private static final int PAIR_WORDS = 4;

    private final long[] table; // open addressing; a source of :: marks a free slot
    private final int slotMask;

    private ZeroChecksumTunnels(Set<List<Long>> pairs) {
        int slots = Integer.highestOneBit(Math.max(1, pairs.size())) << 2; // at most half full
        this.table = new long[slots * PAIR_WORDS];
        this.slotMask = slots - 1;
        for (List<Long> pair : pairs) {
            int slot = slot(pair.get(0), pair.get(1), pair.get(2), pair.get(3));
            while (!isFree(slot)) {
                slot = slot + 1 & slotMask;
            }
            for (int word = 0; word < PAIR_WORDS; word++) {
                table[slot * PAIR_WORDS + word] = pair.get(word);
            }
        }
    }

    /** {@return a builder without any tunnel} */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * {@return whether packets of this tunnel may have no UDP checksum}
     *
     * @param source the sender's address
     * @param destination the receiver's address
     */
    public boolean allows(InetAddress source, InetAddress destination) {
        if (!(source instanceof Inet6Address) || !(destination instanceof Inet6Address)) {
            return false;
        }
        ByteBuffer from = ByteBuffer.wrap(source.getAddress());
        ByteBuffer to = ByteBuffer.wrap(destination.getAddress());
        return contains(from.getLong(), from.getLong(), to.getLong(), to.getLong());
    }

    /**
     * {@return whether the packet under the addresses may have no UDP checksum}
     *
     * @param buffer holds the packet
     * @param addressesOffset absolute index of the IPv6 source address; the destination follows it
     */
    public boolean allows(ByteBuf buffer, int addressesOffset) {
        return contains(
                buffer.getLong(addressesOffset),
                buffer.getLong(addressesOffset + Long.BYTES),
                buffer.getLong(addressesOffset + 2 * Long.BYTES),
                buffer.getLong(addressesOffset + 3 * Long.BYTES));
    }

    private boolean contains(long source0, long source1, long destination0, long destination1) {
        int slot = slot(source0, source1, destination0, destination1);
        while (!isFree(slot)) {
            int at = slot * PAIR_WORDS;
            if (table[at] == source0
                    && table[at + 1] == source1
                    && table[at + 2] == destination0
                    && table[at + 3] == destination1) {
                return true;
            }
            slot = slot + 1 & slotMask;
        }
        return false;
    }

    private boolean isFree(int slot) {
        return (table[slot * PAIR_WORDS] | table[slot * PAIR_WORDS + 1]) == 0;
    }

    private int slot(long source0, long source1, long destination0, long destination1) {
        long source = FlowEntropy.mix(source0 + 31 * source1);
        return (int) FlowEntropy.mix(source + destination0 + 31 * destination1) & slotMask;
    }

    /** Collects tunnels. */
    public static final class Builder {
        private final Set<List<Long>> pairs = new LinkedHashSet<>();

        private Builder() {}

        /**
         * Adds one direction of one tunnel.
         *
         * @param source the sender's IPv6 address
         * @param destination the receiver's IPv6 address
         * @return this
         * @throws IllegalArgumentException if one is not an IPv6 address, or is unspecified
         */
        public Builder allow(InetAddress source, InetAddress destination) {
            ByteBuffer from = bytes(source);
            ByteBuffer to = bytes(destination);
            pairs.add(List.of(from.getLong(), from.getLong(), to.getLong(), to.getLong()));
            return this;
        }

        /** {@return the tunnels that were added, immutable} */
        public ZeroChecksumTunnels build() {
            return new ZeroChecksumTunnels(pairs);
        }

        private static ByteBuffer bytes(InetAddress address) {
            if (!(address instanceof Inet6Address) || address.isAnyLocalAddress()) {
                throw new IllegalArgumentException(
                        address.getHostAddress() + ": not the IPv6 address of an endpoint");
            }
            return ByteBuffer.wrap(address.getAddress());
        }
    }
}
