package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.io.sys.Requirement;
import io.github.geneve4j.testkit.Allocations;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a packet loop does with a fast path allocates nothing. */
class FastPathAllocationIT {
    private static final int LENGTH = 200;
    private static final long STEP_NANOS = TimeUnit.SECONDS.toNanos(1); // slots have rested then

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFlowAllocatesNothing(boolean ipv6) throws IOException {
        Requirement.root();
        FastPathPacket packet = new FastPathPacket();
        packet.ipv6 = ipv6;
        packet.payload = LENGTH;
        byte[] frame = packet.bytes();
        ByteBuf buffer = Unpooled.wrappedBuffer(frame);
        int length = frame.length - FastPathPacket.GENEVE;
        try (FastPath fast = FastPath.builder().flows(16).allowFrom(0, -1).open()) {
            long[] now = {System.nanoTime()};
            long allocated =
                    Allocations.of(
                            1_000_000,
                            () -> {
                                now[0] += STEP_NANOS;
                                fast.vouch(now[0]);
                                int flow =
                                        fast.add(buffer, FastPathPacket.GENEVE, length, 1, now[0]);
                                fast.renew(flow, 2);
                                long sum = fast.generationOf(flow) + fast.packets(flow);
                                sum += fast.bytes(flow) + fast.lastSeenNs(flow);
                                sum += fast.cookie(flow) + fast.size() + fast.suspend(flow);
                                sum += fast.isSuspended(flow) ? 1 : 0;
                                fast.renew(flow, 3, 10, 10_000);
                                return sum + fast.remove(flow, now[0]);
                            });
            assertThat(allocated).isLessThanOrEqualTo(Allocations.SLACK);
            assertThat(fast.size()).isZero();
            assertThat(fast.refused()).isZero();
        }
    }

    /** Nor does one that there is no room for, or that the kernel cannot return. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFlowThatIsRefusedAllocatesNothing(boolean usual) throws IOException {
        Requirement.root();
        byte[] frame = new FastPathPacket().bytes();
        ByteBuf buffer = Unpooled.wrappedBuffer(frame);
        int length = frame.length - FastPathPacket.GENEVE;
        try (FastPath fast = FastPath.builder().flows(1).allowFrom(0, -1).open()) {
            for (int i = 0; i < fast.capacity() * 2; i++) {
                fast.add(buffer, FastPathPacket.GENEVE, length, 1, 1);
            }
            int full = fast.size();
            if (!usual) {
                buffer.setByte(FastPathPacket.GENEVE + 4, 1); // a VNI
            }
            long allocated =
                    Allocations.of(
                            1_000_000, () -> fast.add(buffer, FastPathPacket.GENEVE, length, 1, 1));
            assertThat(allocated).isLessThanOrEqualTo(Allocations.SLACK);
            assertThat(fast.size()).isEqualTo(full);
            assertThat(fast.refused()).isEqualTo(usual ? 1_020_000 : 0);
        }
    }
}
