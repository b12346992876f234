package io.github.geneve4j.flow;

import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Settings of a {@link FlowTable}; every one has a default. */
public final class FlowTableBuilder {
    final int capacity;
    int valueLength;
    FlowTimeouts timeouts = FlowTimeouts.DEFAULT;
    WhenFull whenFull = WhenFull.EVICT_OLDEST_IDLE;
    FlowHash hash = FlowHash.random();
    FlowListener listener = (table, flow, end) -> {};
    @Nullable FlowActivity activity;
    IntFunction<ByteBuffer> memory = ByteBuffer::allocateDirect;

    FlowTableBuilder(int capacity) {
        this.capacity = Ranges.within("capacity", capacity, 1, FlowTable.MAX_CAPACITY);
    }

    /**
     * Sets how many bytes the caller keeps for each flow; none by default.
     *
     * @param valueLength 0 to {@value FlowTable#MAX_VALUE_LENGTH}; memory is taken in units of 8
     * @return this
     */
    public FlowTableBuilder valueLength(int valueLength) {
        this.valueLength = Ranges.within("valueLength", valueLength, 0, FlowTable.MAX_VALUE_LENGTH);
        return this;
    }

    /**
     * Sets for how long flows may be idle; {@link FlowTimeouts#DEFAULT} by default.
     *
     * @param timeouts can be changed later
     * @return this
     */
    public FlowTableBuilder timeouts(FlowTimeouts timeouts) {
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
    public FlowTableBuilder whenFull(WhenFull whenFull) {
        this.whenFull = Objects.requireNonNull(whenFull, "whenFull");
        return this;
    }

    /**
     * Sets the hash; one under a random seed by default, which is what keeps hostile senders from
     * choosing flows that collide.
     *
     * @param hash with a known seed only for tests
     * @return this
     */
    public FlowTableBuilder hash(FlowHash hash) {
        this.hash = Objects.requireNonNull(hash, "hash");
        return this;
    }

    /**
     * Sets who learns of every flow that ends; nobody by default.
     *
     * @param listener called on the table's thread
     * @return this
     */
    public FlowTableBuilder listener(FlowListener listener) {
        this.listener = Objects.requireNonNull(listener, "listener");
        return this;
    }

    /**
     * Sets who knows of packets that pass without the table; nobody by default.
     *
     * @param activity called on the table's thread
     * @return this
     */
    public FlowTableBuilder activity(FlowActivity activity) {
        this.activity = Objects.requireNonNull(activity, "activity");
        return this;
    }

    /**
     * Sets where the table's memory comes from; {@link ByteBuffer#allocateDirect} by default. Each
     * packet touches another place of it: in huge pages, which how to get depends on the system,
     * the processor finds these sooner.
     *
     * @param memory {@link FlowTable} asks it, while it is built, for so many bytes: direct, all
     *     zero, and for nothing else ever; for its index, and for each GiB of its records
     * @return this
     */
    public FlowTableBuilder memory(IntFunction<ByteBuffer> memory) {
        this.memory = Objects.requireNonNull(memory, "memory");
        return this;
    }

    /**
     * {@return a table with these settings; its memory is taken now}
     *
     * @throws OutOfMemoryError if the JVM's limit for direct memory does not allow it
     */
    public FlowTable build() {
        return new FlowTable(this);
    }
}
