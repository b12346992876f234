package io.github.geneve4j.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.flow.FlowScope;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;

/** Every range at its limits, and just outside. */
class SettingsTest {
    private static final TargetGroupSettings GROUP = TargetGroupSettings.DEFAULT;
    private static final HealthCheck CHECK = HealthCheck.DEFAULT;

    private static void takes(int least, int greatest, IntConsumer setter) {
        for (int value : new int[] {least, least + 1, greatest - 1, greatest}) {
            assertThatCode(() -> setter.accept(value)).doesNotThrowAnyException();
        }
        for (int value : new int[] {least - 1, greatest + 1}) {
            assertThatThrownBy(() -> setter.accept(value))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(String.valueOf(value));
        }
    }

    @Test
    void ranges() {
        takes(60, 6000, GROUP::withTcpIdleSeconds);
        takes(1, 6000, GROUP::withClosedSeconds);
        takes(0, 3600, GROUP::withDeregistrationDelaySeconds);
        takes(5, 300, v -> CHECK.every(v, 2));
        takes(2, 120, v -> CHECK.every(300, v));
        takes(2, 10, v -> CHECK.thresholds(v, 2));
        takes(2, 10, v -> CHECK.thresholds(2, v));
        takes(1, 16, CHECK::probers);
        takes(200, 399, v -> CHECK.passing(v, 399));
        takes(200, 399, v -> CHECK.passing(200, v));
        takes(1, 65_535, v -> CHECK.asking(HealthProtocol.HTTP, v, "/"));
        takes(1280, 65_000, v -> GwlbSimulator.builder().mtu(v));
        takes(1, 1 << 22, v -> GwlbSimulator.builder().flowCapacity(v));
        takes(1, 65_535, v -> GwlbSimulator.builder().sourcePorts(v, 1));
        takes(1, 5536, v -> GwlbSimulator.builder().sourcePorts(60_000, v));
    }

    @Test
    void theTimeoutOfAProbeIsNotLongerThanTheInterval() {
        assertThatThrownBy(() -> CHECK.every(10, 11)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> CHECK.asking(HealthProtocol.HTTP, 80, "health"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("health");
    }

    @Test
    void attributesThatDoNotGoTogether() {
        TargetGroupSettings three = GROUP.withStickiness(FlowScope.THREE_TUPLE);
        assertThatThrownBy(() -> three.withTcpIdleSeconds(351))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> three.withTcpResets(TcpResets.ALL))
                .isInstanceOf(IllegalArgumentException.class);
        TargetGroupSettings moving = GROUP.withFailover(TargetFailover.REBALANCE);
        assertThatThrownBy(() -> moving.withTcpResets(new TcpResets(true, false, false)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> moving.withTcpResets(new TcpResets(false, true, false)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(moving.withTcpResets(new TcpResets(false, false, true)).failover())
                .isEqualTo(TargetFailover.REBALANCE);
    }

    @Test
    void theBuilderRefusesWhatCannotWork() {
        assertThatThrownBy(() -> GwlbSimulator.builder().build(0))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> GwlbSimulator.builder().node("a", 1).build(0))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> GwlbSimulator.builder().node("a", 1).node("a", 2))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> GwlbSimulator.builder().node("a", 1).node("b", 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0.0.0.1");
    }
}
