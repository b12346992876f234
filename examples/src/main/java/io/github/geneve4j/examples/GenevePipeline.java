package io.github.geneve4j.examples;

import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.Geneve;
import io.github.geneve4j.gwlb.GwlbReply;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.nio.NioDatagramChannel;
import java.net.InetSocketAddress;

/**
 * The codec in a Netty UDP pipeline: sends every packet back that an endpoint may send back.
 *
 * <p>One socket both receives and sends, so replies leave from port 6081 instead of the request's
 * source port: known to work with AWS, promised by nobody. The reference appliance keeps the port.
 */
public final class GenevePipeline {
    /** The largest inner packet of a load balancer is 8,500 bytes; Netty would cut at 2,048. */
    private static final int MAX_DATAGRAM = 0xffff;

    private GenevePipeline() {}

    /**
     * Serves until the process is ended.
     *
     * @param args the IPv4 address to listen on, 127.0.0.1 if left out
     * @throws InterruptedException if the thread is interrupted
     */
    public static void main(String[] args) throws InterruptedException {
        String address = args.length == 0 ? "127.0.0.1" : args[0];
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try {
            Channel channel = listen(group, new InetSocketAddress(address, Geneve.UDP_PORT));
            System.out.println("listening on " + channel.localAddress());
            channel.closeFuture().sync();
        } finally {
            group.shutdownGracefully().syncUninterruptibly();
        }
    }

    static Channel listen(EventLoopGroup group, InetSocketAddress address)
            throws InterruptedException {
        return new Bootstrap()
                .group(group)
                .channel(NioDatagramChannel.class)
                .option(
                        ChannelOption.RECVBUF_ALLOCATOR,
                        new FixedRecvByteBufAllocator(MAX_DATAGRAM))
                .handler(
                        new ChannelInitializer<>() {
                            @Override
                            protected void initChannel(Channel channel) {
                                channel.pipeline().addLast(new Hairpin());
                            }
                        })
                .bind(address)
                .sync()
                .channel();
    }

    /** Sends back what a load balancer sent; one for each channel, since it owns its views. */
    static final class Hairpin extends SimpleChannelInboundHandler<DatagramPacket> {
        private final GwlbReply reply = new GwlbReply();

        @Override
        @SuppressWarnings("FutureReturnValueIgnored") // a lost reply is a lost packet
        protected void channelRead0(ChannelHandlerContext context, DatagramPacket datagram) {
            ByteBuf packet = datagram.content();
            // Who may send at all is the firewall's question in front of this program.
            DecodeStatus status = reply.udp(packet, packet.readerIndex(), packet.readableBytes());
            if (status == DecodeStatus.OK) {
                // The same bytes go back, to the node's tunnel port: ports are not swapped.
                InetSocketAddress node =
                        new InetSocketAddress(datagram.sender().getAddress(), Geneve.UDP_PORT);
                context.writeAndFlush(new DatagramPacket(packet.retain(), node));
            }
        }
    }
}
