package io.github.geneve4j.appliance.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.appliance.DropReason;
import io.github.geneve4j.appliance.PacketCounters;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The demo's checks, against appliances that are wrong on purpose: each check can fail. */
class DemoLoadBalancerTest {
    private static final String NODE = "127.61.81.2";
    private static final String STRANGER = "127.61.81.3";
    private static final String APPLIANCE = "127.61.81.1";
    private static final String ELSEWHERE = "127.61.81.9";
    private static final int PORT = 6081;

    /** What an appliance can do with a good request. */
    enum Manner {
        RIGHT(""),
        FROM_ANOTHER_ADDRESS("load balancer dropped: source_is_no_target"),
        FROM_6081("load balancer dropped: source_port_changed"),
        COOKIE_CHANGED("load balancer dropped: wrong_flow_cookie"),
        ATTACHMENT_CHANGED("load balancer dropped: attachment_id_changed"),
        TTL_DECREASED("inner packet changed"),
        CUT_SHORT("load balancer dropped: malformed_reply"),
        TWICE("packet that nobody waits for, or a second time"),
        NEVER("no reply");

        final String fault;

        Manner(String fault) {
            this.fault = fault;
        }
    }

    @ParameterizedTest
    @EnumSource(Manner.class)
    void findsWhatIsWrong(Manner manner) throws Exception {
        List<DemoPacket> packets =
                DemoTraffic.packets(8).stream().filter(p -> p.expectedDrop() == null).toList();

        DemoResult result = play(packets, manner);

        assertThat(result.sent()).isPositive();
        if (manner.fault.isEmpty()) {
            assertThat(result.faults()).isEmpty();
            assertThat(result.verified()).isEqualTo(result.sent());
        } else {
            assertThat(result.faults().keySet())
                    .anySatisfy(fault -> assertThat(fault).startsWith(manner.fault));
            assertThat(result.isGood()).isFalse();
            assertThat(result.table()).contains("FAULT: " + manner.fault, "FAILED");
            assertThat(result.json()).startsWith("{\"ok\":false,").contains(manner.fault);
        }
    }

    /** Every kind of hostile packet comes with few flows, and none is to come back. */
    @Test
    void sendsEveryHostilePacketAndExpectsItsDrop() throws Exception {
        List<DemoPacket> packets = DemoTraffic.packets(2);

        assertThat(packets.stream().map(DemoPacket::expectedDrop))
                .contains(
                        DropReason.ORIGIN_NOT_ALLOWED,
                        DropReason.INSPECTOR,
                        DropReason.TRUNCATED_HEADER,
                        DropReason.UNSUPPORTED_VERSION,
                        DropReason.TRUNCATED_OPTIONS,
                        DropReason.OPTION_OVERRUN,
                        DropReason.UNKNOWN_CRITICAL_OPTION,
                        DropReason.CONTROL_PACKET);
        // An appliance that passes everything is not good, and neither is one that tells nothing
        DemoResult result = play(packets, Manner.RIGHT);
        assertThat(result.toBeDropped()).isNotEmpty();
        assertThat(result.dropped()).isEmpty();
        assertThat(result.isGood()).isFalse();
        assertThat(result.table()).contains("were to be");
    }

    private static DemoResult play(List<DemoPacket> packets, Manner manner) throws Exception {
        InetSocketAddress listen = new InetSocketAddress(InetAddress.ofLiteral(APPLIANCE), PORT);
        WrongAppliance appliance = new WrongAppliance(listen, manner);
        Thread thread = Thread.ofPlatform().daemon().start(appliance);
        try (appliance;
                DemoLoadBalancer balancer =
                        new DemoLoadBalancer(
                                InetAddress.ofLiteral(NODE),
                                InetAddress.ofLiteral(STRANGER),
                                listen.getAddress())) {
            balancer.exchange(packets, TimeUnit.MILLISECONDS.toNanos(50), () -> {});
            return DemoResult.of(1, balancer, new PacketCounters(), balancer.sent());
        } finally {
            thread.join(5_000); // it frees the ports
        }
    }

    /** Answers datagrams in its manner until it is closed. */
    private static final class WrongAppliance implements Runnable, AutoCloseable {
        private final DatagramChannel listening;
        private final Manner manner;
        private final Map<Integer, DatagramChannel> replying = new HashMap<>();

        WrongAppliance(InetSocketAddress address, Manner manner) throws IOException {
            this.listening = DatagramChannel.open().bind(address);
            this.manner = manner;
        }

        @Override
        public void run() {
            ByteBuffer buffer = ByteBuffer.allocate(0xffff);
            try {
                while (true) {
                    buffer.clear();
                    InetSocketAddress from = (InetSocketAddress) listening.receive(buffer);
                    buffer.flip();
                    answer(buffer, from);
                }
            } catch (IOException e) {
                // closed
            } finally {
                for (DatagramChannel channel : replying.values()) {
                    try {
                        channel.close();
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                }
            }
        }

        private void answer(ByteBuffer packet, InetSocketAddress from) throws IOException {
            switch (manner) {
                case COOKIE_CHANGED -> packet.put(39, (byte) (packet.get(39) + 1));
                case ATTACHMENT_CHANGED -> packet.put(31, (byte) 1);
                case TTL_DECREASED -> packet.put(48, (byte) (packet.get(48) - 1));
                case CUT_SHORT -> packet.limit(packet.limit() - 1);
                case NEVER -> {
                    return;
                }
                default -> {}
            }
            InetSocketAddress node = new InetSocketAddress(from.getAddress(), PORT);
            DatagramChannel sender =
                    manner == Manner.FROM_6081 ? listening : senderFrom(from.getPort());
            sender.send(packet, node);
            if (manner == Manner.TWICE) {
                sender.send(packet.rewind(), node);
            }
        }

        private DatagramChannel senderFrom(int port) throws IOException {
            DatagramChannel sender = replying.get(port);
            if (sender == null) {
                String address = manner == Manner.FROM_ANOTHER_ADDRESS ? ELSEWHERE : APPLIANCE;
                sender =
                        DatagramChannel.open()
                                .bind(new InetSocketAddress(InetAddress.ofLiteral(address), port));
                replying.put(port, sender);
            }
            return sender;
        }

        @Override
        public void close() throws IOException {
            listening.close();
        }
    }
}
