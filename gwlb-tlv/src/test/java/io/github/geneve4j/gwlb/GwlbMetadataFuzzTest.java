package io.github.geneve4j.gwlb;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.geneve4j.testkit.BufferKind;

/**
 * Any bytes behind a UDP header: read as the slow reader reads them, shown without an exception.
 * The normal build replays the seeds; {@code JAZZER_FUZZ=1} explores.
 */
class GwlbMetadataFuzzTest {
    private final MetadataOracle oracle = new MetadataOracle();

    @FuzzTest(maxDuration = "5m")
    void readsAnyBytes(byte[] packet) {
        oracle.check(packet, BufferKind.HEAP);
        oracle.check(packet, BufferKind.DIRECT_AT_OFFSET);
    }
}
