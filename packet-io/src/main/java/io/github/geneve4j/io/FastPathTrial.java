package io.github.geneve4j.io;

import io.github.geneve4j.io.bpf.BpfProgram;
import io.github.geneve4j.io.bpf.ProgramRun;
import io.github.geneve4j.io.bpf.ProgramType;
import io.github.geneve4j.io.bpf.XdpContext;
import java.io.IOException;
import java.net.Inet4Address;
import org.jspecify.annotations.Nullable;

/**
 * A {@link FastPath} without an interface: the kernel runs its program on one frame at a time, and
 * counts as if it had come by a wire. For tests of whoever adds flows, and to see whether a kernel
 * takes the program.
 */
public final class FastPathTrial implements AutoCloseable {
    /** Ethernet address, the lower 48 bits, that the frames are for. */
    public static final long MAC = 0x0200_0000_0001L;

    /** Most bytes of an IPv4 packet. */
    public static final int MTU = 9001;

    private final BpfProgram program;

    private FastPathTrial(BpfProgram program) {
        this.program = program;
    }

    /**
     * {@return a trial}
     *
     * @param fastPath open until the trial is closed
     * @param address that the frames are for
     * @param port of UDP that they are for
     * @throws IOException if the kernel does not take the program; the message has the verifier's
     *     last words
     */
    public static FastPathTrial of(FastPath fastPath, Inet4Address address, int port)
            throws IOException {
        int[] addresses = {Listener.number(address)};
        return new FastPathTrial(
                BpfProgram.load(
                        ProgramType.XDP,
                        "geneve_trial",
                        fastPath.program(port, addresses, MAC, MTU, -1)));
    }

    /**
     * {@return the frame as it is returned, or null if it comes up}
     *
     * @param frame of Ethernet, 14 to 4096 bytes
     * @throws IOException if the kernel does not run the program
     */
    public byte @Nullable [] returned(byte[] frame) throws IOException {
        ProgramRun run = ProgramRun.of(program, frame);
        return run.result() == XdpContext.TX ? run.packet() : null;
    }

    /**
     * {@return nanoseconds that the program takes for a frame, on average, when it gets it again
     * and again, as it left it; the call by the kernel included} So a frame that is returned each
     * time has the same addresses as source and destination.
     *
     * @param frame of Ethernet, 14 to 4096 bytes
     * @param times how often, 1 or more
     * @throws IOException if the kernel does not run the program
     */
    public int nanos(byte[] frame, int times) throws IOException {
        return ProgramRun.of(program, frame, times).nanos();
    }

    @Override
    public void close() {
        program.close();
    }
}
