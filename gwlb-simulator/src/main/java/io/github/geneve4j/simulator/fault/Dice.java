package io.github.geneve4j.simulator.fault;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.SplittableRandom;

/**
 * What befalls the next datagram of one way. Every datagram takes as many random numbers, whatever
 * befalls it.
 */
final class Dice {
    final ByteBuf scratch = Unpooled.buffer(); // for a corrupted datagram
    WireFaults faults;

    // The last roll
    boolean lost;
    boolean duplicated;
    boolean corrupted;
    int corruptedBit;
    boolean reordered;
    long delayNanos;

    private final SplittableRandom random;

    Dice(long seed, WireFaults faults) {
        this.random = new SplittableRandom(seed);
        this.faults = faults;
    }

    /** Rolls for a datagram of a length in bytes. */
    void roll(int length) {
        lost = random.nextDouble() < faults.loss();
        duplicated = random.nextDouble() < faults.duplication();
        corrupted = random.nextDouble() < faults.corruption() && length > 0;
        corruptedBit = (int) (random.nextDouble() * length * Byte.SIZE);
        reordered = random.nextDouble() < faults.reordering() && faults.reorderNanos() > 0;
        long jitter = (long) (random.nextDouble() * (faults.jitterNanos() + 1));
        delayNanos = faults.delayNanos() + jitter + (reordered ? faults.reorderNanos() : 0);
    }
}
