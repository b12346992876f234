package io.github.geneve4j.simulator.fault;

/**
 * How often each fault befalls a datagram, in one direction. A chance is a number from 0 to 1.
 *
 * @param loss chance that it is lost
 * @param duplication chance that it arrives twice
 * @param corruption chance that one of its bits is turned over
 * @param reordering chance that it waits for {@code reorderNanos}, so that others overtake it
 * @param reorderNanos how long, 0 to {@link #LONGEST_NANOS}
 * @param delayNanos the least time that it takes, 0 to {@link #LONGEST_NANOS}
 * @param jitterNanos how much longer it may take, 0 to {@link #LONGEST_NANOS}; each time as likely
 *     as the other. Datagrams may overtake each other then
 */
public record WireFaults(
        double loss,
        double duplication,
        double corruption,
        double reordering,
        long reorderNanos,
        long delayNanos,
        long jitterNanos) {

    /** The longest that a datagram is made to wait for one reason, in nanoseconds: ten minutes. */
    public static final long LONGEST_NANOS = 600_000_000_000L;

    /** How long a reordered datagram waits unless told otherwise, in nanoseconds: 1 ms. */
    public static final long USUAL_REORDER_NANOS = 1_000_000;

    /** None at all. */
    public static final WireFaults NONE = new WireFaults(0, 0, 0, 0, USUAL_REORDER_NANOS, 0, 0);

    /** Checks the ranges. */
    public WireFaults {
        chance("loss", loss);
        chance("duplication", duplication);
        chance("corruption", corruption);
        chance("reordering", reordering);
        duration("reorderNanos", reorderNanos);
        duration("delayNanos", delayNanos);
        duration("jitterNanos", jitterNanos);
    }

    /**
     * {@return these faults with another chance of loss}
     *
     * @param chance 0 to 1
     */
    public WireFaults withLoss(double chance) {
        return new WireFaults(
                chance, duplication, corruption, reordering, reorderNanos, delayNanos, jitterNanos);
    }

    /**
     * {@return these faults with another chance of duplication}
     *
     * @param chance 0 to 1
     */
    public WireFaults withDuplication(double chance) {
        return new WireFaults(
                loss, chance, corruption, reordering, reorderNanos, delayNanos, jitterNanos);
    }

    /**
     * {@return these faults with another chance of corruption}
     *
     * @param chance 0 to 1
     */
    public WireFaults withCorruption(double chance) {
        return new WireFaults(
                loss, duplication, chance, reordering, reorderNanos, delayNanos, jitterNanos);
    }

    /**
     * {@return these faults with another chance of reordering}
     *
     * @param chance 0 to 1
     * @param nanos how long such a datagram waits
     */
    public WireFaults withReordering(double chance, long nanos) {
        return new WireFaults(
                loss, duplication, corruption, chance, nanos, delayNanos, jitterNanos);
    }

    /**
     * {@return these faults with another delay and jitter}
     *
     * @param delay least time in nanoseconds
     * @param jitter how much longer it may take, in nanoseconds
     */
    public WireFaults withDelay(long delay, long jitter) {
        return new WireFaults(
                loss, duplication, corruption, reordering, reorderNanos, delay, jitter);
    }

    private static void chance(String what, double chance) {
        if (!(chance >= 0 && chance <= 1)) {
            throw new IllegalArgumentException(what + " " + chance + ": not 0 to 1");
        }
    }

    private static void duration(String what, long nanos) {
        if (nanos < 0 || nanos > LONGEST_NANOS) {
            throw new IllegalArgumentException(what + " " + nanos + ": not 0 to " + LONGEST_NANOS);
        }
    }
}
