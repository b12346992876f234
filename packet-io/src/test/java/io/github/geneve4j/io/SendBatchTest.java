package io.github.geneve4j.io;

import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.ethernet;
import static io.github.geneve4j.testkit.Packets.ip;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.io.sys.Errno;
import io.github.geneve4j.io.sys.IfPacket;
import io.github.geneve4j.io.sys.NetworkDevice;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the kernel is handed, by what comes out of it. */
class SendBatchTest {
    private static final int MTU = 1500;
    private static final int FRAME = 96;

    private final RingLayout layout = RingLayout.of(MTU, 128, 4096, true);
    private final MemorySegment memory = Arena.ofAuto().allocate(layout.length(), 64);
    private final PacketRing ring = new PacketRing(memory, layout);
    private final PortCounters counters = new PortCounters();
    private final ReplyJoining joining =
            new ReplyJoining(null, -1, new NetworkDevice("own0", 1, MTU, 0, 1), "");
    private CuttingKernel kernel = new CuttingKernel(true);
    private SendBatch batch = batch(joining);
    private final List<byte[]> added = new ArrayList<>();
    private int slot;

    private SendBatch batch(ReplyJoining joining) {
        return new SendBatch(
                (socket, messages, count) -> kernel.send(socket, messages, count),
                -1,
                ring,
                true,
                joining,
                100,
                42 + MTU,
                counters);
    }

    private static byte[] reply(int port, int id, int payloadLength) {
        return reply(port, id, counting(payloadLength), true);
    }

    private static byte[] reply(int port, int id, byte[] body, boolean checksum) {
        byte[] datagram =
                packet(
                        ipv4("10.0.1.17", "10.0.1.5").id(id),
                        checksum ? udp(port, 6081) : udp(port, 6081).checksum(0),
                        payload(body));
        return packet(ethernet(), ip(datagram));
    }

    private void add(byte[] frame) {
        int offset = slot + FRAME;
        memory.set(ValueLayout.JAVA_INT, slot, IfPacket.TP_STATUS_USER);
        // What was there before the frame must not matter
        memory.asSlice(slot + 40L, FRAME - 40).fill((byte) 0xee);
        MemorySegment.copy(MemorySegment.ofArray(frame), 0, memory, offset, frame.length);
        batch.add(slot, offset, frame.length);
        added.add(frame);
        slot = layout.following(slot);
    }

    private void flush() {
        batch.flush(true);
        assertThat(batch.isEmpty()).isTrue();
        for (int at = 0, i = 0; i < layout.slots(); i++, at = layout.following(at)) {
            assertThat(ring.isFilled(at)).as("slot %s", i).isFalse();
        }
    }

    /** The frames in their slots are as they were: they may have to be sent once more. */
    private void assertUntouched(int firstSlot) {
        int at = firstSlot;
        for (byte[] frame : added) {
            byte[] now = memory.asSlice(at + FRAME, frame.length).toArray(ValueLayout.JAVA_BYTE);
            assertThat(now).isEqualTo(frame);
            at = layout.following(at);
        }
    }

    /** With the identification of another frame, and the checksum that goes with it. */
    private static byte[] withId(byte[] frame, int id) {
        ByteBuffer changed = ByteBuffer.wrap(frame.clone());
        int sum = (~changed.getShort(24) & 0xffff) + (~changed.getShort(18) & 0xffff) + id;
        sum = (sum & 0xffff) + (sum >>> 16);
        sum = (sum & 0xffff) + (sum >>> 16);
        changed.putShort(18, (short) id).putShort(24, (short) ~sum);
        return changed.array();
    }

    private static int id(byte[] frame) {
        return ByteBuffer.wrap(frame).getShort(18) & 0xffff;
    }

    /** Compares all that came out with all that was added, identifications as the kernel counts. */
    private void assertSameFrames() {
        int i = 0;
        for (List<byte[]> message : kernel.sent) {
            int id = id(added.get(i));
            for (byte[] frame : message) {
                byte[] expected = added.get(i++);
                assertThat(frame).isEqualTo(withId(expected, id++ & 0xffff));
            }
        }
        assertThat(i).isEqualTo(added.size());
    }

    /** Replies that are often alike. */
    @Provide
    Arbitrary<List<byte[]>> replies() {
        Arbitrary<byte[]> reply =
                Combinators.combine(
                                Arbitraries.of(60_000, 60_000, 60_000, 60_001),
                                Arbitraries.of(0, 0, 1, 0xffff),
                                Arbitraries.of(0, 1, 99, 100, 100, 100, 100, 1472),
                                Arbitraries.integers(),
                                Arbitraries.of(true, true, true, true, true, true, false))
                        .as(SendBatchTest::arbitrary);
        return reply.list().ofMaxSize(100);
    }

    private static byte[] arbitrary(int port, int id, int length, int seed, boolean checksum) {
        byte[] body = new byte[length];
        new java.util.Random(seed).nextBytes(body);
        return reply(port, id, body, checksum);
    }

    @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
    void whatIsJoinedIsTheSameCutAgain(@ForAll("replies") List<byte[]> replies) {
        new SendBatchTest().checkJoined(replies);
    }

    private void checkJoined(List<byte[]> replies) {
        replies.forEach(this::add);
        flush();
        assertSameFrames();
        assertUntouched(0);
        assertThat(counters.returned()).isEqualTo(replies.size());
        assertThat(counters.failed()).isZero();
        // As few messages as can be, if one looks at neighbours only
        for (int i = 0, message = 0; i < replies.size(); message++) {
            int end = i + kernel.sizes().get(message);
            if (end < replies.size()) {
                byte[] last = replies.get(end - 1);
                byte[] next = replies.get(end);
                boolean one =
                        last.length <= 42
                                || next.length <= 42
                                || hasNoChecksum(last)
                                || hasNoChecksum(next)
                                || !Arrays.equals(last, 34, 36, next, 34, 36)
                                || last.length < replies.get(i).length
                                || next.length > replies.get(i).length
                                || end - i == 64
                                || payloadLength(replies, i, end + 1) > 65_507;
                assertThat(one).as("end of a run at %s", end).isTrue();
            }
            i = end;
        }
    }

    private static boolean hasNoChecksum(byte[] reply) {
        return reply[40] == 0 && reply[41] == 0;
    }

    private static int payloadLength(List<byte[]> replies, int from, int to) {
        return replies.subList(from, to).stream().mapToInt(it -> it.length - 42).sum();
    }

    /** All checksums that there are, 0xffff among them, which stands for 0. */
    @Test
    void checksumsAreTheRequests() {
        for (int word = 0; word < 1 << 16; word += 7) {
            byte[] body = {(byte) (word >> 8), (byte) word, 1};
            add(reply(60_000, 0, body, true));
            add(reply(60_000, 1, body, true));
            if (batch.isFull()) {
                flush();
                assertSameFrames();
                kernel.sent.clear();
                added.clear();
            }
        }
        byte[] body = {0, 0};
        int checksum = ByteBuffer.wrap(reply(60_000, 0, body, true)).getShort(40) & 0xffff;
        body[0] = (byte) (checksum >> 8);
        body[1] = (byte) checksum;
        byte[] full = reply(60_000, 0, body, true);
        assertThat(ByteBuffer.wrap(full).getShort(40)).as("checksum").isEqualTo((short) 0xffff);
        flush();
        kernel.sent.clear();
        added.clear();
        add(full);
        add(reply(60_000, 1, body, true));
        flush();
        assertThat(kernel.sizes()).containsExactly(2);
        assertSameFrames();
    }

    @ParameterizedTest
    @ValueSource(strings = {"not asked for", "offloads not understood"})
    void sendsSinglyWhatIsNotToBeJoined(String whyNot) {
        ReplyJoining off = ReplyJoining.off(whyNot);
        assertThat(off.toString()).isEqualTo("sent singly (" + whyNot + ")");
        batch = batch(off);
        for (int i = 0; i < 5; i++) {
            add(reply(60_000, 7, 100));
        }
        flush();
        assertThat(kernel.sizes()).containsExactly(1, 1, 1, 1, 1);
        assertThat(kernel.frames()).containsExactlyElementsOf(added);
    }

    @Test
    void sendsOnceMoreWhatAnOldKernelRefuses() {
        kernel = new CuttingKernel(false);
        add(reply(60_001, 5, 100));
        for (int i = 0; i < 5; i++) {
            add(reply(60_000, 7, 100));
        }
        add(reply(60_001, 5, 100));
        assertThat(joining.isOn()).isTrue();
        flush();
        assertThat(joining.isOn()).isFalse();
        assertThat(joining.toString())
                .isEqualTo("sent singly (the kernel refused it: EINVAL (Invalid argument))");
        assertThat(kernel.sizes()).containsOnly(1);
        assertThat(kernel.frames()).containsExactlyElementsOf(added);
        assertThat(counters.returned()).isEqualTo(7);
        assertThat(counters.failed()).isZero();

        added.clear();
        kernel.results.add(2); // and it is not tried again
        add(reply(60_000, 7, 100));
        add(reply(60_000, 7, 100));
        flush();
        assertThat(kernel.frames()).containsExactlyElementsOf(added);
    }

    @Test
    void sendsOnceMoreWhateverTheReasonOfARefusalIs() {
        addTwoRunsAndOne();
        kernel.results.add(-Errno.ENOMEM);
        flush();
        assertThat(kernel.frames()).containsExactlyElementsOf(added);
        assertThat(counters.failed()).isZero();
        assertThat(joining.isOn()).isFalse();
    }

    @Test
    void countsEachOfARun() {
        addTwoRunsAndOne();
        kernel.results.addAll(List.of(-Errno.EINTR, 1, -Errno.EINTR, -Errno.ENOBUFS));
        flush();
        assertThat(kernel.sizes()).containsExactly(3, 1);
        assertThat(counters.returned()).isEqualTo(4);
        assertThat(counters.failed(SendFailure.QUEUE_FULL)).isEqualTo(2);
        assertThat(counters.failed()).isEqualTo(2);
        assertThat(joining.isOn()).as("a full queue is no refusal").isTrue();
    }

    @Test
    void countsAllThatTheSocketHasNoRoomFor() {
        addTwoRunsAndOne();
        kernel.results.addAll(List.of(1, -Errno.EAGAIN));
        flush();
        assertThat(kernel.sizes()).containsExactly(3);
        assertThat(counters.returned()).isEqualTo(3);
        assertThat(counters.failed(SendFailure.QUEUE_FULL)).isEqualTo(3);
        assertThat(counters.failed()).isEqualTo(3);
    }

    @Test
    void countsALostLink() {
        addTwoRunsAndOne();
        kernel.results.addAll(List.of(1, -Errno.ENETDOWN, -Errno.ENETDOWN));
        flush();
        assertThat(counters.returned()).isEqualTo(3);
        assertThat(counters.failed(SendFailure.LINK_DOWN)).isEqualTo(3);
        kernel.sent.clear();
        added.clear();
        addTwoRunsAndOne();
        batch.flush(false);
        assertThat(kernel.sizes()).as("the kernel drops them").containsExactly(3, 2, 1);
        assertThat(counters.returned()).isEqualTo(3);
        assertThat(counters.failed(SendFailure.LINK_DOWN)).isEqualTo(9);
        assertThat(counters.failed()).isEqualTo(9);
    }

    @Test
    void refusesSingleFramesOneByOne() {
        addTwoRunsAndOne();
        kernel.results.addAll(List.of(2, -Errno.EMSGSIZE));
        flush();
        assertThat(counters.returned()).isEqualTo(5);
        assertThat(counters.failed(SendFailure.REFUSED)).isEqualTo(1);
        assertThat(joining.isOn()).as("it was no run").isTrue();
    }

    private void addTwoRunsAndOne() {
        for (int i = 0; i < 3; i++) {
            add(reply(60_000, i, 100));
        }
        add(reply(60_001, 0, 100));
        add(reply(60_001, 1, 90));
        add(reply(60_002, 0, 100));
    }

    /** To what the MTU has become the kernel holds single frames only. */
    @Test
    void joinsNothingLongerThanTheInterfaceTakes() {
        ReplyJoining shorter =
                new ReplyJoining(null, -1, new NetworkDevice("own0", 1, 128, 0, 1), "");
        batch = batch(shorter);
        for (int i = 0; i < 2; i++) {
            add(reply(60_000, 0, 101));
        }
        for (int i = 0; i < 2; i++) {
            add(reply(60_000, 0, 100));
        }
        flush();
        assertThat(kernel.sizes()).containsExactly(1, 1, 2);
        assertSameFrames();
    }

    @Test
    void keepsItsOwnFramesInTheirPlaces() {
        byte[] own = reply(60_000, 0, 100);
        add(reply(60_000, 0, 100));
        add(reply(60_000, 1, 100));
        for (int i = 0; i < 2; i++) {
            // The same where the ring has something else: nobody is to look there
            for (MemorySegment each : List.of(batch.made(), memory)) {
                MemorySegment.copy(
                        MemorySegment.ofArray(own), 0, each, batch.madeOffset(), own.length);
            }
            batch.addMade(own.length);
            added.add(own);
        }
        add(reply(60_000, 0, 100));
        add(reply(60_000, 1, 100));
        flush();
        assertThat(kernel.sizes()).containsExactly(2, 1, 1, 2);
        assertSameFrames();
        assertThat(counters.returned()).isEqualTo(4);
        assertThat(counters.originated()).isEqualTo(2);
    }
}
