package io.github.geneve4j.benchmarks.dataplane;

import io.github.geneve4j.geneve.Geneve;
import io.github.geneve4j.geneve.tunnel.InternetChecksum;
import io.github.geneve4j.gwlb.GwlbDialect;
import io.github.geneve4j.gwlb.GwlbOptions;
import io.github.geneve4j.io.FastPath;
import io.github.geneve4j.io.FastPathTrial;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.Inet4Address;
import java.util.Arrays;
import java.util.Locale;

/**
 * What the fast path's program takes for one packet, by itself: the kernel runs it a million times
 * on a packet of a flow that it knows, and on one that is none of its own, which tells what running
 * a program costs. Everything is in the cache. Needs root; median of 15.
 *
 * <pre>
 * java --enable-native-access=ALL-UNNAMED -cp benchmarks/target/benchmarks.jar \
 *     io.github.geneve4j.benchmarks.dataplane.FastPathCost
 * </pre>
 */
public final class FastPathCost {
    private static final int TIMES = 1_000_000;
    private static final int ROUNDS = 15;
    private static final int ADDRESS = 0x0a53_0001;
    private static final int IP = 14;
    private static final int UDP = IP + 20;
    private static final int GENEVE = UDP + 8;
    private static final int INNER = GENEVE + 40;
    private static final int INNER_LENGTH = 64;
    private static final int GENERATION = 1;

    private FastPathCost() {}

    /**
     * Prints both figures.
     *
     * @param args none
     * @throws IOException if the kernel does not take the program
     */
    public static void main(String[] args) throws IOException {
        try (FastPath fast = FastPath.builder().allowFrom(ADDRESS, ADDRESS).open();
                FastPathTrial trial =
                        FastPathTrial.of(
                                fast, Inet4Address.ofLiteral("10.83.0.1"), Geneve.UDP_PORT)) {
            byte[] own = frame();
            byte[] foreign = own.clone();
            foreign[0] ^= 1;
            fast.generation(GENERATION);
            fast.vouch(System.nanoTime());
            int flow =
                    fast.add(
                            Unpooled.wrappedBuffer(own),
                            GENEVE,
                            own.length - GENEVE,
                            GENERATION,
                            System.nanoTime());
            int[] returned = new int[ROUNDS];
            int[] none = new int[ROUNDS];
            for (int round = 0; round < ROUNDS; round++) {
                none[round] = trial.nanos(foreign, TIMES);
                fast.vouch(System.nanoTime());
                returned[round] = trial.nanos(own, TIMES);
            }
            long expected = (long) ROUNDS * TIMES;
            if (fast.packets(flow) != expected) {
                throw new IOException(
                        "returned " + fast.packets(flow) + " packets, not " + expected);
            }
            System.out.printf(
                    Locale.ROOT,
                    "a packet that is returned %d ns, one of others %d ns%n",
                    median(returned),
                    median(none));
        }
    }

    private static int median(int[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }

    /** A frame that is its own reply. */
    private static byte[] frame() {
        ByteBuf frame = Unpooled.buffer(INNER + INNER_LENGTH);
        frame.writeZero(INNER + INNER_LENGTH);
        frame.setLong(0, FastPathTrial.MAC << 16).setLong(6, FastPathTrial.MAC << 16);
        frame.setShort(12, 0x0800);
        ipv4(frame, IP, INNER - IP + INNER_LENGTH, ADDRESS, ADDRESS);
        frame.setShort(UDP, 49_152).setShort(UDP + 2, Geneve.UDP_PORT);
        frame.setShort(UDP + 4, INNER - UDP + INNER_LENGTH);
        new GwlbOptions(GwlbDialect.AWS)
                .begin(frame, GENEVE, 0x0800)
                .endpointId(1)
                .attachmentId(0)
                .flowCookie(1);
        ipv4(frame, INNER, INNER_LENGTH, 0x0a01_0001, 0x0a01_0002);
        frame.setShort(INNER + 20, 49_152).setShort(INNER + 22, 443);
        frame.setShort(INNER + 24, INNER_LENGTH - 20);
        byte[] bytes = new byte[frame.writerIndex()];
        frame.readBytes(bytes);
        return bytes;
    }

    private static void ipv4(ByteBuf frame, int at, int length, int source, int destination) {
        frame.setShort(at, 0x4500).setShort(at + 2, length);
        frame.setByte(at + 8, 64).setByte(at + 9, 17);
        frame.setInt(at + 12, source).setInt(at + 16, destination);
        frame.setShort(at + 10, InternetChecksum.checksum(InternetChecksum.sum(frame, at, 20)));
    }
}
