package io.github.geneve4j.appliance.inspect;

import io.github.geneve4j.appliance.InspectedPacket;
import io.github.geneve4j.appliance.Inspector;
import io.github.geneve4j.appliance.Verdict;

/**
 * Lowers the maximum segment size that TCP connections announce as they begin, in both directions,
 * for networks behind the load balancer that take less than it does. Everything passes.
 */
public final class SegmentSizeClamp implements Inspector {
    private static final int MAX = 0xffff;

    private final int most;

    /**
     * Creates an inspector.
     *
     * @param most bytes of TCP payload that may be announced, 1 to 65535
     * @throws IllegalArgumentException if it is out of its range
     */
    public SegmentSizeClamp(int most) {
        if (most < 1 || most > MAX) {
            throw new IllegalArgumentException("segment size " + most + ": not 1 to " + MAX);
        }
        this.most = most;
    }

    @Override
    public Verdict inspect(InspectedPacket packet) {
        return packet.clampSegmentSize(most) ? Verdict.REWRITE : Verdict.PASS;
    }
}
