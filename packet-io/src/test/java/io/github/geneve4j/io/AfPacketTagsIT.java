package io.github.geneve4j.io;

import static io.github.geneve4j.io.Cable.NODE_MAC;
import static io.github.geneve4j.io.Cable.OWN_MAC;
import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.ethernet;
import static io.github.geneve4j.testkit.Packets.ip;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.qinq;
import static io.github.geneve4j.testkit.Packets.udp;
import static io.github.geneve4j.testkit.Packets.vlan;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.testkit.Layer;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * VLAN tags at the limits of the MTU: what comes in is whole, and what goes out has all of its tags
 * or is counted. A kernel sends as many bytes behind the Ethernet header as the MTU says, tags
 * among them, and 4 more if the first of them is an 802.1Q tag.
 */
@Timeout(60)
class AfPacketTagsIT {
    private static final int PORT = 6081;
    private static final int HEADERS = 28;
    private static final String NODE = Cable.NODE_ADDRESS;
    private static final String OWN = Cable.OWN_ADDRESS;

    /** What is between the Ethernet header and IP. */
    enum Tags {
        NONE(0),
        VLAN(4, vlan(0xa064)),
        SERVICE(0, qinq(0x2007)),
        TWO_VLANS(4, vlan(0x2007), vlan(5)),
        QINQ(0, qinq(0x2007), vlan(5));

        final int allowance;
        final List<Layer> layers;

        Tags(int allowance, Layer... layers) {
            this.allowance = allowance;
            this.layers = List.of(layers);
        }

        /** The longest IP packet that the kernel sends behind these. */
        int longest(int mtu) {
            return Math.min(mtu, mtu + allowance - 4 * layers.size());
        }

        byte[] frame(Layer link, byte[] packet) {
            Layer[] all = new Layer[layers.size() + 2];
            all[0] = link;
            for (int i = 0; i < layers.size(); i++) {
                all[1 + i] = layers.get(i);
            }
            all[all.length - 1] = ip(packet);
            return packet(all);
        }
    }

    private Tap tap;
    private AfPacketPort port;

    private void open(int mtu, boolean offloads) throws Exception {
        tap = new Tap(mtu);
        port = tap.inside(AfPacketPort.builder(Tap.NAME).understandOffloads(offloads)::open);
        assertThat(port.understandsOffloads()).as(port.toString()).isEqualTo(offloads);
    }

    @AfterEach
    void close() throws Exception {
        if (port != null) {
            port.close();
        }
        if (tap != null) {
            tap.close();
        }
    }

    private static byte[] request(Tags tags, int packetLength) {
        byte[] body = counting(packetLength - HEADERS);
        byte[] packet = packet(ipv4(NODE, OWN).ttl(255), udp(60001, PORT), payload(body));
        return tags.frame(ethernet(OWN_MAC, NODE_MAC), packet);
    }

    private static byte[] reply(Tags tags, int packetLength) {
        byte[] body = counting(packetLength - HEADERS);
        byte[] packet = packet(ipv4(OWN, NODE), udp(60001, PORT), payload(body));
        return tags.frame(ethernet(NODE_MAC, OWN_MAC), packet);
    }

    /** Sends, compares what the handler sees, and compares what leaves, if anything is to. */
    private void exchange(Tags tags, int asked, int answered, boolean leaves) throws IOException {
        long refused = port.counters().failed(SendFailure.REFUSED);
        tap.send(request(tags, asked));
        byte[] seen = new byte[asked - HEADERS];
        byte[] answer = counting(answered - HEADERS);
        PacketHandler handler =
                (buffer, offset, length, source) -> {
                    assertThat(length).isEqualTo(seen.length);
                    buffer.getBytes(offset, seen);
                    if (asked == answered) {
                        return PacketHandler.UNCHANGED;
                    }
                    buffer.setBytes(offset, answer);
                    return answer.length;
                };
        assertThat(port.poll(handler, 1)).isEqualTo(1);
        assertThat(seen).as("what the handler sees").isEqualTo(counting(seen.length));
        List<byte[]> received = tap.receive(leaves ? 1 : 0);
        if (leaves) {
            assertThat(received).hasSize(1);
            assertThat(received.get(0)).isEqualTo(reply(tags, answered));
        } else {
            assertThat(received).isEmpty();
            refused++;
        }
        assertThat(port.counters().failed(SendFailure.REFUSED)).isEqualTo(refused);
    }

    @ParameterizedTest
    @CsvSource({"1500, true", "1500, false", "1508, true", "9001, true", "9001, false"})
    void servesUpToWhatTheKernelSendsAndCountsTheRest(int mtu, boolean offloads) throws Exception {
        open(mtu, offloads);
        for (Tags tags : Tags.values()) {
            int longest = tags.longest(mtu);
            for (int length : new int[] {HEADERS, 1000, longest - 1, longest}) {
                exchange(tags, length, length, true);
            }
            exchange(tags, 100, longest, true); // it grows into the slot
            exchange(tags, longest, 100, true);
            for (int length = longest + 1; length <= mtu; length++) {
                exchange(tags, length, length, false);
            }
            exchange(tags, 100, longest, true);
            assertThat(port.counters().skipped()).as("whole, all of them").isZero();
        }
        assertThat(port.kernelDrops()).isZero();
    }

    /** It is not joined, which the port knows only if it is told. */
    @ParameterizedTest
    @CsvSource({"1500, true", "1500, false", "9001, true", "9001, false"})
    void skipsWhatIsLongerThanTheMtu(int mtu, boolean offloads) throws Exception {
        open(mtu, offloads);
        ReceiveSkip reason = offloads ? ReceiveSkip.TRUNCATED : ReceiveSkip.AGGREGATED;
        for (Tags tags : Tags.values()) {
            tap.send(request(tags, mtu + 1));
            tap.send(request(tags, mtu + 1000)); // longer than a slot
        }
        assertThat(port.poll(PacketHandlers.failing(), 64)).isZero();
        PortCounters counters = port.counters();
        int each = Tags.values().length;
        assertThat(counters.skipped(reason)).isEqualTo(offloads ? 2 * each : each);
        assertThat(counters.skipped(ReceiveSkip.TRUNCATED)).isEqualTo(offloads ? 2 * each : each);
        assertThat(counters.skipped()).isEqualTo(2 * each);
        exchange(Tags.QINQ, 1000, 1000, true);
    }

    @ParameterizedTest
    @CsvSource({"1500", "9001"})
    void sendsOfItsOwnWithAllTags(int mtu) throws Exception {
        open(mtu, true);
        for (Tags tags : Tags.values()) {
            ReturnPath path = new ReturnPath();
            tap.send(request(tags, 100));
            port.poll(
                    (buffer, offset, length, source) -> {
                        port.returnPath(path);
                        return PacketHandler.DROP;
                    },
                    1);
            int longest = tags.longest(mtu);
            long refused = port.counters().failed(SendFailure.REFUSED);
            byte[] body = counting(longest - HEADERS);
            port.send(path, Unpooled.wrappedBuffer(body), 0, body.length);
            byte[] packet = packet(ipv4(OWN, NODE).dontFragment(), udp(60001, PORT), payload(body));
            List<byte[]> received = tap.receive(1);
            assertThat(received).hasSize(1);
            assertThat(received.get(0)).isEqualTo(tags.frame(ethernet(NODE_MAC, OWN_MAC), packet));
            assertThat(port.counters().failed(SendFailure.REFUSED)).isEqualTo(refused);
            if (longest < mtu) {
                byte[] longer = Arrays.copyOf(body, body.length + 1);
                port.send(path, Unpooled.wrappedBuffer(longer), 0, longer.length);
                assertThat(tap.receive(0)).isEmpty();
                assertThat(port.counters().failed(SendFailure.REFUSED)).isEqualTo(refused + 1);
            }
        }
    }
}
