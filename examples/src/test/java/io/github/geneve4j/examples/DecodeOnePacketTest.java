package io.github.geneve4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class DecodeOnePacketTest {
    @Test
    void describesACapturedHeader() {
        PrintStream before = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        try {
            DecodeOnePacket.main(new String[0]);
        } finally {
            System.setOut(before);
        }
        assertThat(out.toString(StandardCharsets.UTF_8))
                .isEqualTo(
                        """
                        vni 0, ipv4 of 0 bytes
                        option of Amazon, type 1, 8 bytes
                        option of Amazon, type 2, 8 bytes
                        option of Amazon, type 3, 4 bytes
                        came in by vpce-02356de92d389839c, flow cookie 98ef1b00
                        """);
    }

    @Test
    void saysWhatIsWrong() {
        assertThat(
                        DecodeOnePacket.describe(
                                Unpooled.wrappedBuffer(
                                        ByteBufUtil.decodeHexDump("4000080000000000"))))
                .isEqualTo("not a Geneve packet: unsupported_version\n");
    }
}
