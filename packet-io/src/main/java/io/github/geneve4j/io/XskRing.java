package io.github.geneve4j.io;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.github.geneve4j.io.sys.IfXdp;
import io.github.geneve4j.io.sys.IfXdp.Desc;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * One of the four rings that an AF_XDP socket shares with the kernel: one side produces, the other
 * consumes. Both indices only ever grow, through 2<sup>32</sup> to 0; what they differ by is what
 * the ring holds, and their low bits are the place.
 *
 * <p>The order of memory: whoever writes an index does so with <i>release</i>, after the elements
 * that it covers were written or read; whoever reads the other side's index does so with
 * <i>acquire</i>, before it touches them.
 */
final class XskRing {
    private static final VarHandle INDEX = JAVA_INT.varHandle();

    private final MemorySegment memory;
    private final long producerAt;
    private final long consumerAt;
    private final long elementsAt;
    private final long flagsAt;
    private final int mask;

    /**
     * @param memory as the kernel maps it
     * @param producerAt where it has the producer's index
     * @param consumerAt where it has the consumer's index
     * @param elementsAt where it has the elements
     * @param flagsAt where it has the flags
     * @param size elements, a power of two
     */
    XskRing(
            MemorySegment memory,
            long producerAt,
            long consumerAt,
            long elementsAt,
            long flagsAt,
            int size) {
        this.memory = memory;
        this.producerAt = producerAt;
        this.consumerAt = consumerAt;
        this.elementsAt = elementsAt;
        this.flagsAt = flagsAt;
        this.mask = size - 1;
    }

    /** {@return how many elements it can hold} */
    int size() {
        return mask + 1;
    }

    /** {@return the producer's index: elements before it can be read} */
    int producer() {
        return (int) INDEX.getAcquire(memory, producerAt);
    }

    /** Hands elements before the index to the consumer. */
    void producer(int index) {
        INDEX.setRelease(memory, producerAt, index);
    }

    /** {@return the consumer's index: elements before it can be written again} */
    int consumer() {
        return (int) INDEX.getAcquire(memory, consumerAt);
    }

    /** Hands the places of elements before the index back to the producer. */
    void consumer(int index) {
        INDEX.setRelease(memory, consumerAt, index);
    }

    /** {@return whether the kernel looks at this ring only when it is called} */
    boolean needsWakeup() {
        return ((int) INDEX.getOpaque(memory, flagsAt) & IfXdp.XDP_RING_NEED_WAKEUP) != 0;
    }

    /** {@return the element of a fill or completion ring} */
    long address(int index) {
        return memory.get(JAVA_LONG, elementsAt + (long) (index & mask) * Long.BYTES);
    }

    /** Writes the element of a fill or completion ring. */
    void address(int index, long address) {
        memory.set(JAVA_LONG, elementsAt + (long) (index & mask) * Long.BYTES, address);
    }

    /** {@return where the packet of a descriptor is, in a receive or transmit ring} */
    long packetAddress(int index) {
        return memory.get(JAVA_LONG, descriptor(index) + Desc.ADDR);
    }

    /** {@return how long the packet of a descriptor is, in a receive or transmit ring} */
    int packetLength(int index) {
        return memory.get(JAVA_INT, descriptor(index) + Desc.LEN);
    }

    /** Writes the descriptor of a receive or transmit ring. */
    void packet(int index, long address, int length) {
        long at = descriptor(index);
        memory.set(JAVA_LONG, at + Desc.ADDR, address);
        memory.set(JAVA_INT, at + Desc.LEN, length);
        memory.set(JAVA_INT, at + Desc.OPTIONS, 0);
    }

    private long descriptor(int index) {
        return elementsAt + (index & mask) * Desc.SIZE;
    }
}
