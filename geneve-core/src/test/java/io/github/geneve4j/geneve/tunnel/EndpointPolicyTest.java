package io.github.geneve4j.geneve.tunnel;

import static io.github.geneve4j.geneve.tunnel.Endpoints.address;
import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.geneve;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.GeneveDecoder;
import io.github.geneve4j.geneve.OptionCursor;
import io.github.geneve4j.geneve.OptionRegistry;
import io.github.geneve4j.testkit.GeneveLayer;
import io.github.geneve4j.testkit.Layer;
import io.github.geneve4j.testkit.UdpLayer;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointPolicyTest {
    private static final EndpointPolicy DEFAULT = EndpointPolicy.builder().build();
    private static final Layer V4 = ipv4("10.0.0.1", "10.0.0.2");
    private static final Layer V6 = ipv6("2001:db8::1", "2001:db8::2");

    private final OuterDecoder outer = new OuterDecoder();
    private final GeneveDecoder geneve = new GeneveDecoder();
    private final OptionCursor scratch = new OptionCursor();

    // Geneve header

    @Test
    void acceptsAHeaderWithoutOptions() {
        assertThat(check(DEFAULT, geneve())).isEqualTo(DecodeStatus.OK);
    }

    @Test
    void acceptsUnknownOptionsThatAreNotCritical() {
        assertThat(check(DEFAULT, geneve().option(0xff00, 0x7f, "00000000")))
                .isEqualTo(DecodeStatus.OK);
    }

    /** C may be right, forgotten, or set for nothing: only the options decide. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void dropsUnknownCriticalOptionsWhateverTheCBitSays(boolean critical) {
        GeneveLayer header =
                geneve().option(0x0108, 0x01, counting(8))
                        .option(0xff00, 0x81, "")
                        .critical(critical);
        assertThat(check(DEFAULT, header)).isEqualTo(DecodeStatus.UNKNOWN_CRITICAL_OPTION);
        assertThat(scratch.optionClass()).isEqualTo(0xff00);
        assertThat(scratch.type()).isEqualTo(0x81);
    }

    @Test
    void acceptsACBitWithoutACriticalOption() {
        assertThat(check(DEFAULT, geneve().option(0xff00, 0x01, "").critical(true)))
                .isEqualTo(DecodeStatus.OK);
        assertThat(check(DEFAULT, geneve().critical(true))).isEqualTo(DecodeStatus.OK);
    }

    @Test
    void acceptsKnownCriticalOptions() {
        EndpointPolicy policy =
                EndpointPolicy.builder()
                        .knownOptions(
                                OptionRegistry.builder().know(0xff00, 0x81).know(1, 0x82).build())
                        .build();
        GeneveLayer known = geneve().option(0xff00, 0x81, "").option(1, 0x82, "01020304");
        assertThat(check(policy, known)).isEqualTo(DecodeStatus.OK);
        assertThat(check(policy, known.option(1, 0x81, "")))
                .isEqualTo(DecodeStatus.UNKNOWN_CRITICAL_OPTION);
    }

    /** The critical bit is part of the type: to know 0x01 is not to know 0x81. */
    @Test
    void takesTheCriticalBitAsPartOfTheType() {
        EndpointPolicy policy =
                EndpointPolicy.builder()
                        .knownOptions(OptionRegistry.builder().know(0xff00, 0x01).build())
                        .build();
        assertThat(check(policy, geneve().option(0xff00, 0x81, "")))
                .isEqualTo(DecodeStatus.UNKNOWN_CRITICAL_OPTION);
    }

    @ParameterizedTest
    @CsvSource({"28, OPTIONS_TOO_LONG", "31, OPTIONS_TOO_LONG", "32, OK", "36, OK", "252, OK"})
    void dropsMoreOptionsThanItProcesses(int maxOptionsLength, DecodeStatus expected) {
        EndpointPolicy policy = EndpointPolicy.builder().maxOptionsLength(maxOptionsLength).build();
        assertThat(check(policy, geneve().option(0xff00, 1, counting(28)))).isEqualTo(expected);
    }

    @Test
    void processesTheLongestOptionsUnlessLimited() {
        GeneveLayer longest = geneve().option(1, 1, counting(124)).option(1, 2, counting(120));
        assertThat(check(DEFAULT, longest)).isEqualTo(DecodeStatus.OK);
        EndpointPolicy none = EndpointPolicy.builder().maxOptionsLength(0).build();
        assertThat(check(none, geneve())).isEqualTo(DecodeStatus.OK);
        assertThat(check(none, geneve().option(1, 1, ""))).isEqualTo(DecodeStatus.OPTIONS_TOO_LONG);
    }

    @Test
    void neverForwardsControlPackets() {
        assertThat(check(DEFAULT, geneve().control(true))).isEqualTo(DecodeStatus.CONTROL_PACKET);
        assertThat(check(DEFAULT, geneve().option(1, 1, "").control(true)))
                .isEqualTo(DecodeStatus.CONTROL_PACKET);
    }

    /** The order that the class documents: too long, then unknown critical, then control. */
    @Test
    void judgesInTheDocumentedOrder() {
        GeneveLayer everything = geneve().control(true).option(0xff00, 0x81, counting(4));
        EndpointPolicy small = EndpointPolicy.builder().maxOptionsLength(4).build();
        assertThat(check(small, everything)).isEqualTo(DecodeStatus.OPTIONS_TOO_LONG);
        assertThat(check(DEFAULT, everything)).isEqualTo(DecodeStatus.UNKNOWN_CRITICAL_OPTION);
    }

    @Test
    void ignoresReservedBits() {
        GeneveLayer header =
                geneve().reservedFlags(0x3f)
                        .reservedByte(0xff)
                        .malformedOption(0xff00, 1, 7, 1, counting(4));
        assertThat(check(DEFAULT, header)).isEqualTo(DecodeStatus.OK);
    }

    // Outer headers

    @Test
    void acceptsPort6081UnlessToldOtherwise() {
        assertThat(DEFAULT.udpPort()).isEqualTo(6081);
        assertThat(check(DEFAULT, V4, udp(1, 6081))).isEqualTo(DecodeStatus.OK);
        assertThat(check(DEFAULT, V6, udp(1, 6081))).isEqualTo(DecodeStatus.OK);
        assertThat(check(DEFAULT, V4, udp(6081, 6082))).isEqualTo(DecodeStatus.WRONG_UDP_PORT);
        EndpointPolicy other = EndpointPolicy.builder().udpPort(4790).build();
        assertThat(check(other, V4, udp(1, 4790))).isEqualTo(DecodeStatus.OK);
        assertThat(check(other, V4, udp(1, 6081))).isEqualTo(DecodeStatus.WRONG_UDP_PORT);
    }

    @Test
    void dropsWrongUdpChecksums() {
        assertThat(check(DEFAULT, V4, udp(1, 6081).wrongChecksum()))
                .isEqualTo(DecodeStatus.BAD_UDP_CHECKSUM);
        assertThat(check(DEFAULT, V6, udp(1, 6081).wrongChecksum()))
                .isEqualTo(DecodeStatus.BAD_UDP_CHECKSUM);
    }

    @Test
    void acceptsZeroChecksumsOverIpv4UnlessToldOtherwise() {
        assertThat(check(DEFAULT, V4, udp(1, 6081).checksum(0))).isEqualTo(DecodeStatus.OK);
        EndpointPolicy strict = EndpointPolicy.builder().acceptZeroChecksumOverIpv4(false).build();
        assertThat(check(strict, V4, udp(1, 6081).checksum(0)))
                .isEqualTo(DecodeStatus.ZERO_UDP_CHECKSUM);
        assertThat(check(strict, V4, udp(1, 6081))).isEqualTo(DecodeStatus.OK);
    }

    @Test
    void dropsZeroChecksumsOverIpv6ByDefault() {
        assertThat(check(DEFAULT, V6, udp(1, 6081).checksum(0)))
                .isEqualTo(DecodeStatus.ZERO_UDP_CHECKSUM);
    }

    /** RFC 8926 §4.3.1, RFC 6936 §4 and §5: by address pair, and on the tunnel's port only. */
    @Test
    void acceptsZeroChecksumsOverIpv6FromConfiguredPairsOnly() {
        EndpointPolicy policy =
                EndpointPolicy.builder()
                        .zeroChecksumTunnels(
                                ZeroChecksumTunnels.builder()
                                        .allow(address("2001:db8::1"), address("2001:db8::2"))
                                        .build())
                        .build();
        UdpLayer zero = udp(1, 6081).checksum(0);
        assertThat(check(policy, V6, zero)).isEqualTo(DecodeStatus.OK);
        assertThat(check(policy, ipv6("2001:db8::3", "2001:db8::2"), zero))
                .isEqualTo(DecodeStatus.ZERO_UDP_CHECKSUM);
        assertThat(check(policy, ipv6("2001:db8::1", "2001:db8::3"), zero))
                .isEqualTo(DecodeStatus.ZERO_UDP_CHECKSUM);
        assertThat(check(policy, ipv6("2001:db8::2", "2001:db8::1"), zero))
                .isEqualTo(DecodeStatus.ZERO_UDP_CHECKSUM);
        assertThat(check(policy, V6, udp(1, 6082).checksum(0)))
                .isEqualTo(DecodeStatus.WRONG_UDP_PORT);
        // RFC 6936 §4: where zero is allowed, a checksum still is, and must be right.
        assertThat(check(policy, V6, udp(1, 6081))).isEqualTo(DecodeStatus.OK);
        assertThat(check(policy, V6, udp(1, 6081).wrongChecksum()))
                .isEqualTo(DecodeStatus.BAD_UDP_CHECKSUM);
    }

    // Configuration

    @Test
    void leavesDscpAndTtlAloneByDefault() {
        assertThat(DEFAULT.dscp().isUniform()).isFalse();
        assertThat(DEFAULT.ttl().isUniform()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 65535})
    void acceptsTheLimitsOfPorts(int port) {
        EndpointPolicy policy = EndpointPolicy.builder().udpPort(port).build();
        assertThat(check(policy, V4, udp(7, port))).isEqualTo(DecodeStatus.OK);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 65536})
    void refusesPortsThatNobodyCanSendTo(int port) {
        assertThatThrownBy(() -> EndpointPolicy.builder().udpPort(port))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(Integer.toString(port));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 253})
    void refusesOptionsLengthsThatNoHeaderHas(int length) {
        assertThatThrownBy(() -> EndpointPolicy.builder().maxOptionsLength(length))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(Integer.toString(length));
    }

    private DecodeStatus check(EndpointPolicy policy, GeneveLayer header) {
        byte[] datagram = packet(header, payload("de ad be ef"));
        assertThat(geneve.wrap(Unpooled.wrappedBuffer(datagram), 0, datagram.length))
                .isEqualTo(DecodeStatus.OK);
        return policy.check(geneve, scratch);
    }

    private DecodeStatus check(EndpointPolicy policy, Layer ip, UdpLayer udp) {
        byte[] packet = packet(ip, udp, geneve(), payload("de ad be ef"));
        assertThat(outer.wrap(Unpooled.wrappedBuffer(packet), 0, packet.length))
                .isEqualTo(DecodeStatus.OK);
        return policy.check(outer);
    }
}
