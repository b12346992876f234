package io.github.geneve4j.gwlb;

/** Checks of ranges that a caller names: a wrong one is a programmer's mistake. */
final class Ranges {
    private Ranges() {}

    /** Refuses a number that is not {@code min} to {@code max}. */
    static void check(String name, int value, int min, int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(name + " " + value + ": not " + min + " to " + max);
        }
    }
}
