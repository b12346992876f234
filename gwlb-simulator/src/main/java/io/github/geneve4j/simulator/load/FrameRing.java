package io.github.geneve4j.simulator.load;

import io.github.geneve4j.io.sys.IfPacket;
import io.github.geneve4j.io.sys.IfPacket.Tpacket2Hdr;
import io.github.geneve4j.io.sys.IfPacket.TpacketReq;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.MappedMemory;
import io.github.geneve4j.io.sys.Mman;
import io.github.geneve4j.io.sys.NetworkDevice;
import io.github.geneve4j.io.sys.SystemCallException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * Receives the IPv4 frames of an interface through memory that it shares with the kernel: no system
 * call for a frame.
 *
 * {@snippet :
 * while (ring.hasFrame()) {
 *     look(ring.memory(), ring.frame(), ring.frameLength());
 *     ring.free();
 * }
 * }
 *
 * <p><b>Allocation:</b> none after opening. <b>Threads:</b> one. <b>Ownership:</b> a frame may be
 * looked at until it is freed.
 */
final class FrameRing implements AutoCloseable {
    /** Ordered before and after the frame's bytes: the kernel and we hand the slot over by it. */
    private static final VarHandle STATUS = ValueLayout.JAVA_INT.varHandle();

    private static final int HEADROOM = 128; // headers of the ring before the frame, at most
    private static final int LEAST_FRAME = 2048;
    private static final int BLOCK = 64 * 1024;

    private final int socket;
    private final MappedMemory mapping;
    private final MemorySegment memory;
    private final int frameSize;
    private final long end;
    private long slot;

    private FrameRing(int socket, MappedMemory mapping, int frameSize) {
        this.socket = socket;
        this.mapping = mapping;
        this.memory = mapping.segment();
        this.frameSize = frameSize;
        this.end = memory.byteSize();
    }

    /**
     * {@return a ring that receives from now on}
     *
     * @param device of this thread's network namespace
     * @param frames at least so many frames have room; a frame above 65,408 bytes is cut, which no
     *     reply is
     */
    static FrameRing open(NetworkDevice device, int frames) throws SystemCallException {
        int wanted = Integer.highestOneBit(device.mtu() + HEADROOM - 1) << 1;
        int frameSize = Math.clamp(wanted, LEAST_FRAME, BLOCK); // the loopback interface wants more
        int blocks = Math.max(1, (int) ((long) frames * frameSize / BLOCK));
        int socket = PacketSocket.open();
        MappedMemory mapping = null;
        try (Arena arena = Arena.ofConfined()) {
            set(socket, IfPacket.PACKET_VERSION, IfPacket.TPACKET_V2, "PACKET_VERSION");
            MemorySegment request = arena.allocate(TpacketReq.SIZE, Integer.BYTES);
            request.set(ValueLayout.JAVA_INT, TpacketReq.BLOCK_SIZE, BLOCK);
            request.set(ValueLayout.JAVA_INT, TpacketReq.BLOCK_NR, blocks);
            request.set(ValueLayout.JAVA_INT, TpacketReq.FRAME_SIZE, frameSize);
            request.set(ValueLayout.JAVA_INT, TpacketReq.FRAME_NR, blocks * (BLOCK / frameSize));
            SystemCallException.require(
                    Libc.setsockopt(socket, IfPacket.SOL_PACKET, IfPacket.PACKET_RX_RING, request),
                    "setsockopt(PACKET_RX_RING)");
            mapping =
                    MappedMemory.map(
                            socket, 0, (long) blocks * BLOCK, Mman.MAP_SHARED, "mmap(packet ring)");
            FrameRing ring = new FrameRing(socket, mapping, frameSize);
            PacketSocket.bind(socket, device, IfPacket.ETH_P_IP);
            return ring;
        } catch (SystemCallException | RuntimeException e) {
            if (mapping != null) {
                mapping.close();
            }
            Libc.close(socket);
            throw e;
        }
    }

    /** {@return whether a frame is there} */
    boolean hasFrame() {
        int status = (int) STATUS.getAcquire(memory, slot + Tpacket2Hdr.STATUS);
        return (status & IfPacket.TP_STATUS_USER) != 0;
    }

    /** {@return all of the ring} */
    MemorySegment memory() {
        return memory;
    }

    /** {@return where the frame begins that is there} */
    long frame() {
        return slot
                + Short.toUnsignedInt(memory.get(ValueLayout.JAVA_SHORT, slot + Tpacket2Hdr.MAC));
    }

    /** {@return the bytes of it that are there} */
    int frameLength() {
        return memory.get(ValueLayout.JAVA_INT, slot + Tpacket2Hdr.SNAPLEN);
    }

    /** {@return whether the frame had a VLAN tag, which the kernel took away} */
    boolean hasTag() {
        return (memory.get(ValueLayout.JAVA_INT, slot) & IfPacket.TP_STATUS_VLAN_VALID) != 0;
    }

    /** Gives the frame back to the kernel, and goes to the next. */
    void free() {
        STATUS.setRelease(memory, slot + Tpacket2Hdr.STATUS, IfPacket.TP_STATUS_KERNEL);
        slot += frameSize;
        if (slot == end) {
            slot = 0;
        }
    }

    /** {@return the frames that the ring had no room for, since this was asked last} */
    long newDrops() throws SystemCallException {
        return IfPacket.newDrops(socket);
    }

    @Override
    public void close() {
        mapping.close();
        Libc.close(socket);
    }

    private static void set(int socket, int option, int value, String name)
            throws SystemCallException {
        SystemCallException.require(
                Libc.setsockopt(socket, IfPacket.SOL_PACKET, option, value),
                "setsockopt(" + name + ")");
    }
}
