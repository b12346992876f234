package io.github.geneve4j.appliance.policy;

/**
 * Numbers from one to another: ports, or IP protocols.
 *
 * @param first 0 to 65535
 * @param last {@code first} to 65535, included
 */
public record Range(int first, int last) {
    private static final int MAX = 0xffff;

    /** Checks the bounds. */
    public Range {
        if (first < 0 || last > MAX || first > last) {
            throw new IllegalArgumentException(
                    "range " + first + "-" + last + ": not from 0 to " + MAX + " in order");
        }
    }

    /**
     * {@return whether the number is one of them}
     *
     * @param number any
     */
    public boolean contains(int number) {
        return number >= first && number <= last;
    }

    /**
     * {@return whether all of the other are among these}
     *
     * @param other a range
     */
    public boolean contains(Range other) {
        return contains(other.first) && contains(other.last);
    }

    /** {@return {@code 80} or {@code 8000-8099}} */
    @Override
    public String toString() {
        return first == last ? Integer.toString(first) : first + "-" + last;
    }
}
