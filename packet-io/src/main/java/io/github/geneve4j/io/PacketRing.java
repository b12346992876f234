package io.github.geneve4j.io;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import io.github.geneve4j.io.sys.IfPacket;
import io.github.geneve4j.io.sys.IfPacket.Tpacket2Hdr;
import io.github.geneve4j.io.sys.VirtioNet;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * The slots of a packet socket's receive ring, which the kernel fills in order. A slot belongs to
 * the kernel, or after it is filled to us, until it is released; that in any order, but the kernel
 * waits for each in its turn.
 *
 * <p>Ordering: the status is read with acquire before the rest of a slot is read, and released with
 * release after all else in the slot was read, written and sent.
 */
final class PacketRing implements FramePool {
    private static final VarHandle STATUS = JAVA_INT.varHandle();
    private static final int VLAN = 0x8100;
    private static final int LOW_16 = 0xffff;

    private final MemorySegment memory;
    private final RingLayout layout;

    PacketRing(MemorySegment memory, RingLayout layout) {
        this.memory = memory;
        this.layout = layout;
    }

    /** {@return all of it; slots are offsets in here} */
    @Override
    public MemorySegment memory() {
        return memory;
    }

    /** {@return the number of slots} */
    int slots() {
        return layout.slots();
    }

    /** {@return the slot behind one} */
    int following(int slot) {
        return layout.following(slot);
    }

    /** {@return {@code TP_STATUS_...} of the slot} */
    int status(int slot) {
        return (int) STATUS.getAcquire(memory, (long) slot);
    }

    /** {@return whether the slot is ours} */
    boolean isFilled(int slot) {
        return isFilledBy(status(slot));
    }

    /** {@return whether a slot of that status is ours} */
    static boolean isFilledBy(int status) {
        return (status & IfPacket.TP_STATUS_USER) != 0;
    }

    /** {@return the offset of the frame in a slot of ours} */
    int frame(int slot) {
        return slot + (memory.get(JAVA_SHORT, slot + Tpacket2Hdr.MAC) & LOW_16);
    }

    /** {@return bytes of the frame in a slot of ours, as far as they fitted in} */
    int length(int slot) {
        return memory.get(JAVA_INT, slot + Tpacket2Hdr.SNAPLEN);
    }

    /**
     * {@return the VLAN tag that the kernel has taken out of the frame in a slot of ours: protocol
     * in the upper 16 bits, control below; 0 for none}
     */
    int tag(int slot) {
        int status = memory.get(JAVA_INT, slot + Tpacket2Hdr.STATUS);
        if ((status & IfPacket.TP_STATUS_VLAN_VALID) == 0) {
            return 0;
        }
        boolean named = (status & IfPacket.TP_STATUS_VLAN_TPID_VALID) != 0;
        int protocol = named ? memory.get(JAVA_SHORT, slot + Tpacket2Hdr.VLAN_TPID) : VLAN;
        int control = memory.get(JAVA_SHORT, slot + Tpacket2Hdr.VLAN_TCI) & LOW_16;
        return protocol << Short.SIZE | control;
    }

    /**
     * {@return where the sum begins of a checksum that is still to be computed, from the frame's
     * first byte; in a slot of ours with a virtio header}
     */
    int checksumStart(int slot) {
        return virtio(slot, VirtioNet.Header.CSUM_START);
    }

    /** {@return where that checksum goes, from where the sum begins} */
    int checksumOffset(int slot) {
        return virtio(slot, VirtioNet.Header.CSUM_OFFSET);
    }

    /** {@return whether a virtio header lies before each frame} */
    boolean hasVirtioHeaders() {
        return layout.virtioHeaders();
    }

    /** {@return bytes of what lies right before each frame, received or to be sent} */
    @Override
    public int frameHeaderLength() {
        return layout.frameHeaderLength();
    }

    private int virtio(int slot, long field) {
        long header = (long) frame(slot) - VirtioNet.Header.SIZE;
        return memory.get(JAVA_SHORT_UNALIGNED, header + field) & LOW_16;
    }

    @Override
    public boolean isOriginated(int slot) {
        return false;
    }

    /** Gives a slot back to the kernel. */
    @Override
    public void release(int slot) {
        STATUS.setRelease(memory, (long) slot, IfPacket.TP_STATUS_KERNEL);
    }
}
