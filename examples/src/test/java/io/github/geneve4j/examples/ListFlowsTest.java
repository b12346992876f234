package io.github.geneve4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.io.pcap.PcapReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class ListFlowsTest {
    private static final int LINKTYPE_IPV4 = 228;
    private static final long SECOND = 1;

    private static final String CLIENT = "0a000105";
    private static final String SERVER = "c6336407";

    private final ByteBuffer file = ByteBuffer.allocate(4096);

    @Test
    void listsFlowsAsTheyEnd() throws IOException {
        file.putInt(0xa1b2c3d4).putShort((short) 2).putShort((short) 4).putInt(0).putInt(0);
        file.putInt(0xffff).putInt(LINKTYPE_IPV4);
        frame(SECOND, "11", inner(CLIENT, SERVER, 40_000, 53));
        frame(2 * SECOND, "22", inner(CLIENT, SERVER, 40_000, 53)); // another network
        frame(2 * SECOND, "11", inner(SERVER, CLIENT, 53, 40_000));
        frame(3 * SECOND, "11", inner(CLIENT, SERVER, 40_000, 53));
        frame(3 * SECOND, "11", "45"); // cut short
        frame(4 * SECOND, 53, "0300080000000000", inner(CLIENT, SERVER, 40_002, 53)); // no tunnel
        frame(4 * SECOND, 6081, "0000080000000000", inner(CLIENT, SERVER, 40_003, 53));
        frame(200 * SECOND, "11", inner(CLIENT, SERVER, 40_001, 53));

        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new ListFlows(new PrintStream(out, true, StandardCharsets.UTF_8))
                .list(PcapReader.open(new ByteArrayInputStream(file.array(), 0, file.position())));
        assertThat(out.toString(StandardCharsets.UTF_8))
                .isEqualToNormalizingNewlines(
                        """
                        vpce-02222222222222222 udp 10.0.1.5:40000 > 198.51.100.7:53: 1 packets, 28 bytes, expired
                        - udp 10.0.1.5:40003 > 198.51.100.7:53: 1 packets, 28 bytes, expired
                        vpce-01111111111111111 udp 10.0.1.5:40000 > 198.51.100.7:53: 3 packets, 84 bytes, established, expired
                        vpce-01111111111111111 udp 10.0.1.5:40001 > 198.51.100.7:53: 1 packets, 28 bytes
                        """);
    }

    /** A load balancer's packet. */
    private void frame(long second, String endpoint, String inner) {
        frame(second, 6081, "0300080000000000" + "01080102" + endpoint.repeat(8), inner);
    }

    /** A packet from the outer IPv4 header on. */
    private void frame(long second, int port, String geneve, String inner) {
        int udpLength = 8 + (geneve.length() + inner.length()) / 2;
        String packet =
                "4500%04x00000000401100000a0001640a00010a".formatted(20 + udpLength)
                        + "ea60%04x%04x0000".formatted(port, udpLength)
                        + geneve
                        + inner;
        file.putInt((int) second).putInt(0).putInt(packet.length() / 2).putInt(packet.length() / 2);
        file.put(HexFormat.of().parseHex(packet));
    }

    private static String inner(String source, String destination, int from, int to) {
        return "4500001c0000000040110000"
                + source
                + destination
                + "%04x%04x00080000".formatted(from, to);
    }
}
