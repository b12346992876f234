package io.github.geneve4j.simulator.conform;

import io.github.geneve4j.geneve.EtherType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Datagrams that have broken readers of Geneve, or could: each stands for a mistake that is easily
 * made.
 */
final class MalformedVectors {
    private static final int OTHER_CLASS = 0xfe01;
    private static final int EXPERIMENTAL_CLASS = 0xff2a;
    private static final int MAX_OPT_LEN_WORDS = 63;
    private static final int MAX_OPTION_WORDS = 31;
    private static final int DAMAGED = 96;
    private static final int MAX_FLIPS = 8;
    private static final byte[] NOTHING = {};

    private final List<Vector> vectors = new ArrayList<>();
    private final Probe probe;

    private MalformedVectors(Probe probe) {
        this.probe = probe;
    }

    /**
     * A datagram and what it is for.
     *
     * @param isNoGeneve whether it must be dropped as what cannot be Geneve; if not, it may come
     *     back or not
     */
    record Vector(String name, boolean isNoGeneve, Request request) {}

    /** {@return all of them, fresh} */
    static List<Vector> all(Probe probe) {
        MalformedVectors maker = new MalformedVectors(probe);
        maker.headers();
        maker.lengths();
        maker.optionLists();
        maker.innerPackets();
        return maker.vectors;
    }

    /** {@return a good packet cut at each length into its inner packet, and with bits flipped} */
    static List<Request> damaged(Probe probe) {
        List<Request> requests = new ArrayList<>();
        byte[] whole = probe.plain().datagram().payload();
        for (int length = 0; length < GeneveBytes.length(whole) + 48; length++) {
            requests.add(probe.bare(Arrays.copyOf(whole, length), NOTHING));
        }
        for (int i = 0; i < DAMAGED; i++) {
            byte[] flipped = probe.plain().datagram().payload();
            int flips = probe.random().nextInt(1, MAX_FLIPS);
            for (int flip = 0; flip < flips; flip++) {
                int bit = probe.random().nextInt(flipped.length * Byte.SIZE);
                flipped[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
            }
            requests.add(probe.bare(flipped, NOTHING));
        }
        return requests;
    }

    private void headers() {
        for (int version = 1; version <= 3; version++) {
            noGeneve("version " + version, options().version(version));
        }
        for (int length : new int[] {0, 1, 3, 4, 7}) {
            byte[] head = Arrays.copyOf(options().before(EtherType.IPV4), length);
            vectors.add(new Vector(length + " bytes", true, probe.bare(head, NOTHING)));
        }
        any("C without a critical option", options().critical());
        any("O and C", options().control().critical());
        any("a critical option without C", options().option(EXPERIMENTAL_CLASS, 0x80, new byte[4]));
        any("every flag and reserved bit", options().control().critical().reservedFlags(0x3f));
        any("the highest VNI", options().vni(0xff_ffff));
    }

    private void lengths() {
        byte[] bare = new GeneveBytes().optLenWords(MAX_OPT_LEN_WORDS).before(EtherType.IPV4);
        vectors.add(
                new Vector("Opt Len 63 in a packet of 8 bytes", true, probe.bare(bare, NOTHING)));
        noGeneve("Opt Len beyond the packet", options().optLenWords(MAX_OPT_LEN_WORDS));
        noGeneve("Opt Len one word short", options().optLenWords(7));
        noGeneve("Opt Len three words short", options().optLenWords(5));
        byte[] cookie = GeneveBytes.four(probe.random().nextInt());
        for (int words : new int[] {2, 5, 16, MAX_OPTION_WORDS}) {
            noGeneve(
                    "the last option longer than Opt Len, " + words + " words",
                    twoOptions().option(GeneveBytes.AMAZON, 3, 0, words, cookie));
        }
        byte[] alone =
                twoOptions().option(GeneveBytes.AMAZON, 3, 0, 2, cookie).before(EtherType.IPV4);
        vectors.add(
                new Vector(
                        "the last option one word past the packet",
                        true,
                        probe.bare(alone, NOTHING)));
        noGeneve(
                "the first option longer than Opt Len",
                new GeneveBytes()
                        .option(GeneveBytes.AMAZON, 1, 0, MAX_OPTION_WORDS, new byte[8])
                        .attachmentId(0)
                        .flowCookie(1));
    }

    private void optionLists() {
        GeneveBytes empty = new GeneveBytes();
        for (int i = 0; i < MAX_OPT_LEN_WORDS; i++) {
            empty.option(OTHER_CLASS, i, NOTHING);
        }
        any("63 empty options", empty);
        any(
                "two of the longest options, and one behind them",
                new GeneveBytes()
                        .option(OTHER_CLASS, 1, new byte[MAX_OPTION_WORDS * 4])
                        .option(OTHER_CLASS, 2, new byte[(MAX_OPTION_WORDS - 3) * 4])
                        .option(OTHER_CLASS, 3, new byte[4]));
        any("an option of 16 words", options().option(OTHER_CLASS, 1, new byte[64]));
        any("an option of 31 words", options().option(OTHER_CLASS, 1, new byte[124]));
        any("no options", new GeneveBytes());
        any("no cookie", twoOptions());
        any("three cookies", options().flowCookie(1).flowCookie(2));
        any("an empty cookie", twoOptions().option(GeneveBytes.AMAZON, 3, NOTHING));
        any("a cookie of eight bytes", twoOptions().option(GeneveBytes.AMAZON, 3, new byte[8]));
        any(
                "an endpoint id of four bytes",
                new GeneveBytes()
                        .option(GeneveBytes.AMAZON, 1, new byte[4])
                        .attachmentId(0)
                        .flowCookie(1));
        any("type 4 of Amazon's class", options().option(GeneveBytes.AMAZON, 4, new byte[4]));
    }

    private void innerPackets() {
        inner("nothing inside", EtherType.IPV4, NOTHING);
        inner("one byte inside", EtherType.IPV4, new byte[] {0x45});
        inner("19 bytes of IPv4", EtherType.IPV4, Arrays.copyOf(udp(), 19));
        inner("an IPv4 header, and nothing behind it", EtherType.IPV4, Arrays.copyOf(udp(), 20));
        inner("IPv4 with a header of 16 bytes", EtherType.IPV4, with(udp(), 0, 0x44));
        inner("IPv4 with a header of 60 bytes", EtherType.IPV4, with(udp(), 0, 0x4f));
        inner("IPv4 of total length 0", EtherType.IPV4, with16(udp(), 2, 0));
        inner("IPv4 of total length 19", EtherType.IPV4, with16(udp(), 2, 19));
        inner("IPv4 of total length 65535", EtherType.IPV4, with16(udp(), 2, 0xffff));
        inner("IP version 0", EtherType.IPV4, with(udp(), 0, 0x05));
        inner("IP version 15", EtherType.IPV4, with(udp(), 0, 0xf5));
        inner("a last fragment that ends past 65535", EtherType.IPV4, with16(udp(), 6, 0x1fff));
        inner("a fragment of offset 8", EtherType.IPV4, with16(udp(), 6, 1));
        inner("IPv4 called IPv6", EtherType.IPV6, udp());
        inner("IPv6 called IPv4", EtherType.IPV4, udp6());
        inner("an Ethernet frame", EtherType.ETHERNET, Bytes.concat(new byte[12], udp()));
        inner("ARP", EtherType.ARP, new byte[28]);
        inner("an unknown EtherType", 0x88b5, udp());
        inner("EtherType 0", 0, udp());
        inner("UDP of length 0", EtherType.IPV4, with16(udp(), 24, 0));
        inner("UDP of length 7", EtherType.IPV4, with16(udp(), 24, 7));
        inner("UDP of length 65535", EtherType.IPV4, with16(udp(), 24, 0xffff));
        inner("TCP with a header of 0 bytes", EtherType.IPV4, with(tcp(), 32, 0));
        inner("TCP with a header of 60 bytes", EtherType.IPV4, with(tcp(), 32, 0xf0));
        inner("one byte of TCP", EtherType.IPV4, Arrays.copyOf(tcp(), 21));
        inner("all flags of TCP", EtherType.IPV4, with(tcp(), 33, 0xff));
        inner("39 bytes of IPv6", EtherType.IPV6, Arrays.copyOf(udp6(), 39));
        inner("IPv6 of payload length 65535", EtherType.IPV6, with16(udp6(), 4, 0xffff));
        inner("IPv6 of payload length 0", EtherType.IPV6, with16(udp6(), 4, 0));
        inner("hop-by-hop options of 2048 bytes", EtherType.IPV6, hopByHop(255));
        inner("IPv6 extension headers to the end", EtherType.IPV6, chain());
        inner("an ICMP error that quotes nothing", EtherType.IPV4, icmpError(28));
        inner("an ICMP error that quotes one byte", EtherType.IPV4, icmpError(29));
        inner("an ICMP error that quotes half a header", EtherType.IPV4, icmpError(38));
        inner("an ICMP error that quotes no ports", EtherType.IPV4, icmpError(48));
        inner("an ICMP error about itself", EtherType.IPV4, nestedError());
    }

    private void noGeneve(String name, GeneveBytes geneve) {
        add(name, true, geneve);
    }

    private void any(String name, GeneveBytes geneve) {
        add(name, false, geneve);
    }

    private void add(String name, boolean isNoGeneve, GeneveBytes geneve) {
        Flow flow = probe.newFlow();
        byte[] data = probe.data(64);
        vectors.add(
                new Vector(
                        name,
                        isNoGeneve,
                        probe.request(flow, geneve, Inner.udp(flow, data), data)));
    }

    private void inner(String name, int protocolType, byte[] packet) {
        byte[] payload = Bytes.concat(options().before(protocolType), packet);
        vectors.add(new Vector(name, false, probe.bare(payload, NOTHING)));
    }

    /** {@return the three options of a flow of its own} */
    private GeneveBytes options() {
        return probe.aws(probe.newFlow());
    }

    private GeneveBytes twoOptions() {
        return new GeneveBytes().endpointId(probe.settings().endpoint().value()).attachmentId(0);
    }

    private byte[] udp() {
        return Inner.udp(probe.newFlow(), probe.data(32)).bytes();
    }

    private byte[] udp6() {
        return Inner.udp6(probe.newFlow(), probe.data(32)).bytes();
    }

    private byte[] tcp() {
        return Inner.tcp(probe.newFlow(), probe.data(32)).bytes();
    }

    private byte[] icmpError(int length) {
        byte[] cut = Arrays.copyOf(icmpError(probe.newFlow(), 32), length);
        return Ipv4.withChecksum(with16(cut, Ipv4.TOTAL_LENGTH_OFFSET, length));
    }

    private byte[] icmpError(Flow flow, int dataLength) {
        byte[] about = Inner.tcp(flow.reversed(), probe.data(dataLength)).bytes();
        return Inner.icmpError(flow, about).bytes();
    }

    private byte[] nestedError() {
        byte[] error = icmpError(probe.newFlow(), 8);
        byte[] head = Arrays.copyOf(error, Ipv4.HEADER_LENGTH + 8);
        byte[] nested = Bytes.concat(head, head, error);
        return Ipv4.withChecksum(with16(nested, Ipv4.TOTAL_LENGTH_OFFSET, nested.length));
    }

    /** IPv6 whose first extension header is as long as its length byte says, or shorter. */
    private byte[] hopByHop(int lengthByte) {
        byte[] packet = udp6();
        packet[Inner.IPV6_NEXT_HEADER_OFFSET] = 0;
        packet[Inner.IPV6_HEADER_LENGTH] = 0;
        packet[Inner.IPV6_HEADER_LENGTH + 1] = (byte) lengthByte;
        return packet;
    }

    /** IPv6 of nothing but destination options, each naming the next. */
    private byte[] chain() {
        int destinationOptions = 60;
        byte[] packet = Bytes.concat(udp6(), new byte[1024]);
        for (int at = Inner.IPV6_HEADER_LENGTH; at + 8 <= packet.length; at += 8) {
            Arrays.fill(packet, at, at + 8, (byte) 0);
            packet[at] = (byte) destinationOptions;
            packet[at + 2] = 1;
            packet[at + 3] = 4;
        }
        packet[Inner.IPV6_NEXT_HEADER_OFFSET] = (byte) destinationOptions;
        return with16(
                packet, Inner.IPV6_PAYLOAD_LENGTH_OFFSET, packet.length - Inner.IPV6_HEADER_LENGTH);
    }

    private static byte[] with(byte[] packet, int at, int value) {
        packet[at] = (byte) value;
        return packet;
    }

    private static byte[] with16(byte[] packet, int at, int value) {
        Bytes.put16(packet, at, value);
        return packet;
    }
}
