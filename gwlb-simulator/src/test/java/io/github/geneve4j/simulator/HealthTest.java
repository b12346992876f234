package io.github.geneve4j.simulator;

import static io.github.geneve4j.simulator.Rig.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.simulator.SimulatorEvent.TargetChanged;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Probes, timeouts and thresholds, without a clock. */
class HealthTest {
    private static Rig rig(HealthCheck check) {
        return new Rig(TargetGroupSettings.DEFAULT.withHealthCheck(check));
    }

    private static List<Long> timesOf(Rig rig, Target target) {
        return java.util.stream.IntStream.range(0, rig.probes.size())
                .filter(i -> rig.probes.get(i).target() == target)
                .mapToObj(rig.probeTimes::get)
                .toList();
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 10, 300})
    void asksOnceAnInterval(int interval) {
        Rig rig = rig(HealthCheck.DEFAULT.every(interval, 2));
        rig.lb.advance(0);
        assertThat(rig.probes).hasSize(3);
        rig.lb.advance(interval * SECOND - 1);
        assertThat(rig.probes).hasSize(3);
        rig.lb.advance(interval * SECOND);
        assertThat(rig.probes).hasSize(6);
        rig.lb.advance(interval * SECOND + 1);
        assertThat(rig.probes).hasSize(6);
        assertThat(rig.probes).extracting(HealthProbe::number).doesNotHaveDuplicates();
    }

    @Test
    void spreadsProbersOverTheInterval() {
        Rig rig = rig(HealthCheck.DEFAULT.probers(4));
        rig.lb.advance(20 * SECOND - 1);
        assertThat(timesOf(rig, rig.target("fw-1")))
                .containsExactly(
                        0L,
                        2_500_000_000L,
                        5 * SECOND,
                        7_500_000_000L,
                        10 * SECOND,
                        12_500_000_000L,
                        15 * SECOND,
                        17_500_000_000L);
    }

    /** Whoever may send to a target asks it, its own zone's node first. */
    @ParameterizedTest
    @CsvSource({"false, 1", "false, 4", "true, 1", "true, 4"})
    void nodesAskTheTargetsThatTheyMayChoose(boolean crossZone, int probers) {
        Rig rig =
                new Rig(
                        TargetGroupSettings.DEFAULT
                                .withHealthCheck(HealthCheck.DEFAULT.probers(probers))
                                .withCrossZone(crossZone));
        rig.lb.advance(10 * SECOND - 1);
        assertThat(rig.probes).hasSize(3 * probers);
        for (HealthProbe probe : rig.probes) {
            boolean isInA = probe.target().zone().equals("zone-a");
            boolean isOther = crossZone && probe.prober() % 2 == 1;
            assertThat(probe.node()).isSameAs(isInA == isOther ? rig.nodeB : rig.nodeA);
        }
    }

    @Test
    void oneProbeMakesANewTargetHealthy() {
        Rig rig = rig(HealthCheck.DEFAULT);
        assertThat(rig.lb.counters().get(CloudWatchMetric.HEALTHY_HOST_COUNT)).isEqualTo(3);
        rig.answersProbes = false;
        Target target = rig.lb.register("fw-4", 4, "zone-b", SECOND);
        rig.lb.advance(SECOND);
        assertThat(target.state()).isEqualTo(TargetState.INITIAL);
        assertThat(rig.lb.counters().get(CloudWatchMetric.UNHEALTHY_HOST_COUNT)).isEqualTo(1);
        rig.lb.healthResult(rig.probes.getLast(), true, SECOND);
        assertThat(target.state()).isEqualTo(TargetState.HEALTHY);
        assertThat(rig.lb.counters().get(CloudWatchMetric.HEALTHY_HOST_COUNT)).isEqualTo(4);
        assertThat(rig.lb.counters().get(CloudWatchMetric.UNHEALTHY_HOST_COUNT)).isZero();
    }

    @ParameterizedTest
    @CsvSource({"2, 2", "3, 3", "5, 2", "10, 10"})
    void thresholdsCountAnswersInARow(int healthy, int unhealthy) {
        Rig rig = rig(HealthCheck.DEFAULT.thresholds(healthy, unhealthy));
        Target target = rig.target("fw-1");
        long now = 0;
        rig.lb.advance(now);
        rig.unwell.add(target);
        for (int i = 1; i < unhealthy; i++) {
            rig.lb.advance(now += 10 * SECOND);
        }
        assertThat(target.state()).isEqualTo(TargetState.HEALTHY);
        rig.unwell.remove(target); // one good answer begins the count again
        rig.lb.advance(now += 10 * SECOND);
        rig.unwell.add(target);
        for (int i = 1; i < unhealthy; i++) {
            rig.lb.advance(now += 10 * SECOND);
        }
        assertThat(target.state()).isEqualTo(TargetState.HEALTHY);
        rig.lb.advance(now += 10 * SECOND);
        assertThat(target.state()).isEqualTo(TargetState.UNHEALTHY);

        rig.unwell.remove(target);
        for (int i = 1; i < healthy; i++) {
            rig.lb.advance(now += 10 * SECOND);
        }
        assertThat(target.state()).isEqualTo(TargetState.UNHEALTHY);
        rig.unwell.add(target);
        rig.lb.advance(now += 10 * SECOND);
        rig.unwell.remove(target);
        for (int i = 1; i < healthy; i++) {
            rig.lb.advance(now += 10 * SECOND);
        }
        assertThat(target.state()).isEqualTo(TargetState.UNHEALTHY);
        rig.lb.advance(now += 10 * SECOND);
        assertThat(target.state()).isEqualTo(TargetState.HEALTHY);
        assertThat(rig.events(TargetChanged.class).getLast().nowNanos()).isEqualTo(now);
    }

    @ParameterizedTest
    @CsvSource({"10, 2", "10, 5", "10, 10", "300, 120"})
    void aProbeWithoutAnAnswerFailsAtItsTimeout(int interval, int timeout) {
        Rig rig = rig(HealthCheck.DEFAULT.every(interval, timeout).thresholds(2, 2));
        Target target = rig.target("fw-1");
        rig.lb.advance(0);
        rig.answersProbes = false;
        long limit = (2L * interval + timeout) * SECOND;
        rig.lb.advance(limit - 1);
        assertThat(target.state()).isEqualTo(TargetState.HEALTHY);
        rig.lb.advance(limit);
        assertThat(target.state()).isEqualTo(TargetState.UNHEALTHY);
        assertThat(rig.events(TargetChanged.class).getLast().nowNanos()).isEqualTo(limit);
        rig.lb.advance(limit + 1);
        assertThat(target.state()).isEqualTo(TargetState.UNHEALTHY);
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 0, 1})
    void anAnswerCountsBeforeTheTimeoutOnly(long offset) {
        Rig rig = rig(HealthCheck.DEFAULT);
        rig.answersProbes = false;
        Target target = rig.lb.register("fw-4", 4, "zone-b", SECOND);
        rig.lb.advance(SECOND);
        HealthProbe probe = rig.probes.getLast();
        TargetState expected = offset < 0 ? TargetState.HEALTHY : TargetState.INITIAL;
        rig.lb.healthResult(probe, true, 6 * SECOND + offset);
        assertThat(target.state()).isEqualTo(expected);
        rig.lb.healthResult(probe, true, 7 * SECOND);
        assertThat(target.state()).isEqualTo(expected);
    }

    @Test
    void aProbeIsAnsweredOnce() {
        Rig rig = rig(HealthCheck.DEFAULT.thresholds(2, 2));
        rig.lb.advance(0);
        rig.answersProbes = false;
        rig.lb.advance(10 * SECOND);
        HealthProbe probe = rig.probes.getLast();
        for (int i = 0; i < 5; i++) {
            rig.lb.healthResult(probe, false, 11 * SECOND);
        }
        assertThat(probe.target().state()).isEqualTo(TargetState.HEALTHY);
    }

    @ParameterizedTest
    @CsvSource({"3, 1, false", "3, 2, true", "4, 2, false", "4, 3, true", "1, 1, true"})
    void theMajorityOfProbersDecides(int probers, int failing, boolean unhealthy) {
        Rig rig = rig(HealthCheck.DEFAULT.probers(probers).thresholds(2, 2));
        rig.lb.advance(10 * SECOND - 1);
        Target target = rig.target("fw-1");
        assertThat(target.state()).isEqualTo(TargetState.HEALTHY);
        rig.answersProbes = false;
        int from = rig.probes.size();
        while (rig.lb.nextDeadline() < 100 * SECOND) {
            rig.lb.advance(rig.lb.nextDeadline());
            for (; from < rig.probes.size(); from++) {
                HealthProbe probe = rig.probes.get(from);
                long now = rig.probeTimes.get(from);
                rig.lb.healthResult(probe, probe.prober() >= failing, now);
            }
        }
        assertThat(target.state())
                .isEqualTo(unhealthy ? TargetState.UNHEALTHY : TargetState.HEALTHY);
    }

    @Test
    void aTargetOutOfTheGroupIsNotAsked() {
        Rig rig = rig(HealthCheck.DEFAULT);
        rig.lb.advance(0);
        rig.answersProbes = false;
        rig.lb.advance(10 * SECOND);
        HealthProbe probe = rig.probes.getLast();
        int before = rig.probes.size();
        for (Target target : rig.lb.targets()) {
            rig.lb.deregister(target, 10 * SECOND);
        }
        rig.lb.healthResult(probe, false, 10 * SECOND);
        rig.lb.advance(1000 * SECOND);
        assertThat(rig.probes).hasSize(before);
        assertThat(rig.target("fw-1").state()).isEqualTo(TargetState.UNUSED);
        rig.answersProbes = true;
        rig.lb.register(rig.target("fw-1"), 1000 * SECOND);
        assertThat(rig.target("fw-1").state()).isEqualTo(TargetState.INITIAL);
        rig.lb.advance(1000 * SECOND);
        assertThat(rig.target("fw-1").state()).isEqualTo(TargetState.HEALTHY);
    }

    @Test
    void answersFromWithinComeWithTheSameTimeAndInTheOrderOfTheTargets() {
        Rig rig = rig(HealthCheck.DEFAULT.thresholds(2, 2));
        rig.unwell.addAll(rig.lb.targets());
        rig.lb.advance(20 * SECOND);
        assertThat(rig.events(TargetChanged.class))
                .filteredOn(e -> e.to() == TargetState.UNHEALTHY)
                .extracting(e -> e.target().name())
                .containsExactly("fw-1", "fw-2", "fw-3");
        rig.answersLateBy = 1;
        assertThatThrownBy(() -> rig.lb.advance(31 * SECOND))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("30000000001");
        rig.answersLateBy = 0;
        rig.lb.advance(31 * SECOND);
    }

    @Test
    void aTargetThatIsRegisteredAgainBeginsAnew() {
        Rig rig = rig(HealthCheck.DEFAULT.thresholds(10, 2));
        Target target = rig.target("fw-1");
        rig.unwell.add(target);
        rig.lb.advance(20 * SECOND);
        assertThat(target.state()).isEqualTo(TargetState.UNHEALTHY);
        rig.lb.deregister(target, 21 * SECOND);
        rig.unwell.clear();
        rig.lb.register(target, 22 * SECOND);
        rig.lb.advance(22 * SECOND);
        assertThat(target.state()).isEqualTo(TargetState.HEALTHY); // by one answer
        rig.unwell.add(target);
        rig.lb.advance(32 * SECOND);
        rig.lb.deregister(target, 33 * SECOND);
        rig.lb.register(target, 34 * SECOND);
        rig.lb.advance(34 * SECOND);
        assertThat(target.state()).isEqualTo(TargetState.INITIAL); // the failures before are gone
        rig.lb.advance(44 * SECOND);
        assertThat(target.state()).isEqualTo(TargetState.UNHEALTHY);
    }

    @Test
    void anAnswerFromBeforeADeregistrationCountsForNothing() {
        Rig rig = rig(HealthCheck.DEFAULT);
        rig.answersProbes = false;
        Target target = rig.lb.register("fw-4", 4, "zone-b", SECOND);
        rig.lb.advance(SECOND);
        HealthProbe probe = rig.probes.getLast();
        rig.lb.deregister(target, 2 * SECOND);
        rig.lb.register(target, 3 * SECOND);
        rig.lb.advance(3 * SECOND);
        rig.lb.healthResult(probe, true, 4 * SECOND);
        assertThat(target.state()).isEqualTo(TargetState.INITIAL);
    }
}
