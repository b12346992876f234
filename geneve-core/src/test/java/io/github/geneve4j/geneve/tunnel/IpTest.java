package io.github.geneve4j.geneve.tunnel;

import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.testkit.BufferKind;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class IpTest {
    /** Every old and new value: the header must be the one that a sender would have built. */
    @ParameterizedTest
    @EnumSource(names = {"HEAP_AT_OFFSET", "DIRECT", "COMPOSITE"})
    void rewritesTrafficClassAndTtlOfIpv4(BufferKind kind) {
        for (int before = 0; before < 256; before += 5) {
            for (int after = 0; after < 256; after += 3) {
                BufferKind.Placed ip = kind.place(v4(before, 255 - before));
                Ip.setTrafficClass(ip.buffer(), ip.offset(), after);
                Ip.setTtl(ip.buffer(), ip.offset(), 255 - after);
                assertThat(ip.bytes()).isEqualTo(v4(after, 255 - after));
                assertThat(Ip.trafficClass(ip.buffer(), ip.offset())).isEqualTo(after);
                assertThat(Ip.ttl(ip.buffer(), ip.offset())).isEqualTo(255 - after);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"HEAP_AT_OFFSET", "DIRECT", "COMPOSITE"})
    void rewritesTrafficClassAndTtlOfIpv6(BufferKind kind) {
        for (int before = 0; before < 256; before += 5) {
            for (int after = 0; after < 256; after += 3) {
                BufferKind.Placed ip = kind.place(v6(before, 255 - before));
                Ip.setTrafficClass(ip.buffer(), ip.offset(), after);
                Ip.setTtl(ip.buffer(), ip.offset(), 255 - after);
                assertThat(ip.bytes()).isEqualTo(v6(after, 255 - after));
                assertThat(Ip.trafficClass(ip.buffer(), ip.offset())).isEqualTo(after);
                assertThat(Ip.ttl(ip.buffer(), ip.offset())).isEqualTo(255 - after);
            }
        }
    }

    private static byte[] v4(int tos, int ttl) {
        return packet(ipv4("10.1.0.1", "10.1.0.2").tos(tos).ttl(ttl).id(0xbeef).options("0102"));
    }

    private static byte[] v6(int trafficClass, int hopLimit) {
        return packet(
                ipv6("fd00::1", "fd00::2")
                        .trafficClass(trafficClass)
                        .flowLabel(0xf_edcb)
                        .hopLimit(hopLimit));
    }
}
