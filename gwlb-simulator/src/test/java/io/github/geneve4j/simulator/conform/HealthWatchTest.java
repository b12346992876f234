package io.github.geneve4j.simulator.conform;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.simulator.health.HealthAnswer;
import io.github.geneve4j.simulator.health.HealthAnswer.Kind;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HealthWatchTest {
    private static final HealthAnswer PASSED = new HealthAnswer(Kind.PASSED, "fine");
    private static final HealthAnswer SICK = new HealthAnswer(Kind.UNWELL, "HTTP status 503");
    private static final HealthAnswer GONE = new HealthAnswer(Kind.BROKEN, "refused");

    /** {@return a watch that has seen these answers, in this order, and only these} */
    private static HealthWatch after(List<HealthAnswer> answers) throws Exception {
        AtomicInteger next = new AtomicInteger();
        CountDownLatch all = new CountDownLatch(answers.size());
        CountDownLatch stopping = new CountDownLatch(1);
        HealthWatch watch =
                HealthWatch.start(
                        () -> {
                            int i = next.getAndIncrement();
                            all.countDown();
                            if (i == answers.size() - 1) {
                                await(stopping);
                            }
                            return answers.get(i);
                        },
                        0);
        await(all);
        Thread stopper = Thread.ofVirtual().start(() -> stop(watch));
        while (stopper.getState() != Thread.State.WAITING) {
            Thread.sleep(1); // in join, so it has said so
        }
        stopping.countDown();
        stopper.join();
        return watch;
    }

    @Test
    void keepsTheFirstFailure() throws Exception {
        HealthWatch watch = after(List.of(PASSED, SICK, GONE, PASSED));

        assertThat(watch.failure()).isEqualTo("HTTP status 503");
        assertThat(watch.passed()).isEqualTo(2);
        assertThat(watch.wasBroken()).isTrue();
    }

    @Test
    void passesWhenAllDid() throws Exception {
        HealthWatch watch = after(List.of(PASSED, PASSED));

        assertThat(watch.failure()).isNull();
        assertThat(watch.passed()).isEqualTo(2);
        assertThat(watch.wasBroken()).isFalse();
        assertThat(after(List.of(SICK)).wasBroken()).as("an answer is one").isFalse();
    }

    /** A thread that dies of something has found nothing well. */
    @Test
    void isNoPassIfItCannotAsk() throws Exception {
        HealthWatch watch =
                HealthWatch.start(
                        () -> {
                            throw new IllegalArgumentException("port 99999");
                        },
                        0);
        watch.stop();

        assertThat(watch.passed()).isZero();
        assertThat(watch.failure()).contains("port 99999");
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void stop(HealthWatch watch) {
        try {
            watch.stop();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
