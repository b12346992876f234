package io.github.geneve4j.simulator;

import io.github.geneve4j.gwlb.EndpointId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Who offers the load balancer to other networks, and decides whose endpoints it accepts. */
public final class EndpointService {
    private final GwlbSimulator simulator;
    private final String name;
    private final boolean acceptanceRequired;
    private final List<Endpoint> endpoints = new ArrayList<>();

    EndpointService(GwlbSimulator simulator, String name, boolean acceptanceRequired) {
        this.simulator = simulator;
        this.name = name;
        this.acceptanceRequired = acceptanceRequired;
    }

    /** {@return the name that it was given} */
    public String name() {
        return name;
    }

    /** {@return whether an endpoint waits for {@link #accept}} */
    public boolean isAcceptanceRequired() {
        return acceptanceRequired;
    }

    /** {@return the endpoints in the order of their creation, deleted ones included} */
    public List<Endpoint> endpoints() {
        return Collections.unmodifiableList(endpoints);
    }

    /**
     * Creates an endpoint whose attachment id is 0; see {@link #createEndpoint(EndpointId, String,
     * long, long)}.
     *
     * @param id of no other endpoint of the simulator that is not deleted
     * @param zone of one of the simulator's nodes
     * @param nowNanos the time
     * @return the endpoint
     * @throws IllegalArgumentException if the id is in use, or the zone has no node
     */
    public Endpoint createEndpoint(EndpointId id, String zone, long nowNanos) {
        return createEndpoint(id, zone, 0, nowNanos);
    }

    /**
     * Creates an endpoint: {@link EndpointState#AVAILABLE} at once, or {@link
     * EndpointState#PENDING_ACCEPTANCE} if acceptance is required.
     *
     * @param id of no other endpoint of the simulator that is not deleted
     * @param zone of one of the simulator's nodes
     * @param attachmentId 64 bits that stand in its packets; AWS was never seen to send but 0
     * @param nowNanos the time
     * @return the endpoint
     * @throws IllegalArgumentException if the id is in use, or the zone has no node
     */
    public Endpoint createEndpoint(EndpointId id, String zone, long attachmentId, long nowNanos) {
        Endpoint endpoint =
                simulator.createEndpoint(
                        this,
                        id,
                        zone,
                        attachmentId,
                        acceptanceRequired
                                ? EndpointState.PENDING_ACCEPTANCE
                                : EndpointState.AVAILABLE,
                        nowNanos);
        endpoints.add(endpoint);
        return endpoint;
    }

    /**
     * Lets an endpoint take packets.
     *
     * @param endpoint of this service, pending or rejected
     * @param nowNanos the time
     * @throws IllegalStateException if it is neither
     */
    public void accept(Endpoint endpoint, long nowNanos) {
        checkOwn(endpoint);
        checkState(
                endpoint,
                endpoint.state == EndpointState.PENDING_ACCEPTANCE
                        || endpoint.state == EndpointState.REJECTED,
                "accepted");
        simulator.changeEndpoint(endpoint, EndpointState.AVAILABLE, nowNanos);
    }

    /**
     * Refuses an endpoint; if it was available, its flows end.
     *
     * @param endpoint of this service, pending or available
     * @param nowNanos the time
     * @throws IllegalStateException if it is neither
     */
    public void reject(Endpoint endpoint, long nowNanos) {
        checkOwn(endpoint);
        checkState(
                endpoint,
                endpoint.state == EndpointState.PENDING_ACCEPTANCE
                        || endpoint.state == EndpointState.AVAILABLE,
                "rejected");
        simulator.changeEndpoint(endpoint, EndpointState.REJECTED, nowNanos);
    }

    /**
     * Ends an endpoint and its flows.
     *
     * @param endpoint of this service, not deleted
     * @param nowNanos the time
     * @throws IllegalStateException if it is deleted already
     */
    public void delete(Endpoint endpoint, long nowNanos) {
        checkOwn(endpoint);
        checkState(endpoint, endpoint.state != EndpointState.DELETED, "deleted");
        simulator.changeEndpoint(endpoint, EndpointState.DELETED, nowNanos);
    }

    /** {@return the name} */
    @Override
    public String toString() {
        return name;
    }

    private void checkOwn(Endpoint endpoint) {
        if (endpoint.service() != this) {
            throw new IllegalArgumentException(
                    "endpoint " + endpoint + ": of service " + endpoint.service());
        }
    }

    private static void checkState(Endpoint endpoint, boolean may, String verb) {
        if (!may) {
            throw new IllegalStateException(
                    "endpoint "
                            + endpoint
                            + ": cannot be "
                            + verb
                            + " while "
                            + endpoint.state.label());
        }
    }
}
