package io.github.geneve4j.geneve.tunnel;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledDirectByteBuf;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * The Internet checksum (RFC 1071) over buffers, and its update when a field changes (RFC 1624).
 *
 * <p>A <em>sum</em> is an unfolded one's complement sum of 16-bit big-endian words, kept in a
 * {@code long} so that carries cannot be lost: add sums of several ranges, then {@link #fold}. A
 * <em>checksum</em> is the folded sum's complement, 0 to 65535, as it stands on the wire.
 *
 * <p><b>Allocation:</b> none, but for one {@code ByteBuffer} the first time that an unpooled direct
 * buffer is summed. <b>Threads:</b> any, one at a time for each buffer.
 */
public final class InternetChecksum {
    private static final int WORD_MASK = 0xffff;
    private static final long INT_MASK = 0xffff_ffffL;

    private static final VarHandle ARRAY_LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private InternetChecksum() {}

    /**
     * {@return the sum of a range, to be folded}
     *
     * @param buffer read only; no index moves
     * @param offset absolute index of the first byte, the high half of the first word
     * @param length bytes; an odd last one counts as the high half of a word
     */
    public static long sum(ByteBuf buffer, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, buffer.capacity());
        // Past this check the loops need none of those that ByteBuf makes for each word, and which
        // cost far more than the sum. Only an unpooled direct buffer keeps its ByteBuffer; other
        // kinds would make a new one, so they are read through ByteBuf.
        int longs = length & -Long.BYTES;
        long sum;
        if (buffer.hasArray()) {
            sum = sumLongs(buffer.array(), buffer.arrayOffset() + offset, longs);
        } else if (buffer instanceof UnpooledDirectByteBuf) {
            sum = sumLongs(buffer.internalNioBuffer(offset, longs), longs);
        } else {
            sum = sumLongs(buffer, offset, longs);
        }
        return sum + sumTail(buffer, offset + longs, length - longs);
    }

    /**
     * {@return the sum folded to 16 bits}
     *
     * @param sum of any number of ranges
     */
    public static int fold(long sum) {
        long folded = (sum >>> 32) + (sum & INT_MASK);
        folded = (folded >>> 16) + (folded & WORD_MASK); // at most 18 bits
        folded = (folded >>> 16) + (folded & WORD_MASK);
        return (int) ((folded >>> 16) + (folded & WORD_MASK));
    }

    /**
     * {@return the checksum that a range needs, when its checksum field counts as zero or is left
     * out of {@code sum}}
     *
     * @param sum of all that the checksum covers
     */
    public static int checksum(long sum) {
        return ~fold(sum) & WORD_MASK;
    }

    /**
     * {@return whether a sum that includes its checksum field is right}
     *
     * @param sum of all that the checksum covers, the field included
     */
    public static boolean isValid(long sum) {
        return fold(sum) == WORD_MASK;
    }

    /**
     * {@return the checksum after one 16-bit word under it has changed (RFC 1624 §3)}
     *
     * @param checksum before, 0 to 65535
     * @param oldWord the word before, 0 to 65535
     * @param newWord the word now, 0 to 65535
     */
    public static int update(int checksum, int oldWord, int newWord) {
        return checksum((long) (~checksum & WORD_MASK) + (~oldWord & WORD_MASK) + newWord);
    }

    private static long sumLongs(byte[] array, int offset, int length) {
        long sum = 0;
        for (int at = offset; at < offset + length; at += Long.BYTES) {
            sum += halves((long) ARRAY_LONG.get(array, at));
        }
        return sum;
    }

    private static long sumLongs(ByteBuffer buffer, int length) {
        int offset = buffer.position();
        long sum = 0;
        for (int at = offset; at < offset + length; at += Long.BYTES) {
            sum += halves(buffer.getLong(at));
        }
        return sum;
    }

    private static long sumLongs(ByteBuf buffer, int offset, int length) {
        long sum = 0;
        for (int at = offset; at < offset + length; at += Long.BYTES) {
            sum += halves(buffer.getLong(at));
        }
        return sum;
    }

    /** {@return four words as two numbers of 32 bits, added: their sum folds to the same} */
    private static long halves(long words) {
        return (words >>> Integer.SIZE) + (words & INT_MASK);
    }

    private static long sumTail(ByteBuf buffer, int offset, int length) {
        long sum = 0;
        int at = offset;
        if ((length & Integer.BYTES) != 0) {
            sum += buffer.getUnsignedInt(at);
            at += Integer.BYTES;
        }
        if ((length & Short.BYTES) != 0) {
            sum += buffer.getUnsignedShort(at);
            at += Short.BYTES;
        }
        return (length & 1) == 0 ? sum : sum + (buffer.getUnsignedByte(at) << Byte.SIZE);
    }
}
