package io.github.geneve4j.simulator.conform;

import java.util.ArrayList;
import java.util.List;

/**
 * Bytes that show why a check failed: what should have been there, and what was.
 *
 * @param what which bytes of which packet these are
 * @param expected as they should have been; empty if there should have been nothing
 * @param observed as they were on the wire; empty if there was nothing
 */
@SuppressWarnings("ArrayRecordComponent") // shown, never compared
public record Evidence(String what, byte[] expected, byte[] observed) {
    private static final byte[] NOTHING = {};
    private static final String UNANSWERED = "sent, and not answered";

    /**
     * A run of bytes that differ.
     *
     * @param offset of the first
     * @param length 1 or more; also where only one side has bytes
     */
    public record Difference(int offset, int length) {}

    /** {@return bytes that were sent and should have had an answer} */
    static Evidence unanswered(byte[] sent) {
        return new Evidence(UNANSWERED, sent, NOTHING);
    }

    /** {@return bytes that should not have been there at all} */
    static Evidence unwanted(String what, byte[] observed) {
        return new Evidence(what, NOTHING, observed);
    }

    /** {@return whether it shows what had no answer} */
    boolean isOfSilence() {
        return what.equals(UNANSWERED);
    }

    /** {@return where the two differ, in ascending order} */
    public List<Difference> differences() {
        List<Difference> differences = new ArrayList<>();
        int longer = Math.max(expected.length, observed.length);
        int start = -1;
        for (int at = 0; at <= longer; at++) {
            boolean differs = at < longer && differsAt(at);
            if (differs && start < 0) {
                start = at;
            } else if (!differs && start >= 0) {
                differences.add(new Difference(start, at - start));
                start = -1;
            }
        }
        return differences;
    }

    boolean differsAt(int at) {
        return at >= expected.length || at >= observed.length || expected[at] != observed[at];
    }
}
