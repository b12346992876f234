package io.github.geneve4j.simulator.topology;

import io.github.geneve4j.gwlb.EndpointId;

/**
 * An endpoint, and what its two sides are on this host.
 *
 * @param id of no other
 * @param service that it belongs to
 * @param zone whose node carries its packets
 * @param attachmentId 64 bits that stand in its packets, 0 unless told otherwise
 * @param accepted whether it is accepted at once, where that is required
 * @param inside where its workloads are
 * @param outside where the rest of the world is
 */
public record EndpointSpec(
        EndpointId id,
        String service,
        String zone,
        long attachmentId,
        boolean accepted,
        SideSpec inside,
        SideSpec outside) {}
