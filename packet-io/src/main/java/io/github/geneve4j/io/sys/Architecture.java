package io.github.geneve4j.io.sys;

import java.io.IOException;

/**
 * The processors that this package knows, with the numbers of the system calls for which there is
 * no function in the C library. Their structs do not differ: both have 64 bits and are
 * little-endian.
 */
public enum Architecture {
    /** 64 bits of Intel and AMD. */
    X86_64("amd64", 321),
    /** 64 bits of Arm. */
    AARCH64("aarch64", 280);

    private final String osArch;
    private final int bpf;

    Architecture(String osArch, int bpf) {
        this.osArch = osArch;
        this.bpf = bpf;
    }

    /**
     * {@return what this program runs on}
     *
     * @throws IOException if it is not Linux on one of these; what needs {@link Libc} cannot work
     */
    public static Architecture current() throws IOException {
        return of(System.getProperty("os.name"), System.getProperty("os.arch"));
    }

    /** {@return the number of {@code bpf(2)}} */
    public int bpf() {
        return bpf;
    }

    static Architecture of(String osName, String osArch) throws IOException {
        if (osName.equals("Linux")) {
            for (Architecture architecture : values()) {
                if (architecture.osArch.equals(osArch)) {
                    return architecture;
                }
            }
        }
        throw new IOException(
                "needs Linux on x86-64 or aarch64; this is " + osName + " on " + osArch);
    }
}
