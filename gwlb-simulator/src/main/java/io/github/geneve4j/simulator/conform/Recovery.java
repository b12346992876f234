package io.github.geneve4j.simulator.conform;

import io.github.geneve4j.simulator.health.HealthAnswer;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Restarts the appliance, and watches how long nobody is served: a fresh packet every 20 ms, and a
 * health check now and then, from before the command until it has ended and nothing has been
 * missing for a while.
 *
 * <p>Only what was seen to go away can be seen to come back: without an outage nothing is known.
 */
final class Recovery {
    private static final long INTERVAL_NANOS = 20_000_000;
    private static final long HEALTH_PAUSE_MILLIS = 50;
    private static final double NANOS_PER_SECOND = 1e9;

    private final Probe probe;
    private final ConformanceSettings settings;
    private final Arrival earlier; // the way of replies before the restart
    private final long start = System.nanoTime();
    private final long deadline;
    private final Continuity continuity = new Continuity(start);
    private final Deque<Pending> underWay = new ArrayDeque<>();
    private long commandEnd;
    private @Nullable IOException unsent; // why the last probe could not leave
    private @Nullable Request lastMissing;

    private static final class Pending {
        final Request request;
        final long sentAt;
        boolean answered;

        Pending(Request request, long sentAt) {
            this.request = request;
            this.sentAt = sentAt;
        }
    }

    private Recovery(Probe probe, Arrival earlier) {
        this.probe = probe;
        this.earlier = earlier;
        this.settings = probe.settings();
        this.deadline = start + settings.restartTime().toNanos();
    }

    /** The check. */
    static Outcome check(Probe probe) throws IOException, InterruptedException {
        String command = probe.settings().restartCommand();
        if (command == null) {
            return Outcome.notApplicable("needs --restart-command COMMAND");
        }
        Flow before = probe.newFlow();
        Exchange first = probe.exchange(probe.plain(before));
        Arrival reply = first.reply();
        if (reply == null) {
            return first.silence();
        }
        HealthTarget where = probe.settings().health();
        if (where == null) {
            return new Recovery(probe, reply).watch(command, before, null);
        }
        try (Health health = new Health(probe, where)) {
            HealthAnswer answer = health.ask();
            if (!answer.hasPassed()) {
                return Outcome.notApplicable(
                        "unhealthy before the restart: " + health.failure(answer.text()));
            }
            return new Recovery(probe, reply).watch(command, before, health);
        }
    }

    private Outcome watch(String text, Flow before, @Nullable Health health)
            throws IOException, InterruptedException {
        try (RestartCommand command = RestartCommand.start(text)) {
            HealthWatch watch = health == null ? null : health.watch(HEALTH_PAUSE_MILLIS);
            try {
                probeUntilCalm(command);
            } finally {
                if (watch != null) {
                    watch.stop();
                }
            }
            return judge(command.failure(), watch != null && watch.wasBroken(), before, health);
        }
    }

    private Outcome judge(String failure, boolean wasBroken, Flow before, @Nullable Health health)
            throws IOException, InterruptedException {
        if (continuity.isSilent()) {
            return silence(failure);
        }
        if (!failure.isEmpty()) {
            return Outcome.notApplicable(failure);
        }
        if (!continuity.wasSilent() && !wasBroken) {
            return Outcome.notApplicable(
                    String.format(
                            Locale.ROOT,
                            "all %,d probes answered: nothing restarted, or nobody could notice",
                            continuity.probes()));
        }
        Flow after = probe.newFlow().withSourcePort(before.sourcePort());
        Outcome fault = fault(probe.exchange(probe.plain(after)), "a new flow after the restart: ");
        if (fault == null) {
            fault = fault(probe.exchange(probe.plain(before)), "a flow from before the restart: ");
        }
        if (fault == null && health != null) {
            fault = healthFault(health);
        }
        if (fault != null) {
            return fault;
        }
        return Outcome.pass(
                continuity.wasSilent()
                        ? String.format(
                                Locale.ROOT,
                                "silent for %.1f s, served again %.1f s after the restart began",
                                continuity.longestSilence() / NANOS_PER_SECOND,
                                seconds(continuity.answeredSince()))
                        : "no packet missing; health checks were cut off, and pass again");
    }

    private Outcome silence(String failure) throws IOException {
        if (unsent != null) {
            throw unsent; // it is this host that has lost the way
        }
        String message =
                String.format(
                        Locale.ROOT,
                        "silent %.1f s after the restart began, since %.1f s",
                        seconds(System.nanoTime()),
                        (System.nanoTime() - continuity.silentSince()) / NANOS_PER_SECOND);
        return Outcome.fail(
                        failure.isEmpty() ? message : message + "; " + failure,
                        Evidence.unanswered(
                                Objects.requireNonNull(lastMissing).datagram().payload()))
                .countedAs(Aws.NONE);
    }

    private double seconds(long nanos) {
        return (nanos - start) / NANOS_PER_SECOND;
    }

    /** Health may come back later than packets do, but within the same time. */
    private @Nullable Outcome healthFault(Health health) throws InterruptedException {
        HealthAnswer answer = health.ask();
        while (!answer.hasPassed() && System.nanoTime() - deadline < 0) {
            Thread.sleep(HEALTH_PAUSE_MILLIS);
            answer = health.ask();
        }
        return answer.hasPassed()
                ? null
                : Outcome.fail("unhealthy after the restart: " + health.failure(answer.text()));
    }

    /** {@return what is wrong with a reply that the load balancer has to take, or null} */
    private @Nullable Outcome fault(Exchange exchange, String whose) {
        Arrival reply = exchange.reply();
        Outcome fault = exchange.headerFault();
        if (fault == null) {
            fault = exchange.innerFault();
        }
        if (fault == null && reply != null && !goesBack(reply)) {
            fault =
                    exchange.endsFault(
                                    "the reply goes elsewhere than before",
                                    earlier.source(),
                                    earlier.destination(),
                                    reply.sourcePort(),
                                    earlier.destinationPort())
                            .countedAs(Aws.INVALID_TUNNEL);
        }
        if (fault == null) {
            return null;
        }
        String metric = fault.metric() == null ? Aws.NONE : fault.metric();
        return Outcome.fail(whose + fault.message(), fault.evidence().toArray(Evidence[]::new))
                .countedAs(metric);
    }

    /** If replies went wrong before, other checks have told. */
    private boolean goesBack(Arrival reply) {
        return reply.source() == earlier.source()
                && reply.destination() == earlier.destination()
                && reply.destinationPort() == earlier.destinationPort();
    }

    /** Ends when all has been answered for a while, or when it is too late for that. */
    private void probeUntilCalm(RestartCommand command) throws IOException, InterruptedException {
        boolean running = true;
        long next = start;
        while (true) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            long now = System.nanoTime();
            if (now - next >= 0) {
                send(now);
                next = now + INTERVAL_NANOS;
            }
            takeUntil(next);
            now = System.nanoTime();
            judgeUntil(now - settings.patience().toNanos());
            if (running && now - deadline > 0 && command.isRunning()) {
                command.kill();
            }
            if (running && !command.isRunning()) {
                running = false;
                commandEnd = now;
            }
            boolean late = now - deadline > settings.patience().toNanos();
            if (!running
                    && (continuity.isCalm(commandEnd, settings.quietTime().toNanos())
                            || (late && continuity.isSilent()))) {
                return;
            }
        }
    }

    /** A packet that cannot leave is one that is not answered: the cable may restart, too. */
    private void send(long now) {
        Request request = probe.plain();
        underWay.add(new Pending(request, now));
        try {
            probe.send(request);
            unsent = null;
        } catch (IOException e) {
            unsent = e;
        }
    }

    private void takeUntil(long nanos) throws IOException {
        Arrival arrival = probe.wire().receive(nanos);
        while (arrival != null) {
            if (arrival.kind() == Arrival.Kind.UDP) {
                for (Pending pending : underWay) {
                    pending.answered |= pending.request.isAnsweredBy(arrival);
                }
            }
            arrival = probe.wire().receive(nanos);
        }
    }

    /** Those that were sent up to then have had their time. */
    private void judgeUntil(long nanos) {
        Pending oldest = underWay.peek();
        while (oldest != null && (oldest.answered || oldest.sentAt - nanos <= 0)) {
            continuity.add(oldest.sentAt, oldest.answered);
            if (!oldest.answered) {
                lastMissing = oldest.request;
            }
            underWay.remove();
            oldest = underWay.peek();
        }
    }
}
