package io.github.geneve4j.simulator;

/** Checks of what callers pass in. A wrong number is a programmer's mistake. */
final class Ranges {
    private Ranges() {}

    /** {@return the value, if it is from {@code min} to {@code max}} */
    static int within(String what, int value, int min, int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(what + " " + value + ": not " + min + " to " + max);
        }
        return value;
    }
}
