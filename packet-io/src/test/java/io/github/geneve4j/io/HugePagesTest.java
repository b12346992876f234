package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.geneve4j.testkit.JavaProcess;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HugePagesTest {
    private static final int HUGE = 2 << 20;
    private static final Path MODES = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");

    @ParameterizedTest
    @ValueSource(ints = {0, 1, HUGE - 1, HUGE, HUGE + 1, 3 * HUGE, 3 * HUGE + 4097})
    void areZeroAndCanBeWritten(int length) {
        ByteBuffer memory = HugePages.allocate(length);
        assertThat(memory.capacity()).isEqualTo(length);
        assertThat(memory.isDirect()).isTrue();
        for (int i = 0; i < length; i++) {
            if (memory.get(i) != 0) {
                assertThat(memory.get(i)).as("byte %d", i).isZero();
            }
        }
        for (int i = 0; i < length; i++) {
            memory.put(i, (byte) i);
        }
        for (int i = 0; i < length; i++) {
            if (memory.get(i) != (byte) i) {
                assertThat(memory.get(i)).as("byte %d", i).isEqualTo((byte) i);
            }
        }
    }

    @Test
    void beginAtOne() {
        assertThat(HugePages.allocate(HUGE).alignmentOffset(0, HUGE)).isZero();
        assertThat(HugePages.allocate(5 * HUGE).alignmentOffset(0, HUGE)).isZero();
    }

    /**
     * What has been advised is a flag of the mapping, whether or not there was a page to be had.
     */
    @Test
    void areAskedFor() throws IOException {
        assumeThat(MODES).exists();
        assertThat(flagsAt(HugePages.allocate(4 * HUGE))).contains("hg");
    }

    @Test
    void areThereBeforeThePackets() throws IOException {
        assumeThat(MODES).exists();
        ByteBuffer memory = HugePages.allocate(4 * HUGE);
        assertThat(kibibytesAt(memory, "Rss:")).isGreaterThanOrEqualTo(4 * HUGE / 1024);
    }

    @Test
    void refuseLengthsThatNoBufferHas() {
        for (int length : new int[] {-1, Integer.MIN_VALUE, Integer.MAX_VALUE - HUGE + 1}) {
            assertThatThrownBy(() -> HugePages.allocate(length))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("length " + length + ": not 0 to 2145386495");
        }
    }

    /** Programs that may not call the kernel by themselves get memory all the same. */
    @Test
    void areOrdinaryOnesWithoutNativeAccess() throws IOException {
        String said = JavaProcess.output(WithoutNativeAccess.class, "--illegal-native-access=deny");
        assertThat(said).contains("has " + HUGE + " and " + 2 * HUGE);
    }

    /** Allocates twice, since a class that cannot be loaded fails in two ways. */
    static final class WithoutNativeAccess {
        private WithoutNativeAccess() {}

        public static void main(String[] args) {
            int first = HugePages.allocate(HUGE).capacity();
            int second = HugePages.allocate(2 * HUGE).capacity();
            System.out.println("has " + first + " and " + second);
        }
    }

    private static String flagsAt(ByteBuffer memory) throws IOException {
        return lineAt(memory, "VmFlags:");
    }

    private static int kibibytesAt(ByteBuffer memory, String key) throws IOException {
        return Integer.parseInt(lineAt(memory, key).replaceAll("[^0-9]", ""));
    }

    /** Of the mapping that has the middle of the memory. */
    private static String lineAt(ByteBuffer memory, String key) throws IOException {
        long address = MemorySegment.ofBuffer(memory).address() + memory.capacity() / 2;
        List<String> lines = Files.readAllLines(Path.of("/proc/self/smaps"));
        Reference.reachabilityFence(memory); // or it may be unmapped by then
        boolean inside = false;
        for (String line : lines) {
            int dash = line.indexOf('-');
            int space = line.indexOf(' ');
            if (dash > 0 && dash < space) {
                inside =
                        Long.parseUnsignedLong(line, 0, dash, 16) <= address
                                && address < Long.parseUnsignedLong(line, dash + 1, space, 16);
            } else if (inside && line.startsWith(key)) {
                return line;
            }
        }
        throw new AssertionError("no " + key + " at " + Long.toHexString(address));
    }
}
