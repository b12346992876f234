package io.github.geneve4j.appliance.policy;

import io.github.geneve4j.config.IpPrefix;
import io.github.geneve4j.config.Reading;
import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowStatus;
import io.github.geneve4j.flow.FragmentTracker;
import io.github.geneve4j.flow.IpProtocol;
import io.github.geneve4j.gwlb.EndpointId;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A packet that somebody asks about, written in one line.
 *
 * <pre>
 * tcp 10.1.2.3:40000 &gt; 198.51.100.7:443 endpoint=vpce-0123456789abcdef0
 * udp [2001:db8::1]:5000 &gt; [2001:db8::2]:53
 * icmp 10.1.2.3 &gt; 198.51.100.7 icmp=8
 * udp 10.1.2.3:5000 &gt; 198.51.100.7:53 fragment
 * </pre>
 *
 * <p>A protocol as policies name it, source, {@code >}, destination; ports where the protocol has
 * some. {@code endpoint=} and {@code fragment} may stand anywhere, each once, and so may {@code
 * icmp=TYPE} or {@code icmp=TYPE/CODE}; without it, an ICMP packet is an echo request. A fragment
 * is the first of its datagram, which the others follow: of one whose first was not seen, rules are
 * not asked, unless its protocol has no ports anyway.
 *
 * @param endpointId where it comes from; 0 if the packet does not say
 * @param flow its five-tuple
 * @param icmp type and code, or -1, as for {@link CompiledPolicy#decide}
 */
public record SamplePacket(long endpointId, FiveTuple flow, int icmp) {
    private static final String ENDPOINT = "endpoint=";
    private static final String ICMP = "icmp=";
    private static final String FRAGMENT = "fragment";
    private static final String FORM = "PROTOCOL SOURCE[:PORT] > DESTINATION[:PORT]";
    private static final int FORM_LENGTH = 4;
    private static final int DESTINATION = 3;
    private static final Pattern BRACKETS = Pattern.compile("\\[([^\\]]*)](?::(.*))?");
    private static final Pattern IPV4 = Pattern.compile("([^:]*)(?::(.*))?");
    private static final Pattern PORT = Pattern.compile("[0-9]{1,5}");
    private static final int MAX_PORT = 0xffff;

    private static final int ECHO_REQUEST = 8;
    private static final int ECHO_REQUEST_V6 = 128;
    private static final int CARRIED = 24; // bytes behind the IP header
    private static final int MORE_FRAGMENTS = 1 << 13;
    private static final int MORE_FRAGMENTS_V6 = 1;

    /** One end, as written; no port is -1. */
    private record End(InetAddress address, int port) {
        boolean isIpv6() {
            return address.getAddress().length != Integer.BYTES;
        }
    }

    /**
     * {@return the packet that a line describes}
     *
     * @param text the line
     * @throws IllegalArgumentException if it describes none, or none that rules decide about; says
     *     which word is wrong, and what was expected
     */
    public static SamplePacket parse(String text) {
        long endpoint = 0;
        boolean fragment = false;
        IcmpKind kind = null;
        List<String> words = new ArrayList<>();
        for (String word : text.strip().split("\\s+", -1)) {
            boolean isAgain =
                    (word.startsWith(ENDPOINT) && endpoint != 0)
                            || (word.startsWith(ICMP) && kind != null)
                            || (word.equals(FRAGMENT) && fragment);
            if (isAgain) {
                throw new IllegalArgumentException(word + ": expected once");
            }
            if (word.startsWith(ENDPOINT)) {
                endpoint = EndpointId.parse(word.substring(ENDPOINT.length())).value();
            } else if (word.startsWith(ICMP)) {
                kind = known(word, word.substring(ICMP.length()), PolicyReader.icmp());
            } else if (word.equals(FRAGMENT)) {
                fragment = true;
            } else {
                words.add(word);
            }
        }
        if (words.size() != FORM_LENGTH || !words.get(2).equals(">")) {
            throw new IllegalArgumentException("'" + text + "': expected " + FORM);
        }
        Range protocol = known(words.get(0), words.get(0), PolicyReader.protocol());
        if (protocol.first() != protocol.last()) {
            throw new IllegalArgumentException(words.get(0) + ": expected one protocol");
        }
        End source = end(words.get(1));
        End destination = end(words.get(DESTINATION));
        if (source.isIpv6() != destination.isIpv6()) {
            throw new IllegalArgumentException(
                    words.get(DESTINATION) + ": expected an address of the source's IP version");
        }
        checkPorts(words.get(0), protocol.first(), source, destination);
        int icmp = icmp(protocol.first(), source.isIpv6(), kind);
        FiveTuple flow = flow(protocol.first(), fragment, source, destination, icmp);
        if (flow.isIcmpError()) {
            throw new IllegalArgumentException(
                    words.get(0)
                            + " type "
                            + (icmp >>> Byte.SIZE)
                            + ": is an error, about which rules do not decide: ask about the flow"
                            + " that it quotes");
        }
        return new SamplePacket(endpoint, flow, icmp);
    }

    private static <T> T known(String word, String value, Reading<T> reading) {
        T read = reading.parse().apply(value);
        if (read == null) {
            throw new IllegalArgumentException(word + ": expected " + reading.expected());
        }
        return read;
    }

    private static End end(String word) {
        boolean bare = word.indexOf(':') != word.lastIndexOf(':') && !word.startsWith("[");
        Matcher parts = (word.startsWith("[") ? BRACKETS : IPV4).matcher(word);
        String literal = bare ? word : parts.matches() ? parts.group(1) : "";
        IpPrefix address = literal.contains("/") ? null : IpPrefix.parse(literal);
        if (address == null) {
            throw new IllegalArgumentException(
                    word + ": expected an address, such as 10.1.2.3:443 or [2001:db8::1]:443");
        }
        return new End(address.address(), port(word, bare ? null : parts.group(2)));
    }

    private static int port(String word, @Nullable String digits) {
        if (digits == null) {
            return -1;
        }
        if (!PORT.matcher(digits).matches() || Integer.parseInt(digits) > MAX_PORT) {
            throw new IllegalArgumentException(word + ": expected a port from 0 to " + MAX_PORT);
        }
        return Integer.parseInt(digits);
    }

    private static void checkPorts(String name, int protocol, End source, End destination) {
        boolean expected = IpProtocol.hasPorts(protocol);
        if (expected && (source.port() < 0 || destination.port() < 0)) {
            throw new IllegalArgumentException(name + ": expected ports of both ends");
        }
        if (!expected && (source.port() >= 0 || destination.port() >= 0)) {
            throw new IllegalArgumentException(name + ": has no ports");
        }
    }

    private static int icmp(int protocol, boolean ipv6, @Nullable IcmpKind kind) {
        boolean isIcmp = protocol == IpProtocol.ICMP && !ipv6;
        boolean isIcmpv6 = protocol == IpProtocol.ICMPV6 && ipv6;
        if (!(isIcmp || isIcmpv6)) {
            if (kind != null) {
                throw new IllegalArgumentException(
                        ICMP + kind + ": expected icmp over IPv4, or icmpv6 over IPv6");
            }
            return -1;
        }
        int type = kind == null ? isIcmp ? ECHO_REQUEST : ECHO_REQUEST_V6 : kind.type();
        return (type << Byte.SIZE) | (kind == null ? 0 : kind.code().orElse(0));
    }

    /** Reads it from bytes, as all five-tuples are: so it is what a packet on the wire has. */
    private static FiveTuple flow(
            int protocol, boolean fragment, End source, End destination, int icmp) {
        ByteBuf bytes = Unpooled.buffer();
        if (source.isIpv6()) {
            int header = fragment ? Long.BYTES : 0;
            bytes.writeInt(0x6000_0000).writeShort(header + CARRIED);
            bytes.writeByte(fragment ? IpProtocol.FRAGMENT : protocol).writeByte(64);
        } else {
            bytes.writeInt(0x4500_0000 | (20 + CARRIED)).writeShort(1);
            bytes.writeShort(fragment ? MORE_FRAGMENTS : 0);
            bytes.writeByte(64).writeByte(protocol).writeShort(0);
        }
        bytes.writeBytes(source.address().getAddress());
        bytes.writeBytes(destination.address().getAddress());
        if (source.isIpv6() && fragment) {
            bytes.writeByte(protocol).writeByte(0).writeShort(MORE_FRAGMENTS_V6).writeInt(1);
        }
        int offset = bytes.writerIndex();
        bytes.writeZero(CARRIED);
        if (icmp >= 0) {
            bytes.setShort(offset, icmp);
        } else if (source.port() >= 0) {
            bytes.setShort(offset, source.port());
            bytes.setShort(offset + Short.BYTES, destination.port());
        }
        FiveTuple flow = new FiveTuple();
        FlowStatus status = flow.wrap(bytes, 0, bytes.writerIndex());
        boolean goesOn = source.isIpv6() && IpProtocol.isExtensionHeader(protocol);
        if (status != FlowStatus.OK || goesOn || flow.protocol() != protocol) {
            throw new IllegalArgumentException(
                    "protocol " + protocol + ": is no protocol of a flow, but a header before one");
        }
        boolean isJoined = new FragmentTracker(1, 1).join(0, flow, 0);
        if (fragment && !isJoined && Match.isIcmp(protocol)) {
            throw new IllegalArgumentException(
                    FRAGMENT + ": of ICMP messages, rules decide about echo only in fragments");
        }
        return flow;
    }

    /** {@return as it is written} */
    @Override
    public String toString() {
        List<String> words =
                new ArrayList<>(
                        Arrays.asList(
                                PolicyReader.protocolName(flow.protocol()),
                                end(flow.sourceHigh(), flow.sourceLow(), flow.sourcePort()),
                                ">",
                                end(
                                        flow.destinationHigh(),
                                        flow.destinationLow(),
                                        flow.destinationPort())));
        if (icmp >= 0) {
            words.add(ICMP + (icmp >>> Byte.SIZE) + "/" + (icmp & 0xff));
        }
        if (flow.isFragment()) {
            words.add(FRAGMENT);
        }
        if (endpointId != 0) {
            words.add(ENDPOINT + new EndpointId(endpointId));
        }
        return String.join(" ", words);
    }

    private String end(long high, long low, int port) {
        String address = Network.text(flow.isIpv6(), high, low);
        if (!Match.hasPorts(flow)) {
            return address;
        }
        return (flow.isIpv6() ? "[" + address + "]" : address) + ":" + port;
    }
}
