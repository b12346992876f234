package io.github.geneve4j.io;

import static io.github.geneve4j.io.bpf.Register.R0;
import static io.github.geneve4j.io.bpf.Register.R1;
import static io.github.geneve4j.io.bpf.Register.R2;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.io.bpf.Assembler;
import io.github.geneve4j.io.bpf.BpfMap;
import io.github.geneve4j.io.bpf.BpfProgram;
import io.github.geneve4j.io.bpf.Bytecode;
import io.github.geneve4j.io.bpf.FastPathLayout;
import io.github.geneve4j.io.bpf.FastPathLayout.Slot;
import io.github.geneve4j.io.bpf.FastPathProgram;
import io.github.geneve4j.io.bpf.ProgramRun;
import io.github.geneve4j.io.bpf.ProgramType;
import io.github.geneve4j.io.bpf.Size;
import io.github.geneve4j.io.bpf.XdpContext;
import io.github.geneve4j.io.sys.MappedMemory;
import io.github.geneve4j.io.sys.Requirement;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The slots of a fast path, with more packets than a test could send. */
class FastPathTableIT {
    private static final long SEED = 42;
    private static final int GENERATION = 7;
    private static final long MOST = 0xffff_ffffL;

    @BeforeAll
    static void root() {
        Requirement.root();
    }

    @Test
    void aSlotThatHasCountedAllItCanLetsNothingPass() throws IOException {
        byte[] frame = new FastPathPacket().bytes();
        try (BpfMap control = BpfMap.createShared("control", FastPathLayout.CONTROL_LENGTH, 1);
                MappedMemory words = control.mapValues(FastPathLayout.CONTROL_LENGTH);
                BpfMap counters = BpfMap.createShared("counts", FastPathLayout.COUNTERS_LENGTH, 1);
                FastPathTable ipv4 = FastPathTable.open("flows", Slot.IPV4, 1, SEED);
                FastPathTable ipv6 = FastPathTable.open("flows6", Slot.IPV6, 1, SEED);
                BpfProgram program =
                        load(
                                FastPathProgram.assemble(
                                        new FastPathProgram.Maps(
                                                control.descriptor(),
                                                counters.descriptor(),
                                                ipv4.descriptor(),
                                                1,
                                                ipv6.descriptor(),
                                                1),
                                        new FastPathProgram.Match(
                                                6081,
                                                List.of(FastPathPacket.OWN),
                                                FastPathPacket.MAC,
                                                1500,
                                                List.of(new FastPathProgram.Origin(0, -1))),
                                        SEED))) {
            words.segment().set(JAVA_LONG, FastPathLayout.GENERATION, GENERATION);
            words.segment().set(JAVA_LONG, FastPathLayout.LEASE, Long.MAX_VALUE);
            int slot = add(ipv4, frame, System.nanoTime());
            assertThat(ProgramRun.of(program, frame).result()).isEqualTo(XdpContext.TX);
            count(ipv4, slot, MOST - 2);
            assertThat(ipv4.packets(slot)).isEqualTo(MOST - 1);
            assertThat(ipv4.generation(slot)).isEqualTo(GENERATION);
            assertThat(ProgramRun.of(program, frame).result()).isEqualTo(XdpContext.TX);
            assertThat(ipv4.packets(slot)).isEqualTo(MOST);
            assertThat(ipv4.generation(slot)).isZero();
            assertThat(ProgramRun.of(program, frame).result()).isEqualTo(XdpContext.PASS);
            ipv4.renew(slot, GENERATION);
            assertThat(ProgramRun.of(program, frame).result()).isEqualTo(XdpContext.PASS);
            assertThat(ipv4.remove(slot, System.nanoTime())).isEqualTo(MOST);
            int again = add(ipv4, frame, System.nanoTime());
            assertThat(again).isNotEqualTo(slot);
            assertThat(ProgramRun.of(program, frame).result()).isEqualTo(XdpContext.TX);
            assertThat(ipv4.remove(again, System.nanoTime())).isEqualTo(1);
        }
    }

    /** Has the kernel count packets that never were. */
    private static void count(FastPathTable table, int slot, long packets) throws IOException {
        Bytecode code =
                new Assembler()
                        .movMapValue(R1, table.descriptor(), slot * Slot.IPV4.length())
                        .mov64(R2, packets)
                        .atomicAdd(Size.U64, R1, FastPathLayout.WORD, R2)
                        .mov(R0, XdpContext.PASS)
                        .exit()
                        .assemble();
        try (BpfProgram program = load(code)) {
            ProgramRun.of(program, new byte[14]);
        }
    }

    private static int add(FastPathTable table, byte[] frame, long nowNs) {
        int inner = FastPathPacket.INNER;
        long ports = Unpooled.wrappedBuffer(frame).getUnsignedIntLE(inner + 20);
        return table.add(
                Unpooled.wrappedBuffer(frame),
                FastPathPacket.GENEVE + 12,
                inner + 12,
                ports | 17L << Integer.SIZE,
                GENERATION,
                (int) MOST,
                Long.MAX_VALUE,
                nowNs);
    }

    private static BpfProgram load(Bytecode code) throws IOException {
        return BpfProgram.load(ProgramType.XDP, "table", code);
    }
}
