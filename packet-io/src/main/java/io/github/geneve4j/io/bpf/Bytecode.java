package io.github.geneve4j.io.bpf;

import java.util.SortedMap;

/** An assembled program: what the kernel takes, and what people read. */
public final class Bytecode {
    private final long[] slots;
    private final SortedMap<Integer, String> labels;

    Bytecode(long[] slots, SortedMap<Integer, String> labels) {
        this.slots = slots;
        this.labels = labels;
    }

    /** {@return the instructions, 64 bits each, as the kernel has them in memory} */
    public long[] slots() {
        return slots.clone();
    }

    /** {@return how many slots the instructions take: those with a 64-bit immediate take two} */
    public int size() {
        return slots.length;
    }

    /**
     * {@return the program one instruction a line, decoded from its bits, in the notation of the
     * kernel's verifier and with the same numbers, so that its complaints can be found here}
     */
    public String listing() {
        return Disassembler.listing(slots, labels);
    }

    @Override
    public String toString() {
        return listing();
    }
}
