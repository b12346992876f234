package io.github.geneve4j.geneve.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.Checksums;
import io.github.geneve4j.testkit.Hex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class InternetChecksumTest {
    private static final long SEED = 1071;

    /** The example of RFC 1071 §3. */
    @ParameterizedTest
    @EnumSource
    void sumsAsInTheRfc(BufferKind kind) {
        BufferKind.Placed words = kind.place(Hex.bytes("00 01 f2 03 f4 f5 f6 f7"));
        long sum = InternetChecksum.sum(words.buffer(), words.offset(), words.length());
        assertThat(InternetChecksum.fold(sum)).isEqualTo(0xddf2);
        assertThat(InternetChecksum.checksum(sum)).isEqualTo(0x220d);
    }

    @ParameterizedTest
    @EnumSource
    void sumsEveryLengthLikeThePlainWay(BufferKind kind) {
        byte[] bytes = new byte[67];
        new Random(SEED).nextBytes(bytes);
        for (int length = 0; length <= bytes.length; length++) {
            byte[] part = Arrays.copyOf(bytes, length);
            BufferKind.Placed placed = kind.place(part);
            long sum = InternetChecksum.sum(placed.buffer(), placed.offset(), length);
            assertThat(InternetChecksum.checksum(sum)).isEqualTo(Checksums.internet(part));
        }
    }

    /** Also where the memory goes on behind the buffer's end. */
    @ParameterizedTest
    @EnumSource
    void refusesRangesOutsideTheBuffer(BufferKind kind) {
        BufferKind.Placed words = kind.place(new byte[24]);
        int[][] ranges = {{1, 24}, {25, 0}, {0, -1}, {-words.offset() - 1, 8}, {0, 1 << 30}};
        for (int[] range : ranges) {
            int offset = words.offset() + range[0];
            assertThatThrownBy(() -> InternetChecksum.sum(words.buffer(), offset, range[1]))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void keepsEveryCarryOfTheLargestPacket() {
        byte[] ones = new byte[65535];
        Arrays.fill(ones, (byte) 0xff);
        BufferKind.Placed placed = BufferKind.HEAP.place(ones);
        long sum = InternetChecksum.sum(placed.buffer(), 0, ones.length);
        assertThat(InternetChecksum.checksum(sum)).isEqualTo(Checksums.internet(ones));
    }

    @ParameterizedTest
    @CsvSource({
        "0,                   0",
        "0xffff,              0xffff",
        "0x10000,             1",
        "0xffffffff,          0xffff",
        "0x100000000,         1",
        "0x1fffe0000,         0xffff",
        "0x7fffffffffffffff,  0x7fff",
    })
    void foldsCarriesBackIn(String sum, String folded) {
        assertThat(InternetChecksum.fold(Long.decode(sum))).isEqualTo(Integer.decode(folded));
    }

    /** A pooled buffer keeps no ByteBuffer of its own and is read word by word. */
    @Test
    void sumsPooledBuffers() {
        byte[] bytes = new byte[61];
        new Random(SEED).nextBytes(bytes);
        for (ByteBuf buffer :
                List.of(
                        PooledByteBufAllocator.DEFAULT.directBuffer(64),
                        PooledByteBufAllocator.DEFAULT.heapBuffer(64))) {
            try {
                buffer.setBytes(3, bytes);
                long sum = InternetChecksum.sum(buffer, 3, bytes.length);
                assertThat(InternetChecksum.checksum(sum)).isEqualTo(Checksums.internet(bytes));
            } finally {
                buffer.release();
            }
        }
    }

    @Test
    void isValidOnlyWithItsOwnChecksum() {
        Random random = new Random(SEED);
        for (int i = 0; i < 1000; i++) {
            long sum = random.nextLong() >>> 20 | 1;
            int checksum = InternetChecksum.checksum(sum);
            assertThat(InternetChecksum.isValid(sum + checksum)).isTrue();
            assertThat(InternetChecksum.isValid(sum + (checksum ^ 1 << i % 16))).isFalse();
        }
    }

    /** Example of RFC 1624 §4: a header whose word changes and whose checksum becomes zero. */
    @Test
    void updatesAsInTheRfc() {
        assertThat(InternetChecksum.update(0xdd2f, 0x5555, 0x3285)).isZero();
    }

    @Test
    void updatesToWhatComputingAnewGives() {
        Random random = new Random(SEED);
        byte[] header = new byte[20];
        for (int i = 0; i < 10_000; i++) {
            random.nextBytes(header);
            int oldWord = (header[0] & 0xff) << 8 | (header[1] & 0xff);
            int before = Checksums.internet(header);
            int newWord = random.nextInt(0x10000);
            header[0] = (byte) (newWord >> 8);
            header[1] = (byte) newWord;
            assertThat(InternetChecksum.update(before, oldWord, newWord))
                    .isEqualTo(Checksums.internet(header));
        }
    }
}
