package io.github.geneve4j.appliance;

import java.util.List;

/**
 * Several inspectors as one: each sees the packet until one of them does not let it pass.
 *
 * <p>The first verdict that is neither {@link Verdict#PASS} nor {@link Verdict#REWRITE} is the
 * chain's. After a {@code REWRITE} the next inspectors see the mended packet: its lengths, its
 * checksums, its flow as they are now. A packet that was rewritten and has become too long is shown
 * to nobody else, since it will not be sent.
 *
 * <p>If an inspector fails, so does the chain; see {@link FailureMode}.
 */
public final class InspectorChain implements Inspector {
    private final Inspector[] inspectors;

    /**
     * Creates a chain.
     *
     * @param inspectors in the order in which they see packets; none passes everything
     */
    public InspectorChain(List<? extends Inspector> inspectors) {
        this.inspectors = inspectors.toArray(Inspector[]::new);
        for (Inspector inspector : this.inspectors) {
            if (inspector == null) {
                throw new NullPointerException("an inspector is null");
            }
        }
    }

    /**
     * Creates a chain.
     *
     * @param inspectors in the order in which they see packets; none passes everything
     */
    public InspectorChain(Inspector... inspectors) {
        this(List.of(inspectors));
    }

    @Override
    public void onIdle(long nowNs) {
        tellIdle(0, nowNs);
    }

    /** Tells all from one on, also those behind one that throws: their flows end by the clock. */
    private void tellIdle(int first, long nowNs) {
        if (first < inspectors.length) {
            try {
                inspectors[first].onIdle(nowNs);
            } finally {
                tellIdle(first + 1, nowNs);
            }
        }
    }

    @Override
    public void onUnjudged(long nowNs, int packets) {
        tellUnjudged(0, nowNs, packets);
    }

    /** Tells all from one on, also those behind one that throws: each has flows of its own. */
    private void tellUnjudged(int first, long nowNs, int packets) {
        if (first < inspectors.length) {
            try {
                inspectors[first].onUnjudged(nowNs, packets);
            } finally {
                tellUnjudged(first + 1, nowNs, packets);
            }
        }
    }

    @Override
    public void onAhead(int flowCookie) {
        for (Inspector inspector : inspectors) {
            inspector.onAhead(flowCookie);
        }
    }

    @Override
    public Verdict inspect(InspectedPacket packet) {
        Verdict sofar = Verdict.PASS;
        for (Inspector inspector : inspectors) {
            Verdict verdict = inspector.inspect(packet);
            switch (verdict) {
                case PASS -> packet.checkNotChanging();
                case REWRITE -> {
                    sofar = verdict;
                    if (packet.isTooLong()) {
                        return verdict;
                    }
                    packet.mend();
                }
                case DROP, REJECT, REJECT_BOTH_ENDS -> {
                    return verdict;
                }
            }
        }
        return sofar;
    }
}
