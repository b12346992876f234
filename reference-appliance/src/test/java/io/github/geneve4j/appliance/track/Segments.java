package io.github.geneve4j.appliance.track;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowStatus;
import io.github.geneve4j.flow.TcpFlags;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** Writes TCP segments into one buffer, and shows them to a tracker. */
final class Segments {
    static final int SYN = TcpFlags.SYN;
    static final int ACK = TcpFlags.ACK;
    static final int FIN = TcpFlags.FIN;
    static final int RST = TcpFlags.RST;
    static final int NO_SCALE = -1;

    private static final int CLIENT = 0x0a00_0001;
    private static final int SERVER = 0xc633_6401;

    final FiveTuple tuple = new FiveTuple();
    final ByteBuf buffer = Unpooled.wrappedBuffer(new byte[4096]);
    final ConnectionTracker tracker;
    int port = 5000;
    long cookie = ConnectionTracker.NO_COOKIE;
    long now;
    int scale = NO_SCALE;
    int window = 1000;
    int client = CLIENT;

    Segments(ConnectionTracker tracker) {
        this.tracker = tracker;
    }

    /** {@return what the tracker says about a segment} */
    Outcome look(boolean fromClient, int flags, long sequence, long acknowledgment, int payload) {
        write(fromClient, flags, sequence, acknowledgment, payload);
        return tracker.look(
                tuple, buffer, tuple.transportOffset() + tuple.transportLength(), 1, cookie, now);
    }

    /** Writes a segment, and points the view at it. */
    void write(boolean fromClient, int flags, long sequence, long acknowledgment, int payload) {
        int header = scale == NO_SCALE ? 20 : 24;
        int total = 20 + header + payload;
        buffer.setInt(0, 0x4500_0000 | total);
        buffer.setInt(4, 0);
        buffer.setInt(8, 0x4006_0000);
        buffer.setInt(12, fromClient ? client : SERVER);
        buffer.setInt(16, fromClient ? SERVER : client);
        buffer.setShort(20, fromClient ? port : 443);
        buffer.setShort(22, fromClient ? 443 : port);
        buffer.setInt(24, (int) sequence);
        buffer.setInt(28, (int) acknowledgment);
        buffer.setShort(32, header / 4 << 12 | flags);
        buffer.setShort(34, window);
        buffer.setInt(36, 0);
        if (scale != NO_SCALE) {
            buffer.setInt(40, 0x0103_0300 | scale);
        }
        if (tuple.wrap(buffer, 0, total) != FlowStatus.OK) {
            throw new IllegalStateException("not a packet");
        }
    }

    /** Begins the flow of the segment that was looked at. */
    int begin() {
        return tracker.begin(1, 2, 3);
    }

    /** Opens a connection: initial numbers 1000 and 5000, so that 1001 and 5001 are next. */
    int connect() {
        look(true, SYN, 1000, 0, 0);
        int flow = begin();
        look(false, SYN | ACK, 5000, 1001, 0);
        look(true, ACK, 1001, 5001, 0);
        return flow;
    }
}
