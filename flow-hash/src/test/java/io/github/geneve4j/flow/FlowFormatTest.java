package io.github.geneve4j.flow;

import static io.github.geneve4j.flow.Wrapped.flow;
import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.cut;
import static io.github.geneve4j.testkit.Packets.gre;
import static io.github.geneve4j.testkit.Packets.icmp;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.testkit.Addresses;
import io.github.geneve4j.testkit.BufferKind;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class FlowFormatTest {
    private static final String A = "10.1.21.101";
    private static final String B = "54.230.62.60";

    @Test
    void writesALine() {
        byte[] tcp = packet(ipv4(A, B), tcp(43210, 443));
        assertThat(FlowFormat.text(flow(tcp)))
                .isEqualTo("tcp 10.1.21.101:43210 > 54.230.62.60:443");
        assertThat(FlowFormat.text(flow(packet(ipv6("2001:db8::a", "::1"), udp(1, 2)))))
                .isEqualTo("udp [2001:db8::a]:1 > [::1]:2");
        assertThat(FlowFormat.text(flow(packet(ipv6("2001:db8::a", "::1"), gre()))))
                .isEqualTo("gre 2001:db8::a > ::1");
        assertThat(FlowFormat.text(flow(packet(ipv4(A, B).fragment(8, true), udp(1, 2)))))
                .isEqualTo("udp 10.1.21.101 > 54.230.62.60 fragment");
        assertThat(FlowFormat.text(flow(packet(ipv4("9.9.9.9", A), icmp(3, 1), payload(tcp)))))
                .isEqualTo("tcp 54.230.62.60:443 > 10.1.21.101:43210 quoted");
    }

    @ParameterizedTest
    @EnumSource
    void writesJson(BufferKind kind) {
        BufferKind.Placed placed = kind.place(packet(ipv4(A, B), tcp(43210, 443)));
        assertThat(FlowFormat.json(placed.buffer(), placed.offset(), placed.length()))
                .isEqualTo(
                        "{\"source\":\"10.1.21.101\",\"destination\":\"54.230.62.60\","
                                + "\"protocol\":6,\"sourcePort\":43210,\"destinationPort\":443,"
                                + "\"fragment\":false,\"quoted\":false,"
                                + "\"hash\":\"0x7afb9ab747154d76\","
                                + "\"communityId\":\"1:QCMUcYAteyClE/9gimTIvskCRx0=\"}");
    }

    @Test
    void writesJsonOfAQuotedFlow() {
        byte[] quoted = packet(ipv4(A, B), tcp(43210, 443));
        byte[] error = packet(ipv4("9.9.9.9", A), icmp(3, 1), payload(quoted));
        byte[] four = Addresses.bytes("9.9.9.9");
        String id = new CommunityId().compute(four, Addresses.bytes(A), 1, 3, 1).text();
        assertThat(json(error))
                .startsWith(
                        "{\"source\":\"54.230.62.60\",\"destination\":\"10.1.21.101\","
                                + "\"protocol\":6,\"sourcePort\":443,\"destinationPort\":43210,"
                                + "\"fragment\":false,\"quoted\":true,"
                                + "\"hash\":\"0x7afb9ab747154d76\"")
                .endsWith("\"communityId\":\"" + id + "\"}");
    }

    @Test
    void writesJsonWithoutPorts() {
        byte[] later = packet(ipv6("::a", "::b"), gre(), payload("00"));
        assertThat(json(later))
                .startsWith(
                        "{\"source\":\"::a\",\"destination\":\"::b\",\"protocol\":47,"
                                + "\"sourcePort\":0,\"destinationPort\":0,\"fragment\":false,");
    }

    @Test
    void writesJsonOfAMalformedPacket() {
        assertThat(json(new byte[] {0x45})).isEqualTo("{\"status\":\"truncated_ipv4_header\"}");
        assertThat(json(new byte[0])).isEqualTo("{\"status\":\"empty_packet\"}");
    }

    @Test
    void writesJsonOfACapturedBeginning() {
        byte[] whole = packet(ipv4(A, B), tcp(43210, 443), payload(counting(100)));
        StringBuilder out = new StringBuilder("x");
        FlowFormat.appendJson(
                out,
                Unpooled.wrappedBuffer(cut(whole, 40)),
                0,
                40,
                whole.length,
                FlowHash.seeded(FlowFormat.HASH_SEED));
        assertThat(out.toString()).isEqualTo("x" + json(whole));
    }

    @Test
    void writesTheHashOfTheGivenSeed() {
        byte[] whole = packet(ipv4(A, B), tcp(43210, 443));
        FiveTuple tuple = new FiveTuple();
        tuple.wrap(Unpooled.wrappedBuffer(whole), 0, whole.length);
        StringBuilder out = new StringBuilder();
        FlowFormat.appendJson(
                out,
                Unpooled.wrappedBuffer(whole),
                0,
                whole.length,
                whole.length,
                FlowHash.seeded(7));

        assertThat(out.toString())
                .contains(FlowFormat.hash(FlowHash.seeded(7).hash(tuple)))
                .doesNotContain(FlowFormat.hash(FlowHash.seeded(8).hash(tuple)));
    }

    @ParameterizedTest
    @CsvSource({
        "::, ::",
        "::1, ::1",
        "1::, 1::",
        "2001:db8::1, 2001:db8::1",
        "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
        "2001:0:0:1:0:0:0:1, 2001:0:0:1::1",
        "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
        "0:1:2:3:4:5:6:7, 0:1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:0, 1:2:3:4:5:6:7:0",
        "1:2:3:4:5:6:0:0, 1:2:3:4:5:6::",
        "0:0:2:3:4:5:6:7, ::2:3:4:5:6:7",
        "0:0:0:3:4:0:0:0, ::3:4:0:0:0",
        "1:0:0:0:4:0:0:0, 1::4:0:0:0",
        "1:0:0:4:5:0:0:0, 1:0:0:4:5::",
        "0:0:0:0:1:0:0:0, ::1:0:0:0",
        "0:0:0:1:0:0:0:0, 0:0:0:1::",
        "FE80::ABCD:EF, fe80::abcd:ef",
        "::ffff:0:0:1, ::ffff:0:0:1",
        "::1.2.3.4, ::102:304",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    })
    void writesIpv6AsRecommended(String literal, String expected) {
        ByteBuffer bytes = ByteBuffer.wrap(Addresses.bytes(literal));
        assertThat(FlowFormat.ipv6(bytes.getLong(), bytes.getLong())).isEqualTo(expected);
    }

    @Test
    void writesMappedAddressesWithDots() {
        assertThat(FlowFormat.ipv6(0, 0xffff_c000_0201L)).isEqualTo("::ffff:192.0.2.1");
        assertThat(FlowFormat.ipv6(1, 0xffff_c000_0201L)).isEqualTo("::1:0:ffff:c000:201");
    }

    @Property
    void writesIpv6ThatReadsBack(@ForAll long high, @ForAll long low) {
        String text = FlowFormat.ipv6(high, low);
        if (!text.contains(".")) {
            ByteBuffer bytes = ByteBuffer.wrap(Addresses.bytes(text));
            assertThat(bytes.getLong()).isEqualTo(high);
            assertThat(bytes.getLong()).isEqualTo(low);
        }
    }

    @Test
    void writesIpv4() {
        assertThat(FlowFormat.ipv4(0)).isEqualTo("0.0.0.0");
        assertThat(FlowFormat.ipv4(-1)).isEqualTo("255.255.255.255");
        assertThat(FlowFormat.ipv4(0x01020304)).isEqualTo("1.2.3.4");
    }

    @Test
    void writesHashes() {
        assertThat(FlowFormat.hash(0)).isEqualTo("0x0000000000000000");
        assertThat(FlowFormat.hash(-1)).isEqualTo("0xffffffffffffffff");
        assertThat(FlowFormat.hash(0xabcdef)).isEqualTo("0x0000000000abcdef");
    }

    @Test
    void namesProtocols() {
        Set<String> names = new HashSet<>();
        for (int protocol = 0; protocol < 256; protocol++) {
            names.add(IpProtocol.name(protocol));
        }
        assertThat(names)
                .hasSize(256)
                .contains("tcp", "udp", "icmp", "icmpv6", "sctp", "dccp", "udplite", "gre", "esp")
                .contains("ah", "hopopt", "ipv6-route", "ipv6-frag", "ipv6-nonxt", "ipv6-opts")
                .contains("mobility", "hip", "shim6", "proto-255");
    }

    @Test
    void labelsAreUniqueAndMadeForMetrics() {
        Set<String> labels = new HashSet<>();
        for (FlowStatus status : FlowStatus.values()) {
            assertThat(status.label()).isEqualTo(status.name().toLowerCase(java.util.Locale.ROOT));
            labels.add(status.label());
        }
        for (FlowEnd end : FlowEnd.values()) {
            assertThat(end.label()).isEqualTo(end.name().toLowerCase(java.util.Locale.ROOT));
            labels.add(end.label());
        }
        assertThat(labels).hasSize(FlowStatus.values().length + FlowEnd.values().length);
    }

    private static String json(byte[] packet) {
        return FlowFormat.json(Unpooled.wrappedBuffer(packet), 0, packet.length);
    }
}
