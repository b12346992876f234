package io.github.geneve4j.appliance.demo;

import io.github.geneve4j.appliance.DropReason;
import io.github.geneve4j.simulator.GwlbSimulator;
import io.github.geneve4j.simulator.Side;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * One packet that the demo sends, and what has to become of it.
 *
 * <p>The last 16 bytes of a packet that must come back are its stamp: a serial number and its
 * complement. Such a pair adds nothing to a one's complement sum, so the checksum of the inner
 * packet stays right whatever the number is.
 */
final class DemoPacket {
    static final int STAMP_LENGTH = 2 * Long.BYTES;

    /** How a packet gets to the appliance. */
    enum Way {
        /** It is an inner packet, and enters an endpoint. */
        ENDPOINT,
        /** It is a Geneve datagram, and comes from the node's address, past the load balancer. */
        NODE,
        /** It is a Geneve datagram, and comes from an address that is no node's. */
        STRANGER
    }

    private final Way way;
    private final int endpoint;
    private final Side side;
    private final ByteBuf bytes; // behind the headroom that the load balancer wants
    private final @Nullable DropReason expectedDrop;

    private DemoPacket(
            Way way, int endpoint, Side side, byte[] bytes, @Nullable DropReason expectedDrop) {
        this.way = way;
        this.endpoint = endpoint;
        this.side = side;
        byte[] withHeadroom = new byte[GwlbSimulator.HEADROOM + bytes.length];
        System.arraycopy(bytes, 0, withHeadroom, GwlbSimulator.HEADROOM, bytes.length);
        this.bytes = Unpooled.wrappedBuffer(withHeadroom);
        this.expectedDrop = expectedDrop;
    }

    /** An inner packet that has to leave its endpoint at the other side; it must end in a stamp. */
    static DemoPacket returned(int endpoint, Side side, byte[] inner) {
        return new DemoPacket(Way.ENDPOINT, endpoint, side, inner, null);
    }

    /** An inner packet that the appliance has to drop for the given reason. */
    static DemoPacket dropped(int endpoint, Side side, byte[] inner, DropReason reason) {
        return new DemoPacket(Way.ENDPOINT, endpoint, side, inner, reason);
    }

    /** A Geneve datagram that the appliance has to drop for the given reason. */
    static DemoPacket hostile(byte[] datagram, DropReason reason) {
        Way way = reason == DropReason.ORIGIN_NOT_ALLOWED ? Way.STRANGER : Way.NODE;
        return new DemoPacket(way, 0, Side.INSIDE, datagram, reason);
    }

    Way way() {
        return way;
    }

    /** {@return which of the endpoints it enters} */
    int endpoint() {
        return endpoint;
    }

    /** {@return the side that it enters by} */
    Side side() {
        return side;
    }

    /** {@return the packet, at {@link #offset()}, under its last serial number} */
    ByteBuf bytes() {
        return bytes;
    }

    int offset() {
        return GwlbSimulator.HEADROOM;
    }

    int length() {
        return bytes.writerIndex() - GwlbSimulator.HEADROOM;
    }

    @Nullable DropReason expectedDrop() {
        return expectedDrop;
    }

    /** Puts a serial number into a packet that has to come back. */
    void stamp(long serial) {
        int stamp = bytes.writerIndex() - STAMP_LENGTH;
        bytes.setLong(stamp, serial);
        bytes.setLong(stamp + Long.BYTES, ~serial);
    }

    /** {@return whether a packet is this one under the given serial number, byte for byte} */
    boolean isSame(long serial, ByteBuf packet, int offset, int length) {
        stamp(serial);
        return length == length() && ByteBufUtil.equals(bytes, offset(), packet, offset, length);
    }

    /** {@return the serial number that a packet bears, or -1 if it bears none} */
    static long serialOf(ByteBuf packet, int offset, int length) {
        int stamp = offset + length - STAMP_LENGTH;
        if (length < STAMP_LENGTH || packet.getLong(stamp) != ~packet.getLong(stamp + Long.BYTES)) {
            return -1;
        }
        return packet.getLong(stamp);
    }
}
