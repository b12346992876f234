package io.github.geneve4j.simulator.load;

import io.github.geneve4j.io.sys.Errno;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.SocketHeader;
import io.github.geneve4j.io.sys.SocketHeader.Iovec;
import io.github.geneve4j.io.sys.SocketHeader.Mmsghdr;
import io.github.geneve4j.io.sys.SystemCallException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Sends frames of neighbouring slots with one system call: the messages are written once, for all
 * slots, in the order of the slots.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one.
 */
final class FrameSender {
    private final int socket;
    private final MemorySegment[] messages; // from each slot on
    private final int slots;

    /** Writes the messages for a socket that is bound to an interface. */
    FrameSender(Arena arena, int socket, Frames frames, int slots) {
        this.socket = socket;
        this.slots = slots;
        this.messages = new MemorySegment[slots];
        MemorySegment headers = arena.allocate(slots * Mmsghdr.SIZE, Long.BYTES);
        MemorySegment vectors = arena.allocate(slots * Iovec.SIZE, Long.BYTES);
        for (int i = 0; i < slots; i++) {
            long vector = i * Iovec.SIZE;
            vectors.set(
                    ValueLayout.JAVA_LONG,
                    vector + Iovec.BASE,
                    frames.memory().address() + frames.offset(i));
            vectors.set(ValueLayout.JAVA_LONG, vector + Iovec.LENGTH, frames.length());
            long message = i * Mmsghdr.SIZE;
            headers.set(ValueLayout.JAVA_LONG, message + Mmsghdr.IOV, vectors.address() + vector);
            headers.set(ValueLayout.JAVA_LONG, message + Mmsghdr.IOV_LENGTH, 1);
            messages[i] = headers.asSlice(message);
        }
    }

    /**
     * {@return how many of the slots were sent, from the first; those up to the last slot at most}
     *
     * @param slot the first
     * @param count slots, 1 or more
     * @throws SystemCallException if the interface does not take frames at all
     */
    int send(int slot, int count) throws SystemCallException {
        int batch = Math.min(count, slots - slot);
        int sent = Libc.sendmmsg(socket, messages[slot], batch, SocketHeader.MSG_DONTWAIT);
        if (sent >= 0) {
            return sent;
        }
        if (sent == -Errno.EAGAIN || sent == -Errno.ENOBUFS) {
            return 0;
        }
        throw new SystemCallException("sendmmsg(AF_PACKET)", -sent, null);
    }
}
