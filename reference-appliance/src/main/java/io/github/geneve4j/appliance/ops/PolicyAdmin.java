package io.github.geneve4j.appliance.ops;

import java.util.List;

/** What an operator may ask of a running policy; any thread. */
public interface PolicyAdmin {
    /** {@return a line about the policy that holds} */
    String describe();

    /** {@return what came of reading the policy again, which this does} */
    Reload reload();

    /**
     * What came of reading a policy again.
     *
     * @param replaced whether the policy was replaced; if not, the old one holds
     * @param lines tell so, one of them for each mistake
     */
    record Reload(boolean replaced, List<String> lines) {
        /** Keeps the lines as they are. */
        public Reload {
            lines = List.copyOf(lines);
        }
    }
}
