package io.github.geneve4j.simulator.conform;

import io.github.geneve4j.simulator.health.HealthAnswer;
import io.github.geneve4j.simulator.health.HealthClient;

/** Health checks of the appliance under test, from the first node's address. */
final class Health implements AutoCloseable {
    private final HealthClient client = new HealthClient();
    private final HealthTarget where;
    private final int node;
    private final int target;

    Health(Probe probe, HealthTarget where) {
        this.where = where;
        this.node = probe.node();
        this.target = probe.target();
    }

    /** {@return how one check ended} */
    HealthAnswer ask() {
        return client.ask(node, target, where.check());
    }

    /** {@return a watch that asks again and again} */
    HealthWatch watch(long pauseMillis) {
        return HealthWatch.start(this::ask, pauseMillis);
    }

    /** {@return that a check failed} */
    String failure(String why) {
        return where.text() + ": " + why;
    }

    /** {@return where they go, for people} */
    String text() {
        return where.text();
    }

    @Override
    public void close() {
        client.close();
    }
}
