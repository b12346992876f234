package io.github.geneve4j.simulator.conform;

/**
 * Whether a series of probes was answered without a break: where there was silence, and for how
 * long nothing has been missing since. One lost packet is no silence, two in a row are.
 */
final class Continuity {
    private static final int FEWEST_MISSING = 2;

    private int probes;
    private int missing; // in a row, the last ones
    private long missingSince;
    private long answeredSince;
    private long lastAnswered;
    private long longest;

    /**
     * Creates one, to be told of every probe.
     *
     * @param nanos when the series began, answered up to then; by {@link System#nanoTime()}
     */
    Continuity(long nanos) {
        answeredSince = nanos;
        lastAnswered = nanos;
    }

    /**
     * Takes the next probe, in the order in which they were sent.
     *
     * @param sentAt when
     * @param answered whether there was a reply in time
     */
    void add(long sentAt, boolean answered) {
        probes++;
        if (!answered) {
            if (missing++ == 0) {
                missingSince = sentAt;
            }
            return;
        }
        if (isSilent()) {
            longest = Math.max(longest, sentAt - missingSince);
            answeredSince = sentAt;
        }
        missing = 0;
        lastAnswered = sentAt;
    }

    /** {@return how many probes there were} */
    int probes() {
        return probes;
    }

    /** {@return whether there is silence now} */
    boolean isSilent() {
        return missing >= FEWEST_MISSING;
    }

    /** {@return when the silence of now began} */
    long silentSince() {
        return missingSince;
    }

    /** {@return whether there was a silence that ended} */
    boolean wasSilent() {
        return longest > 0;
    }

    /** {@return nanoseconds of the longest silence that ended, 0 if there was none} */
    long longestSilence() {
        return longest;
    }

    /** {@return when the first probe was sent after the last silence, or when the series began} */
    long answeredSince() {
        return answeredSince;
    }

    /**
     * {@return whether all was answered, from some time on}
     *
     * @param since from when on at the earliest
     * @param nanos for how long
     */
    boolean isCalm(long since, long nanos) {
        long later = answeredSince - since > 0 ? answeredSince : since;
        return !isSilent() && lastAnswered - later >= nanos;
    }
}
