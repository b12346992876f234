package io.github.geneve4j.io.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.File;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;

/** What a network interface's driver tells ({@code linux/ethtool.h}). */
public final class Ethtool {
    static final long SIOCETHTOOL = 0x8946;
    static final int ETHTOOL_GDRVINFO = 0x03;
    static final int ETHTOOL_GLINK = 0x0a;
    static final int ETHTOOL_GSTRINGS = 0x1b;
    static final int ETHTOOL_GSSET_INFO = 0x37;
    static final int ETHTOOL_GFEATURES = 0x3a;
    static final int ETHTOOL_GCHANNELS = 0x3c;
    static final int ETH_SS_FEATURES = 4;
    static final int ETH_GSTRING_LEN = 32;

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
     * What drives an interface, as it says itself.
     *
     * @param name such as {@code ena} or {@code veth}; empty if it does not tell
     * @param bus where the card is; {@code 0000:00:05.0} or the like for one on PCI, whoever has
     *     made that; empty if the driver does not tell
     */
    public record Driver(String name, String bus) {}

    /**
     * {@return the name of an interface's driver, such as {@code ena} or {@code veth}; empty if it
     * does not tell}
     *
     * @param name of an interface in the network namespace of this thread
     * @throws SystemCallException if there is no socket to ask by
     */
    public static String driver(String name) throws SystemCallException {
        try (Descriptor socket = Descriptor.udpSocket()) {
            return driver(socket.number(), name).name();
        }
    }

    /**
     * {@return what drives an interface}
     *
     * @param socket descriptor of any socket in the interface's network namespace that is of the
     *     Internet or of packets
     * @param name of the interface
     */
    public static Driver driver(int socket, String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = arena.allocate(DriverInfo.SIZE, Integer.BYTES);
            info.set(JAVA_INT, DriverInfo.CMD, ETHTOOL_GDRVINFO);
            return ask(socket, name, info, arena) < 0
                    ? new Driver("", "")
                    : new Driver(
                            info.getString(DriverInfo.DRIVER, StandardCharsets.US_ASCII),
                            info.getString(DriverInfo.BUS_INFO, StandardCharsets.US_ASCII));
        }
    }

    /**
     * {@return the features that an interface has and that are on, by their names: {@code
     * tx-udp-segmentation} and so on}
     *
     * @param socket descriptor of any socket in the interface's network namespace that is of the
     *     Internet or of packets
     * @param name of the interface
     * @throws SystemCallException if the kernel does not tell
     */
    public static Set<String> features(int socket, String name) throws SystemCallException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment set = arena.allocate(SetInfo.SIZE, Long.BYTES);
            set.set(JAVA_INT, SetInfo.CMD, ETHTOOL_GSSET_INFO);
            set.set(JAVA_LONG, SetInfo.SSET_MASK, 1L << ETH_SS_FEATURES);
            require(ask(socket, name, set, arena), "ETHTOOL_GSSET_INFO");
            int count = set.get(JAVA_INT, SetInfo.DATA);

            MemorySegment names =
                    arena.allocate(Strings.DATA + (long) count * ETH_GSTRING_LEN, Integer.BYTES);
            names.set(JAVA_INT, Strings.CMD, ETHTOOL_GSTRINGS);
            names.set(JAVA_INT, Strings.STRING_SET, ETH_SS_FEATURES);
            names.set(JAVA_INT, Strings.LEN, count);
            require(ask(socket, name, names, arena), "ETHTOOL_GSTRINGS");

            int blocks = (count + Integer.SIZE - 1) / Integer.SIZE;
            MemorySegment features =
                    arena.allocate(
                            Features.BLOCKS + (long) blocks * Features.BLOCK_SIZE, Integer.BYTES);
            features.set(JAVA_INT, Features.CMD, ETHTOOL_GFEATURES);
            features.set(JAVA_INT, Features.SIZE, blocks);
            require(ask(socket, name, features, arena), "ETHTOOL_GFEATURES");

            Set<String> active = new HashSet<>();
            for (int i = 0; i < count; i++) {
                long block = Features.BLOCKS + (long) (i / Integer.SIZE) * Features.BLOCK_SIZE;
                if ((features.get(JAVA_INT, block + Features.ACTIVE) & (1 << i)) != 0) {
                    long text = Strings.DATA + (long) i * ETH_GSTRING_LEN;
                    active.add(names.getString(text, StandardCharsets.US_ASCII));
                }
            }
            return active;
        }
    }

    private static void require(int result, String constant) throws SystemCallException {
        SystemCallException.require(result, "ioctl(" + constant + ")");
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
        static final long BUS_INFO = 100; // 31 characters and a zero
        static final long SIZE = 196;

        private DriverInfo() {}
    }

    /**
     * {@code struct ethtool_sset_info}, about one set of names.
     *
     * <pre>
     * __u32 cmd;
     * __u32 reserved;
     * __u64 sset_mask;  // a bit for each ETH_SS_...
     * __u32 data[];     // numbers of names
     * </pre>
     */
    static final class SetInfo {
        static final long CMD = 0; // 32 bits
        static final long SSET_MASK = 8; // 64 bits
        static final long DATA = 16; // 32 bits
        static final long SIZE = 24;

        private SetInfo() {}
    }

    /**
     * {@code struct ethtool_gstrings}.
     *
     * <pre>
     * __u32 cmd;
     * __u32 string_set;  // ETH_SS_...
     * __u32 len;         // names
     * __u8  data[];      // ETH_GSTRING_LEN for each
     * </pre>
     */
    static final class Strings {
        static final long CMD = 0; // 32 bits
        static final long STRING_SET = 4; // 32 bits
        static final long LEN = 8; // 32 bits
        static final long DATA = 12;

        private Strings() {}
    }

    /**
     * {@code struct ethtool_gfeatures}.
     *
     * <pre>
     * __u32 cmd;
     * __u32 size;  // blocks
     * struct ethtool_get_features_block {
     *     __u32 available, requested, active, never_changed;  // a bit for each feature
     * } features[];
     * </pre>
     */
    static final class Features {
        static final long CMD = 0; // 32 bits
        static final long SIZE = 4; // 32 bits
        static final long BLOCKS = 8;
        static final long ACTIVE = 8; // 32 bits, in a block
        static final long BLOCK_SIZE = 16;

        private Features() {}
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
