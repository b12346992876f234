package io.github.geneve4j.testkit;

import java.util.List;

/** Damage to packets. Each method returns a copy, the same bytes if there is nothing to damage. */
final class Mutations {
    private static final int OPT_LEN_MASK = 0x3f;
    private static final int OPTION_LENGTH_OFFSET = 3;
    private static final int OPTION_LENGTH_MASK = 0x1f;

    private Mutations() {}

    /** Changes Ver of a Geneve header. */
    static byte[] withVersion(byte[] packet, int version) {
        byte[] damaged = packet.clone();
        damaged[0] = (byte) (version << 6 | (damaged[0] & OPT_LEN_MASK));
        return damaged;
    }

    /** Changes Opt Len of a Geneve header. */
    static byte[] withOptLen(byte[] packet, int words) {
        byte[] damaged = packet.clone();
        damaged[0] = (byte) words;
        return damaged;
    }

    /** Changes Length of one option of a valid Geneve header. */
    static byte[] withOptionLength(byte[] packet, int index, int words) {
        List<NaiveGeneveDecoder.Option> options = NaiveGeneveDecoder.header(packet).options();
        byte[] damaged = packet.clone();
        if (!options.isEmpty()) {
            int at = options.get(index % options.size()).offset() + OPTION_LENGTH_OFFSET;
            damaged[at] = (byte) ((damaged[at] & ~OPTION_LENGTH_MASK) | words);
        }
        return damaged;
    }

    /** Adds to Length of the last option of a valid Geneve header: it runs past Opt Len. */
    static byte[] withLastOptionLonger(byte[] packet, int words) {
        List<NaiveGeneveDecoder.Option> options = NaiveGeneveDecoder.header(packet).options();
        if (options.isEmpty()) {
            return packet.clone();
        }
        int dataLength = options.get(options.size() - 1).data().length() / 2;
        int longer = Math.min(dataLength / 4 + words, OPTION_LENGTH_MASK);
        return withOptionLength(packet, options.size() - 1, longer);
    }

    /** Flips single bits; a position past the end counts from the start again. */
    static byte[] withBitsFlipped(byte[] packet, List<Integer> positions) {
        byte[] damaged = packet.clone();
        if (damaged.length > 0) {
            for (int position : positions) {
                damaged[position / 8 % damaged.length] ^= (byte) (1 << position % 8);
            }
        }
        return damaged;
    }
}
