package io.github.geneve4j.simulator.topology;

import io.github.geneve4j.config.Scalars;
import io.github.geneve4j.config.Section;
import io.github.geneve4j.simulator.fault.WireFaults;
import org.jspecify.annotations.Nullable;

/** Reads {@code faults}: of both directions, and then what differs in one. */
final class FaultReader {
    private WireFaults towardsTargets = WireFaults.NONE;
    private WireFaults fromTargets = WireFaults.NONE;

    FaultReader(@Nullable Section section) {
        if (section != null) {
            WireFaults both = faults(section, WireFaults.NONE);
            Section to = section.section("to-targets");
            Section from = section.section("from-targets");
            section.end();
            towardsTargets = direction(to, both);
            fromTargets = direction(from, both);
        }
    }

    WireFaults towardsTargets() {
        return towardsTargets;
    }

    WireFaults fromTargets() {
        return fromTargets;
    }

    private static WireFaults direction(@Nullable Section section, WireFaults otherwise) {
        if (section == null) {
            return otherwise;
        }
        WireFaults faults = faults(section, otherwise);
        section.end();
        return faults;
    }

    private static WireFaults faults(Section section, WireFaults otherwise) {
        return new WireFaults(
                section.optional("loss", Scalars.chance(), otherwise.loss()),
                section.optional("duplication", Scalars.chance(), otherwise.duplication()),
                section.optional("corruption", Scalars.chance(), otherwise.corruption()),
                section.optional("reordering", Scalars.chance(), otherwise.reordering()),
                section.optional(
                        "reordering-delay",
                        Scalars.nanos(WireFaults.LONGEST_NANOS),
                        otherwise.reorderNanos()),
                section.optional(
                        "delay", Scalars.nanos(WireFaults.LONGEST_NANOS), otherwise.delayNanos()),
                section.optional(
                        "jitter",
                        Scalars.nanos(WireFaults.LONGEST_NANOS),
                        otherwise.jitterNanos()));
    }
}
