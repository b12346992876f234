package io.github.geneve4j.appliance.domain;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.testkit.Allocations;
import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.Hex;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Packets of known flows cost nothing; those that begin one cost what the JDK's ciphers take. */
class QuicInitialAllocationTest {
    private static final byte[] ID = Hex.bytes("8394c8f03e515708");
    private static final int ROUNDS = 4; // of a measurement
    private static final int PACKETS = 4_000;

    private final QuicInitial initial = new QuicInitial();
    private final QuicClient client = new QuicClient();

    @ParameterizedTest
    @EnumSource(
            value = BufferKind.class,
            names = {"HEAP", "DIRECT"})
    void passesByWithoutAllocating(BufferKind kind) {
        BufferKind.Placed[] datagrams = {
            kind.place(Hex.bytes("40 01 02 03 04 05 06 07 08")),
            kind.place(QuicPackets.other(QuicPackets.V1, QuicPackets.HANDSHAKE, ID, 1200)),
            kind.place(QuicPackets.other(7, QuicPackets.INITIAL, ID, 1200)),
        };
        long bytes =
                Allocations.of(
                        1_000_000,
                        () -> {
                            int sum = 0;
                            for (int i = 0; i < datagrams.length; i++) {
                                sum += read(datagrams[i]);
                            }
                            return sum;
                        });
        assertThat(bytes).isLessThanOrEqualTo(Allocations.SLACK);
    }

    /** Not more than half again of what {@link QuicInitial} says, which was measured like this. */
    @Test
    void allocatesWhatTheJavadocSays() {
        byte[] bytes = QuicPackets.initial(new byte[1162]).build();
        BufferKind.Placed one = BufferKind.DIRECT.place(bytes);
        BufferKind.Placed another =
                BufferKind.DIRECT.place(
                        QuicPackets.initial(new byte[1162]).destination(new byte[9]).build());
        bytes[1000]++;
        BufferKind.Placed forged = BufferKind.DIRECT.place(bytes);

        assertThat(perRound(() -> read(one) + read(another))).isBetween(1L, 2 * 2800 * 3L / 2);
        assertThat(perRound(() -> read(one) + read(forged))).isBetween(1L, (1200 + 4600) * 3L / 2);
    }

    private static long perRound(Allocations.Operation operation) {
        return Allocations.of(PACKETS, operation) / (PACKETS / ROUNDS);
    }

    private int read(BufferKind.Placed datagram) {
        client.clear();
        InitialStatus status =
                initial.read(datagram.buffer(), datagram.offset(), datagram.length(), client);
        return status.ordinal();
    }
}
