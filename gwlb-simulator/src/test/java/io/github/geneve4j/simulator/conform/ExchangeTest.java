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
    void aRouterMayChangeDscpAndSayThatItIsCongested() {
        byte[] inner = Inner.udp(FLOW, DATA).bytes();
        byte[] inner6 = Inner.udp6(FLOW, DATA).bytes();
        for (int sent = 0; sent < 4; sent++) {
            for (int came = 0; came < 4; came++) {
                boolean allowed = sent == came || sent != 0 && came == 3;
                Exchange ipv4 =
                        exchange(withTrafficClass(inner, sent), withTrafficClass(inner, 40 + came));
                assertThat(ipv4.innerFault() == null).as("%d, %d", sent, came).isEqualTo(allowed);
                Exchange ipv6 =
                        exchange(
                                withTrafficClass6(inner6, 184 + sent),
                                withTrafficClass6(inner6, came));
                assertThat(ipv6.innerFault() == null).as("%d, %d", sent, came).isEqualTo(allowed);
            }
        }
    }

    private static byte[] withTrafficClass(byte[] packet, int trafficClass) {
        byte[] changed = packet.clone();
        changed[Ipv4.TOS_OFFSET] = (byte) trafficClass;
        return Ipv4.withChecksum(changed);
    }

    private static byte[] withTrafficClass6(byte[] packet, int trafficClass) {
        byte[] changed = packet.clone();
        Bytes.put32(changed, 0, Bytes.s32(changed, 0) & 0xf00f_ffff | trafficClass << 20);
        return changed;
    }

    /** Of fragments, and of what may become some, it is what puts them together again. */
    @Test
    void theIdentificationMattersUnlessDontFragmentIsSet() {
        for (int flags : new int[] {Ipv4.DONT_FRAGMENT, 0, Ipv4.MORE_FRAGMENTS, 7}) {
            byte[] inner = Inner.udp(FLOW, DATA).bytes();
            Bytes.put16(inner, Ipv4.FRAGMENT_OFFSET, flags);
            byte[] other = Ipv4.withChecksum(inner).clone();
            Bytes.put16(other, Ipv4.ID_OFFSET, 77);
            Outcome fault = exchange(inner, Ipv4.withChecksum(other)).innerFault();
            assertThat(fault == null).as("%x", flags).isEqualTo(flags == Ipv4.DONT_FRAGMENT);
        }
    }

    /** All but DSCP and time to live, with a checksum that is right again. */
    @Test
    void noOtherFieldOfAHeaderMayChange() {
        byte[] inner = Inner.udp(FLOW, DATA).bytes();
        for (int bit = 0; bit < Ipv4.HEADER_LENGTH * 8; bit++) {
            byte[] changed = inner.clone();
            changed[bit / 8] ^= (byte) (1 << bit % 8);
            boolean allowed =
                    bit / 8 == Ipv4.TOS_OFFSET && bit % 8 >= 2
                            || bit / 8 == Ipv4.TTL_OFFSET
                                    && Bytes.u8(changed, bit / 8) < inner[bit / 8]
                            || bit / 8 >= Ipv4.CHECKSUM_OFFSET && bit / 8 < Ipv4.SOURCE_OFFSET;
            if (bit / 8 != 0 || (changed[0] & 0xf) == 5) {
                Ipv4.withChecksum(changed);
            }
            allowed &= changed[Ipv4.TTL_OFFSET] != 0;
            Outcome fault = exchange(inner, changed).innerFault();
            assertThat(fault == null).as("byte %d bit %d", bit / 8, bit % 8).isEqualTo(allowed);
        }
        byte[] inner6 = Inner.udp6(FLOW, DATA).bytes();
        for (int bit = 0; bit < Inner.IPV6_HEADER_LENGTH * 8; bit++) {
            byte[] changed = inner6.clone();
            changed[bit / 8] ^= (byte) (1 << bit % 8);
            boolean dscp = bit / 8 == 0 && bit % 8 < 4 || bit / 8 == 1 && bit % 8 >= 6;
            int hops = Bytes.u8(changed, Inner.IPV6_HOP_LIMIT_OFFSET);
            boolean hop = hops > 0 && hops < inner6[Inner.IPV6_HOP_LIMIT_OFFSET];
            Outcome fault = exchange(inner6, changed).innerFault();
            assertThat(fault == null)
                    .as("IPv6 byte %d bit %d", bit / 8, bit % 8)
                    .isEqualTo(dscp || hop);
        }
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
