package io.github.geneve4j.appliance.demo;

import io.github.geneve4j.appliance.DropReason;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One datagram that the demo sends, and what has to become of it.
 *
 * <p>The last 16 bytes of a packet that must come back are its stamp: a serial number and its
 * complement. Such a pair adds nothing to a one's complement sum, so the checksum of the inner
 * packet stays right whatever the number is.
 */
final class DemoPacket {
    static final int STAMP_LENGTH = 2 * Long.BYTES;

    private final ByteBuffer bytes;
    private final int sourcePort;
    private final boolean fromStranger;
    private final @Nullable DropReason expectedDrop;

    private DemoPacket(
            byte[] bytes, int sourcePort, boolean fromStranger, @Nullable DropReason expectedDrop) {
        this.bytes = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
        this.sourcePort = sourcePort;
        this.fromStranger = fromStranger;
        this.expectedDrop = expectedDrop;
    }

    /** A datagram that has to come back; it must end in a stamp. */
    static DemoPacket returned(byte[] bytes, int sourcePort) {
        return new DemoPacket(bytes, sourcePort, false, null);
    }

    /** A datagram that the appliance has to drop for the given reason. */
    static DemoPacket dropped(byte[] bytes, int sourcePort, DropReason reason) {
        return new DemoPacket(bytes, sourcePort, reason == DropReason.ORIGIN_NOT_ALLOWED, reason);
    }

    /** {@return the datagram under a serial number, ready to be sent} */
    ByteBuffer stamped(long serial) {
        if (expectedDrop == null) {
            int stamp = bytes.limit() - STAMP_LENGTH;
            bytes.putLong(stamp, serial);
            bytes.putLong(stamp + Long.BYTES, ~serial);
        }
        return bytes.rewind();
    }

    /** {@return the serial number that a reply bears, or -1 if it bears none} */
    static long serialOf(ByteBuffer reply) {
        int stamp = reply.limit() - STAMP_LENGTH;
        if (stamp < 0 || reply.getLong(stamp) != ~reply.getLong(stamp + Long.BYTES)) {
            return -1;
        }
        return reply.getLong(stamp);
    }

    int length() {
        return bytes.limit();
    }

    int sourcePort() {
        return sourcePort;
    }

    boolean fromStranger() {
        return fromStranger;
    }

    @Nullable DropReason expectedDrop() {
        return expectedDrop;
    }
}
