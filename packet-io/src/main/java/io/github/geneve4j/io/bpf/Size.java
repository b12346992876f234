package io.github.geneve4j.io.bpf;

/** How much of memory an instruction loads or stores; what is loaded is extended with zeros. */
public enum Size {
    /** 8 bits, {@code BPF_B}. */
    U8(0x10, 1),
    /** 16 bits, {@code BPF_H}. */
    U16(0x08, 2),
    /** 32 bits, {@code BPF_W}. */
    U32(0x00, 4),
    /** 64 bits, {@code BPF_DW}. */
    U64(0x18, 8);

    final int code;
    private final int bytes;

    Size(int code, int bytes) {
        this.code = code;
        this.bytes = bytes;
    }

    /** {@return the number of bytes, 1 to 8} */
    public int bytes() {
        return bytes;
    }

    static Size of(int code) {
        for (Size size : values()) {
            if (size.code == code) {
                return size;
            }
        }
        throw new IllegalArgumentException("size code " + code + ": none");
    }

    /** {@return the name as listings have it: {@code u8}} */
    @Override
    public String toString() {
        return "u" + bytes * Byte.SIZE;
    }
}
