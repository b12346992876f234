package io.github.geneve4j.io.pcap;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Builds frames from parts, so that it knows what the view has to find in them. */
class UdpDatagramPropertyTest {
    private static final List<Integer> LINK_TYPES = List.of(0, 1, 12, 14, 101, 108, 113, 276);

    private final UdpDatagram datagram = new UdpDatagram();

    @Property
    void findsWhatWasBuilt(
            @ForAll @IntRange(max = 7) int link,
            @ForAll @IntRange(max = UdpDatagram.MAX_TAGS) int tags,
            @ForAll boolean ipv6,
            @ForAll @IntRange(max = 10) int options,
            @ForAll @Size(32) byte[] addresses,
            @ForAll @IntRange(max = 0xffff) int source,
            @ForAll @IntRange(max = 0xffff) int destination,
            @ForAll @Size(max = 40) byte[] payload,
            @ForAll @IntRange(max = 20) int padding,
            @ForAll @IntRange(max = 60) int captured)
            throws UnknownHostException {
        int linkType = LINK_TYPES.get(link);
        ByteBuf frame = Unpooled.buffer();
        linkHeader(frame, linkType, tags, ipv6 ? 0x86dd : 0x0800);
        int ip = frame.writerIndex();
        ipHeader(frame, ipv6, options, addresses, 8 + payload.length);
        int udp = frame.writerIndex();
        frame.writeShort(source)
                .writeShort(destination)
                .writeShort(8 + payload.length)
                .writeShort(0);
        frame.writeBytes(payload).writeZero(padding);
        int length = Math.min(frame.writerIndex(), udp + 8 + captured);

        assertThat(datagram.wrap(linkType, frame, 0, length)).isEqualTo(DatagramStatus.OK);
        assertThat(datagram.isIpv6()).isEqualTo(ipv6);
        assertThat(datagram.ipOffset()).isEqualTo(ip);
        assertThat(datagram.udpOffset()).isEqualTo(udp);
        assertThat(datagram.payloadLength()).isEqualTo(Math.min(payload.length, captured));
        assertThat(datagram.isTruncated()).isEqualTo(captured < payload.length);
        assertThat(datagram.sourcePort()).isEqualTo(source);
        assertThat(datagram.destinationPort()).isEqualTo(destination);
        int width = ipv6 ? 16 : 4;
        checkAddress(datagram.sourceAddress(), addresses, 0, width);
        checkAddress(datagram.destinationAddress(), addresses, width, width);

        for (int shorter = 0; shorter < udp + 8; shorter++) {
            assertThat(datagram.wrap(linkType, frame, 0, shorter)).isNotEqualTo(DatagramStatus.OK);
        }
    }

    private static void linkHeader(ByteBuf frame, int linkType, int tags, int etherType) {
        int first = tags == 0 ? etherType : 0x88a8;
        switch (linkType) {
            case LinkType.ETHERNET -> frame.writeZero(12).writeShort(first);
            case LinkType.LINUX_SLL -> frame.writeZero(14).writeShort(first);
            case LinkType.LINUX_SLL2 -> frame.writeShort(first).writeZero(18);
            case LinkType.NULL -> frame.writeIntLE(etherType == 0x0800 ? 2 : 30);
            case LinkType.LOOP -> frame.writeInt(etherType == 0x0800 ? 2 : 24);
            default -> {}
        }
        if (linkType == LinkType.ETHERNET
                || linkType == LinkType.LINUX_SLL
                || linkType == LinkType.LINUX_SLL2) {
            for (int tag = 1; tag <= tags; tag++) {
                frame.writeShort(tag).writeShort(tag == tags ? etherType : 0x8100);
            }
        }
    }

    private static void ipHeader(
            ByteBuf frame, boolean ipv6, int options, byte[] addresses, int length) {
        if (ipv6) {
            frame.writeInt(0x60000000)
                    .writeShort(8 * options + length)
                    .writeByte(options == 0 ? 17 : 60)
                    .writeByte(64)
                    .writeBytes(addresses);
            for (int left = options; left > 0; left--) {
                frame.writeByte(left == 1 ? 17 : 60).writeByte(0).writeZero(6);
            }
        } else {
            frame.writeByte(0x45 + options)
                    .writeByte(0)
                    .writeShort(20 + 4 * options + length)
                    .writeInt(0)
                    .writeByte(64)
                    .writeByte(17)
                    .writeShort(0)
                    .writeBytes(addresses, 0, 8)
                    .writeZero(4 * options);
        }
    }

    /** The text means the same bytes, and for IPv6 is never longer than the JDK's. */
    private static void checkAddress(String text, byte[] bytes, int offset, int width)
            throws UnknownHostException {
        byte[] address = Arrays.copyOfRange(bytes, offset, offset + width);
        InetAddress expected = InetAddress.getByAddress(address);
        assertThat(InetAddress.getByName(text)).isEqualTo(expected);
        assertThat(text).hasSizeLessThanOrEqualTo(expected.getHostAddress().length());
    }
}
