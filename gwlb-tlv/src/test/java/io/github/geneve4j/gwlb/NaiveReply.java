package io.github.geneve4j.gwlb;

import io.github.geneve4j.testkit.Checksums;
import io.github.geneve4j.testkit.NaiveGeneveDecoder;
import java.util.Arrays;

/** The reply rule written a second time: byte by byte, checksums from scratch. */
final class NaiveReply {
    static final String OK = "ok";

    /** The verdict on outer IPv6, whatever is inside: any but OK will do. */
    static final String IPV6 = "ipv6";

    private NaiveReply() {}

    /** {@return where the IPv4 header of a frame begins, or -1} */
    static int ipv4Offset(byte[] frame) {
        int at = 12;
        for (int tags = 0; tags <= 2; tags++) {
            if (frame.length < at + 2) {
                return -1;
            }
            int type = u16(frame, at);
            if (type == 0x0800) {
                return at + 2;
            }
            if (type != 0x8100 && type != 0x88a8) {
                return -1;
            }
            at += 4;
        }
        return -1;
    }

    /** {@return the label of what must become of an outer IP packet} */
    static String verdict(byte[] packet, int port) {
        if (packet.length == 0) {
            return "truncated_ip";
        }
        int version = packet[0] >> 4 & 0xf;
        if (version == 6) {
            return IPV6;
        }
        if (version != 4) {
            return "bad_ip_header";
        }
        if (packet.length < 20) {
            return "truncated_ip";
        }
        int headerLength = (packet[0] & 0xf) * 4;
        if (headerLength < 20) {
            return "bad_ip_header";
        }
        int totalLength = u16(packet, 2);
        if (totalLength < headerLength || totalLength > packet.length) {
            return "truncated_ip";
        }
        if (Checksums.internet(Arrays.copyOf(packet, headerLength)) != 0) {
            return "bad_ip_checksum";
        }
        if ((u16(packet, 6) & 0x3fff) != 0) {
            return "outer_fragment";
        }
        if (packet[9] != 17) {
            return "not_udp";
        }
        int udpLength = totalLength - headerLength;
        if (udpLength < 8
                || u16(packet, headerLength + 4) < 8
                || u16(packet, headerLength + 4) > udpLength) {
            return "bad_udp_length";
        }
        if (u16(packet, headerLength + 2) != port) {
            return "wrong_udp_port";
        }
        int end = headerLength + u16(packet, headerLength + 4);
        return geneveVerdict(Arrays.copyOfRange(packet, headerLength + 8, end));
    }

    /** {@return the label of what must become of a UDP payload} */
    static String geneveVerdict(byte[] payload) {
        String verdict = NaiveGeneveDecoder.verdict(payload);
        if (!verdict.equals(NaiveGeneveDecoder.OK)) {
            return verdict;
        }
        NaiveGeneveDecoder.Header header = NaiveGeneveDecoder.header(payload);
        if (header.hasCriticalOption()) {
            return "unknown_critical_option";
        }
        return header.control() ? "control_packet" : OK;
    }

    /** {@return the reply to a packet whose verdict is OK} */
    static byte[] ipv4(byte[] packet, int ttl) {
        byte[] reply = packet.clone();
        System.arraycopy(packet, 12, reply, 16, 4);
        System.arraycopy(packet, 16, reply, 12, 4);
        reply[8] = (byte) ttl;
        reply[10] = 0;
        reply[11] = 0;
        int checksum = Checksums.internet(Arrays.copyOf(reply, (packet[0] & 0xf) * 4));
        reply[10] = (byte) (checksum >> 8);
        reply[11] = (byte) checksum;
        return reply;
    }

    /** {@return the reply to a frame whose IPv4 packet has the verdict OK} */
    static byte[] ethernet(byte[] frame, int ttl) {
        byte[] reply = frame.clone();
        System.arraycopy(frame, 0, reply, 6, 6);
        System.arraycopy(frame, 6, reply, 0, 6);
        int ip = ipv4Offset(frame);
        byte[] packet = ipv4(Arrays.copyOfRange(frame, ip, frame.length), ttl);
        System.arraycopy(packet, 0, reply, ip, packet.length);
        return reply;
    }

    /** {@return whether the UDP checksum of an IPv4 packet is there and right} */
    static boolean isUdpChecksumRight(byte[] packet) {
        int udp = (packet[0] & 0xf) * 4;
        int length = u16(packet, udp + 4);
        byte[] pseudo = Arrays.copyOfRange(packet, 12, 24);
        pseudo[8] = 0;
        pseudo[9] = 17;
        pseudo[10] = (byte) (length >> 8);
        pseudo[11] = (byte) length;
        return u16(packet, udp + 6) != 0
                && Checksums.internet(pseudo, Arrays.copyOfRange(packet, udp, udp + length)) == 0;
    }

    static int u16(byte[] bytes, int at) {
        return (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
    }
}
