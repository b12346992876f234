package io.github.geneve4j.flow;

import static io.github.geneve4j.flow.Wrapped.flow;
import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.gre;
import static io.github.geneve4j.testkit.Packets.icmp;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.testkit.Fragments;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class FlowHashTest {
    private final FlowHash hash = FlowHash.seeded(42);

    @ParameterizedTest(name = "{0} {1} / {2} {3}")
    @CsvSource({
        "10.0.0.1,        1,     10.0.0.2,        2",
        "10.0.0.1,        80,    10.0.0.1,        81",
        "10.0.0.1,        80,    10.0.0.1,        80",
        "10.0.0.1,        80,    10.0.0.2,        80",
        "192.168.37.50,   1234,  192.168.37.178,  80",
        "0.0.0.0,         1234,  128.0.0.0,       80",
        "127.255.255.255, 1234,  128.0.0.0,       80",
        "0.0.0.0,         0,     255.255.255.255, 65535",
        "::1,             1234,  ::8000:0:0:1,    80",
        "8000::1,         1234,  ::1,             80",
        "2001:db8::1,     1234,  2001:db8::1,     80",
    })
    void isTheSameForBothDirections(String a, int portA, String b, int portB) {
        boolean v6 = a.contains(":");
        FiveTuple there =
                flow(
                        v6
                                ? packet(ipv6(a, b), tcp(portA, portB))
                                : packet(ipv4(a, b), tcp(portA, portB)));
        FiveTuple back =
                flow(
                        v6
                                ? packet(ipv6(b, a), tcp(portB, portA))
                                : packet(ipv4(b, a), tcp(portB, portA)));
        for (long seed = 0; seed < 100; seed++) {
            assertThat(FlowHash.seeded(seed).hash(there))
                    .isEqualTo(FlowHash.seeded(seed).hash(back));
        }
    }

    @Test
    void tellsFlowsApartThatWeakHashesMerge() {
        Set<Long> values = new HashSet<>();
        int flows = 0;
        for (int a = 1; a <= 16; a++) {
            for (int b = 17; b <= 32; b++) { // the same XOR many times over
                for (int port = 0; port < 16; port++) {
                    FiveTuple tuple = new FiveTuple();
                    values.add(hash.hash(tuple.setIpv4(a, b, 6, port, port + 1)));
                    values.add(hash.hash(tuple.setIpv4(a, b, 6, port + 1, port)));
                    values.add(hash.hash(tuple.setIpv4(a, b, 17, port, port + 1)));
                    flows += 3;
                }
            }
        }
        assertThat(values).hasSize(flows);
    }

    @Test
    void countsEveryFieldOfTheKey() {
        FiveTuple tuple = new FiveTuple();
        Set<Long> values = new HashSet<>();
        values.add(hash.hash(tuple.setIpv4(1, 2, 17, 0, 0)));
        values.add(hash.hash(tuple.setIpv4(1, 2, 17)));
        values.add(hash.hash(tuple.setIpv4(1, 2, 18)));
        values.add(hash.hash(tuple.setIpv4(1, 3, 17)));
        values.add(hash.hash(tuple.setIpv4(0, 2, 17)));
        values.add(hash.hash(tuple.setIpv6(0, 1, 0, 2, 17, 0, 0)));
        values.add(hash.hash(tuple.setIpv6(0, 1, 0, 2, 17, 0, 1)));
        values.add(hash.hash(tuple.setIpv6(0, 1, 0, 2, 17, 1, 0)));
        values.add(hash.hash(tuple.setIpv6(0, 1, 0, 2, 17)));
        values.add(hash.hash(tuple.setIpv6(0, 1, 0, 2, 18)));
        values.add(hash.hash(tuple.setIpv6(1, 1, 0, 2, 17)));
        values.add(hash.hash(tuple.setIpv6(0, 1, 1, 2, 17)));
        values.add(hash.hash(tuple.setIpv6(0, 0, 0, 2, 17)));
        values.add(hash.hash(tuple.setIpv6(0, 1, 0, 3, 17)));
        assertThat(values).hasSize(14);
    }

    @Test
    void joinsAFlowWithItsIcmpErrors() {
        byte[] packet = packet(ipv4("10.0.0.9", "10.0.0.2"), tcp(1234, 80));
        FiveTuple error =
                flow(packet(ipv4("203.0.113.1", "10.0.0.9"), icmp(3, 4), payload(packet)));
        assertThat(hash.hash(error)).isEqualTo(hash.hash(flow(packet)));
    }

    @Test
    void joinsAllFragments() {
        byte[] packet = packet(ipv4("10.0.0.9", "10.0.0.2"), udp(1234, 80), payload(counting(99)));
        Set<Long> values = new HashSet<>();
        for (byte[] fragment : Fragments.ipv4(packet, 16)) {
            values.add(hash.hash(flow(fragment)));
        }
        assertThat(values).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void staysWithinTheScope(FlowScope scope) {
        FiveTuple one = flow(scope, packet(ipv4("10.0.0.1", "10.0.0.2"), tcp(1, 2)));
        FiveTuple otherPort = flow(scope, packet(ipv4("10.0.0.2", "10.0.0.1"), tcp(2, 9)));
        FiveTuple otherProtocol = flow(scope, packet(ipv4("10.0.0.1", "10.0.0.2"), udp(1, 2)));
        FiveTuple otherAddress = flow(scope, packet(ipv4("10.0.0.1", "10.0.0.3"), tcp(1, 2)));
        assertThat(hash.hash(one) == hash.hash(otherPort)).isEqualTo(scope != FlowScope.FIVE_TUPLE);
        assertThat(hash.hash(one) == hash.hash(otherProtocol))
                .isEqualTo(scope == FlowScope.TWO_TUPLE);
        assertThat(hash.hash(one)).isNotEqualTo(hash.hash(otherAddress));
    }

    @Test
    void dependsOnSeedAndEndpoint() {
        FiveTuple tuple = flow(packet(ipv4("10.0.0.1", "10.0.0.2"), gre()));
        assertThat(hash.hash(tuple)).isEqualTo(FlowHash.seeded(42).hash(tuple));
        assertThat(hash.hash(tuple)).isNotEqualTo(FlowHash.seeded(43).hash(tuple));
        assertThat(FlowHash.random().hash(tuple)).isNotEqualTo(FlowHash.random().hash(tuple));
        assertThat(hash.hash(0, tuple)).isEqualTo(hash.hash(tuple));
        assertThat(hash.hash(1, tuple)).isNotEqualTo(hash.hash(tuple));
        assertThat(hash.hash(1L << 63, tuple)).isNotEqualTo(hash.hash(tuple));
    }

    /** In two's complement, -a is a with all bits but the last turned, for odd a. */
    @Test
    void tellsNegatedWordsApart() {
        long negate = ~1L;
        Random random = new Random(7);
        FiveTuple tuple = new FiveTuple();
        for (int i = 0; i < 20_000; i++) {
            FlowHash seeded = FlowHash.seeded(random.nextLong());
            long high = random.nextLong();
            long low = random.nextLong();
            long plain = seeded.hash(tuple.setIpv6(high, low, 3, 4, 6, 5, 9));
            long turned = seeded.hash(tuple.setIpv6(high ^ negate, low ^ negate, 3, 4, 6, 5, 9));
            assertFarApart(plain, turned);

            long endpoint = random.nextLong();
            tuple.setIpv4(1, 2, 6, 5, 9);
            assertFarApart(seeded.hash(endpoint, tuple), seeded.hash(endpoint ^ negate, tuple));
        }
    }

    private static void assertFarApart(long a, long b) {
        assertThat(Long.bitCount(a ^ b)).isBetween(8, 56); // 6 standard deviations from 32
    }

    /** A change here is a breaking change: values are compared between machines. */
    @Test
    void isStableAcrossReleases() {
        FiveTuple tuple = new FiveTuple();
        FlowHash zero = FlowHash.seeded(0);
        assertThat(FlowFormat.hash(zero.hash(tuple.setIpv4(0x0a011565, 0x36e63e3c, 6, 43210, 443))))
                .isEqualTo("0x7afb9ab747154d76");
        assertThat(FlowFormat.hash(zero.hash(tuple.setIpv4(0x0a011565, 0x36e63e3c, 47))))
                .isEqualTo("0x7e37efe336ec838e");
        assertThat(
                        FlowFormat.hash(
                                zero.hash(
                                        tuple.setIpv6(
                                                0x20010db8_00000000L,
                                                10,
                                                0x20010db8_00000000L,
                                                11,
                                                17,
                                                5,
                                                9))))
                .isEqualTo("0xde1506bda136432b");
        assertThat(FlowFormat.hash(hash.hash(0x0123456789abcdefL, tuple)))
                .isEqualTo("0xd3c1469c81b5f341");
    }

    @Test
    void refusesADetachedView() {
        assertThatThrownBy(() -> hash.hash(new FiveTuple()))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }
}
