package io.github.geneve4j.io.pcap;

/**
 * What an interface description says about the packets that name it.
 *
 * @param linkType 0 to 65535; see {@link LinkType}
 * @param snapLength most bytes captured of a packet; no limit is {@link Long#MAX_VALUE}
 * @param resolution length of a tick as {@code if_tsresol} has it: 10<sup>-n</sup> seconds, or
 *     2<sup>-n</sup> with the top bit set
 * @param offsetSeconds to add to every timestamp
 */
record CaptureInterface(int linkType, long snapLength, int resolution, long offsetSeconds) {
    private static final int TIMESTAMP_RESOLUTION = 9; // option code
    private static final int TIMESTAMP_OFFSET = 14; // option code

    private static final int BINARY_RESOLUTION = 0x80;
    private static final int EXPONENT_MASK = 0x7f;
    private static final int MICROS = 6; // the resolution where no option names one
    private static final int NANOS = 9;
    private static final long NANOS_PER_SECOND = 1_000_000_000;
    private static final int MAX_POWER_OF_TEN = 19; // that fits 64 bits, unsigned

    static CaptureInterface read(
            CaptureInput input, int linkType, long snapLength, int optionsOffset, int optionsEnd) {
        int resolution = MICROS;
        long offsetSeconds = 0;
        PcapngOptions option = new PcapngOptions(input, optionsOffset, optionsEnd);
        while (option.next()) {
            if (option.code() == TIMESTAMP_RESOLUTION && option.length() == Byte.BYTES) {
                resolution = input.buffer().getUnsignedByte(option.valueOffset());
            } else if (option.code() == TIMESTAMP_OFFSET && option.length() == Long.BYTES) {
                offsetSeconds = input.i64(option.valueOffset());
            }
        }
        return new CaptureInterface(
                linkType, snapLength == 0 ? Long.MAX_VALUE : snapLength, resolution, offsetSeconds);
    }

    /**
     * {@return the time in nanoseconds since 1970, or the nearest one that a long can hold}
     *
     * @param ticks unsigned
     */
    long nanos(long ticks) {
        int exponent = resolution & EXPONENT_MASK;
        long nanos =
                (resolution & BINARY_RESOLUTION) != 0
                        ? shifted(ticks, exponent)
                        : exponent <= NANOS
                                ? times(ticks, powerOfTen(NANOS - exponent))
                                : dividedByPowerOfTen(ticks, exponent - NANOS);
        return saturatedSum(nanos, offsetSeconds);
    }

    /** {@return ticks of 2<sup>-n</sup> seconds in nanoseconds} */
    private static long shifted(long ticks, int n) {
        long high = Math.unsignedMultiplyHigh(ticks, NANOS_PER_SECOND);
        long low = ticks * NANOS_PER_SECOND;
        if (n >= Long.SIZE) {
            return high >>> (n - Long.SIZE); // n is 127 at most
        }
        long nanos = high << (Long.SIZE - n) | low >>> n;
        return high >>> n == 0 && nanos >= 0 ? nanos : Long.MAX_VALUE;
    }

    private static long times(long ticks, long factor) {
        long product = ticks * factor;
        return Math.unsignedMultiplyHigh(ticks, factor) == 0 && product >= 0
                ? product
                : Long.MAX_VALUE;
    }

    private static long dividedByPowerOfTen(long ticks, int exponent) {
        return exponent > MAX_POWER_OF_TEN ? 0 : Long.divideUnsigned(ticks, powerOfTen(exponent));
    }

    private static long powerOfTen(int exponent) {
        long power = 1;
        for (int i = 0; i < exponent; i++) {
            power *= 10;
        }
        return power;
    }

    private static long saturatedSum(long nanos, long seconds) {
        long high = Math.multiplyHigh(seconds, NANOS_PER_SECOND);
        long low = seconds * NANOS_PER_SECOND;
        if (high != low >> (Long.SIZE - 1)) { // more than a long
            return seconds < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
        }
        long sum = nanos + low;
        return nanos >= 0 && low >= 0 && sum < 0 ? Long.MAX_VALUE : sum;
    }
}
