package io.github.geneve4j.flow;

import static io.github.geneve4j.flow.FlowRecords.ENDPOINT_ID_OFFSET;
import static io.github.geneve4j.flow.FlowRecords.LAST_SEEN_OFFSET;
import static io.github.geneve4j.flow.FlowRecords.LOWER_HIGH_OFFSET;
import static io.github.geneve4j.flow.FlowRecords.LOWER_LOW_OFFSET;
import static io.github.geneve4j.flow.FlowRecords.NEXT_OFFSET;
import static io.github.geneve4j.flow.FlowRecords.UPPER_HIGH_OFFSET;
import static io.github.geneve4j.flow.FlowRecords.UPPER_LOW_OFFSET;
import static io.github.geneve4j.flow.FlowRecords.VALUE_OFFSET;
import static io.github.geneve4j.flow.FlowRecords.WORD_OFFSET;
import static io.github.geneve4j.flow.FlowState.GROUPS;
import static io.github.geneve4j.flow.FlowState.KEY_MASK;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * State for each flow, in memory of a fixed size off the heap: for one packet thread, which finds a
 * packet's flow, or adds it, and keeps some bytes of its own with it.
 *
 * <p>A flow is named by a <b>handle</b>, an {@code int} that stays the same until the flow ends.
 * Flows end only during {@link #find}, {@link #refresh}, {@link #insert}, {@link #remove} and
 * {@link #expire}, so keep no handle across those; {@link #NONE} is no flow. Each flow has a value
 * of {@link #valueLength()} bytes, zero at first, that only the caller reads and writes.
 *
 * <p><b>Key:</b> an endpoint id, any number that tells networks apart which may use the same
 * addresses (0 if there is only one network), and the key of a {@link FiveTuple}. Use views of one
 * scope with one table.
 *
 * <p><b>Idle flows</b> expire after {@link FlowTimeouts}. TCP has its own timeout; once a
 * connection was reset, or closed from both sides, it has a short one. After a close from both
 * sides a SYN ends it, so that the caller judges the new connection as new; after a reset, which
 * anyone can forge, it does not. An expired flow is never found. Its place is given back by {@link
 * #expire} within some 1.1 s after that; call it now and then, with a small limit.
 *
 * <p><b>A full table</b> does what {@link WhenFull} says. Which flow is idle for longest is known
 * to within some 1.1 s; more than 32 flows in a row that were busy since the table last looked at
 * them are not searched further.
 *
 * <p><b>Hostile traffic</b> cannot choose flows that collide, as the hash is seeded; each step of
 * the packet path is bounded, but for a search among entries that a fair hash put next to each
 * other: with three quarters of the slots in use, 2.5 on average for a flow that is in, 8.5 for one
 * that is not, and rarely some hundred.
 *
 * <p><b>Memory:</b> 64 bytes for each flow and those of the value, and an index of 8 bytes for each
 * of between 1.33 and 2.67 times as many slots, and 384 KiB on the heap; all of it is taken at
 * construction, and given back when the collector finds the table gone. A million flows with 32
 * bytes each take 113 MB. The JVM's limit for direct memory ({@code -XX:MaxDirectMemorySize}) must
 * allow it. The table does not grow.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one, for readers too.
 * <b>Ownership:</b> keeps no view that it is given.
 */
public final class FlowTable {
    /** No flow. */
    public static final int NONE = -1;

    /** The greatest number of flows. */
    public static final int MAX_CAPACITY = FlowIndex.MAX_CAPACITY;

    /** The greatest length of a value in bytes. */
    public static final int MAX_VALUE_LENGTH = 1024;

    /**
     * How many flows that were seen elsewhere a full table passes over in search of an idle one.
     */
    private static final int SEARCH_FOR_IDLE = 16;

    /** How many flows of each group a full table looks at in search of an expired one. */
    private static final int SEARCH_FOR_EXPIRED = 16;

    /** The least places that a full table leaves to newcomers, if they are half of it or less. */
    private static final int LEAST_SHARE = 16;

    /** For how long a reset is doubted: a connection that goes on shows that it was forged. */
    private static final long DOUBT_NS = 5_000_000_000L;

    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final int capacity;
    private final int valueLength;
    private final FlowHash hash;
    private final boolean mayEvict;
    private final int newcomersShare;
    private final FlowListener listener;
    private final @Nullable FlowActivity activity;
    private final FlowRecords records;
    private final FlowIndex index;
    private final IdleOrder order;
    private final FlowCounters counters = new FlowCounters();
    private final long[] timeoutsNs = new long[GROUPS];

    private FlowTimeouts timeouts;
    private int size;
    private int unused; // records from here on were never in use
    private int free = NONE; // those that were, linked
    private int firstToExpire; // a group
    private boolean ending;

    @SuppressWarnings("UnusedVariable") // what is read has to go somewhere, or is not read
    private long brought;

    FlowTable(FlowTableBuilder settings) {
        this.capacity = settings.capacity;
        this.valueLength = settings.valueLength;
        this.hash = settings.hash;
        this.mayEvict = settings.whenFull == WhenFull.EVICT_OLDEST_IDLE;
        this.newcomersShare =
                Math.max(1, Math.min(capacity / 2, Math.max(LEAST_SHARE, capacity / 8)));
        this.listener = settings.listener;
        this.activity = settings.activity;
        this.records = new FlowRecords(capacity, roundedUp(valueLength), settings.memory);
        this.index = new FlowIndex(capacity, settings.memory);
        this.order = new IdleOrder(records, GROUPS);
        this.timeouts = settings.timeouts;
        timeouts(settings.timeouts);
    }

    /**
     * {@return settings for a table, to be changed before it is built}
     *
     * @param capacity how many flows there is room for, 1 to {@value #MAX_CAPACITY}
     */
    public static FlowTableBuilder builder(int capacity) {
        return new FlowTableBuilder(capacity);
    }

    /**
     * {@return the flow that a packet belongs to, or {@link #NONE}}
     *
     * <p>The packet counts: the flow is no longer idle, its direction and TCP flags are noted. An
     * ICMP error that quotes the flow finds it but counts for nothing, as anyone can send one.
     *
     * @param endpointId tells networks apart
     * @param tuple of the packet
     * @param nowNs of any clock that does not go back, always the same one
     */
    public int find(long endpointId, FiveTuple tuple, long nowNs) {
        long code = hash.hash(endpointId, tuple);
        int flow = lookUp(code, endpointId, tuple);
        return flow == NONE ? NONE : touch(flow, tuple, nowNs);
    }

    /**
     * {@return the flow that a packet would belong to, or {@link #NONE}; nothing changes, but when
     * the flow was last seen elsewhere may be noted}
     *
     * @param endpointId tells networks apart
     * @param tuple of the packet, or set
     * @param nowNs of the same clock as ever
     */
    public int peek(long endpointId, FiveTuple tuple, long nowNs) {
        int flow = lookUp(hash.hash(endpointId, tuple), endpointId, tuple);
        return flow == NONE || isExpired(flow, nowNs) ? NONE : flow;
    }

    /**
     * {@return the flow that a packet would belong to, as the other {@code peek} has it, whose
     * value a view then shows}
     *
     * @param endpointId tells networks apart
     * @param tuple of the packet, or set
     * @param nowNs of the same clock as ever
     * @param view receives the value, as by {@link #value}, if there is a flow; else it stays
     */
    public int peek(long endpointId, FiveTuple tuple, long nowNs, FlowValue view) {
        return peek(endpointId, tuple, NONE, nowNs, view);
    }

    /**
     * {@return the flow that a packet would belong to, as the other {@code peek} has it, if the
     * caller has a guess: when that is right, neither a hash nor the index is needed}
     *
     * @param endpointId tells networks apart
     * @param tuple of the packet, or set
     * @param guess the handle of a flow, which may have ended; or any other number
     * @param nowNs of the same clock as ever
     * @param view receives the value, as by {@link #value}, if there is a flow; else it stays
     */
    public int peek(long endpointId, FiveTuple tuple, int guess, long nowNs, FlowValue view) {
        int flow =
                isPlace(guess) && isOf(guess, endpointId, tuple)
                        ? guess
                        : lookUp(hash.hash(endpointId, tuple), endpointId, tuple);
        if (flow == NONE || isExpired(flow, nowNs)) {
            return NONE;
        }
        show(flow, view);
        return flow;
    }

    /**
     * Reads the memory of several flows, so that it is in the processor's caches when the flows are
     * looked up: for who knows of several packets at a time, since the processor can wait for the
     * memory of all of them at once.
     *
     * @param guesses the handles of flows, which may have ended; or any other numbers
     * @param count how many of them, 0 to their length
     */
    public void bringNear(int[] guesses, int count) {
        Ranges.within("count", count, 0, guesses.length);
        long sum = 0;
        for (int i = 0; i < count; i++) {
            int guess = guesses[i];
            if (isPlace(guess)) {
                sum += records.sum(guess);
            }
        }
        brought = sum;
    }

    /**
     * Counts a packet of a flow that {@link #peek} found, as {@link #find} would have: for who
     * judges a packet first, so that a forged one neither keeps a flow nor closes it.
     *
     * @param flow that {@code peek} found for this packet, not ended since
     * @param tuple of the packet
     * @param nowNs as for {@code peek}
     * @return the flow; or {@link #NONE} if the packet ended it, by beginning a new connection
     */
    public int refresh(int flow, FiveTuple tuple, long nowNs) {
        checkLive(flow);
        return touch(flow, tuple, nowNs);
    }

    /**
     * Counts a packet as {@link #refresh} does, if that would change nothing but when the flow was
     * last seen: the flow is {@linkplain #isEstablished established}, no side has closed or reset
     * it. That is so for nearly all packets, and costs less to find out than to read each one's
     * flags and numbers again.
     *
     * @param view of the flow that {@code peek} found for this packet, not ended since; the packet
     *     is no ICMP error and has neither of the TCP flags FIN and RST
     * @param nowNs as for {@code peek}
     * @return whether it was counted; if not, {@code refresh} has to be asked
     */
    public boolean refreshSettled(FlowValue view, long nowNs) {
        checkNotEnding();
        boolean settled = FlowState.isSettled(view.word());
        if (settled) {
            view.seen(nowNs);
        }
        return settled;
    }

    /**
     * Adds the flow of a packet that {@link #find} did not find; its value is zero.
     *
     * <p>An ICMP error adds nothing: anyone can send one, and its sender did not begin the flow
     * that it quotes. Only one that quotes nothing readable is of a flow of its own: who wants none
     * of these asks {@link FiveTuple#isIcmpError} first.
     *
     * @param endpointId tells networks apart
     * @param tuple of the packet, whose sender counts as the one that began the flow; its receiver,
     *     if it is TCP and answers a SYN
     * @param nowNs of the same clock as ever
     * @return the flow; the one that there is already, found as by {@code find}; or {@link #NONE}
     *     if the table is full and refuses it, or the tuple {@linkplain FiveTuple#isQuoted is
     *     quoted}
     */
    public int insert(long endpointId, FiveTuple tuple, long nowNs) {
        checkNotEnding();
        long code = hash.hash(endpointId, tuple);
        int flow = lookUp(code, endpointId, tuple);
        if (flow != NONE) {
            flow = touch(flow, tuple, nowNs);
            if (flow != NONE) {
                return flow;
            }
        }
        if (tuple.isQuoted()) {
            counters.refusedQuotes++;
            return NONE;
        }
        if (size == capacity && !makeRoom(nowNs)) {
            counters.refused++;
            return NONE;
        }
        return add(code, endpointId, tuple, nowNs);
    }

    /**
     * Ends a flow.
     *
     * @param flow from this table, not ended
     */
    public void remove(int flow) {
        checkNotEnding();
        checkLive(flow);
        end(flow, FlowEnd.REMOVED);
    }

    /**
     * Notes that the ends of a TCP connection are told that it is over, by resets that the table
     * does not see: for who answers packets with them. The flow stays, has the timeout of closed
     * ones, and is established no longer. As after any reset, it is open again once both sides go
     * on.
     *
     * @param flow from this table, not ended, in the scope of the five-tuple
     * @throws IllegalArgumentException if it is not TCP
     */
    public void reset(int flow) {
        checkNotEnding();
        long word = liveWord(flow);
        if (!FlowState.isTcp(word)) {
            throw new IllegalArgumentException("flow " + flow + ": no TCP connection to reset");
        }
        change(flow, word, FlowState.reset(word));
    }

    /**
     * Gives back the places of expired flows; {@link #counters()} tell how many.
     *
     * <p>Flows that turn out to be busy are looked at, too. The kinds of flows, closed, reset, new
     * or established, TCP or not, share the limit: what one does not need, the others get, and none
     * waits behind another that is busy.
     *
     * @param nowNs of the same clock as ever
     * @param limit how many flows to look at, which bounds the time that this takes
     * @return how many were looked at: if as many as the limit, more may be due
     */
    public int expire(long nowNs, int limit) {
        checkNotEnding();
        Ranges.within("limit", limit, 0, Integer.MAX_VALUE);
        int left = limit;
        firstToExpire = (firstToExpire + 1) % GROUPS;
        for (int i = 0; i < GROUPS; i++) {
            int share = left / (GROUPS - i);
            left -= expireGroup((firstToExpire + i) % GROUPS, nowNs, share);
        }
        for (int i = 0; i < GROUPS; i++) {
            left -= expireGroup((firstToExpire + i) % GROUPS, nowNs, left);
        }
        return limit - left;
    }

    /**
     * Iterates: {@code for (int f = table.next(NONE); f != NONE; f = table.next(f))}, in no
     * particular order. The walk may be continued later: a flow that is in the table all the while
     * is visited once.
     *
     * <p>One call passes over all places between two flows, which after a flood can be most of the
     * table. Where time is scarce, count the handles up from 0 to the capacity, some at a time, and
     * ask {@link #isLive}.
     *
     * @param flow the last one visited, live or not, or {@link #NONE} to begin
     * @return the next one, or {@link #NONE} after the last; it may have expired
     */
    public int next(int flow) {
        if (flow != NONE && !isPlace(flow)) {
            throw new IndexOutOfBoundsException(
                    "flow " + flow + ": no handle of a table of " + capacity);
        }
        for (int at = flow + 1; at < unused; at++) {
            if ((records.getWord(at, WORD_OFFSET) & FlowState.LIVE) != 0) {
                return at;
            }
        }
        return NONE;
    }

    /**
     * {@return whether a handle is that of a flow, which may have expired}
     *
     * @param flow any number
     */
    public boolean isLive(int flow) {
        return isPlace(flow) && (records.getWord(flow, WORD_OFFSET) & FlowState.LIVE) != 0;
    }

    /**
     * Makes a view show a flow, from the endpoint that began it to the other. What the table's
     * scope leaves out is 0.
     *
     * @param flow not ended
     * @param tuple receives it; has no packet then
     * @return the same view
     */
    public FiveTuple read(int flow, FiveTuple tuple) {
        long word = liveWord(flow);
        return tuple.setKey(
                records.getWord(flow, LOWER_HIGH_OFFSET),
                records.getWord(flow, LOWER_LOW_OFFSET),
                records.getWord(flow, UPPER_HIGH_OFFSET),
                records.getWord(flow, UPPER_LOW_OFFSET),
                word & KEY_MASK,
                (word & FlowState.UPPER_BEGAN) == 0);
    }

    /**
     * {@return the endpoint id of a flow}
     *
     * @param flow a live one
     */
    public long endpointId(int flow) {
        checkLive(flow);
        return records.getWord(flow, ENDPOINT_ID_OFFSET);
    }

    /**
     * {@return when the last packet of a flow came}
     *
     * @param flow a live one
     */
    public long lastSeenNs(int flow) {
        checkLive(flow);
        return records.getWord(flow, LAST_SEEN_OFFSET);
    }

    /**
     * Notes that a flow was seen without the table, if that is later than what it knows; see {@link
     * FlowActivity}.
     *
     * @param flow a live one
     * @param atNs of the same clock as ever
     */
    public void seenElsewhere(int flow, long atNs) {
        checkLive(flow);
        if (atNs - records.getWord(flow, LAST_SEEN_OFFSET) > 0) {
            records.setWord(flow, LAST_SEEN_OFFSET, atNs);
        }
    }

    /**
     * {@return whether the endpoint that did not begin a flow has sent, too; in TCP other than a
     * SYN alone or a reset}
     *
     * @param flow a live one
     */
    public boolean isAnswered(int flow) {
        return (liveWord(flow) & FlowState.ANSWERED) != 0;
    }

    /**
     * {@return whether the endpoint that began a flow has gone on after an answer}
     *
     * <p>In TCP that endpoint must acknowledge the last segment of the other, and go on where that
     * one said, by numbers that whoever forges a sender does not see and would have to guess, one
     * in 4,095 being taken for right. So a handshake is done with its third segment; a connection
     * that the table did not see begin, once neither side is behind the other. Any other flow is
     * established when its beginner sends once more, which proves nothing. Nor does TCP, where
     * packets of both sides can be forged.
     *
     * <p>In a narrower scope than the five-tuple, the connections of one flow are not told apart,
     * and TCP proves as little as UDP.
     *
     * @param flow a live one
     */
    public boolean isEstablished(int flow) {
        return (liveWord(flow) & FlowState.ESTABLISHED) != 0;
    }

    /**
     * {@return whether a flow is a TCP connection that was reset, or closed from both sides}
     *
     * <p>It is no longer once both sides go on: after an RST with anything but RST and SYN, after
     * two FINs with data. What seemed to end it was forged then.
     *
     * @param flow a live one
     */
    public boolean isClosed(int flow) {
        return FlowState.isClosed(liveWord(flow));
    }

    /**
     * {@return whether a packet goes the way of the first packet of its flow, or against it if that
     * one answered a SYN; where both endpoints are the same, the answer is the same for all
     * packets}
     *
     * @param flow that the packet belongs to
     * @param tuple of the packet
     */
    public boolean isFromBeginner(int flow, FiveTuple tuple) {
        return FlowState.isFromBeginner(liveWord(flow), tuple);
    }

    /**
     * Points a view at a flow's value, to read and write several of its numbers.
     *
     * @param flow not ended; the view is valid as long as it does not end
     * @param view receives the value
     * @return the same view
     */
    public FlowValue value(int flow, FlowValue view) {
        checkLive(flow);
        show(flow, view);
        return view;
    }

    private void show(int flow, FlowValue view) {
        view.wrap(
                records.longs(flow),
                records.ints(flow),
                records.base(flow) + VALUE_OFFSET,
                valueLength);
    }

    /**
     * {@return 8 bytes of a flow's value}
     *
     * @param flow not ended
     * @param offset of the first byte in the value
     */
    public long getLong(int flow, int offset) {
        return records.getLong(flow, checked(flow, offset, Long.BYTES));
    }

    /**
     * Sets 8 bytes of a flow's value.
     *
     * @param flow not ended
     * @param offset of the first byte in the value
     * @param value stored
     */
    public void setLong(int flow, int offset, long value) {
        records.setLong(flow, checked(flow, offset, Long.BYTES), value);
    }

    /**
     * {@return 4 bytes of a flow's value}
     *
     * @param flow not ended
     * @param offset of the first byte in the value
     */
    public int getInt(int flow, int offset) {
        return records.getInt(flow, checked(flow, offset, Integer.BYTES));
    }

    /**
     * Sets 4 bytes of a flow's value.
     *
     * @param flow not ended
     * @param offset of the first byte in the value
     * @param value stored
     */
    public void setInt(int flow, int offset, int value) {
        records.setInt(flow, checked(flow, offset, Integer.BYTES), value);
    }

    /**
     * {@return one byte of a flow's value}
     *
     * @param flow not ended
     * @param offset of the byte in the value
     */
    public byte getByte(int flow, int offset) {
        return records.getByte(flow, checked(flow, offset, Byte.BYTES));
    }

    /**
     * Sets one byte of a flow's value.
     *
     * @param flow not ended
     * @param offset of the byte in the value
     * @param value stored
     */
    public void setByte(int flow, int offset, byte value) {
        records.setByte(flow, checked(flow, offset, Byte.BYTES), value);
    }

    /**
     * Copies a part of a flow's value into a buffer.
     *
     * @param flow not ended
     * @param offset of the first byte in the value
     * @param target receives the bytes; its indices do not move
     * @param index absolute index of the first byte
     * @param length how many
     */
    public void getBytes(int flow, int offset, ByteBuf target, int index, int length) {
        Ranges.check(target, index, length);
        int from = checked(flow, offset, length);
        for (int i = 0; i < length; i++) {
            target.setByte(index + i, records.getByte(flow, from + i));
        }
    }

    /**
     * Copies bytes of a buffer into a part of a flow's value.
     *
     * @param flow not ended
     * @param offset of the first byte in the value
     * @param source holds the bytes; its indices do not move
     * @param index absolute index of the first byte
     * @param length how many
     */
    public void setBytes(int flow, int offset, ByteBuf source, int index, int length) {
        Ranges.check(source, index, length);
        int to = checked(flow, offset, length);
        for (int i = 0; i < length; i++) {
            records.setByte(flow, to + i, source.getByte(index + i));
        }
    }

    /** {@return for how long flows may be idle} */
    public FlowTimeouts timeouts() {
        return timeouts;
    }

    /**
     * Changes for how long flows may be idle; it counts at once, and for flows that are in.
     *
     * @param timeouts from now on
     */
    public void timeouts(FlowTimeouts timeouts) {
        checkNotEnding();
        long tcp = timeouts.tcpSeconds() * NANOS_PER_SECOND;
        long other = timeouts.otherSeconds() * NANOS_PER_SECOND;
        timeoutsNs[FlowState.CLOSED_GROUP] = timeouts.closedSeconds() * NANOS_PER_SECOND;
        timeoutsNs[FlowState.RESET_GROUP] = timeoutsNs[FlowState.CLOSED_GROUP];
        timeoutsNs[FlowState.NEW_OTHER] = other;
        timeoutsNs[FlowState.NEW_TCP] = tcp;
        timeoutsNs[FlowState.ESTABLISHED_OTHER] = other;
        timeoutsNs[FlowState.ESTABLISHED_TCP] = tcp;
        this.timeouts = timeouts;
    }

    /** {@return how many flows there is room for} */
    public int capacity() {
        return capacity;
    }

    /** {@return how many flows are in, some of them perhaps expired} */
    public int size() {
        return size;
    }

    /** {@return the bytes of each flow's value} */
    public int valueLength() {
        return valueLength;
    }

    /** {@return the bytes of memory that the table takes off the heap} */
    public long memoryLength() {
        return (long) capacity * records.stride() + index.length();
    }

    /** {@return what happened here; the same object always} */
    public FlowCounters counters() {
        return counters;
    }

    /** {@return whether a record is that of a flow that has not ended} */
    private boolean isOf(int record, long endpointId, FiveTuple tuple) {
        return records.matches(
                record,
                endpointId,
                tuple.lowerHigh(),
                tuple.lowerLow(),
                tuple.upperHigh(),
                tuple.upperLow(),
                tuple.keyWord());
    }

    private int lookUp(long code, long endpointId, FiveTuple tuple) {
        int slot = index.home(code);
        for (long entry = index.entry(slot);
                !FlowIndex.isEmpty(entry);
                slot = index.after(slot), entry = index.entry(slot)) {
            if (FlowIndex.isOf(entry, code)) {
                int record = FlowIndex.record(entry);
                if (isOf(record, endpointId, tuple)) {
                    return record;
                }
            }
        }
        return NONE;
    }

    /** Notes a packet of a flow; NONE if the flow is over. */
    private int touch(int flow, FiveTuple tuple, long nowNs) {
        checkNotEnding();
        if (isExpired(flow, nowNs)) {
            end(flow, FlowEnd.EXPIRED);
            return NONE;
        }
        if (tuple.isQuoted()) {
            return flow;
        }
        long word = records.getWord(flow, WORD_OFFSET);
        int flags = tuple.tcpFlags();
        if (FlowState.reopens(word, flags)) {
            end(flow, FlowEnd.REOPENED);
            return NONE;
        }
        records.setWord(flow, LAST_SEEN_OFFSET, nowNs);
        long next = FlowState.after(word, tuple, flags);
        if (next != word) {
            change(flow, word, next);
        }
        return flow;
    }

    private void change(int flow, long word, long next) {
        records.setWord(flow, WORD_OFFSET, next);
        int group = FlowState.group(word);
        int nextGroup = FlowState.group(next);
        if (nextGroup != group) {
            order.remove(flow, group);
            order.add(flow, nextGroup);
        }
    }

    private int add(long code, long endpointId, FiveTuple tuple, long nowNs) {
        int flow = free;
        if (flow == NONE) {
            flow = unused++;
        } else {
            free = records.getInt(flow, NEXT_OFFSET);
        }
        long word = FlowState.begin(tuple);
        records.setWord(flow, ENDPOINT_ID_OFFSET, endpointId);
        records.setWord(flow, LOWER_HIGH_OFFSET, tuple.lowerHigh());
        records.setWord(flow, LOWER_LOW_OFFSET, tuple.lowerLow());
        records.setWord(flow, UPPER_HIGH_OFFSET, tuple.upperHigh());
        records.setWord(flow, UPPER_LOW_OFFSET, tuple.upperLow());
        records.setWord(flow, WORD_OFFSET, word);
        records.setWord(flow, LAST_SEEN_OFFSET, nowNs);
        records.clearValue(flow);
        int slot = index.home(code);
        while (!FlowIndex.isEmpty(index.entry(slot))) {
            slot = index.after(slot);
        }
        index.put(slot, code, flow);
        order.add(flow, FlowState.group(word));
        size++;
        counters.inserted++;
        return flow;
    }

    /** Ends one flow or more, if that is possible and allowed. */
    private boolean makeRoom(long nowNs) {
        for (int group = 0; group < GROUPS; group++) {
            order.allow(SEARCH_FOR_EXPIRED);
            while (expireOne(group, nowNs)) {
                if (size < capacity) {
                    return true;
                }
            }
        }
        if (!mayEvict) {
            return false;
        }
        int flow = victim(nowNs);
        for (int i = 0; i < SEARCH_FOR_IDLE && isSeenElsewhere(flow); i++) {
            flow = victim(nowNs);
        }
        boolean established = isEstablishedStill(flow, nowNs);
        end(flow, FlowEnd.EVICTED);
        if (established) {
            counters.evictedEstablished++;
        }
        return true;
    }

    /** {@return whether a flow is established, though maybe reset a moment ago} */
    private boolean isEstablishedStill(int flow, long nowNs) {
        int group = FlowState.group(records.getWord(flow, WORD_OFFSET));
        return group == FlowState.RESET_GROUP
                ? nowNs - records.getWord(flow, LAST_SEEN_OFFSET) < DOUBT_NS
                : group >= FlowState.ESTABLISHED_OTHER;
    }

    /** {@return the flow to give up in a table that is full: see {@link WhenFull}} */
    private int victim(long nowNs) {
        if (order.size(FlowState.CLOSED_GROUP) > 0) {
            return order.oldest(FlowState.CLOSED_GROUP);
        }
        int reset = order.oldest(FlowState.RESET_GROUP);
        if (reset != NONE && !isEstablishedStill(reset, nowNs)) {
            return reset;
        }
        int newTcp = order.size(FlowState.NEW_TCP);
        int newOther = order.size(FlowState.NEW_OTHER);
        int established = capacity - newTcp - newOther;
        if (established > 0 && newTcp + newOther < newcomersShare) {
            int other = order.size(FlowState.ESTABLISHED_OTHER);
            boolean spareTcp = other == established || other >= newcomersShare;
            if (spareTcp) {
                return order.oldest(FlowState.ESTABLISHED_OTHER);
            }
            return reset != NONE ? reset : order.oldest(FlowState.ESTABLISHED_TCP);
        }
        if (newTcp == 0 || newOther == 0) {
            return order.oldest(newTcp == 0 ? FlowState.NEW_OTHER : FlowState.NEW_TCP);
        }
        int other = order.oldest(FlowState.NEW_OTHER);
        int tcp = order.oldest(FlowState.NEW_TCP);
        return order.isOlder(tcp, other) ? tcp : other;
    }

    /** {@return how many flows of a group were looked at, all that are due or the limit} */
    private int expireGroup(int group, long nowNs, int limit) {
        order.allow(limit);
        while (expireOne(group, nowNs)) {}
        return limit - order.allowed();
    }

    /**
     * {@return whether a flow was due, and expired or was seen elsewhere; if one may be looked at}
     */
    private boolean expireOne(int group, long nowNs) {
        int flow = order.due(group, nowNs, timeoutsNs[group]);
        if (flow == NONE) {
            return false;
        }
        if (isSeenElsewhere(flow)) {
            order.remove(flow, group);
            order.add(flow, group); // at once, or it would take another look
        } else {
            end(flow, FlowEnd.EXPIRED);
        }
        return true;
    }

    private void end(int flow, FlowEnd reason) {
        long code =
                hash.hash(
                        records.getWord(flow, ENDPOINT_ID_OFFSET),
                        records.getWord(flow, LOWER_HIGH_OFFSET),
                        records.getWord(flow, LOWER_LOW_OFFSET),
                        records.getWord(flow, UPPER_HIGH_OFFSET),
                        records.getWord(flow, UPPER_LOW_OFFSET),
                        records.getWord(flow, WORD_OFFSET) & KEY_MASK);
        end(flow, code, reason);
    }

    private void end(int flow, long code, FlowEnd reason) {
        ending = true;
        try {
            listener.flowEnded(this, flow, reason);
        } finally {
            ending = false;
            giveBack(flow, code, reason);
        }
    }

    private void giveBack(int flow, long code, FlowEnd reason) {
        int group = FlowState.group(records.getWord(flow, WORD_OFFSET));
        counters.count(reason);
        index.remove(code, flow);
        order.remove(flow, group);
        records.setWord(flow, WORD_OFFSET, 0);
        records.setInt(flow, NEXT_OFFSET, free);
        free = flow;
        if (--size == 0) {
            free = NONE; // from the start again, so that no walk passes over what was
            unused = 0;
        }
    }

    private boolean isExpired(int flow, long nowNs) {
        long timeout = timeoutsNs[FlowState.group(records.getWord(flow, WORD_OFFSET))];
        return nowNs - records.getWord(flow, LAST_SEEN_OFFSET) >= timeout
                && (!isSeenElsewhere(flow)
                        || nowNs - records.getWord(flow, LAST_SEEN_OFFSET) >= timeout);
    }

    /** {@return whether a flow was seen without the table, and so later than it knew} */
    private boolean isSeenElsewhere(int flow) {
        if (activity == null) {
            return false;
        }
        long before = records.getWord(flow, LAST_SEEN_OFFSET);
        seenElsewhere(flow, activity.lastSeenNs(this, flow));
        return records.getWord(flow, LAST_SEEN_OFFSET) != before;
    }

    private int checked(int flow, int offset, int length) {
        checkLive(flow);
        if ((offset | length) < 0 || valueLength - length < offset) {
            throw new IndexOutOfBoundsException(FlowValue.outside(offset, length, valueLength));
        }
        return VALUE_OFFSET + offset;
    }

    private void checkLive(int flow) {
        liveWord(flow);
    }

    private void checkNotEnding() {
        if (ending) {
            throw new IllegalStateException("a listener must not change the table");
        }
    }

    /** {@return state and key of a flow that must not have ended} */
    private long liveWord(int flow) {
        long word = isPlace(flow) ? records.getWord(flow, WORD_OFFSET) : 0;
        if ((word & FlowState.LIVE) == 0) {
            throw new IndexOutOfBoundsException("flow " + flow + ": not in this table");
        }
        return word;
    }

    private boolean isPlace(int flow) {
        return flow >= 0 && flow < capacity;
    }

    private static int roundedUp(int valueLength) {
        return (valueLength + Long.BYTES - 1) & -Long.BYTES;
    }
}
