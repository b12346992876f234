package io.github.geneve4j.io.sys;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Socket filters ({@code linux/filter.h}): small programs that say how many bytes of a packet a
 * socket receives, 0 for none.
 *
 * <pre>
 * struct sock_filter { __u16 code; __u8 jt; __u8 jf; __u32 k; };
 * struct sock_fprog  { unsigned short len; struct sock_filter *filter; };
 * </pre>
 */
public final class ClassicBpf {
    /** Bytes of {@code struct sock_filter}. */
    public static final long FILTER_SIZE = 8;

    /** Bytes of {@code struct sock_fprog}. */
    public static final long PROGRAM_SIZE = 16;

    /** Where {@code sock_fprog} has its pointer. */
    public static final long PROGRAM_FILTER = 8;

    /** Load a byte of the packet: {@code A = packet[k]}. */
    public static final int LOAD_BYTE = 0x30;

    /** Load 16 bits of the packet. */
    public static final int LOAD_SHORT = 0x28;

    /** Load 32 bits of the packet. */
    public static final int LOAD_INT = 0x20;

    /** Load 16 bits of the packet after the header length: {@code A = packet[X + k]}. */
    public static final int LOAD_SHORT_AFTER = 0x48;

    /** Header length of IPv4: {@code X = 4 * (packet[k] & 0xf)}. */
    public static final int LOAD_HEADER_LENGTH = 0xb1;

    /** Jump if {@code A == k}. */
    public static final int JUMP_IF_EQUAL = 0x15;

    /** What {@link #LOAD_INT} loads for the number of the interface that a packet came by. */
    public static final int INTERFACE_INDEX = -0x1000 + 8;

    /** Jump if {@code (A & k) != 0}. */
    public static final int JUMP_IF_ANY = 0x45;

    /** Return {@code k}. */
    public static final int RETURN = 0x06;

    /** What a filter returns for the whole packet. */
    public static final int WHOLE = 0x4_0000;

    private static final long JT = 2;
    private static final long JF = 3;
    private static final long K = 4;

    private ClassicBpf() {}

    /**
     * {@return an instruction}
     *
     * @param code what to do
     * @param ifTrue instructions to skip when a jump's condition holds, 0 to 255
     * @param ifFalse instructions to skip when it does not, 0 to 255
     * @param k operand
     */
    public static long instruction(int code, int ifTrue, int ifFalse, int k) {
        return (code & 0xffffL) | (long) ifTrue << 16 | (long) ifFalse << 24 | (long) k << 32;
    }

    /**
     * Lets a socket receive only what a filter wants.
     *
     * @param fd descriptor of the socket
     * @param instructions at least one
     * @throws SystemCallException if the kernel does not take it
     */
    public static void attach(int fd, long[] instructions) throws SystemCallException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment program = program(instructions, arena);
            SystemCallException.require(
                    Libc.setsockopt(
                            fd, SocketHeader.SOL_SOCKET, SocketHeader.SO_ATTACH_FILTER, program),
                    "setsockopt(SO_ATTACH_FILTER)");
        }
    }

    static MemorySegment program(long[] instructions, Arena arena) {
        MemorySegment filter = arena.allocate(FILTER_SIZE * instructions.length, Long.BYTES);
        for (int i = 0; i < instructions.length; i++) {
            long at = i * FILTER_SIZE;
            long instruction = instructions[i];
            filter.set(JAVA_SHORT, at, (short) instruction);
            filter.set(JAVA_BYTE, at + JT, (byte) (instruction >>> 16));
            filter.set(JAVA_BYTE, at + JF, (byte) (instruction >>> 24));
            filter.set(JAVA_INT, at + K, (int) (instruction >>> 32));
        }
        MemorySegment program = arena.allocate(PROGRAM_SIZE, Long.BYTES);
        program.set(JAVA_SHORT, 0, (short) instructions.length);
        program.set(ADDRESS, PROGRAM_FILTER, filter);
        return program;
    }
}
