package io.github.geneve4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

class GenevePipelineTest {
    private static final InetSocketAddress NODE = new InetSocketAddress("10.254.11.60", 60_001);
    private static final InetSocketAddress APPLIANCE = new InetSocketAddress("10.254.11.101", 6081);
    private static final String REQUEST =
            "0800080000000000"
                    + "010801022356de92d389839c"
                    + "010802020000000000000000"
                    + "0108030198ef1b00"
                    + "45000014";

    private final EmbeddedChannel channel = new EmbeddedChannel(new GenevePipeline.Hairpin());

    @Test
    void sendsTheSameBytesToTheTunnelPortOfTheNode() {
        ByteBuf request = Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(REQUEST));
        channel.writeInbound(new DatagramPacket(request, APPLIANCE, NODE));

        DatagramPacket reply = channel.readOutbound();
        assertThat(ByteBufUtil.hexDump(reply.content())).isEqualTo(REQUEST);
        assertThat(reply.recipient()).isEqualTo(new InetSocketAddress("10.254.11.60", 6081));
        reply.release();
        assertThat(request.refCnt()).isZero();
    }

    @Test
    void dropsWhatIsNotTheLoadBalancers() {
        for (String foreign : new String[] {"", "0000080000000000", "4800", REQUEST.substring(2)}) {
            ByteBuf packet = Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(foreign));
            channel.writeInbound(new DatagramPacket(packet, APPLIANCE, NODE));

            assertThat(channel.<Object>readOutbound()).as("'%s'", foreign).isNull();
            assertThat(packet.refCnt()).isZero();
        }
    }
}
