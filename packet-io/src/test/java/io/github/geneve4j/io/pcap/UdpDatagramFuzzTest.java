package io.github.geneve4j.io.pcap;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** Any frame of any link type: a status, and after OK a datagram inside the frame. */
class UdpDatagramFuzzTest {
    private static final int[] LINK_TYPES = {
        LinkType.NULL,
        LinkType.ETHERNET,
        LinkType.RAW_DLT,
        LinkType.RAW_OPENBSD,
        LinkType.RAW,
        LinkType.LOOP,
        LinkType.LINUX_SLL,
        LinkType.IPV4,
        LinkType.IPV6,
        LinkType.LINUX_SLL2
    };

    private final UdpDatagram datagram = new UdpDatagram();

    @FuzzTest(maxDuration = "60s")
    void anyFrame(byte[] frame) {
        ByteBuf exact = Unpooled.wrappedBuffer(frame);
        for (int linkType : LINK_TYPES) {
            DatagramStatus status = datagram.wrap(linkType, exact, 0, frame.length);
            if (status == DatagramStatus.OK || status == DatagramStatus.BAD_UDP_LENGTH) {
                assertThat(datagram.hasPorts()).isTrue();
            } else if (status != DatagramStatus.TRUNCATED_UDP) {
                assertThat(datagram.hasPorts()).isFalse();
            }
            if (status == DatagramStatus.OK) {
                int end = datagram.payloadOffset() + datagram.payloadLength();
                assertThat(datagram.ipOffset()).isBetween(0, datagram.udpOffset() - 20);
                assertThat(datagram.payloadLength()).isNotNegative();
                assertThat(end).isLessThanOrEqualTo(frame.length);
                assertThat(datagram.sourcePort()).isBetween(0, 0xffff);
                assertThat(datagram.destinationPort()).isBetween(0, 0xffff);
                assertThat(datagram.sourceAddress()).matches("[0-9a-f.:]{2,39}");
                assertThat(datagram.destinationAddress()).matches("[0-9a-f.:]{2,39}");
                checkCutBehind(linkType, exact, end);
            }
        }
    }

    /** What lies behind the datagram does not matter, but where no length bounds it. */
    private void checkCutBehind(int linkType, ByteBuf frame, int end) {
        int udp = datagram.udpOffset();
        int payload = datagram.payloadLength();
        assertThat(datagram.wrap(linkType, frame, 0, end)).isEqualTo(DatagramStatus.OK);
        assertThat(datagram.udpOffset()).isEqualTo(udp);
        assertThat(datagram.payloadLength()).isEqualTo(payload);
    }
}
