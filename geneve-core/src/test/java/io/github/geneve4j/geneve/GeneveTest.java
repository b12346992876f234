package io.github.geneve4j.geneve;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class GeneveTest {
    @Test
    void holdsTheNumbersOfTheRfc() {
        assertThat(Geneve.UDP_PORT).isEqualTo(6081);
        assertThat(Geneve.HEADER_LENGTH).isEqualTo(8);
        assertThat(Geneve.MAX_OPTIONS_LENGTH).isEqualTo(252);
        assertThat(Geneve.MAX_HEADER_LENGTH).isEqualTo(260);
        assertThat(Geneve.OPTION_HEADER_LENGTH).isEqualTo(4);
        assertThat(Geneve.MAX_OPTION_DATA_LENGTH).isEqualTo(124);
        assertThat(Geneve.MAX_VNI).isEqualTo(16_777_215);
        assertThat(Geneve.CRITICAL_TYPE_BIT).isEqualTo(0x80);
    }
}
