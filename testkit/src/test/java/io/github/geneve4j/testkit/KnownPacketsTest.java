package io.github.geneve4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class KnownPacketsTest {
    @Test
    void haveTheLengthsThatWereSeen() {
        assertThat(KnownPackets.awsHeader()).hasSize(40);
        assertThat(KnownPackets.awsOtherHeader()).hasSize(40);
        assertThat(KnownPackets.innerEchoRequest()).hasSize(84);
        assertThat(KnownPackets.awsDatagram()).hasSize(124);
        assertThat(KnownPackets.awsRequest()).hasSize(20 + 132);
    }

    @Test
    void wrapTheDatagramInIpAndUdp() {
        byte[] request = KnownPackets.awsRequest();

        assertThat(request)
                .startsWith(Hex.bytes("45 00 00 98 00 00 00 00 ff 11"))
                .endsWith(KnownPackets.awsDatagram());
        assertThat(Arrays.copyOfRange(request, 12, 26))
                .isEqualTo(Hex.bytes("0afe0b3c 0afe0b65 ea61 17c1 0084"));
    }
}
