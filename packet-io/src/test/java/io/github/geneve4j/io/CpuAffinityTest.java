package io.github.geneve4j.io;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.io.sys.Libc;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

class CpuAffinityTest {
    @Test
    void keepsAThreadWhereItIsTold() throws Exception {
        int cpu = Long.numberOfTrailingZeros(allowed());
        FutureTask<Long> pinned =
                new FutureTask<>(
                        () -> {
                            CpuAffinity.pin(cpu);
                            return allowed();
                        });
        Thread.ofPlatform().start(pinned).join();
        assertThat(pinned.get()).isEqualTo(1L << cpu);
    }

    @Test
    void saysWhatIsWrong() throws Exception {
        assertThatThrownBy(() -> CpuAffinity.pin(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("cpu -1: not 0 to 8191");
        assertThatThrownBy(() -> CpuAffinity.pin(8192))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> CpuAffinity.pin(8191))
                .isInstanceOf(IOException.class)
                .hasMessage(
                        "sched_setaffinity(cpu 8191): EINVAL (Invalid argument): the processor is"
                                + " not there, or not allowed to this process");
        FutureTask<Void> virtual =
                new FutureTask<>(
                        () -> {
                            assertThatThrownBy(() -> CpuAffinity.pin(0))
                                    .isInstanceOf(IllegalStateException.class);
                            return null;
                        });
        Thread.ofVirtual().start(virtual).join();
        virtual.get();
    }

    /** The first 64 processors. */
    private static long allowed() {
        MemorySegment mask = Arena.ofAuto().allocate(1024, 8);
        assertThat(Libc.schedGetaffinity(0, mask)).isZero();
        return mask.get(JAVA_LONG, 0);
    }
}
