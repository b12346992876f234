package io.github.geneve4j.io;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Where replies go to, by the address of the sender: a load balancer has a few nodes, so each gets
 * its socket address once.
 */
final class ReplyTargets {
    private static final int CAPACITY = 1024; // a power of two
    private static final int MAX_SIZE = CAPACITY / 2;
    private static final int GOLDEN_RATIO = 0x9e3779b9;
    private static final int SHIFT = Integer.SIZE - Integer.numberOfTrailingZeros(CAPACITY);

    private final int port;
    private final int[] addresses = new int[CAPACITY];
    private final @Nullable InetSocketAddress[] targets = new @Nullable InetSocketAddress[CAPACITY];
    private int size;

    ReplyTargets(int port) {
        this.port = port;
    }

    /**
     * {@return the tunnel's port at that address}
     *
     * @param address big-endian
     * @param sameAddress the same as an object, if there is one
     */
    InetSocketAddress of(int address, @Nullable InetAddress sameAddress) {
        int slot = home(address);
        InetSocketAddress target = targets[slot];
        while (target != null) {
            if (addresses[slot] == address) {
                return target;
            }
            slot = (slot + 1) & (CAPACITY - 1);
            target = targets[slot];
        }
        return add(slot, address, sameAddress);
    }

    /**
     * {@return the tunnel's port at that address}
     *
     * @param address big-endian
     */
    InetSocketAddress of(int address) {
        return of(address, null);
    }

    private InetSocketAddress add(int free, int address, @Nullable InetAddress sameAddress) {
        int slot = free;
        if (size == MAX_SIZE) { // no load balancer has as many: start again
            Arrays.fill(targets, null);
            size = 0;
            slot = home(address);
        }
        InetAddress host = sameAddress == null ? inetAddress(address) : sameAddress;
        InetSocketAddress target = new InetSocketAddress(host, port);
        addresses[slot] = address;
        targets[slot] = target;
        size++;
        return target;
    }

    private static int home(int address) {
        return (address * GOLDEN_RATIO) >>> SHIFT;
    }

    private static InetAddress inetAddress(int address) {
        try {
            return InetAddress.getByAddress(
                    ByteBuffer.allocate(Integer.BYTES).putInt(address).array());
        } catch (UnknownHostException e) {
            throw new AssertionError("four bytes are an address", e);
        }
    }
}
