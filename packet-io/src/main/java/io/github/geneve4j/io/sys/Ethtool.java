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
    static final int ETHTOOL_GDRVINFO = 0x03;
    static final int ETHTOOL_GLINK = 0x0a;
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
        return queues(name, Channels.RX_COUNT, "rx-");
    }

    /**
     * {@return how many queues an interface sends by, at least 1; a driver that does not tell has
     * one}
     *
     * @param name of an interface in the network namespace of this thread
     * @throws SystemCallException if there is no socket to ask by
     */
    public static int sendQueues(String name) throws SystemCallException {
        return queues(name, Channels.TX_COUNT, "tx-");
    }

    /**
     * {@return the name of an interface's driver, such as {@code ena} or {@code veth}; empty if it
     * does not tell}
     *
     * @param name of an interface in the network namespace of this thread
     * @throws SystemCallException if there is no socket to ask by
     */
    public static String driver(String name) throws SystemCallException {
        try (Arena arena = Arena.ofConfined();
                Descriptor socket = Descriptor.udpSocket()) {
            MemorySegment info = arena.allocate(DriverInfo.SIZE, Integer.BYTES);
            info.set(JAVA_INT, DriverInfo.CMD, ETHTOOL_GDRVINFO);
            return ask(socket.number(), name, info, arena) < 0
                    ? ""
                    : info.getString(DriverInfo.DRIVER, StandardCharsets.US_ASCII);
        }
    }

    private static int queues(String name, long ownCount, String prefix)
            throws SystemCallException {
        try (Arena arena = Arena.ofConfined();
                Descriptor socket = Descriptor.udpSocket()) {
            MemorySegment channels = arena.allocate(Channels.SIZE, Integer.BYTES);
            channels.set(JAVA_INT, Channels.CMD, ETHTOOL_GCHANNELS);
            if (ask(socket.number(), name, channels, arena) < 0) {
                return queuesOfTheKernel(name, prefix);
            }
            int queues =
                    channels.get(JAVA_INT, ownCount)
                            + channels.get(JAVA_INT, Channels.COMBINED_COUNT);
            return Math.max(queues, 1);
        }
    }

    /**
     * {@return whether an interface's driver says that there is no carrier}
     *
     * @param socket descriptor of any socket in the interface's network namespace that is of the
     *     Internet
     * @param name of the interface
     */
    public static boolean lacksCarrier(int socket, String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(Value.SIZE, Integer.BYTES);
            value.set(JAVA_INT, Value.CMD, ETHTOOL_GLINK);
            return ask(socket, name, value, arena) >= 0 && value.get(JAVA_INT, Value.DATA) == 0;
        }
    }

    private static int ask(int socket, String name, MemorySegment question, Arena arena) {
        MemorySegment request = arena.allocate(NetworkDevice.IFREQ_SIZE, Long.BYTES);
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(bytes.length, NetworkDevice.NAME_LENGTH - 1);
        MemorySegment.copy(bytes, 0, request, JAVA_BYTE, 0, length);
        request.set(JAVA_LONG, NetworkDevice.VALUE, question.address());
        return Libc.ioctl(socket, SIOCETHTOOL, request);
    }

    /** {@return what the kernel has made for a driver that does not tell, 1 or more} */
    private static int queuesOfTheKernel(String name, String prefix) {
        String[] queues = new File("/sys/class/net/" + name + "/queues").list();
        return queues == null
                ? 1
                : Math.max(1, (int) Stream.of(queues).filter(it -> it.startsWith(prefix)).count());
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
        static final long TX_COUNT = 24; // 32 bits
        static final long COMBINED_COUNT = 32; // 32 bits
        static final long SIZE = 36;

        private Channels() {}
    }

    /**
     * {@code struct ethtool_drvinfo}.
     *
     * <pre>
     * __u32 cmd;
     * char driver[32], version[32], fw_version[32], bus_info[32], erom_version[32], reserved2[12];
     * __u32 n_priv_flags, n_stats, testinfo_len, eedump_len, regdump_len;
     * </pre>
     */
    static final class DriverInfo {
        static final long CMD = 0; // 32 bits
        static final long DRIVER = 4; // 31 characters and a zero
        static final long SIZE = 196;

        private DriverInfo() {}
    }

    /**
     * {@code struct ethtool_value}.
     *
     * <pre>
     * __u32 cmd;
     * __u32 data;
     * </pre>
     */
    static final class Value {
        static final long CMD = 0; // 32 bits
        static final long DATA = 4; // 32 bits
        static final long SIZE = 8;

        private Value() {}
    }
}
