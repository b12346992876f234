package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.BindException;
import java.net.Inet4Address;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import jdk.net.ExtendedSocketOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UdpSocketsTest {
    private static final Inet4Address LOCAL = (Inet4Address) Wire.address("127.60.86.1");

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void opensSocketsAsTheyAreNeeded(boolean reusePort) throws IOException {
        UdpSockets sockets = new UdpSockets(100_000, reusePort);
        try (DatagramChannel channel = sockets.open(LOCAL, 25_000, 50_000)) {
            assertThat(channel.isBlocking()).isFalse();
            assertThat(channel.getOption(ExtendedSocketOptions.IP_DONTFRAGMENT)).isTrue();
            assertThat(channel.getOption(StandardSocketOptions.SO_REUSEPORT)).isEqualTo(reusePort);
            assertThat(channel.getOption(StandardSocketOptions.SO_SNDBUF)).isEqualTo(100_000);
            assertThat(channel.getOption(StandardSocketOptions.SO_RCVBUF)).isEqualTo(50_000);
        }
    }

    @Test
    void refusesAnAddressThatIsTaken() throws IOException {
        UdpSockets sockets = new UdpSockets(1, false);
        try (DatagramChannel channel = sockets.open(LOCAL, 25_000, 1)) {
            assertThat(channel.isOpen()).isTrue();
            assertThatThrownBy(() -> sockets.open(LOCAL, 25_000, 1))
                    .isInstanceOf(BindException.class);
        }
    }
}
