package io.github.geneve4j.benchmarks.dataplane;

/**
 * The two cores of a comparison.
 *
 * @param generator number of the core that plays the load balancer
 * @param appliance number of the core of the program that is measured
 */
record Cores(int generator, int appliance) {
    /** {@return a core as the mask that the kernel's files want} */
    static String mask(int core) {
        return mask(1L << core);
    }

    private static String mask(long bits) {
        String hex = Long.toHexString(bits);
        int low = hex.length() - 8; // groups of 32 bits, with commas between
        return low <= 0 ? hex : hex.substring(0, low) + "," + hex.substring(low);
    }
}
