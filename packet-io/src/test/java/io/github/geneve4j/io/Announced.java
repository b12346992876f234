package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Drops datagrams, each of which has to have been announced just where it then is. */
final class Announced implements PacketHandler {
    private final Deque<Integer> offsets = new ArrayDeque<>();
    private @Nullable ByteBuf buffer;

    /** An {@code a} for each that was announced, an {@code h} for each that was handled. */
    String told = "";

    /** Of those that were announced. */
    final List<Integer> lengths = new ArrayList<>();

    /** {@return what is told of so many} */
    static String inTurns(int datagrams) {
        StringBuilder told = new StringBuilder();
        for (int left = datagrams; left > 0; left -= AHEAD) {
            int some = Math.min(left, AHEAD);
            told.append("a".repeat(some)).append("h".repeat(some));
        }
        return told.toString();
    }

    /** {@return one that fails when something is announced} */
    static PacketHandler failing() {
        return new PacketHandler() {
            @Override
            public void onAhead(ByteBuf buffer, int offset, int length) {
                throw new IllegalStateException("ahead");
            }

            @Override
            public int onDatagram(ByteBuf buffer, int offset, int length, int sourceAddress) {
                return DROP;
            }
        };
    }

    @Override
    public void onAhead(ByteBuf buffer, int offset, int length) {
        this.buffer = buffer;
        told += "a";
        offsets.add(offset);
        lengths.add(length);
    }

    @Override
    public int onDatagram(ByteBuf buffer, int offset, int length, int sourceAddress) {
        told += "h";
        assertThat(buffer).isSameAs(this.buffer);
        assertThat(offsets.remove()).isEqualTo(offset);
        assertThat(lengths.get(lengths.size() - 1 - offsets.size())).isEqualTo(length);
        return DROP;
    }
}
