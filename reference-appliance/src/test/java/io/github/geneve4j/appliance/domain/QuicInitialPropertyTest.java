package io.github.geneve4j.appliance.domain;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** However a client cuts, shuffles, repeats, pads and numbers its hello: the name is found. */
class QuicInitialPropertyTest {
    private static final int DATAGRAM = 1200;

    private final QuicInitial initial = new QuicInitial();
    private final ClientHello reader = new ClientHello();
    private final FirstBytes firstBytes = new FirstBytes(1, 4096);

    @Property(tries = 150)
    void findsTheName(@ForAll long seed) {
        Random random = new Random(seed);
        String name = "h" + random.nextInt() + ".example";
        byte[] hello = QuicPackets.hello(name, random.nextInt(1700));
        byte[] id = randomBytes(random, 8 + random.nextInt(13));
        byte[] laterId = randomBytes(random, random.nextInt(21));
        int version = random.nextBoolean() ? QuicPackets.V1 : QuicPackets.V2;
        List<byte[]> pieces = pieces(hello, random);
        long number = random.nextInt(1 << random.nextInt(31));
        int numberLength = 4;
        QuicClient client = new QuicClient();
        long loan = firstBytes.lend();
        NameStatus status = NameStatus.INCOMPLETE;
        boolean first = true;
        while (!pieces.isEmpty()) {
            byte[] to = first ? id : laterId;
            byte[] datagram = {};
            while (datagram.length < DATAGRAM) {
                byte[] frames = {};
                while (!pieces.isEmpty() && frames.length < 300 && random.nextInt(9) > 0) {
                    frames = QuicPackets.concat(frames, between(random), pieces.removeLast());
                }
                byte[] padding = new byte[4 + random.nextInt(1000)];
                byte[] packet =
                        QuicPackets.initial(frames, padding)
                                .version(version)
                                .destination(to)
                                .keys(id)
                                .source(randomBytes(random, random.nextInt(21)))
                                .token(new byte[random.nextInt(3) * 50])
                                .number(number, numberLength)
                                .build();
                number += 1 + random.nextInt(3);
                numberLength = 1 + random.nextInt(4);
                byte[] other =
                        random.nextBoolean()
                                ? new byte[0]
                                : QuicPackets.other(
                                        version,
                                        QuicPackets.ZERO_RTT + random.nextInt(2),
                                        to,
                                        random.nextInt(200));
                datagram = QuicPackets.concat(datagram, other, packet);
            }
            assertThat(initial.read(Unpooled.wrappedBuffer(datagram), 0, datagram.length, client))
                    .isEqualTo(InitialStatus.OPENED);
            assertThat(initial.hasNewKeys()).isEqualTo(first);
            assertThat(client.nextNumber()).isBetween(number - 3, number);
            while (initial.nextPiece()) {
                int there =
                        firstBytes.add(
                                loan,
                                initial.piecePosition(),
                                initial.memory(),
                                initial.pieceOffset(),
                                initial.pieceLength());
                assertThat(there).isNotEqualTo(FirstBytes.CONFLICT);
            }
            int there = firstBytes.contiguous(loan);
            status = reader.readMessage(firstBytes.memory(), firstBytes.offset(loan), there);
            assertThat(status).isIn(NameStatus.INCOMPLETE, NameStatus.FOUND);
            if (!first) {
                neverOpenedByOthers(random, datagram);
            }
            first = false;
        }
        assertThat(firstBytes.contiguous(loan)).isEqualTo(hello.length);
        assertThat(status).isEqualTo(NameStatus.FOUND);
        assertThat(reader.name()).hasToString(name);
        firstBytes.giveBack(loan);
    }

    /** Keys of another client: nothing is handed out, nothing is learnt. */
    private static void neverOpenedByOthers(Random random, byte[] datagram) {
        QuicClient other = new QuicClient();
        byte[] otherId = randomBytes(random, 20);
        other.remember(otherId, otherId.length, 7);
        QuicInitial initial = new QuicInitial();
        assertThat(initial.read(Unpooled.wrappedBuffer(datagram), 0, datagram.length, other))
                .isEqualTo(InitialStatus.NOT_AUTHENTIC);
        assertThat(initial.nextPiece()).isFalse();
        assertThat(other.id()).isEqualTo(otherId);
        assertThat(other.nextNumber()).isEqualTo(7);
    }

    /** Cut anywhere, some of them twice or overlapping, in any order. */
    private static List<byte[]> pieces(byte[] hello, Random random) {
        List<byte[]> pieces = new ArrayList<>();
        for (int at = 0; at < hello.length; ) {
            int length = Math.min(hello.length - at, 1 + random.nextInt(400));
            pieces.add(piece(hello, Math.max(0, at - random.nextInt(3)), at + length));
            if (random.nextInt(5) == 0) {
                pieces.add(piece(hello, at, at + length));
            }
            at += length;
        }
        Collections.shuffle(pieces, random);
        return pieces;
    }

    private static byte[] piece(byte[] hello, int from, int to) {
        return QuicPackets.crypto(from, Arrays.copyOfRange(hello, from, to));
    }

    private static byte[] between(Random random) {
        byte[] bytes = new byte[random.nextInt(4)];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) random.nextInt(2); // PADDING or PING
        }
        return bytes;
    }

    private static byte[] randomBytes(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }
}
