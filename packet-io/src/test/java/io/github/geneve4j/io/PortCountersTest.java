package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PortCountersTest {
    private final PortCounters counters = new PortCounters();

    @Test
    void countsEachForItself() {
        counters.countReceived();
        counters.countReceived();
        counters.countReceived();
        counters.countReceived();
        counters.countReturned();
        counters.countReturned();
        counters.countReturned();
        counters.countFreed();
        counters.countFreed();
        counters.countOriginated();
        assertThat(counters.received()).isEqualTo(4);
        assertThat(counters.returned()).isEqualTo(3);
        assertThat(counters.freed()).isEqualTo(2);
        assertThat(counters.originated()).isEqualTo(1);
        assertThat(counters.failed()).isZero();
        assertThat(counters.skipped()).isZero();
    }

    @Test
    void countsByReason() {
        for (SendFailure cause : SendFailure.values()) {
            for (int i = 0; i <= cause.ordinal(); i++) {
                counters.countFailed(cause);
            }
        }
        for (ReceiveSkip reason : ReceiveSkip.values()) {
            for (int i = 0; i <= reason.ordinal(); i++) {
                counters.countSkipped(reason);
            }
        }
        for (SendFailure cause : SendFailure.values()) {
            assertThat(counters.failed(cause)).isEqualTo(cause.ordinal() + 1);
        }
        for (ReceiveSkip reason : ReceiveSkip.values()) {
            assertThat(counters.skipped(reason)).isEqualTo(reason.ordinal() + 1);
        }
        assertThat(counters.failed()).isEqualTo(1 + 2 + 3 + 4 + 5);
        assertThat(counters.skipped()).isEqualTo(1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9 + 10);
    }

    @Test
    void reasonsHaveLabelsOfTheirOwn() {
        assertThat(Arrays.stream(ReceiveSkip.values()).map(ReceiveSkip::label))
                .doesNotHaveDuplicates()
                .allMatch(label -> label.matches("[a-z_]+"));
    }
}
