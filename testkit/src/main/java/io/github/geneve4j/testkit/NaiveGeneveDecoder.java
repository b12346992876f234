package io.github.geneve4j.testkit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Geneve read bit by bit, straight from the boxes of RFC 8926 §3.4 and §3.5: slow, short, and
 * written to be right at sight, so that a fast decoder can be compared with it.
 *
 * <p>Verdicts are the metric labels of the decoder under test. A packet is judged in the order of
 * its bytes, and the first violation counts.
 */
public final class NaiveGeneveDecoder {
    /** Valid. */
    public static final String OK = "ok";

    /** Fewer than the 8 bytes of the fixed header. */
    public static final String TRUNCATED_HEADER = "truncated_header";

    /** A version other than 0. */
    public static final String UNSUPPORTED_VERSION = "unsupported_version";

    /** Opt Len says more bytes than there are. */
    public static final String TRUNCATED_OPTIONS = "truncated_options";

    /** The lengths of the options do not add up to Opt Len. */
    public static final String OPTION_OVERRUN = "option_overrun";

    private final byte[] packet;

    private NaiveGeneveDecoder(byte[] packet) {
        this.packet = packet;
    }

    /**
     * {@return what a decoder must say to these bytes}
     *
     * @param packet what follows the UDP header
     */
    public static String verdict(byte[] packet) {
        return new NaiveGeneveDecoder(packet).verdict();
    }

    /**
     * {@return what a decoder must read in these bytes}
     *
     * @param packet what follows the UDP header
     * @throws IllegalArgumentException if the verdict is not {@link #OK}
     */
    public static Header header(byte[] packet) {
        String verdict = verdict(packet);
        if (!verdict.equals(OK)) {
            throw new IllegalArgumentException(verdict);
        }
        return new NaiveGeneveDecoder(packet).header();
    }

    /** {@return a valid packet's first bytes, without its payload} */
    public static byte[] headerBytes(byte[] packet) {
        return Arrays.copyOf(packet, header(packet).length());
    }

    private String verdict() {
        if (packet.length < 8) {
            return TRUNCATED_HEADER;
        }
        if (bits(0, 2) != 0) {
            return UNSUPPORTED_VERSION;
        }
        int end = 8 + 4 * bits(2, 6);
        if (packet.length < end) {
            return TRUNCATED_OPTIONS;
        }
        int at = 8;
        while (at < end) {
            at = at + optionLength(at);
        }
        return at == end ? OK : OPTION_OVERRUN;
    }

    private Header header() {
        int end = 8 + 4 * bits(2, 6);
        List<Option> options = new ArrayList<>();
        for (int at = 8; at < end; at = at + optionLength(at)) {
            options.add(option(at));
        }
        return new Header(
                bits(0, 2),
                bits(2, 6),
                bits(8, 1) == 1,
                bits(9, 1) == 1,
                bits(10, 6),
                bits(16, 16),
                bits(32, 24),
                bits(56, 8),
                List.copyOf(options));
    }

    private Option option(int at) {
        return new Option(
                bits(8 * at, 16),
                bits(8 * at + 16, 8),
                bits(8 * at + 16, 1) == 1,
                bits(8 * at + 24, 3),
                at,
                Hex.text(Arrays.copyOfRange(packet, at + 4, at + optionLength(at))));
    }

    /** {@return the bytes of an option, header included} */
    private int optionLength(int at) {
        return 4 + 4 * bits(8 * at + 27, 5);
    }

    /** {@return an unsigned number, from its first bit's position in the packet and its width} */
    private int bits(int position, int width) {
        int number = 0;
        for (int i = position; i < position + width; i++) {
            int bit = (packet[i / 8] >> (7 - i % 8)) & 1;
            number = number * 2 + bit;
        }
        return number;
    }

    /**
     * A fixed header and its options, field by field in wire order.
     *
     * @param version 2 bits
     * @param optLenWords 6 bits
     * @param control the O bit
     * @param critical the C bit as sent
     * @param reservedFlags 6 bits
     * @param protocolType 16 bits
     * @param vni 24 bits
     * @param reservedByte 8 bits
     * @param options in wire order
     */
    public record Header(
            int version,
            int optLenWords,
            boolean control,
            boolean critical,
            int reservedFlags,
            int protocolType,
            int vni,
            int reservedByte,
            List<Option> options) {

        /** {@return the bytes of fixed header and options} */
        public int length() {
            return 8 + 4 * optLenWords;
        }

        /** {@return whether an option is critical, whatever C says} */
        public boolean hasCriticalOption() {
            return options.stream().anyMatch(Option::critical);
        }

        /** {@return whether a sender that clears what is reserved could have sent these bytes} */
        public boolean isCanonical() {
            return reservedFlags == 0
                    && reservedByte == 0
                    && critical == hasCriticalOption()
                    && options.stream().allMatch(option -> option.reserved() == 0);
        }
    }

    /**
     * One option.
     *
     * @param optionClass 16 bits
     * @param type 8 bits, critical bit included
     * @param critical the first bit of the type
     * @param reserved 3 bits
     * @param offset of its first byte in the packet
     * @param data as hex digits
     */
    public record Option(
            int optionClass, int type, boolean critical, int reserved, int offset, String data) {}
}
