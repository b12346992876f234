package io.github.geneve4j.simulator.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The kernel's table of neighbours, and whose turn it is to send. */
class NeighboursTest {
    private static final String HEADING =
            "IP address       HW type     Flags       HW address            Mask     Device";
    private static final String FIRST =
            "10.0.1.10        0x1         0x2         02:00:00:00:00:0a     *        eth0";
    private static final String HIGH =
            "198.51.100.7     0x1         0x6         fe:ff:ff:ff:ff:ff     *        eth0";
    private static final String UNKNOWN =
            "10.0.1.11        0x1         0x0         00:00:00:00:00:00     *        eth0";
    private static final String ELSEWHERE =
            "10.0.1.12        0x1         0x2         02:00:00:00:00:0c     *        eth1";

    private final Neighbours neighbours = new Neighbours();

    @Test
    void theKernelSendsFirstAfterEachLook() {
        for (int i = 0; i < 2; i++) {
            neighbours.take(List.of(HEADING, HIGH, FIRST), "eth0");
            assertThat(neighbours.next(0x0a00_010a)).isEqualTo(Neighbours.KERNEL);
            assertThat(neighbours.next(0xc633_6407)).isEqualTo(Neighbours.KERNEL);
            assertThat(neighbours.next(0x0a00_010a)).isEqualTo(0x0200_0000_000aL);
            assertThat(neighbours.next(0xc633_6407)).isEqualTo(0xfeff_ffff_ffffL);
            assertThat(neighbours.next(0x0a00_010a)).isEqualTo(0x0200_0000_000aL);
            assertThat(neighbours.hasMissed()).isFalse();
            assertThat(neighbours.unknown()).isZero();
        }
    }

    @Test
    void anAddressThatHasChangedIsTaken() {
        neighbours.take(List.of(HEADING, FIRST), "eth0");
        neighbours.next(0x0a00_010a);
        neighbours.take(List.of(HEADING, FIRST.replace("00:0a", "01:0b")), "eth0");
        neighbours.next(0x0a00_010a);
        assertThat(neighbours.next(0x0a00_010a)).isEqualTo(0x0200_0000_010bL);
    }

    @Test
    void theKernelSendsToWhomItHasNotFoundOnThatInterface() {
        neighbours.take(List.of(HEADING, UNKNOWN, ELSEWHERE), "eth0");
        for (int i = 0; i < 3; i++) {
            assertThat(neighbours.next(0x0a00_010b)).isEqualTo(Neighbours.KERNEL);
            assertThat(neighbours.next(0x0a00_010c)).isEqualTo(Neighbours.KERNEL);
        }
        assertThat(neighbours.hasMissed()).isTrue();
        assertThat(neighbours.unknown()).isEqualTo(6);
        neighbours.take(List.of(HEADING), "eth0");
        assertThat(neighbours.hasMissed()).isFalse();
    }

    @Test
    void looksAtThisHost() throws Exception {
        neighbours.read("no-such-device");
        assertThat(neighbours.next(0x0a00_010a)).isEqualTo(Neighbours.KERNEL);
    }
}
