package io.github.geneve4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

    @ParameterizedTest(name = "{1}")
    @CsvSource({
        "00,                                   a header cut short",
        "4800080000000000,                     version 1",
        "010008000000000001080102,             an option past Opt Len",
        "0080080000000000,                     a control packet",
        "01400800000000000102ff00,             a critical option that nobody knows",
    })
    void dropsWhatAnEndpointMustNotForward(String hex, String what) {
        ByteBuf packet = Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(hex));
        channel.writeInbound(new DatagramPacket(packet, APPLIANCE, NODE));

        assertThat(channel.<Object>readOutbound()).as(what).isNull();
        assertThat(packet.refCnt()).isZero();
    }

    @Test
    @Timeout(30)
    void answersOverASocket() throws Exception {
        InetSocketAddress listen = new InetSocketAddress("127.63.82.1", 6081);
        InetSocketAddress node = new InetSocketAddress("127.63.82.2", 6081);
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try (DatagramChannel socket = DatagramChannel.open().bind(node)) {
            GenevePipeline.listen(group, listen);
            ByteBuffer request = ByteBuffer.wrap(ByteBufUtil.decodeHexDump(REQUEST));
            socket.send(request, listen);

            ByteBuffer reply = ByteBuffer.allocate(2048);
            assertThat(socket.receive(reply)).isEqualTo(listen);
            assertThat(reply.flip()).isEqualTo(request.rewind());
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        }
    }
}
