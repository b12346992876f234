package io.github.geneve4j.geneve.tunnel;

import io.github.geneve4j.testkit.Checksums;
import io.github.geneve4j.testkit.Hex;
import io.github.geneve4j.testkit.NaiveGeneveDecoder;
import java.util.Arrays;
import java.util.Set;

/**
 * What a tunnel endpoint must make of a packet, step by step on an array, slow and written to be
 * right at sight. A {@link TunnelReceiver} is compared with it.
 */
final class NaiveReceiver {
    private final Rules rules;

    NaiveReceiver(Rules rules) {
        this.rules = rules;
    }

    /**
     * What an endpoint is configured to.
     *
     * @param port UDP destination port
     * @param zeroOverIpv4 whether UDP checksum 0 is accepted over IPv4
     * @param zeroOverIpv6 hex digits of the address pairs from which it is accepted over IPv6
     * @param known options, class and type as one number
     * @param maxOptions bytes
     * @param uniform whether DSCP and TTL of the outer header come in
     */
    record Rules(
            int port,
            boolean zeroOverIpv4,
            Set<String> zeroOverIpv6,
            Set<Integer> known,
            int maxOptions,
            boolean uniform) {}

    /**
     * What became of a packet.
     *
     * @param verdict the status' label
     * @param inner the inner packet as it is forwarded; empty unless {@code ok}
     */
    record Outcome(String verdict, byte[] inner) {
        private static Outcome drop(String verdict) {
            return new Outcome(verdict, new byte[0]);
        }
    }

    Outcome receive(byte[] packet) {
        return switch (packet.length == 0 ? -1 : u8(packet, 0) / 16) {
            case -1 -> Outcome.drop("truncated_ip");
            case 4 -> overIpv4(packet);
            case 6 -> overIpv6(packet);
            default -> Outcome.drop("bad_ip_header");
        };
    }

    private Outcome overIpv4(byte[] packet) {
        if (packet.length < 20) {
            return Outcome.drop("truncated_ip");
        }
        int header = u8(packet, 0) % 16 * 4;
        if (header < 20) {
            return Outcome.drop("bad_ip_header");
        }
        int total = u16(packet, 2);
        if (total < header || packet.length < total) {
            return Outcome.drop("truncated_ip");
        }
        if (Checksums.internet(Arrays.copyOf(packet, header)) != 0) {
            return Outcome.drop("bad_ip_checksum");
        }
        if (u16(packet, 6) % 0x4000 != 0) {
            return Outcome.drop("outer_fragment");
        }
        if (u8(packet, 9) != 17) {
            return Outcome.drop("not_udp");
        }
        byte[] addresses = Arrays.copyOfRange(packet, 12, 20);
        byte[] payload = Arrays.copyOfRange(packet, header, total);
        return udp(addresses, payload, u8(packet, 1), u8(packet, 8));
    }

    private Outcome overIpv6(byte[] packet) {
        if (packet.length < 40 || packet.length < 40 + u16(packet, 4)) {
            return Outcome.drop("truncated_ip");
        }
        if (u8(packet, 6) == 44) {
            return Outcome.drop("outer_fragment");
        }
        if (u8(packet, 6) != 17) {
            return Outcome.drop("not_udp");
        }
        byte[] addresses = Arrays.copyOfRange(packet, 8, 40);
        byte[] payload = Arrays.copyOfRange(packet, 40, 40 + u16(packet, 4));
        return udp(addresses, payload, u16(packet, 0) / 16 % 256, u8(packet, 7));
    }

    private Outcome udp(byte[] addresses, byte[] payload, int trafficClass, int ttl) {
        if (payload.length < 8 || u16(payload, 4) < 8 || payload.length < u16(payload, 4)) {
            return Outcome.drop("bad_udp_length");
        }
        if (u16(payload, 2) != rules.port()) {
            return Outcome.drop("wrong_udp_port");
        }
        byte[] datagram = Arrays.copyOf(payload, u16(payload, 4));
        byte[] protocolAndLength = {0, 17, datagram[4], datagram[5]};
        if (u16(datagram, 6) == 0) {
            boolean accepted =
                    addresses.length == 8
                            ? rules.zeroOverIpv4()
                            : rules.zeroOverIpv6().contains(Hex.text(addresses));
            if (!accepted) {
                return Outcome.drop("zero_udp_checksum");
            }
        } else if (Checksums.internet(addresses, protocolAndLength, datagram) != 0) {
            return Outcome.drop("bad_udp_checksum");
        }
        return geneve(Arrays.copyOfRange(datagram, 8, datagram.length), trafficClass, ttl);
    }

    private Outcome geneve(byte[] datagram, int trafficClass, int ttl) {
        String verdict = NaiveGeneveDecoder.verdict(datagram);
        if (!verdict.equals("ok")) {
            return Outcome.drop(verdict);
        }
        NaiveGeneveDecoder.Header header = NaiveGeneveDecoder.header(datagram);
        if (header.optLenWords() * 4 > rules.maxOptions()) {
            return Outcome.drop("options_too_long");
        }
        for (NaiveGeneveDecoder.Option option : header.options()) {
            if (option.critical()
                    && !rules.known().contains(option.optionClass() * 256 + option.type())) {
                return Outcome.drop("unknown_critical_option");
            }
        }
        if (header.control()) {
            return Outcome.drop("control_packet");
        }
        byte[] inner = Arrays.copyOfRange(datagram, header.length(), datagram.length);
        return inner(inner, header.protocolType(), trafficClass, ttl);
    }

    private Outcome inner(byte[] inner, int protocolType, int trafficClass, int ttl) {
        int at = 0;
        int type = protocolType;
        if (type == 0x6558) {
            if (inner.length < 14) {
                return Outcome.drop("bad_inner_packet");
            }
            type = u16(inner, 12);
            at = 14;
            for (int tag = 1; tag <= 2 && (type == 0x8100 || type == 0x88a8); tag++) {
                if (inner.length < at + 4) {
                    return Outcome.drop("bad_inner_packet");
                }
                type = u16(inner, at + 2);
                at += 4;
            }
        }
        if (type != 0x0800 && type != 0x86dd) {
            return new Outcome("ok", inner);
        }
        boolean ipv4 = type == 0x0800;
        if (inner.length < at + (ipv4 ? 20 : 40)
                || u8(inner, at) / 16 != (ipv4 ? 4 : 6)
                || (ipv4 && u8(inner, at) % 16 < 5)
                || (ipv4 && inner.length < at + u8(inner, at) % 16 * 4)) {
            return Outcome.drop("bad_inner_packet");
        }
        int arrived = ipv4 ? u8(inner, at + 1) : u16(inner, at) / 16 % 256;
        int mark = merge(arrived % 4, trafficClass % 4);
        if (mark == Ecn.DROP) {
            return Outcome.drop("ecn_not_capable");
        }
        int dscp = rules.uniform() ? trafficClass / 4 : arrived / 4;
        int ttlAt = at + (ipv4 ? 8 : 7);
        int hops = rules.uniform() ? Math.min(ttl, u8(inner, ttlAt)) : u8(inner, ttlAt);
        return new Outcome("ok", rewritten(inner, at, ipv4, dscp * 4 + mark, hops));
    }

    /** RFC 6040 §4.2 in words: CE comes in where it may, ECT(1) outside wins over ECT(0) inside. */
    private static int merge(int inner, int outer) {
        if (outer == Ecn.CE) {
            return inner == Ecn.NOT_ECT ? Ecn.DROP : Ecn.CE;
        }
        return inner == Ecn.ECT_0 && outer == Ecn.ECT_1 ? Ecn.ECT_1 : inner;
    }

    /** The header's checksum moves by what the changed words moved by, right or wrong before. */
    private static byte[] rewritten(byte[] inner, int at, boolean ipv4, int trafficClass, int ttl) {
        byte[] changed = inner.clone();
        if (!ipv4) {
            int first = u16(inner, at) & 0xf00f | trafficClass * 16;
            put(changed, at, first);
            changed[at + 7] = (byte) ttl;
            return changed;
        }
        changed[at + 1] = (byte) trafficClass;
        changed[at + 8] = (byte) ttl;
        if (!Arrays.equals(changed, inner)) {
            int difference =
                    (u16(inner, at) - u16(changed, at) + u16(inner, at + 8) - u16(changed, at + 8));
            int moved = Math.floorMod(u16(inner, at + 10) + difference, 0xffff);
            put(changed, at + 10, moved);
        }
        return changed;
    }

    private static void put(byte[] bytes, int at, int value) {
        bytes[at] = (byte) (value / 256);
        bytes[at + 1] = (byte) value;
    }

    private static int u8(byte[] bytes, int at) {
        return bytes[at] & 0xff;
    }

    private static int u16(byte[] bytes, int at) {
        return u8(bytes, at) * 256 + u8(bytes, at + 1);
    }
}
