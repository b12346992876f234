package io.github.geneve4j.simulator;

import io.github.geneve4j.gwlb.EndpointId;

/** A place where packets leave a network for the load balancer, and come back to it. */
public final class Endpoint {
    final Node node;
    EndpointState state;

    private final EndpointService service;
    private final EndpointId id;
    private final long attachmentId;

    Endpoint(
            EndpointService service,
            EndpointId id,
            Node node,
            long attachmentId,
            EndpointState state) {
        this.service = service;
        this.id = id;
        this.node = node;
        this.attachmentId = attachmentId;
        this.state = state;
    }

    /** {@return what stands in the packets that enter here} */
    public EndpointId id() {
        return id;
    }

    /** {@return the attachment id in those packets, 0 unless told otherwise} */
    public long attachmentId() {
        return attachmentId;
    }

    /** {@return the zone, whose node sends this endpoint's packets to targets} */
    public String zone() {
        return node.zone();
    }

    /** {@return the service that it was created for} */
    public EndpointService service() {
        return service;
    }

    /** {@return whether it takes packets now} */
    public EndpointState state() {
        return state;
    }

    /** {@return the text of its id} */
    @Override
    public String toString() {
        return id.toString();
    }
}
