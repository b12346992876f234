package io.github.geneve4j.simulator.conform;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** What of a reply may differ from its request, and what may not. */
class ExchangeTest {
    private static final Flow FLOW = new Flow(0x0a01_0203, 0xc612_0709, 40_000, 443, 5, 60_001);
    private static final byte[] DATA = new byte[32];
    private static final byte[] HEADER = new GeneveBytes().aws(1, 5).before(0x0800);

    @Test
    void aRouterMayLowerTheTimeToLive() {
        byte[] inner = Inner.udp(FLOW, DATA).bytes();
        byte[] hop = inner.clone();
        hop[Ipv4.TTL_OFFSET]--;

        assertThat(exchange(inner, Ipv4.withChecksum(hop.clone())).innerFault()).isNull();
        assertThat(exchange(inner, hop).innerFault()).as("checksum not mended").isNotNull();
        hop[Ipv4.TTL_OFFSET] += 2;
        assertThat(exchange(inner, Ipv4.withChecksum(hop)).innerFault()).as("raised").isNotNull();

        byte[] inner6 = Inner.udp6(FLOW, DATA).bytes();
        byte[] hop6 = inner6.clone();
        hop6[Inner.IPV6_HOP_LIMIT_OFFSET]--;
        assertThat(exchange(inner6, hop6).innerFault()).isNull();
        hop6[Inner.IPV6_HOP_LIMIT_OFFSET] = 0;
        assertThat(exchange(inner6, hop6).innerFault()).isNotNull();
    }

    @Test
    void nothingElseMayChange() {
        byte[] inner = Inner.udp(FLOW, DATA).bytes();
        for (int at = 0; at < inner.length; at++) {
            byte[] changed = inner.clone();
            changed[at] ^= 0x40;
            Outcome fault = exchange(inner, changed).innerFault();
            assertThat(fault).as("byte %d", at).isNotNull();
            assertThat(fault.evidence().get(0).differences())
                    .containsExactly(new Evidence.Difference(at, 1));
        }
        Outcome cut = exchange(inner, Arrays.copyOf(inner, inner.length - 1)).innerFault();
        assertThat(cut).isNotNull();
        assertThat(cut.message()).contains("60 bytes").contains("59");
    }

    @Test
    void everyByteOfTheHeaderCounts() {
        byte[] inner = Inner.udp(FLOW, DATA).bytes();
        assertThat(exchange(inner, inner).headerFault()).isNull();
        for (int at = 1; at < HEADER.length; at++) {
            byte[] payload = Bytes.concat(HEADER, inner);
            payload[at] ^= 1;
            assertThat(answered(inner, payload).headerFault()).as("byte %d", at).isNotNull();
        }
    }

    /** A header that AWS would take has no metric; of the others, the first that it looks at. */
    @Test
    void countsTheHeaderAsAwsDoes() {
        byte[] inner = Inner.udp(FLOW, DATA).bytes();
        byte[] turned = new GeneveBytes().flowCookie(5).attachmentId(0).endpointId(1).before(0x800);

        assertThat(metric(inner, Bytes.concat(turned, inner))).isEqualTo("none");
        assertThat(metric(inner, with(inner, 5, 1))).as("VNI").isEqualTo("none");
        assertThat(metric(inner, with(inner, 31, 1))).as("attachment").isEqualTo("none");
        assertThat(metric(inner, with(inner, 19, 9))).isEqualTo(Aws.INVALID_ENDPOINT);
        assertThat(metric(inner, with(inner, 39, 9))).isEqualTo(Aws.INVALID_COOKIE);
        assertThat(metric(inner, with(inner, 0, 0x07))).as("cut").isEqualTo(Aws.INVALID_COOKIE);
        assertThat(metric(inner, with(inner, 0, 0x48))).isEqualTo(Aws.INVALID_TUNNEL);
        assertThat(metric(inner, new byte[7])).isEqualTo(Aws.INVALID_TUNNEL);
        assertThat(metric(inner, Arrays.copyOf(HEADER, 39))).isEqualTo(Aws.INVALID_TUNNEL);
    }

    /** {@return the answer with one byte of its header changed} */
    private static byte[] with(byte[] inner, int at, int value) {
        byte[] payload = Bytes.concat(HEADER, inner);
        payload[at] = (byte) value;
        return payload;
    }

    private static String metric(byte[] inner, byte[] reply) {
        Outcome fault = answered(inner, reply).fault();
        assertThat(fault).isNotNull();
        return String.valueOf(fault.metric());
    }

    @Test
    void silenceIsAFault() {
        Request request =
                new Request(
                        new Datagram(1, 2, Datagram.Checksum.RIGHT, new byte[40]), 8, new byte[8]);
        Exchange silent = new Exchange(request, null, false);
        Exchange fragmented = new Exchange(request, null, true);

        assertThat(silent.headerFault()).isNotNull();
        assertThat(silent.innerFault()).isNotNull();
        assertThat(silent.silence().message()).isEqualTo("no reply");
        assertThat(silent.silence().metric()).as("AWS cannot count it").isEqualTo(Aws.NONE);
        assertThat(fragmented.silence().message()).contains("fragments");
        assertThat(silent.silence().evidence().get(0).expected()).hasSize(40);
    }

    private static Exchange exchange(byte[] inner, byte[] returned) {
        return answered(inner, Bytes.concat(HEADER, returned));
    }

    private static Exchange answered(byte[] inner, byte[] reply) {
        Datagram datagram =
                new Datagram(1, 60_001, Datagram.Checksum.RIGHT, Bytes.concat(HEADER, inner));
        return new Exchange(
                new Request(datagram, HEADER.length, DATA),
                Arrival.datagram(2, 60_001, 1, 6081, reply),
                false);
    }
}
