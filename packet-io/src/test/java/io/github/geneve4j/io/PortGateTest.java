package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.channels.ClosedChannelException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PortGateTest {
    private final PortGate gate = new PortGate();

    @Test
    void whoClosesAnIdlePortReleasesIt() {
        assertThat(gate.close()).isTrue();
        assertThat(gate.close()).isFalse();
        assertThatThrownBy(gate::enter).isInstanceOf(ClosedChannelException.class);
    }

    @Test
    void whoIsInsideReleasesAPortThatWasClosedMeanwhile() throws Exception {
        gate.enter();
        assertThat(gate.close()).isFalse();
        assertThat(gate.close()).isFalse();
        assertThatThrownBy(gate::enter).isInstanceOf(ClosedChannelException.class);
        assertThat(gate.leave()).isTrue();
        assertThat(gate.close()).isFalse();
        assertThatThrownBy(gate::enter).isInstanceOf(ClosedChannelException.class);
    }

    @Test
    void oneAtATime() throws Exception {
        gate.enter();
        assertThatThrownBy(gate::enter).isInstanceOf(IllegalStateException.class);
        assertThat(gate.leave()).isFalse();
        gate.enter();
        assertThat(gate.leave()).isFalse();
    }

    /** However the two threads meet: one release, and never while the other is inside. */
    @Test
    void isReleasedOnceAndNeverUnderTheFeetOfAnother() throws Exception {
        for (int i = 0; i < 2000; i++) {
            PortGate contended = new PortGate();
            CyclicBarrier start = new CyclicBarrier(2);
            AtomicInteger releases = new AtomicInteger();
            AtomicBoolean inside = new AtomicBoolean();
            AtomicBoolean underFoot = new AtomicBoolean();
            Thread worker =
                    new Thread(
                            () -> {
                                try {
                                    start.await();
                                    while (true) {
                                        contended.enter();
                                        inside.set(true);
                                        Thread.onSpinWait();
                                        inside.set(false);
                                        if (contended.leave()) {
                                            releases.incrementAndGet();
                                        }
                                    }
                                } catch (ClosedChannelException e) {
                                    // The end.
                                } catch (Exception e) {
                                    throw new AssertionError(e);
                                }
                            });
            worker.start();
            start.await();
            if (contended.close()) {
                underFoot.set(inside.get());
                releases.incrementAndGet();
            }
            worker.join();
            assertThat(releases).hasValue(1);
            assertThat(underFoot).isFalse();
        }
    }
}
