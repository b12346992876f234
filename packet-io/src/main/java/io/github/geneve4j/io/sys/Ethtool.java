package io.github.geneve4j.io.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.File;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;

/** What a network interface's driver tells ({@code linux/ethtool.h}). */
public final class Ethtool {
    static final long SIOCETHTOOL = 0x8946;
    static final int ETHTOOL_GCHANNELS = 0x3c;

    private Ethtool() {}

    /**
     * {@return how many queues an interface receives by, at least 1; a driver that does not tell
     * has one}
     *
     * @param name of an interface in the network namespace of this thread
     * @throws SystemCallException if there is no socket to ask by
     */
    public static int receiveQueues(String name) throws SystemCallException {
        try (Arena arena = Arena.ofConfined();
                Descriptor socket = Descriptor.udpSocket()) {
            MemorySegment channels = arena.allocate(Channels.SIZE, Integer.BYTES);
            channels.set(JAVA_INT, Channels.CMD, ETHTOOL_GCHANNELS);
            MemorySegment request = arena.allocate(NetworkDevice.IFREQ_SIZE, Long.BYTES);
            byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
            int length = Math.min(bytes.length, NetworkDevice.NAME_LENGTH - 1);
            MemorySegment.copy(bytes, 0, request, JAVA_BYTE, 0, length);
            request.set(JAVA_LONG, NetworkDevice.VALUE, channels.address());
            if (Libc.ioctl(socket.number(), SIOCETHTOOL, request) < 0) {
                return queuesOfTheKernel(name);
            }
            int queues =
                    channels.get(JAVA_INT, Channels.RX_COUNT)
                            + channels.get(JAVA_INT, Channels.COMBINED_COUNT);
            return Math.max(queues, 1);
        }
    }

    /** {@return what the kernel has made for a driver that does not tell, 1 or more} */
    private static int queuesOfTheKernel(String name) {
        String[] queues = new File("/sys/class/net/" + name + "/queues").list();
        return queues == null
                ? 1
                : Math.max(1, (int) Stream.of(queues).filter(it -> it.startsWith("rx-")).count());
    }

    /**
     * {@code struct ethtool_channels}.
     *
     * <pre>
     * __u32 cmd;
     * __u32 max_rx, max_tx, max_other, max_combined;
     * __u32 rx_count, tx_count, other_count, combined_count;
     * </pre>
     */
    static final class Channels {
        static final long CMD = 0; // 32 bits
        static final long RX_COUNT = 20; // 32 bits
        static final long COMBINED_COUNT = 32; // 32 bits
        static final long SIZE = 36;

        private Channels() {}
    }
}
