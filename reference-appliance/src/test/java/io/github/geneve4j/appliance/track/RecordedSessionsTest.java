package io.github.geneve4j.appliance.track;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowStatus;
import io.github.geneve4j.flow.FlowTable;
import io.github.geneve4j.flow.IpProtocol;
import io.github.geneve4j.testkit.Corpus;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What hosts really said to each other passes, whole, and ends in the state that it ended in. */
class RecordedSessionsTest {
    private static final int ETHERNET_LENGTH = 14;
    private static final int IPV4_LENGTH = 20;
    private static final int UDP_LENGTH = 8;
    private static final int GENEVE_LENGTH = 8;
    private static final int LONGEST = 2000;
    private static final int ETHERNET_INSIDE = 0x6558;

    private final FiveTuple tuple = new FiveTuple();

    @ParameterizedTest
    @CsvSource({
        "community-id/pcaps/tcp.pcap, CLOSED",
        "pcaps/zeek-geneve-many-options.pcap, CLOSED",
        "pcaps/tcpdump-geneve.pcap, ESTABLISHED",
        "pcaps/tx-gwlb-geneve.pcap, SYN_SENT"
    })
    void pass(String name, TcpState last) {
        Optional<Path> file = Corpus.file(name);
        assumeTrue(file.isPresent(), "no corpus");
        ConnectionTracker tracker = ConnectionTracker.builder(100).build();
        int known = 0;
        for (byte[] frame : Corpus.frames(file.get())) {
            // Some were cut short: what is missing is as good as any other payload
            ByteBuf buffer = Unpooled.wrappedBuffer(Arrays.copyOf(frame, LONGEST));
            int length = wrap(buffer);
            Outcome outcome =
                    tracker.look(tuple, buffer, length, 1, ConnectionTracker.NO_COOKIE, 0);
            assertThat(tracker.reason()).isEqualTo(InvalidReason.NONE);
            assertThat(outcome).isIn(Outcome.NEW, Outcome.KNOWN);
            if (outcome == Outcome.NEW) {
                tracker.begin(0, 0, 0);
            } else {
                known++;
            }
        }
        assertThat(known).isPositive();
        int connections = 0;
        for (int flow = tracker.table().next(FlowTable.NONE);
                flow != FlowTable.NONE;
                flow = tracker.table().next(flow)) {
            if (tracker.read(flow, tuple).protocol() == IpProtocol.TCP) {
                assertThat(tracker.state(flow)).isEqualTo(last);
                connections++;
            }
        }
        assertThat(connections).isPositive();
    }

    /** Points the view at a packet, in a tunnel or not, and returns its length. */
    private int wrap(ByteBuf frame) {
        int ip = ETHERNET_LENGTH;
        int udp = ip + IPV4_LENGTH;
        if (frame.getUnsignedByte(ip + 9) == IpProtocol.UDP
                && frame.getUnsignedShort(udp + 2) == 6081) {
            int geneve = udp + UDP_LENGTH;
            ip = geneve + GENEVE_LENGTH + (frame.getByte(geneve) & 0x3f) * Integer.BYTES;
            if (frame.getUnsignedShort(geneve + 2) == ETHERNET_INSIDE) {
                ip += ETHERNET_LENGTH;
            }
        }
        int whole = frame.getUnsignedShort(ip + 2);
        assertThat(tuple.wrap(frame, ip, whole)).isEqualTo(FlowStatus.OK);
        return whole;
    }
}
