package io.github.geneve4j.benchmarks.dataplane;

import io.github.geneve4j.geneve.Geneve;
import io.github.geneve4j.io.bpf.Assembler;
import io.github.geneve4j.io.bpf.BpfLink;
import io.github.geneve4j.io.bpf.BpfProgram;
import io.github.geneve4j.io.bpf.Bytecode;
import io.github.geneve4j.io.bpf.ProgramType;
import io.github.geneve4j.io.bpf.Register;
import io.github.geneve4j.io.bpf.XdpContext;
import io.github.geneve4j.io.bpf.XdpMode;
import io.github.geneve4j.io.bpf.XdpTxHairpin;
import io.github.geneve4j.io.sys.NetworkDevice;
import java.io.IOException;
import java.util.Locale;

/** Keeps an XDP program attached; the work is the kernel's. */
public final class XdpProgram {
    /** Swaps addresses and sends the frame back, without a look at what is in it: the limit. */
    static final String HAIRPIN = "hairpin";

    /** Does nothing. On veth, a driver's XDP_TX only arrives where there is a program, too. */
    static final String PASS = "pass";

    /** Printed once it is attached. */
    static final String READY = "attached";

    private XdpProgram() {}

    /**
     * Attaches a program until the process is ended.
     *
     * @param args program, interface, and {@code driver} or {@code generic}
     * @throws IOException if the program cannot be attached
     * @throws InterruptedException never
     */
    @SuppressWarnings("try") // the link is there to be closed
    public static void main(String[] args) throws IOException, InterruptedException {
        Bytecode code = args[0].equals(HAIRPIN) ? XdpTxHairpin.assemble(Geneve.UDP_PORT) : pass();
        NetworkDevice device = NetworkDevice.named(args[1]);
        XdpMode mode = XdpMode.valueOf(args[2].toUpperCase(Locale.ROOT));
        try (BpfProgram program = BpfProgram.load(ProgramType.XDP, args[0], code);
                BpfLink link = BpfLink.xdp(program, device.index(), mode)) {
            System.out.println(READY);
            Thread.currentThread().join();
        }
    }

    private static Bytecode pass() {
        return new Assembler().mov(Register.R0, XdpContext.PASS).exit().assemble();
    }
}
