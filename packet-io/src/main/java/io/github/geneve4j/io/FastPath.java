package io.github.geneve4j.io;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.github.geneve4j.io.bpf.BpfMap;
import io.github.geneve4j.io.bpf.Bytecode;
import io.github.geneve4j.io.bpf.FastPathLayout;
import io.github.geneve4j.io.bpf.FastPathLayout.Slot;
import io.github.geneve4j.io.bpf.FastPathProgram;
import io.github.geneve4j.io.bpf.UsualPacket;
import io.github.geneve4j.io.sys.MappedMemory;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Flows whose packets need not be seen any more: a program in the kernel returns them to the load
 * balancer, and they never come up to their port.
 *
 * <p>Whoever judges packets adds a flow, in the direction of the packet at hand, and removes it
 * when it is over or was judged differently. Meanwhile the flow's counts can be read here. What
 * begins or ends a connection, is fragmented, or looks in any way unlike what the load balancer
 * sends comes up as without a fast path; see {@link FastPathMiss}.
 *
 * {@snippet :
 * try (FastPath fast = FastPath.builder().allowFrom(first, last).open();
 *         AfXdpPort port = AfXdpPort.builder("eth1").fastPath(fast).open()) {
 *     // in the handler, of a packet that may pass, as all that will be like it:
 *     int flow = fast.add(buffer, offset, length, generation, nowNs);
 *     // in the loop: without this the kernel stops to return packets by itself
 *     fast.vouch(nowNs);
 * }
 * }
 *
 * <p>All flows are judged under a generation. {@link #generation(int)} sets the one that holds, and
 * from that instant on the packets of all flows of other generations come up, until each is {@link
 * #renew(int, int) renewed}. A flow whose packets are to be seen for a while is {@link #suspend
 * suspended}, and renewed within other limits.
 *
 * <p>The program goes with the port, and so with this process, however that ends, unless it is to
 * be {@linkplain Builder#keepIn kept}. If the process hangs, it goes on for as long as the
 * {@linkplain Builder#lease lease} says.
 *
 * <p>The kernel and this process share the memory of the flows, 256 bytes for each of IPv4 and 512
 * for each of IPv6, so that adding, reading and removing are loads and stores. Needs Linux 5.18 and
 * what {@link AfXdpPort} needs.
 *
 * <p><b>Allocation:</b> none after opening. <b>Threads:</b> any; but a flow is for the one that
 * added it alone. A time namespace of its own, in which the clocks of process and kernel differ, is
 * none to use it in.
 */
public final class FastPath implements AutoCloseable {
    /** No flow. */
    public static final int NONE = -1;

    /** The greatest generation; the first is 1. */
    public static final int MAX_GENERATION = Integer.MAX_VALUE;

    private static final VarHandle WORDS = JAVA_LONG.varHandle();
    private static final Path OWN_NAMESPACE = Path.of("/proc/thread-self/ns/net");
    private static final int VOUCHES_IN_LEASE = 16;
    private static final int PROCESSORS = 1024; // that have counters
    private static final long NOTHING_HOLDS = -1; // no slot's generation, of 32 bits

    private final long seed;
    private final long leaseNs;
    private final @Nullable Path folder;
    private final List<FastPathProgram.Origin> origins;
    private final BpfMap controlMap;
    private final MappedMemory control;
    private final BpfMap counterMap;
    private final MappedMemory counters;
    private final FastPathTable ipv4;
    private final FastPathTable ipv6;
    private final AtomicInteger size = new AtomicInteger();
    private final AtomicLong refused = new AtomicLong();

    private FastPath(
            Builder builder,
            BpfMap controlMap,
            MappedMemory control,
            BpfMap counterMap,
            MappedMemory counters,
            FastPathTable ipv4,
            FastPathTable ipv6,
            long seed) {
        this.seed = seed;
        this.leaseNs = builder.leaseNs;
        this.folder = builder.folder;
        this.origins = List.copyOf(builder.origins);
        this.controlMap = controlMap;
        this.control = control;
        this.counterMap = counterMap;
        this.counters = counters;
        this.ipv4 = ipv4;
        this.ipv6 = ipv6;
        WORDS.setVolatile(control.segment(), (long) FastPathLayout.GENERATION, NOTHING_HOLDS);
    }

    /** {@return a builder; at least one origin is required} */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Sets the generation that holds, and sends the packets of all flows of others up from now on.
     * Nothing holds before this is called. It must not be one that was set before.
     *
     * @param generation 1 to {@link #MAX_GENERATION}
     */
    public void generation(int generation) {
        Ranges.inRange("generation", generation, 1, MAX_GENERATION);
        WORDS.setVolatile(control.segment(), (long) FastPathLayout.GENERATION, (long) generation);
    }

    /**
     * Says that the owner is alive and looks after its flows; to be called often, it costs nothing.
     *
     * @param nowNs by {@link System#nanoTime}
     */
    public void vouch(long nowNs) {
        long until = nowNs + leaseNs;
        long said = (long) WORDS.getOpaque(control.segment(), (long) FastPathLayout.LEASE);
        if (until - said > leaseNs / VOUCHES_IN_LEASE) {
            WORDS.setOpaque(control.segment(), (long) FastPathLayout.LEASE, until);
        }
    }

    /**
     * Adds the flow of a packet, in the direction of the packet, without limits.
     *
     * @param buffer holds the packet
     * @param offset absolute index of its tunnel header
     * @param length bytes from there to the end of the inner packet
     * @param generation under which it was judged
     * @param nowNs by {@link System#nanoTime}
     * @return the flow, or {@link #NONE} if there is no room for it, or its packets cannot be
     *     returned by the kernel. A flow that was added before and not removed gets a second entry,
     *     of which the first one counts
     */
    public int add(ByteBuf buffer, int offset, int length, int generation, long nowNs) {
        return add(buffer, offset, length, generation, nowNs, 0xffff_ffffL, Long.MAX_VALUE);
    }

    /**
     * Adds the flow of a packet, in the direction of the packet.
     *
     * @param buffer holds the packet
     * @param offset absolute index of its tunnel header
     * @param length bytes from there to the end of the inner packet
     * @param generation under which it was judged
     * @param nowNs by {@link System#nanoTime}
     * @param mostPackets how many packets may pass, 0 to 2^32 - 1; the next one comes up
     * @param mostBytes how many bytes of inner packets may pass, 0 or more; the first packet that
     *     would be beyond comes up
     * @return as above
     */
    public int add(
            ByteBuf buffer,
            int offset,
            int length,
            int generation,
            long nowNs,
            long mostPackets,
            long mostBytes) {
        Ranges.inRange("generation", generation, 1, MAX_GENERATION);
        checkLimits(mostPackets, mostBytes);
        if (length < UsualPacket.HEADER_LENGTH + UsualPacket.IPV4_LENGTH + UsualPacket.UDP_LENGTH
                || !isUsual(buffer, offset)) {
            return NONE;
        }
        int type = buffer.getInt(offset);
        int inner = offset + UsualPacket.HEADER_LENGTH;
        boolean isIpv4 = type == UsualPacket.GENEVE_IPV4 && isWhole(buffer, inner);
        boolean isIpv6 =
                type == UsualPacket.GENEVE_IPV6
                        && buffer.getByte(inner) >> 4 == 6
                        && length
                                >= UsualPacket.HEADER_LENGTH
                                        + UsualPacket.IPV6_LENGTH
                                        + UsualPacket.UDP_LENGTH;
        if (!isIpv4 && !isIpv6) {
            return NONE;
        }
        int protocol =
                buffer.getByte(
                        inner + (isIpv4 ? UsualPacket.IPV4_PROTOCOL : UsualPacket.IPV6_PROTOCOL));
        if (protocol != UsualPacket.TCP && protocol != UsualPacket.UDP) {
            return NONE;
        }
        int transport = inner + (isIpv4 ? UsualPacket.IPV4_LENGTH : UsualPacket.IPV6_LENGTH);
        long ports = buffer.getUnsignedIntLE(transport) | (long) protocol << Integer.SIZE;
        int index =
                (isIpv4 ? ipv4 : ipv6)
                        .add(
                                buffer,
                                offset + UsualPacket.ENDPOINT,
                                inner
                                        + (isIpv4
                                                ? UsualPacket.IPV4_ADDRESSES
                                                : UsualPacket.IPV6_ADDRESSES),
                                ports,
                                generation,
                                (int) mostPackets,
                                mostBytes,
                                nowNs);
        if (index == FastPathTable.NONE) {
            refused.lazySet(refused.get() + 1);
            return NONE;
        }
        size.incrementAndGet();
        return index << 1 | (isIpv6 ? 1 : 0);
    }

    /**
     * Lets a flow's packets pass under another generation. It keeps its counts and limits.
     *
     * @param flow that was added and not removed
     * @param generation under which it was judged again
     */
    public void renew(int flow, int generation) {
        Ranges.inRange("generation", generation, 1, MAX_GENERATION);
        table(flow).renew(flow >> 1, generation);
    }

    /**
     * Lets a flow's packets pass within other limits, those that have passed not counted.
     *
     * @param flow that was added and not removed, suspended or not
     * @param generation under which it was judged
     * @param mostPackets how many more packets may pass, 0 to 2^32 - 1; no more, with those that
     *     have passed, than 2^32 - 1 do
     * @param mostBytes how many more bytes of inner packets may pass, 0 or more
     */
    public void renew(int flow, int generation, long mostPackets, long mostBytes) {
        Ranges.inRange("generation", generation, 1, MAX_GENERATION);
        checkLimits(mostPackets, mostBytes);
        table(flow).renew(flow >> 1, generation, mostPackets, mostBytes);
    }

    /**
     * Has a flow's packets come up until it is renewed; it keeps its place, and its counts.
     *
     * @param flow that was added and not removed
     * @return the packets that had passed until then, in this direction; one that passes on another
     *     processor at this instant is in the number, but may be missing in {@link #bytes}
     */
    public long suspend(int flow) {
        return table(flow).suspend(flow >> 1);
    }

    /**
     * {@return whether a flow was suspended, and not renewed since}
     *
     * @param flow that was added and not removed
     */
    public boolean isSuspended(int flow) {
        return table(flow).isSuspended(flow >> 1);
    }

    /**
     * Ends a flow here: from now on its packets come up.
     *
     * @param flow that was added and not removed
     * @param nowNs by {@link System#nanoTime}
     * @return the packets that had passed until then, in this direction; {@link #bytes}, {@link
     *     #lastSeenNs} and {@link #cookie} may be asked until the next flow is added. A packet that
     *     passes on another processor at this instant is in the number, but may be missing there
     */
    public long remove(int flow, long nowNs) {
        size.decrementAndGet();
        return table(flow).remove(flow >> 1, nowNs);
    }

    /**
     * {@return the generation that a flow was last judged under; 0 if it is suspended, or as many
     * packets have passed as can be counted, 2^32 - 1, so that it has to be removed and added
     * again}
     *
     * @param flow that was added and not removed
     */
    public int generationOf(int flow) {
        return table(flow).generation(flow >> 1);
    }

    /**
     * {@return packets of a flow that have passed, in this direction}
     *
     * @param flow that was added and not removed
     */
    public long packets(int flow) {
        return table(flow).packets(flow >> 1);
    }

    /**
     * {@return bytes of inner packets of a flow that have passed, in this direction}
     *
     * @param flow that was added
     */
    public long bytes(int flow) {
        return table(flow).count(flow >> 1, FastPathLayout.BYTES);
    }

    /**
     * {@return when the last packet of a flow has passed, in this direction, or it was added; by
     * {@link System#nanoTime}}
     *
     * @param flow that was added
     */
    public long lastSeenNs(int flow) {
        return table(flow).count(flow >> 1, FastPathLayout.LAST_SEEN);
    }

    /**
     * {@return the flow cookie of the last packet that has passed; any number if none has}
     *
     * @param flow that was added
     */
    public int cookie(int flow) {
        return table(flow).cookie(flow >> 1);
    }

    /** {@return how many flows are in, each direction for itself} */
    public int size() {
        return size.get();
    }

    /** {@return how many flows of each IP version it is made for, each direction for itself} */
    public int capacity() {
        return ipv4.buckets() * FastPathLayout.BUCKET_SLOTS / 2;
    }

    /** {@return flows that there was no room for, roughly} */
    public long refused() {
        return refused.get();
    }

    /** {@return packets that have passed, of all flows} */
    public long hits() {
        return sum(FastPathLayout.HITS);
    }

    /** {@return bytes of inner packets that have passed, of all flows} */
    public long hitBytes() {
        return sum(FastPathLayout.HIT_BYTES);
    }

    /**
     * {@return packets that came up, those of the port alone}
     *
     * @param miss why
     */
    public long misses(FastPathMiss miss) {
        return sum(FastPathLayout.MISSES + miss.index() * Long.BYTES);
    }

    /** Gives all memory back; the ports that use it have to be closed before. */
    @Override
    public void close() {
        ipv6.close();
        ipv4.close();
        counters.close();
        counterMap.close();
        control.close();
        controlMap.close();
    }

    /**
     * {@return the program for an interface}
     *
     * @param port of the datagrams
     * @param addresses of them, IPv4, big-endian
     * @param mac of the interface
     * @param mtu of the interface
     * @param socketMap descriptor of a map from queue to AF_XDP socket; below 0 to leave everything
     *     else to the kernel's stack
     */
    Bytecode program(int port, int[] addresses, long mac, int mtu, int socketMap) {
        FastPathProgram.Maps maps =
                new FastPathProgram.Maps(
                        controlMap.descriptor(),
                        counterMap.descriptor(),
                        ipv4.descriptor(),
                        ipv4.buckets(),
                        ipv6.descriptor(),
                        ipv6.buckets());
        FastPathProgram.Match match =
                new FastPathProgram.Match(
                        port, Arrays.stream(addresses).boxed().toList(), mac, mtu, origins);
        return socketMap < 0
                ? FastPathProgram.assemble(maps, match, seed)
                : FastPathProgram.assemble(maps, match, seed, socketMap, folder != null);
    }

    /** {@return whether the program goes on when the process does not} */
    boolean isKept() {
        return folder != null;
    }

    /**
     * {@return where to keep the program's place at an interface of this thread's network
     * namespace, or null not to}
     */
    @Nullable Path pin(String interfaceName) throws IOException {
        if (folder == null) {
            return null;
        }
        String namespace = Files.readSymbolicLink(OWN_NAMESPACE).toString(); // net:[4026531840]
        String number = namespace.replaceAll("[^0-9]", "");
        // A file system of type bpf takes no dots, and no interface's name has a colon
        return folder.resolve("geneve4j-" + number + "-" + interfaceName.replace('.', ':'));
    }

    /** Refuses ports that the program would have to change. */
    static void checkPorts(int port, int peerPort) throws IOException {
        if (port != peerPort) {
            throw new IOException(
                    "a fast path leaves UDP ports as they are, but requests come to "
                            + port
                            + " and replies go to "
                            + peerPort);
        }
    }

    private static void checkLimits(long mostPackets, long mostBytes) {
        if (mostPackets < 0 || mostPackets >>> Integer.SIZE != 0 || mostBytes < 0) {
            throw new IllegalArgumentException(
                    "limits of " + mostPackets + " packets, " + mostBytes + " bytes");
        }
    }

    private FastPathTable table(int flow) {
        if (flow < 0) {
            throw new IllegalArgumentException("flow " + flow + ": none");
        }
        return (flow & 1) == 0 ? ipv4 : ipv6;
    }

    private long sum(int offset) {
        long sum = 0;
        for (int i = 0; i < PROCESSORS; i++) {
            long at = (long) i * FastPathLayout.COUNTERS_LENGTH + offset;
            sum += (long) WORDS.getOpaque(counters.segment(), at);
        }
        return sum;
    }

    /** {@return whether a tunnel header is as the load balancer's all are} */
    private static boolean isUsual(ByteBuf buffer, int offset) {
        return buffer.getInt(offset + UsualPacket.VNI) == 0
                && buffer.getInt(offset + UsualPacket.ENDPOINT_OPTION)
                        == UsualPacket.ENDPOINT_HEADER
                && buffer.getInt(offset + UsualPacket.ATTACHMENT_OPTION)
                        == UsualPacket.ATTACHMENT_HEADER
                && buffer.getInt(offset + UsualPacket.COOKIE_OPTION) == UsualPacket.COOKIE_HEADER;
    }

    private static boolean isWhole(ByteBuf buffer, int inner) {
        return buffer.getByte(inner) == UsualPacket.IPV4_VERSION_IHL
                && (buffer.getShort(inner + UsualPacket.IPV4_FRAGMENT) & UsualPacket.FRAGMENT_MASK)
                        == 0;
    }

    /** Settings of a fast path. */
    public static final class Builder {
        /** Flows of each IP version, each in both directions, unless said otherwise. */
        public static final int DEFAULT_FLOWS = 1 << 17;

        /** The most flows that a builder takes. */
        public static final int MAX_FLOWS = 1 << 22;

        /** Networks that flows may come from, at most: the program tries one after the other. */
        public static final int MAX_ORIGINS = 64;

        /** The longest lease. */
        public static final Duration MAX_LEASE = Duration.ofDays(1);

        private static final int CONTROL_ENTRIES = 1;

        private int flows = DEFAULT_FLOWS;
        private long leaseNs = Duration.ofSeconds(5).toNanos();
        private @Nullable Path folder;
        private final List<FastPathProgram.Origin> origins = new ArrayList<>();

        private Builder() {}

        /**
         * Sets how many flows of each IP version there is room for, each in both directions; fewer
         * where their hashes meet by chance, and {@value #DEFAULT_FLOWS} if not called.
         *
         * @param flows 1 to {@value #MAX_FLOWS}; the next power of two is taken
         * @return this
         */
        public Builder flows(int flows) {
            this.flows = Ranges.inRange("flows", flows, 1, MAX_FLOWS);
            return this;
        }

        /**
         * Adds addresses that packets may come from.
         *
         * @param first IPv4, big-endian
         * @param last IPv4, big-endian, not below the first, unsigned
         * @return this
         * @throws IllegalArgumentException if there are {@value #MAX_ORIGINS} already
         */
        public Builder allowFrom(int first, int last) {
            if (Integer.compareUnsigned(first, last) > 0) {
                throw new IllegalArgumentException(
                        "addresses from " + first + " to " + last + ": the wrong way round");
            }
            if (origins.size() == MAX_ORIGINS) {
                throw new IllegalArgumentException(
                        "more than " + MAX_ORIGINS + " networks that packets come from");
            }
            origins.add(new FastPathProgram.Origin(first, last));
            return this;
        }

        /**
         * Sets for how long the kernel returns packets although nobody {@linkplain FastPath#vouch
         * vouches} for their flows; 5 seconds if not called.
         *
         * @param lease some milliseconds or more, at most {@link #MAX_LEASE}
         * @return this
         */
        public Builder lease(Duration lease) {
            if (lease.isNegative() || lease.isZero() || lease.compareTo(MAX_LEASE) > 0) {
                throw new IllegalArgumentException(
                        "lease " + lease + ": not above zero, to " + MAX_LEASE);
            }
            this.leaseNs = lease.toNanos();
            return this;
        }

        /**
         * Keeps the program at an {@linkplain AfXdpPort AF_XDP port's} interface when the process
         * ends without closing its port: it goes on to return the packets of judged flows until the
         * {@linkplain #lease lease} is over, and drops all others; then it leaves all to the
         * kernel's stack. The next process that opens the interface with the same folder takes
         * over, without a gap, and judges all flows anew. A port that is closed takes the program
         * away, and so does deleting the name.
         *
         * @param folder in a file system of type bpf, such as {@code /sys/fs/bpf}; there the
         *     program's place is called {@code geneve4j-}, the network namespace's number, {@code
         *     -} and the interface, with colons for dots
         * @return this
         */
        public Builder keepIn(Path folder) {
            this.folder = folder;
            return this;
        }

        /**
         * {@return a fast path without flows}
         *
         * @throws IOException if the kernel does not make the memory
         * @throws IllegalStateException if no origin was added
         */
        public FastPath open() throws IOException {
            if (origins.isEmpty()) {
                throw new IllegalStateException("a fast path needs an origin");
            }
            long seed = new SecureRandom().nextLong();
            int buckets = Integer.highestOneBit(2 * flows - 1);
            List<AutoCloseable> opened = new ArrayList<>();
            try {
                BpfMap control =
                        BpfMap.createShared(
                                "geneve_control", FastPathLayout.CONTROL_LENGTH, CONTROL_ENTRIES);
                opened.add(control);
                MappedMemory controlWords = control.mapValues(FastPathLayout.CONTROL_LENGTH);
                opened.add(controlWords);
                BpfMap counters =
                        BpfMap.createShared(
                                "geneve_counts", FastPathLayout.COUNTERS_LENGTH, PROCESSORS);
                opened.add(counters);
                MappedMemory counts =
                        counters.mapValues((long) FastPathLayout.COUNTERS_LENGTH * PROCESSORS);
                opened.add(counts);
                FastPathTable ipv4 = FastPathTable.open("geneve_flows", Slot.IPV4, buckets, seed);
                opened.add(ipv4);
                FastPathTable ipv6 = FastPathTable.open("geneve_flows6", Slot.IPV6, buckets, seed);
                return new FastPath(
                        this, control, controlWords, counters, counts, ipv4, ipv6, seed);
            } catch (Throwable e) {
                closeAfter(opened, e);
                throw e;
            }
        }

        private static void closeAfter(List<AutoCloseable> opened, Throwable failure) {
            for (AutoCloseable each : opened.reversed()) {
                try {
                    each.close();
                } catch (Exception suppressed) {
                    failure.addSuppressed(suppressed);
                }
            }
        }
    }
}
