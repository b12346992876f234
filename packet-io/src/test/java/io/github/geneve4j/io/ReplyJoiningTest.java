package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.io.sys.Ethtool.Driver;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Drivers as {@code ethtool -i} shows them. */
class ReplyJoiningTest {
    private static final Set<String> BOTH = Set.of("tx-udp-segmentation", "tx-checksum-ip-generic");

    @ParameterizedTest
    @CsvSource({
        "ena, 0000:00:05.0",
        "ixgbevf, 0000:00:03.0",
        "mana, 7870:00:00.0",
        "mlx5_core, 0000:3b:00.7",
    })
    void cardsMayDoWhatTheyCan(String driver, String bus) {
        assertThat(whyNot(driver, bus, BOTH)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "virtio_net, 0000:00:03.0",
        "virtio_net, virtio-mmio",
        "vmxnet3, 0000:0b:00.0",
        "vif, vif-0",
        "hv_netvsc, 000d3a1f-77a5-000d-3a1f-77a5000d3a1f",
        "veth, ''",
        "'', ''",
        "mlx5_core.sf, mlx5_core.sf.3",
        "r8152, usb-0000:00:14.0-1",
    })
    void othersPassOnWhatIsNotDone(String driver, String bus) {
        assertThat(whyNot(driver, bus, BOTH)).isEqualTo("eth0 passes joined packets on");
        assertThat(whyNot(driver, bus, Set.of("tx-checksum-ipv4")))
                .isEqualTo("eth0 passes checksums on that are open");
        assertThat(whyNot(driver, bus, Set.of("tx-checksum-ip-generic")))
                .isEqualTo("eth0 passes checksums on that are open");
        assertThat(whyNot(driver, bus, Set.of("tx-scatter-gather"))).isEmpty();
    }

    private static String whyNot(String driver, String bus, Set<String> features) {
        return ReplyJoining.whyNot("eth0", new Driver(driver, bus), features);
    }
}
