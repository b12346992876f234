package io.github.geneve4j.geneve;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EtherTypeTest {
    @ParameterizedTest
    @CsvSource({
        "0x0800, ipv4",
        "0x0806, arp",
        "0x6558, ethernet",
        "0x8100, vlan",
        "0x86dd, ipv6",
        "0x8847, mpls",
        "0x88a8, qinq",
        "0x894f, nsh",
        "0x0000, 0x0000",
        "0x0001, 0x0001",
        "0x88b5, 0x88b5",
        "0xffff, 0xffff",
    })
    void namesWhatGeneveCarries(int etherType, String name) {
        assertThat(EtherType.name(etherType)).isEqualTo(name);
    }
}
