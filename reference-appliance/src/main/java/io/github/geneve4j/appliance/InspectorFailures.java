package io.github.geneve4j.appliance;

/** What an inspector throws, and what the JVM throws while one runs. */
public final class InspectorFailures {
    private InspectorFailures() {}

    /**
     * Throws what says that the JVM cannot go on, as if out of memory; does nothing about what is a
     * failure of the inspector alone, as its stack's overflow is.
     *
     * @param thrown while an inspector ran
     */
    public static void throwIfFatal(Throwable thrown) {
        if (thrown instanceof VirtualMachineError fatal
                && !(thrown instanceof StackOverflowError)) {
            throw fatal;
        }
    }
}
