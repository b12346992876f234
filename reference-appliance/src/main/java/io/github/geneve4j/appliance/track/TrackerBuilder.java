package io.github.geneve4j.appliance.track;

import io.github.geneve4j.flow.FlowHash;
import io.github.geneve4j.flow.FlowTable;
import io.github.geneve4j.flow.FlowTableBuilder;
import io.github.geneve4j.flow.FlowTimeouts;
import io.github.geneve4j.flow.WhenFull;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Settings of a {@link ConnectionTracker}; every one has a default. */
public final class TrackerBuilder {
    /** How many endpoints a limit for each of them provides for, unless said otherwise. */
    public static final int DEFAULT_ENDPOINTS = 4096;

    /** The greatest number of bytes for inspectors. */
    public static final int MOST_INSPECTOR_BYTES = 512;

    private static final int DEFAULT_DATAGRAMS = 4096;

    final int capacity;
    FlowTimeouts timeouts = FlowTimeouts.DEFAULT;
    WhenFull whenFull = WhenFull.EVICT_OLDEST_IDLE;
    FlowHash hash = FlowHash.random();
    MidStream midStream = MidStream.ALLOW;
    boolean checksWindows = true;
    int inspectorBytes;
    int flowsPerEndpoint;
    int endpoints = DEFAULT_ENDPOINTS;
    int flowsPerSource;
    int datagrams = DEFAULT_DATAGRAMS;
    ConnectionListener listener = (tracker, flow, end) -> {};
    @Nullable PacketsElsewhere elsewhere;
    IntFunction<ByteBuffer> memory = ByteBuffer::allocateDirect;

    TrackerBuilder(int capacity) {
        this.capacity = within("capacity", capacity, 1, FlowTable.MAX_CAPACITY);
    }

    /**
     * Sets for how long flows may be idle; {@link FlowTimeouts#DEFAULT} by default.
     *
     * @param timeouts can be changed later
     * @return this
     */
    public TrackerBuilder timeouts(FlowTimeouts timeouts) {
        this.timeouts = Objects.requireNonNull(timeouts, "timeouts");
        return this;
    }

    /**
     * Sets what becomes of a new flow when there is no room; {@link WhenFull#EVICT_OLDEST_IDLE} by
     * default.
     *
     * @param whenFull for good
     * @return this
     */
    public TrackerBuilder whenFull(WhenFull whenFull) {
        this.whenFull = Objects.requireNonNull(whenFull, "whenFull");
        return this;
    }

    /**
     * Sets what becomes of connections that are met in their middle; {@link MidStream#ALLOW} by
     * default, as a load balancer may bring established ones at any time.
     *
     * @param midStream for good
     * @return this
     */
    public TrackerBuilder midStream(MidStream midStream) {
        this.midStream = Objects.requireNonNull(midStream, "midStream");
        return this;
    }

    /**
     * Sets whether sequence and acknowledgment numbers of TCP are held against the windows; they
     * are by default. It takes 24 bytes for each flow.
     *
     * @param checksWindows for good
     * @return this
     */
    public TrackerBuilder checksWindows(boolean checksWindows) {
        this.checksWindows = checksWindows;
        return this;
    }

    /**
     * Sets how many bytes of each flow belong to inspectors; none by default.
     *
     * @param inspectorBytes 0 to {@value #MOST_INSPECTOR_BYTES}; zero when a flow begins
     * @return this
     */
    public TrackerBuilder inspectorBytes(int inspectorBytes) {
        this.inspectorBytes = within("inspectorBytes", inspectorBytes, 0, MOST_INSPECTOR_BYTES);
        return this;
    }

    /**
     * Sets how many flows each endpoint may have; any number by default.
     *
     * @param flows 1 or more; 0 for any number
     * @param endpoints for how many endpoints with flows there is room, 1 or more; the flows of
     *     further ones are refused
     * @return this
     */
    public TrackerBuilder flowsPerEndpoint(int flows, int endpoints) {
        this.flowsPerEndpoint = within("flows", flows, 0, Integer.MAX_VALUE);
        this.endpoints = within("endpoints", endpoints, 1, FlowTable.MAX_CAPACITY);
        return this;
    }

    /**
     * Sets how many flows each address may begin at one endpoint; any number by default. It takes
     * 16 to 32 bytes for each flow of the capacity.
     *
     * @param flows 1 or more; 0 for any number
     * @return this
     */
    public TrackerBuilder flowsPerSource(int flows) {
        this.flowsPerSource = within("flows", flows, 0, Integer.MAX_VALUE);
        return this;
    }

    /**
     * Sets of how many fragmented datagrams the ports are remembered at once; 4,096 by default.
     *
     * @param datagrams 1 or more
     * @return this
     */
    public TrackerBuilder datagrams(int datagrams) {
        this.datagrams = datagrams;
        return this;
    }

    /**
     * Sets the hash; one under a random seed by default, which is what keeps hostile senders from
     * choosing flows, or sources, that collide.
     *
     * @param hash with a known seed only for tests
     * @return this
     */
    public TrackerBuilder hash(FlowHash hash) {
        this.hash = Objects.requireNonNull(hash, "hash");
        return this;
    }

    /**
     * Sets who learns of every flow that ends; nobody by default.
     *
     * @param listener called on the tracker's thread
     * @return this
     */
    public TrackerBuilder listener(ConnectionListener listener) {
        this.listener = Objects.requireNonNull(listener, "listener");
        return this;
    }

    /**
     * Sets who counts packets that are not shown to the tracker; nobody by default.
     *
     * @param elsewhere called on the tracker's thread
     * @return this
     */
    public TrackerBuilder elsewhere(PacketsElsewhere elsewhere) {
        this.elsewhere = Objects.requireNonNull(elsewhere, "elsewhere");
        return this;
    }

    /**
     * Sets where the memory of flows comes from; {@link ByteBuffer#allocateDirect} by default.
     *
     * @param memory as {@link FlowTableBuilder#memory} wants it; the tracker asks it once more, for
     *     what it remembers of cookies, 64 MiB and 64 bytes at most
     * @return this
     */
    public TrackerBuilder memory(IntFunction<ByteBuffer> memory) {
        this.memory = Objects.requireNonNull(memory, "memory");
        return this;
    }

    /**
     * {@return a tracker with these settings; its memory is taken now}
     *
     * @throws OutOfMemoryError if the JVM's limit for direct memory does not allow it
     */
    public ConnectionTracker build() {
        return new ConnectionTracker(this);
    }

    static int within(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(
                    name + " " + value + ": not in " + least + ".." + most);
        }
        return value;
    }
}
