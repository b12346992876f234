package io.github.geneve4j.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.gwlb.EndpointId;
import io.github.geneve4j.simulator.SimulatorEvent.FlowEnded;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class EndpointServiceTest {
    private final Rig rig = Rig.healthy();
    private final EndpointService careful = rig.lb.service("careful", true);

    private DropReason refused(Endpoint endpoint) {
        int before = rig.sent.size();
        rig.offer(endpoint, Side.INSIDE, Rig.udp(1), 0);
        assertThat(rig.sent).hasSize(before);
        return rig.lastDrop();
    }

    @Test
    void anEndpointWaitsUntilItIsAccepted() {
        Endpoint endpoint = careful.createEndpoint(new EndpointId(1), "zone-a", 0);
        assertThat(endpoint.state()).isEqualTo(EndpointState.PENDING_ACCEPTANCE);
        assertThat(endpoint.zone()).isEqualTo("zone-a");
        assertThat(careful.isAcceptanceRequired()).isTrue();
        assertThat(rig.service.isAcceptanceRequired()).isFalse();
        assertThat(rig.lb.services()).containsExactly(rig.service, careful);
        assertThat(refused(endpoint)).isEqualTo(DropReason.ENDPOINT_NOT_AVAILABLE);
        careful.accept(endpoint, 0);
        assertThat(rig.lastEvent()).isEqualTo("endpoint vpce-00000000000000001 available");
        rig.in(endpoint, Side.INSIDE, Rig.udp(1), 0);
    }

    @Test
    void aRejectedEndpointCanBeAcceptedLater() {
        Endpoint endpoint = careful.createEndpoint(new EndpointId(1), "zone-a", 0);
        careful.reject(endpoint, 0);
        assertThat(refused(endpoint)).isEqualTo(DropReason.ENDPOINT_NOT_AVAILABLE);
        careful.accept(endpoint, 0);
        rig.in(endpoint, Side.INSIDE, Rig.udp(1), 0);
        careful.reject(endpoint, 0);
        assertThat(refused(endpoint)).isEqualTo(DropReason.ENDPOINT_NOT_AVAILABLE);
        assertThat(rig.events(FlowEnded.class).getLast().reason())
                .isEqualTo(FlowEndReason.ENDPOINT_GONE);
    }

    @Test
    void withADeletedEndpointGoItsFlows() {
        Rig.Sent first = rig.in(Side.INSIDE, Rig.udp(1), 0);
        Rig.Sent other = rig.in(rig.b, Side.INSIDE, Rig.udp(1), 0);
        rig.service.delete(rig.a, 0);
        assertThat(rig.lb.flows(10)).hasSize(1);
        assertThat(rig.accepts(first, 0)).isFalse();
        assertThat(rig.lastDrop()).isEqualTo(DropReason.WRONG_ENDPOINT_ID);
        assertThat(rig.accepts(other, 0)).isTrue();
        Endpoint again = rig.service.createEndpoint(rig.a.id(), "zone-a", 0);
        assertThat(rig.accepts(first, 0)).isFalse();
        assertThat(rig.lastDrop()).isEqualTo(DropReason.REPLY_WITHOUT_FLOW);
        rig.in(again, Side.INSIDE, Rig.udp(1), 0);
        assertThat(rig.lb.endpoints()).hasSize(3);
        assertThat(rig.service.endpoints()).hasSize(3);
    }

    @Test
    void networksWithTheSameAddressesAreKeptApart() {
        rig.lb.deregister(rig.target("fw-3"), 0);
        Endpoint twin = rig.service.createEndpoint(new EndpointId(0xaa), "zone-a", 0);
        Rig.Sent one = rig.in(rig.a, Side.INSIDE, Rig.udp(1), 0);
        Rig.Sent two = rig.in(twin, Side.INSIDE, Rig.udp(1), 0);
        assertThat(one.cookie()).isNotEqualTo(two.cookie());
        assertThat(rig.accepts(one, 0)).isTrue();
        assertThat(rig.left.getLast().endpoint()).isSameAs(rig.a);
        assertThat(rig.accepts(two, 0)).isTrue();
        assertThat(rig.left.getLast().endpoint()).isSameAs(twin);
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        Endpoint endpoint = careful.createEndpoint(new EndpointId(1), "zone-a", 0);
        careful.accept(endpoint, 0);
        assertThatThrownBy(() -> careful.accept(endpoint, 0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("available");
        careful.delete(endpoint, 0);
        assertThatThrownBy(() -> careful.delete(endpoint, 0))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> careful.accept(endpoint, 0))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> careful.reject(endpoint, 0))
                .isInstanceOf(IllegalStateException.class);
        for (var call :
                List.<ThrowingCallable>of(
                        () -> careful.accept(rig.a, 0),
                        () -> careful.reject(rig.a, 0),
                        () -> careful.delete(rig.a, 0))) {
            assertThatThrownBy(call)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("of service svc");
        }
        assertThat(rig.a.state()).isEqualTo(EndpointState.AVAILABLE);
        assertThatThrownBy(() -> careful.createEndpoint(new EndpointId(0xa), "zone-a", 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("vpce-0000000000000000a");
        assertThatThrownBy(() -> careful.createEndpoint(new EndpointId(9), "zone-z", 0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> rig.lb.service("careful", true))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
