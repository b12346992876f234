package io.github.geneve4j.geneve.tunnel;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.Checksums;
import java.util.Arrays;

/**
 * Any bytes as an outer IP packet. In the normal build the seeds beside the resources are replayed;
 * {@code JAZZER_FUZZ=1} explores.
 */
class TunnelReceiverFuzzTest {
    private static final int V4_CHECKSUM_OFFSET = 10;

    private final ReceiverOracle oracle = new ReceiverOracle();

    @FuzzTest(maxDuration = "5m")
    void receive(byte[] packet) {
        oracle.check(packet, BufferKind.HEAP);
        oracle.check(packet, BufferKind.DIRECT_AT_OFFSET);
        oracle.check(withRightIpv4Checksum(packet), BufferKind.HEAP);
    }

    /** Without this no mutation of an IPv4 header would get past its checksum. */
    private static byte[] withRightIpv4Checksum(byte[] packet) {
        byte[] mended = packet.clone();
        int headerLength = packet.length == 0 ? 0 : (packet[0] & 0x0f) * 4;
        if (headerLength > V4_CHECKSUM_OFFSET + 1 && headerLength <= packet.length) {
            mended[V4_CHECKSUM_OFFSET] = 0;
            mended[V4_CHECKSUM_OFFSET + 1] = 0;
            int checksum = Checksums.internet(Arrays.copyOf(mended, headerLength));
            mended[V4_CHECKSUM_OFFSET] = (byte) (checksum >> 8);
            mended[V4_CHECKSUM_OFFSET + 1] = (byte) checksum;
        }
        return mended;
    }
}
