package io.github.geneve4j.appliance.track;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowHash;
import io.github.geneve4j.flow.FlowTable;
import org.jspecify.annotations.Nullable;

/**
 * Holds each endpoint, and each address that begins flows there, to a number of flows: those that
 * are in the table, however they end. Without a limit nothing is counted.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one.
 */
final class FlowLimits {
    private final FlowHash hash;
    private final int flowsPerEndpoint;
    private final int flowsPerSource;
    private final @Nullable FlowCounts endpoints;
    private final @Nullable FlowCounts sources;
    private final FiveTuple ended = new FiveTuple();

    /** Counts nothing yet. */
    FlowLimits(TrackerBuilder settings) {
        this.hash = settings.hash;
        this.flowsPerEndpoint = settings.flowsPerEndpoint;
        this.flowsPerSource = settings.flowsPerSource;
        this.endpoints =
                flowsPerEndpoint == 0
                        ? null
                        : new FlowCounts(Math.min(settings.endpoints, settings.capacity));
        this.sources = flowsPerSource == 0 ? null : new FlowCounts(settings.capacity);
    }

    /**
     * {@return which limit a flow would exceed that a packet begins, or {@link Refusal#NONE}}
     *
     * @param bySender whether its sender counts as the beginner, or its receiver
     */
    Refusal refusal(FiveTuple tuple, long endpointId, boolean bySender) {
        if (endpoints != null) {
            long key = endpointKey(endpointId);
            if (!endpoints.hasRoom(key) || endpoints.count(key) >= flowsPerEndpoint) {
                return Refusal.ENDPOINT_FLOWS;
            }
        }
        if (sources != null
                && sources.count(sourceKey(tuple, endpointId, bySender)) >= flowsPerSource) {
            return Refusal.SOURCE_FLOWS;
        }
        return Refusal.NONE;
    }

    /** Counts a flow that no limit refused. */
    void add(FiveTuple tuple, long endpointId, boolean bySender) {
        if (endpoints != null) {
            endpoints.add(endpointKey(endpointId));
        }
        if (sources != null) {
            sources.add(sourceKey(tuple, endpointId, bySender));
        }
    }

    /** Forgets a flow that was counted, while it is in the table still. */
    void subtract(FlowTable table, int flow) {
        long endpointId = table.endpointId(flow);
        if (endpoints != null) {
            endpoints.subtract(endpointKey(endpointId));
        }
        if (sources != null) {
            sources.subtract(sourceKey(table.read(flow, ended), endpointId, true));
        }
    }

    /** {@return how many flows an endpoint has; 0 without a limit} */
    int flowsOfEndpoint(long endpointId) {
        return endpoints == null ? 0 : endpoints.count(endpointKey(endpointId));
    }

    /** {@return how many flows the source of a packet has begun; 0 without a limit} */
    int flowsOfSource(FiveTuple tuple, long endpointId) {
        return sources == null ? 0 : sources.count(sourceKey(tuple, endpointId, true));
    }

    private long endpointKey(long id) {
        return hash.mix(id, flowsPerEndpoint);
    }

    private long sourceKey(FiveTuple tuple, long id, boolean ofSource) {
        long high = ofSource ? tuple.sourceHigh() : tuple.destinationHigh();
        long low = ofSource ? tuple.sourceLow() : tuple.destinationLow();
        return hash.mix(hash.mix(high, low), id);
    }
}
