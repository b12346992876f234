package io.github.geneve4j.geneve.tunnel;

/** X. */
public final class Ecn {
    private Ecn() {}
}
