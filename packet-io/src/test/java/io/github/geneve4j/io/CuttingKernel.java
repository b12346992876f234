package io.github.geneve4j.io;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.io.sys.SocketHeader.Iovec;
import io.github.geneve4j.io.sys.SocketHeader.Mmsghdr;
import io.github.geneve4j.testkit.Checksums;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * The kernel as far as a batch knows it: takes messages with virtio headers, and cuts joined ones
 * as Linux does ({@code virtio_net_hdr_to_skb}, {@code __udp_gso_segment}, {@code
 * inet_gso_segment}), byte by byte.
 */
final class CuttingKernel implements SendCall {
    private static final int VIRTIO = 10;
    private static final int IP = 14;
    private static final int UDP = 34;
    private static final int PAYLOAD = 42;

    /** What came out, a list for each message. */
    final List<List<byte[]>> sent = new ArrayList<>();

    /** What calls return before they send anything, in turn; a number above 0 limits a call. */
    final Deque<Integer> results = new ArrayDeque<>();

    private final boolean knowsRuns;

    /**
     * @param knowsRuns whether it is Linux 6.2 or newer
     */
    CuttingKernel(boolean knowsRuns) {
        this.knowsRuns = knowsRuns;
    }

    /** {@return all frames that came out since this was asked last} */
    List<byte[]> frames() {
        List<byte[]> frames = sent.stream().flatMap(List::stream).toList();
        sent.clear();
        return frames;
    }

    /** {@return how many came out of each message} */
    List<Integer> sizes() {
        return sent.stream().map(List::size).toList();
    }

    @Override
    public int send(int socket, MemorySegment messages, int count) {
        assertThat(count).isPositive();
        int limit = count;
        if (!results.isEmpty()) {
            int result = results.remove();
            if (result < 0) {
                return result;
            }
            limit = Math.min(result, count);
        }
        for (int i = 0; i < limit; i++) {
            byte[] message = gather(messages.asSlice(i * Mmsghdr.SIZE, Mmsghdr.SIZE));
            byte[] frame = Arrays.copyOfRange(message, VIRTIO, message.length);
            if (message[1] == 0) {
                assertThat(Arrays.copyOf(message, VIRTIO)).as("virtio header").containsOnly(0);
                sent.add(List.of(frame));
            } else if (knowsRuns) {
                sent.add(cut(Arrays.copyOf(message, VIRTIO), frame));
            } else {
                return i == 0 ? -22 : i; // EINVAL, told by the next call
            }
        }
        return limit;
    }

    private static byte[] gather(MemorySegment message) {
        long count = message.get(JAVA_LONG, Mmsghdr.IOV_LENGTH);
        MemorySegment parts = memory(message.get(JAVA_LONG, Mmsghdr.IOV), count * Iovec.SIZE);
        ByteBuffer whole = ByteBuffer.allocate(1 << 17);
        for (int i = 0; i < count; i++) {
            long base = parts.get(JAVA_LONG, i * Iovec.SIZE + Iovec.BASE);
            long length = parts.get(JAVA_LONG, i * Iovec.SIZE + Iovec.LENGTH);
            whole.put(memory(base, length).toArray(JAVA_BYTE));
        }
        return Arrays.copyOf(whole.array(), whole.position());
    }

    @SuppressWarnings("restricted")
    private static MemorySegment memory(long address, long length) {
        return MemorySegment.ofAddress(address).reinterpret(length);
    }

    private static List<byte[]> cut(byte[] header, byte[] frame) {
        ByteBuffer virtio = ByteBuffer.wrap(header).order(ByteOrder.nativeOrder());
        assertThat(virtio.get(0)).as("flags: checksum open").isEqualTo((byte) 1);
        assertThat(virtio.get(1)).as("kind: UDP").isEqualTo((byte) 5);
        assertThat(virtio.getShort(2)).as("length of headers").isEqualTo((short) PAYLOAD);
        int size = virtio.getShort(4) & 0xffff;
        assertThat(virtio.getShort(6)).as("begin of the sum").isEqualTo((short) UDP);
        assertThat(virtio.getShort(8)).as("place of the checksum").isEqualTo((short) 6);
        assertThat(size).isPositive();
        int payload = frame.length - PAYLOAD;
        assertThat(payload).as("more than one").isGreaterThan(size);
        assertThat(payload).as("not too many").isLessThanOrEqualTo(64 * size);
        ByteBuffer whole = ByteBuffer.wrap(frame);
        assertThat(whole.getShort(IP + 2) & 0xffff).isEqualTo(frame.length - IP);
        assertThat(whole.getShort(UDP + 4) & 0xffff).isEqualTo(frame.length - UDP);
        assertThat(Checksums.internet(Arrays.copyOfRange(frame, IP, UDP))).as("IPv4").isZero();
        List<byte[]> pieces = new ArrayList<>();
        for (int at = PAYLOAD; at < frame.length; at += size) {
            byte[] piece = Arrays.copyOf(frame, PAYLOAD + Math.min(size, frame.length - at));
            System.arraycopy(frame, at, piece, PAYLOAD, piece.length - PAYLOAD);
            finish(ByteBuffer.wrap(piece), pieces.size());
            pieces.add(piece);
        }
        return pieces;
    }

    /** The sum in the checksum's place is that of the whole: only the lengths are exchanged. */
    private static void finish(ByteBuffer piece, int number) {
        piece.putShort(IP + 2, (short) (piece.capacity() - IP));
        piece.putShort(IP + 4, (short) (piece.getShort(IP + 4) + number));
        piece.putShort(IP + 10, (short) 0);
        byte[] ip = Arrays.copyOfRange(piece.array(), IP, UDP);
        piece.putShort(IP + 10, (short) Checksums.internet(ip));

        int oldLength = piece.getShort(UDP + 4) & 0xffff;
        int newLength = piece.capacity() - UDP;
        int sum = (piece.getShort(UDP + 6) & 0xffff) + (~oldLength & 0xffff) + newLength;
        sum = (sum & 0xffff) + (sum >>> 16);
        piece.putShort(UDP + 4, (short) newLength);
        piece.putShort(UDP + 6, (short) (sum + (sum >>> 16)));
        byte[] udp = Arrays.copyOfRange(piece.array(), UDP, piece.capacity());
        int checksum = Checksums.internet(udp);
        piece.putShort(UDP + 6, (short) (checksum == 0 ? 0xffff : checksum));
    }
}
