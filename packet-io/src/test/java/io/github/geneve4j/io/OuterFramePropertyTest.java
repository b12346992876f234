package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.testkit.PacketArbitraries;
import io.github.geneve4j.testkit.Packets;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Against a second, naive reader: for right, damaged and arbitrary frames. */
class OuterFramePropertyTest {
    private static final int OWN = 0x0a000111;
    private static final int PORT = 6081;
    private static final int PEER_PORT = 6082;
    private static final int MTU = 1500;

    @Property(tries = 2000, edgeCases = EdgeCasesMode.NONE)
    void agreesWithANaiveReader(@ForAll("frames") byte[] bytes) {
        Naive naive = new Naive(bytes);
        OuterFrame frame = over(bytes.clone());
        ReceiveSkip skip = frame.parse(0, bytes.length);
        assertThat(skip == null ? "ok" : skip.label()).isEqualTo(naive.outcome);
        if (skip == null) {
            assertThat(frame.payload()).isEqualTo(naive.payload);
            assertThat(frame.payloadLength()).isEqualTo(naive.payloadLength);
            assertThat(frame.isUdpChecksumRight()).isEqualTo(naive.checksumRight);
        }
    }

    /** What is right stays right, whatever becomes of it; the reply of a reply is the request. */
    @Property(tries = 2000, edgeCases = EdgeCasesMode.NONE)
    void repliesAreRight(
            @ForAll("datagrams") byte[] bytes, @ForAll boolean changed, @ForAll int length) {
        byte[] memory = Arrays.copyOf(bytes, 14 + MTU);
        OuterFrame frame = over(memory);
        assertThat(frame.parse(0, bytes.length)).isNull();
        assertThat(frame.isUdpChecksumRight()).isTrue();
        int replyPayload = changed ? Math.floorMod(length, 900) : frame.payloadLength();
        int replyLength = changed ? frame.reply(replyPayload) : frame.replyUnchanged();
        byte[] reply = Arrays.copyOf(memory, replyLength);

        Naive naive = new Naive(reply, swap(bytes), PEER_PORT);
        assertThat(naive.outcome).isEqualTo("ok");
        assertThat(naive.checksumRight).isTrue();
        assertThat(naive.payloadLength).isEqualTo(replyPayload);
        assertThat(Arrays.copyOfRange(reply, 0, 6)).isEqualTo(Arrays.copyOfRange(bytes, 6, 12));
        assertThat(Arrays.copyOfRange(reply, 6, 12)).isEqualTo(Arrays.copyOfRange(bytes, 0, 6));
        int ip = naive.ip;
        assertThat(Arrays.copyOfRange(reply, ip + 12, ip + 16))
                .isEqualTo(Arrays.copyOfRange(bytes, ip + 16, ip + 20));
        assertThat(reply[ip + 8]).isEqualTo((byte) 64);
        assertThat(Arrays.copyOfRange(reply, naive.udp, naive.udp + 2))
                .isEqualTo(Arrays.copyOfRange(bytes, naive.udp, naive.udp + 2));
        if (!changed) {
            assertThat(Arrays.copyOfRange(reply, naive.payload, reply.length))
                    .isEqualTo(
                            Arrays.copyOfRange(
                                    bytes, naive.payload, naive.payload + naive.payloadLength));
        }
    }

    private static OuterFrame over(byte[] bytes) {
        return new OuterFrame(MemorySegment.ofArray(bytes), new int[] {OWN}, PORT, PEER_PORT, MTU);
    }

    private static int swap(byte[] request) {
        int ip = new Naive(request).ip;
        return (int) number(request, ip + 12, 4);
    }

    @Provide
    Arbitrary<byte[]> frames() {
        return Arbitraries.oneOf(
                PacketArbitraries.damaged(datagrams()),
                datagrams().map(bytes -> Arrays.copyOf(bytes, bytes.length + 5)),
                Combinators.combine(datagrams(), Arbitraries.integers().between(0, 80))
                        .as(
                                (bytes, length) ->
                                        Arrays.copyOf(bytes, Math.min(length, bytes.length))),
                Combinators.combine(
                                datagrams(),
                                Arbitraries.integers().between(12, 60),
                                Arbitraries.bytes())
                        .as(OuterFramePropertyTest::overwrite),
                PacketArbitraries.frames());
    }

    /** Datagrams for us, all of them right. */
    @Provide
    Arbitrary<byte[]> datagrams() {
        Arbitrary<Integer> tags = Arbitraries.integers().between(0, 2);
        Arbitrary<Integer> words = Arbitraries.integers().between(0, 10);
        Arbitrary<Integer> ttl = Arbitraries.integers().between(0, 255);
        Arbitrary<byte[]> body = Arbitraries.bytes().array(byte[].class).ofMaxSize(500);
        return Combinators.combine(
                        tags,
                        words,
                        ttl,
                        PacketArbitraries.ipv4Addresses(),
                        PacketArbitraries.port(),
                        body,
                        Arbitraries.of(true, true, true, false))
                .as(OuterFramePropertyTest::datagram);
    }

    private static byte[] datagram(
            int tags,
            int words,
            int ttl,
            String source,
            int sourcePort,
            byte[] body,
            boolean checksum) {
        byte[] packet =
                Packets.packet(
                        Packets.ipv4(source, "10.0.1.17").ttl(ttl).options("01".repeat(4 * words)),
                        checksum
                                ? Packets.udp(sourcePort, PORT)
                                : Packets.udp(sourcePort, PORT).checksum(0),
                        Packets.payload(body));
        return switch (tags) {
            case 0 -> Packets.packet(Packets.ethernet(), Packets.ip(packet));
            case 1 -> Packets.packet(Packets.ethernet(), Packets.vlan(7), Packets.ip(packet));
            default ->
                    Packets.packet(
                            Packets.ethernet(),
                            Packets.qinq(9),
                            Packets.vlan(7),
                            Packets.ip(packet));
        };
    }

    private static byte[] overwrite(byte[] bytes, int at, byte value) {
        if (at < bytes.length) {
            bytes[at] = value;
        }
        return bytes;
    }

    private static long number(byte[] bytes, int at, int count) {
        long number = 0;
        for (int i = 0; i < count; i++) {
            number = number * 256 + (bytes[at + i] & 0xff);
        }
        return number;
    }

    /** As one would read the RFCs aloud. */
    private static final class Naive {
        final String outcome;
        int ip;
        int udp;
        int payload;
        int payloadLength;
        boolean checksumRight;

        Naive(byte[] frame) {
            this(frame, OWN, PORT);
        }

        Naive(byte[] frame, int address, int port) {
            outcome = read(frame, address, port);
        }

        private String read(byte[] frame, int address, int port) {
            if (frame.length < 14) {
                return "truncated";
            }
            ip = 14;
            while (number(frame, ip - 2, 2) != 0x0800) {
                long type = number(frame, ip - 2, 2);
                if (ip == 22 || (type != 0x8100 && type != 0x88a8)) {
                    return "not_for_us";
                }
                ip += 4;
                if (frame.length < ip) {
                    return "truncated";
                }
            }
            if (frame.length < ip + 20) {
                return "truncated";
            }
            int headerLength = (frame[ip] & 15) * 4;
            if ((frame[ip] & 0xf0) != 0x40 || headerLength < 20) {
                return "bad_ip_header";
            }
            int total = (int) number(frame, ip + 2, 2);
            if (total < headerLength || ip + total > frame.length) {
                return "truncated";
            }
            if (sum(frame, ip, headerLength, 0) != 0xffff) {
                return "bad_ip_checksum";
            }
            if (frame[ip + 9] != 17 || (int) number(frame, ip + 16, 4) != address) {
                return "not_for_us";
            }
            if (number(frame, ip + 6, 2) % 0x4000 != 0) {
                return "fragment";
            }
            udp = ip + headerLength;
            if (total < headerLength + 8) {
                return "truncated";
            }
            if (number(frame, udp + 2, 2) != port) {
                return "not_for_us";
            }
            if (total > MTU) {
                return "aggregated";
            }
            int length = (int) number(frame, udp + 4, 2);
            if (length < 8 || length > total - headerLength) {
                return "bad_udp_length";
            }
            payload = udp + 8;
            payloadLength = length - 8;
            int pseudo = sum(frame, ip + 12, 8, 17 + length);
            checksumRight =
                    number(frame, udp + 6, 2) == 0 || sum(frame, udp, length, pseudo) == 0xffff;
            return "ok";
        }

        private static int sum(byte[] bytes, int from, int length, int begin) {
            int sum = begin;
            for (int i = 0; i < length; i++) {
                sum += (bytes[from + i] & 0xff) * (i % 2 == 0 ? 256 : 1);
            }
            while (sum > 0xffff) {
                sum = sum / 0x10000 + sum % 0x10000;
            }
            return sum;
        }
    }
}
