package io.github.geneve4j.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class IpProtocolTest {
    /** As IANA numbers them: TCP, UDP, DCCP, SCTP, UDP-Lite. */
    @Test
    void fiveProtocolsHavePorts() {
        assertThat(IntStream.rangeClosed(0, 255).filter(IpProtocol::hasPorts))
                .containsExactly(6, 17, 33, 132, 136);
    }

    /** As IANA lists them, without ESP, 253 and 254. */
    @Test
    void eightNumbersAreExtensionHeaders() {
        assertThat(IntStream.rangeClosed(0, 255).filter(IpProtocol::isExtensionHeader))
                .containsExactly(0, 43, 44, 51, 60, 135, 139, 140);
    }
}
