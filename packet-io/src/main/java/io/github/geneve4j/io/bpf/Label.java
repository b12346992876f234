package io.github.geneve4j.io.bpf;

/** A place in a program that jumps name before or after it is known where it is. */
public final class Label {
    static final int UNBOUND = -1;

    final Assembler owner;
    final String name;
    int slot = UNBOUND;

    Label(Assembler owner, String name) {
        this.owner = owner;
        this.name = name;
    }

    /** {@return the name that listings and exceptions give it} */
    @Override
    public String toString() {
        return name;
    }
}
