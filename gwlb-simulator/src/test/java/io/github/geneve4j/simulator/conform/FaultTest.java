package io.github.geneve4j.simulator.conform;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The appliances that the suite is tried on. */
class FaultTest {
    /** No check is one that nothing can fail. */
    @Test
    void everyCheckIsFailedByAFault() {
        Set<String> failed = new TreeSet<>();
        for (Fault fault : Fault.values()) {
            failed.addAll(fault.foundBy());
        }
        Set<String> all =
                ConformanceSuite.checks().stream()
                        .map(CheckInfo::name)
                        .collect(Collectors.toCollection(TreeSet::new));
        assertThat(failed).isEqualTo(all);
    }

    @Test
    void theirNumberIsTrueWhereItIsTold() {
        long wrong = Arrays.stream(Fault.values()).filter(f -> !f.foundBy().isEmpty()).count();
        Path page = Path.of(System.getProperty("geneve4j.root"), "docs/conformance.md");
        assertThat(page).content().contains("is tested: " + wrong + " appliances");
    }
}
