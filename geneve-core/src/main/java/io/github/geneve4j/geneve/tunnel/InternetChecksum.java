package io.github.geneve4j.geneve.tunnel;

import io.netty.buffer.ByteBuf;

/**
 * The Internet checksum (RFC 1071) over buffers, and its update when a field changes (RFC 1624).
 *
 * <p>A <em>sum</em> is an unfolded one's complement sum of 16-bit big-endian words, kept in a
 * {@code long} so that carries cannot be lost: add sums of several ranges, then {@link #fold}. A
 * <em>checksum</em> is the folded sum's complement, 0 to 65535, as it stands on the wire.
 *
 * <p><b>Allocation:</b> none. <b>Threads:</b> any.
 */
public final class InternetChecksum {
    private static final int WORD_MASK = 0xffff;
    private static final long INT_MASK = 0xffff_ffffL;

    private InternetChecksum() {}

    /**
     * {@return the sum of a range, to be folded}
     *
     * @param buffer read only; no index moves
     * @param offset absolute index of the first byte, the high half of the first word
     * @param length bytes; an odd last one counts as the high half of a word
     */
    public static long sum(ByteBuf buffer, int offset, int length) {
        long sum = 0;
        int at = offset;
        int rest = length;
        for (; rest >= Long.BYTES; rest -= Long.BYTES, at += Long.BYTES) {
            long words = buffer.getLong(at);
            sum += (words >>> 32) + (words & INT_MASK);
        }
        if (rest >= Integer.BYTES) {
            sum += buffer.getInt(at) & INT_MASK;
            at += Integer.BYTES;
            rest -= Integer.BYTES;
        }
        if (rest >= Short.BYTES) {
            sum += buffer.getUnsignedShort(at);
            at += Short.BYTES;
            rest -= Short.BYTES;
        }
        return rest == 0 ? sum : sum + (buffer.getUnsignedByte(at) << 8);
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
}
