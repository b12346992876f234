package io.github.geneve4j.appliance.inspect;

import io.github.geneve4j.appliance.InspectedPacket;
import io.github.geneve4j.appliance.Inspector;
import io.github.geneve4j.appliance.Verdict;

/** Passes every packet: a plain hairpin. */
public final class AllowAll implements Inspector {
    /** Creates an inspector without state. */
    public AllowAll() {}

    @Override
    public Verdict inspect(InspectedPacket packet) {
        return Verdict.PASS;
    }
}
