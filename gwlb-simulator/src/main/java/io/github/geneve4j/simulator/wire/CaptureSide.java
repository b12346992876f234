package io.github.geneve4j.simulator.wire;

import io.github.geneve4j.io.pcap.LinkType;
import io.github.geneve4j.io.pcap.PcapFormat;
import io.github.geneve4j.io.pcap.PcapFormatException;
import io.github.geneve4j.io.pcap.PcapReader;
import io.github.geneve4j.io.pcap.PcapWriter;
import io.github.geneve4j.simulator.GwlbSimulator;
import io.github.geneve4j.simulator.topology.SideSpec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Capture files as a side of an endpoint: one that packets enter from, one that they leave to. They
 * are read and written where packets are, in pieces of 64 KiB.
 */
final class CaptureSide implements EndpointSide {
    /** A packet that entered from a file. */
    @FunctionalInterface
    interface Handler {
        /** Takes the packet, with {@link GwlbSimulator#HEADROOM} bytes to write in front of it. */
        void onPacket(ByteBuf buffer, int offset, int length);
    }

    private static final int MAX_PACKET_LENGTH = 65_535;

    private final @Nullable PcapReader reader;
    private final @Nullable PcapWriter writer;
    private final long epochOffsetNanos; // of the simulation's clock
    private final ByteBuf packet =
            Unpooled.wrappedBuffer(new byte[GwlbSimulator.HEADROOM + MAX_PACKET_LENGTH]);
    private int length; // of the packet that is next
    private long timestampNanos;
    private boolean isThere;
    private boolean isBroken;
    private long skipped;

    private CaptureSide(
            @Nullable PcapReader reader, @Nullable PcapWriter writer, long epochOffsetNanos) {
        this.reader = reader;
        this.writer = writer;
        this.epochOffsetNanos = epochOffsetNanos;
    }

    /**
     * Opens the files; what has to be read first is read.
     *
     * @throws IOException if a file cannot be used; the message names it
     */
    static CaptureSide open(SideSpec.Capture spec, long nowNanos) throws IOException {
        Path read = spec.read();
        Path write = spec.write();
        PcapReader reader = read == null ? null : reader(read);
        CaptureSide side = null;
        try {
            PcapWriter writer = write == null ? null : writer(write);
            long epoch = TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());
            side = new CaptureSide(reader, writer, epoch - nowNanos);
            side.readAhead();
            return side;
        } catch (IOException | RuntimeException e) {
            if (side != null) {
                side.close();
            } else if (reader != null) {
                reader.close();
            }
            throw e;
        }
    }

    /** Nothing that has to be waited for, such as a pipe: packets wait for it, too. */
    private static PcapReader reader(Path file) throws IOException {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new IOException(file + ": no regular file");
        }
        try {
            return PcapReader.open(file);
        } catch (NoSuchFileException e) {
            throw new IOException(file + ": no such file", e);
        } catch (PcapFormatException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    private static PcapWriter writer(Path file) throws IOException {
        try {
            return PcapWriter.create(file, format(file), LinkType.RAW);
        } catch (NoSuchFileException e) {
            throw new IOException(file + ": no such folder", e);
        }
    }

    private static PcapFormat format(Path file) {
        return file.toString().endsWith(".pcapng") ? PcapFormat.PCAPNG : PcapFormat.PCAP_NANOS;
    }

    /** {@return whether there is another packet to enter} */
    boolean hasNext() {
        return isThere;
    }

    /** {@return when that packet was captured, in nanoseconds since 1970} */
    long nextTimestampNanos() {
        return timestampNanos;
    }

    /** Hands over that packet, and finds the one after it. */
    void next(Handler handler) throws IOException {
        handler.onPacket(packet, GwlbSimulator.HEADROOM, length);
        readAhead();
    }

    /** {@return the frames that did not enter: no IP, cut short, or where the file is broken} */
    long skipped() {
        return skipped;
    }

    @Override
    public boolean send(ByteBuf buffer, int offset, int length, long nowNanos) throws IOException {
        if (writer == null) {
            return false;
        }
        writer.write(epochOffsetNanos + nowNanos, buffer, offset, length);
        return true;
    }

    @Override
    public void close() throws IOException {
        try {
            if (reader != null) {
                reader.close();
            }
        } finally {
            if (writer != null) {
                writer.close();
            }
        }
    }

    private void readAhead() throws IOException {
        isThere = false;
        while (!isThere && reader != null && advance(reader)) {
            ByteBuf frame = reader.buffer();
            int at =
                    InnerPackets.ipOffset(
                            reader.linkType(), frame, reader.offset(), reader.capturedLength());
            int rest = reader.capturedLength() - at;
            boolean whole = reader.capturedLength() == reader.originalLength();
            if (at == InnerPackets.NO_IP || !whole || rest > MAX_PACKET_LENGTH) {
                skipped++;
                continue;
            }
            int from = reader.offset() + at;
            length = InnerPackets.trimmed(frame, from, rest);
            packet.setBytes(GwlbSimulator.HEADROOM, frame, from, length);
            timestampNanos = reader.timestampNanos();
            isThere = true;
        }
    }

    /** {@return whether there is another frame; a file that breaks off has ended} */
    private boolean advance(PcapReader from) throws IOException {
        if (isBroken) {
            return false;
        }
        try {
            return from.next();
        } catch (PcapFormatException e) {
            isBroken = true;
            skipped++;
            return false;
        }
    }
}
