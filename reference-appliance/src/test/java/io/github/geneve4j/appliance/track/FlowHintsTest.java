package io.github.geneve4j.appliance.track;

import static io.github.geneve4j.appliance.track.ConnectionTracker.NONE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FlowHintsTest {
    private static final int MOST = 1 << 18;

    @ParameterizedTest
    @ValueSource(ints = {1, 100, 1_000_000, Integer.MAX_VALUE})
    void remembersAnyCookieAndAnyFlow(int flows) {
        FlowHints hints = hints(flows);
        for (int cookie : new int[] {0, 1, -1, Integer.MIN_VALUE, 0x1234_5678}) {
            assertThat(hints.flow(cookie)).isEqualTo(NONE);
            for (int flow : new int[] {0, 7, Integer.MAX_VALUE - 1}) {
                hints.remember(cookie, flow);
                assertThat(hints.flow(cookie)).isEqualTo(flow);
            }
        }
    }

    /**
     * Cookies that are counted up, by whatever step, have places of their own for the most part.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 8, 256, 4096, 65_536})
    void keepsMostOfManyApart(int step) {
        FlowHints hints = hints(MOST);
        int count = MOST / 4;
        for (int i = 0; i < count; i++) {
            hints.remember(i * step, i);
        }
        int kept = 0;
        for (int i = 0; i < count; i++) {
            kept += hints.flow(i * step) == i ? 1 : 0;
        }
        assertThat(kept).isGreaterThan(count * 3 / 4);
    }

    /** Of 100,000 flows that take turns, whose cookies are anything. */
    @Test
    void keepsNearlyAllOfRandomOnesApart() {
        FlowHints hints = hints(1_000_000);
        int[] cookies = new Random(1).ints(100_000).toArray();
        int kept = 0;
        for (int round = 0; round < 3; round++) {
            kept = 0;
            for (int i = 0; i < cookies.length; i++) {
                if (hints.flow(cookies[i]) == i) {
                    kept++;
                } else {
                    hints.remember(cookies[i], i);
                }
            }
        }
        assertThat(kept).isGreaterThan(99_000);
    }

    @Test
    void looksUpSeveralAsItDoesEach() {
        FlowHints hints = hints(100);
        int[] cookies = new Random(2).ints(64, 0, 50).toArray();
        for (int cookie = 0; cookie < 50; cookie += 2) {
            hints.remember(cookie, cookie + 1);
        }
        int[] flows = new int[cookies.length];
        Arrays.fill(flows, 77);
        hints.flows(cookies, 60, flows);
        for (int i = 0; i < 60; i++) {
            assertThat(flows[i]).isEqualTo(hints.flow(cookies[i]));
        }
        assertThat(flows[60]).isEqualTo(77);
    }

    @Test
    void statesItsMemory() {
        assertThat(hints(1).memoryLength()).isEqualTo(8 << 4);
        assertThat(hints(1_000_000).memoryLength()).isEqualTo(8 << 21);
        assertThat(hints(Integer.MAX_VALUE).memoryLength()).isEqualTo(8 << 23);
    }

    /** It may begin anywhere, and be a part of more; the position says nothing. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 8, 63, 64})
    void takesMemoryAsTheTableDoes(int at) {
        FlowHints hints =
                new FlowHints(
                        1000,
                        length ->
                                ByteBuffer.allocateDirect(at + length)
                                        .slice(at, length)
                                        .position(length));
        for (int cookie = 0; cookie < 300; cookie++) {
            hints.remember(cookie, cookie);
            assertThat(hints.flow(cookie)).isEqualTo(cookie);
        }
    }

    @Test
    void refusesMemoryThatAPacketCouldNotUse() {
        List<IntFunction<ByteBuffer>> sources =
                List.of(
                        ByteBuffer::allocate,
                        length -> ByteBuffer.allocateDirect(length - 1),
                        length -> ByteBuffer.allocateDirect(length).asReadOnlyBuffer());
        for (IntFunction<ByteBuffer> source : sources) {
            assertThatThrownBy(() -> new FlowHints(1000, source))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageEndingWith("not 16448 bytes off the heap, to write to");
        }
    }

    /** A place is worth too much for what is wrong by now. */
    @Test
    void remembersACookieOnce() {
        FlowHints hints = hints(1);
        for (int cookie = 1; cookie < 1000; cookie++) {
            hints.remember(0, 1);
            for (int flow = 2; flow < 10; flow++) {
                hints.remember(cookie, flow);
            }
            assertThat(hints.flow(cookie)).isEqualTo(9);
            assertThat(hints.flow(0)).isEqualTo(1);
        }
    }

    @Test
    void forgetsWhoseFlowAnotherCookieHas() {
        FlowHints hints = hints(1);
        for (int cookie = 0; cookie < 1000; cookie++) {
            hints.remember(cookie, cookie);
        }
        int kept = 0;
        for (int cookie = 0; cookie < 1000; cookie++) {
            int flow = hints.flow(cookie);
            assertThat(flow).isIn(NONE, cookie);
            kept += flow == cookie ? 1 : 0;
        }
        assertThat(kept).isBetween(1, 16);
    }

    private static FlowHints hints(int flows) {
        return new FlowHints(flows, ByteBuffer::allocateDirect);
    }
}
