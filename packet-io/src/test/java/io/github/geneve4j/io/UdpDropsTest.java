package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Inet4Address;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;

class UdpDropsTest {
    private static final List<String> TABLE =
            List.of(
                    "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt  "
                            + " uid  timeout inode ref pointer drops             ",
                    "  197: 0151 3C7F:17C1 malformed",
                    " 1534: 01513C7F:17C1 00000000:0000 07 00000000:00000000 00:00000000 00000000"
                            + "  1000        0 51234 2 0000000000000000 17         ",
                    " 1535: 01513C7F:17C2 00000000:0000 07 00000000:00000000 00:00000000 00000000"
                            + "  1000        0 51235 2 0000000000000000 1000",
                    " 1536: 01513C7F:17C1 00000000:0000 07 00000000:00000000 00:00000000 00000000"
                            + "  1000        0 51236 2 0000000000000000 5000000000",
                    "");

    @Test
    void addsUpTheDropsOfAllSocketsOnAnAddress() {
        assertThat(UdpDrops.sum(TABLE, List.of("01513C7F:17C1"))).isEqualTo(5_000_000_017L);
        assertThat(UdpDrops.sum(TABLE, List.of("01513C7F:17C2", "01513C7F:17C1")))
                .isEqualTo(5_000_001_017L);
    }

    @Test
    void doesNotKnowOfOtherSockets() {
        assertThat(UdpDrops.sum(TABLE, List.of("01513C7F:17C3"))).isEqualTo(UdpDrops.UNKNOWN);
        assertThat(UdpDrops.sum(List.of(), List.of("01513C7F:17C1"))).isEqualTo(UdpDrops.UNKNOWN);
    }

    @Test
    void writesAddressesAsTheHostDoes() {
        Inet4Address address = (Inet4Address) Wire.address("127.60.81.1");
        assertThat(UdpDrops.local(address, 6081))
                .isEqualTo(
                        ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN
                                ? "01513C7F:17C1"
                                : "7F3C5101:17C1");
    }
}
