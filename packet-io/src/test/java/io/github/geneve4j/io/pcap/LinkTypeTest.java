package io.github.geneve4j.io.pcap;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LinkTypeTest {
    @ParameterizedTest
    @CsvSource({
        "0, null",
        "1, ethernet",
        "12, raw",
        "14, raw",
        "101, raw",
        "108, loop",
        "113, linux_sll",
        "228, ipv4",
        "229, ipv6",
        "276, linux_sll2",
        "147, linktype 147",
        "-1, linktype -1",
    })
    void namesWhatItKnows(int linkType, String name) {
        assertThat(LinkType.name(linkType)).isEqualTo(name);
    }
}
