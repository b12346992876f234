package io.github.geneve4j.appliance.firewall;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class FlowDeadlinesTest {
    private static final int FLOWS = 50;

    @Test
    void tellsWhoIsDueInOrder() {
        FlowDeadlines deadlines = new FlowDeadlines(4);
        deadlines.add(3, 30);
        deadlines.add(1, 10);
        deadlines.add(2, 20);
        assertThat(deadlines.takeDue(9)).isEqualTo(FlowDeadlines.NONE);
        assertThat(deadlines.takeDue(10)).isEqualTo(1);
        assertThat(deadlines.takeDue(19)).isEqualTo(FlowDeadlines.NONE);
        deadlines.add(3, 15); // the earlier one counts
        deadlines.add(3, 40);
        deadlines.remove(1); // is not there any more
        assertThat(deadlines.takeDue(100)).isEqualTo(3);
        assertThat(deadlines.takeDue(100)).isEqualTo(2);
        assertThat(deadlines.takeDue(100)).isEqualTo(FlowDeadlines.NONE);
    }

    /** The clock may begin anywhere, and go over its end. */
    @Test
    void doesWhatAListWould() {
        Random random = new Random(5);
        FlowDeadlines deadlines = new FlowDeadlines(FLOWS);
        Long[] list = new Long[FLOWS];
        long now = Long.MAX_VALUE - 100_000;
        for (int i = 0; i < 200_000; i++) {
            int flow = random.nextInt(FLOWS);
            switch (random.nextInt(4)) {
                case 0, 1 -> {
                    long at = now + random.nextInt(1000);
                    deadlines.add(flow, at);
                    list[flow] = list[flow] == null || at - list[flow] < 0 ? at : list[flow];
                }
                case 2 -> {
                    deadlines.remove(flow);
                    list[flow] = null;
                }
                default -> {
                    now += random.nextInt(50);
                    int due = deadlines.takeDue(now);
                    int earliest = earliest(list, now);
                    if (due != earliest) { // two of the same time
                        assertThat(list[due]).isEqualTo(list[earliest]);
                    }
                    if (due != FlowDeadlines.NONE) {
                        list[due] = null;
                    }
                }
            }
        }
        assertThat(now).isNegative();
        int left = 0;
        for (Long at : list) {
            left += at == null ? 0 : 1;
        }
        assertThat(deadlines.size()).isEqualTo(left);
    }

    private static int earliest(Long[] list, long now) {
        int earliest = FlowDeadlines.NONE;
        for (int flow = 0; flow < list.length; flow++) {
            if (list[flow] != null
                    && now - list[flow] >= 0
                    && (earliest == FlowDeadlines.NONE || list[flow] - list[earliest] < 0)) {
                earliest = flow;
            }
        }
        return earliest;
    }
}
