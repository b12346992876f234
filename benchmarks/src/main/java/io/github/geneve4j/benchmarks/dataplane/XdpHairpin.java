package io.github.geneve4j.benchmarks.dataplane;

import io.github.geneve4j.geneve.Geneve;
import io.github.geneve4j.io.bpf.BpfLink;
import io.github.geneve4j.io.bpf.BpfProgram;
import io.github.geneve4j.io.bpf.ProgramType;
import io.github.geneve4j.io.bpf.XdpMode;
import io.github.geneve4j.io.bpf.XdpTxHairpin;
import io.github.geneve4j.io.sys.NetworkDevice;
import java.io.IOException;
import java.util.Locale;

/**
 * The limit: an XDP program that swaps addresses and sends the frame back, without looking at what
 * is in it. This process only keeps it attached.
 */
public final class XdpHairpin {
    /** Printed once packets are returned. */
    static final String READY = "attached";

    private XdpHairpin() {}

    /**
     * Attaches the program until the process is ended.
     *
     * @param args the interface, and {@code driver} or {@code generic}
     * @throws IOException if the program cannot be attached
     * @throws InterruptedException never
     */
    @SuppressWarnings("try") // the link is there to be closed
    public static void main(String[] args) throws IOException, InterruptedException {
        NetworkDevice device = NetworkDevice.named(args[0]);
        XdpMode mode = XdpMode.valueOf(args[1].toUpperCase(Locale.ROOT));
        try (BpfProgram program =
                        BpfProgram.load(
                                ProgramType.XDP,
                                "hairpin",
                                XdpTxHairpin.assemble(Geneve.UDP_PORT));
                BpfLink link = BpfLink.xdp(program, device.index(), mode)) {
            System.out.println(READY);
            Thread.currentThread().join();
        }
    }
}
