package io.github.geneve4j.io;

import java.io.IOException;

/**
 * Frames and rings of one queue.
 *
 * @param frames how many, and how many places each ring has; a power of two
 * @param frameLength bytes of a frame
 * @param spares how many frames are for datagrams that answer none, fewer than all
 */
record XskSizes(int frames, int frameLength, int spares) {
    /** What the kernel leaves free at the start of each frame ({@code XDP_PACKET_HEADROOM}). */
    static final int HEADROOM = 256;

    private static final int SHORT_FRAME = 2048;
    private static final int LONG_FRAME = 4096; // a page: the kernel takes none that is longer

    /**
     * {@return the sizes for an interface}
     *
     * @param frames how many, a power of two
     * @param spares how many of them are for datagrams that answer none
     * @param mtu most bytes of an IP packet
     * @throws IOException if no frame holds a packet this long
     */
    static XskSizes of(int frames, int spares, int mtu) throws IOException {
        int needed = HEADROOM + OuterFrame.ETHERNET_LENGTH + 2 * OuterFrame.TAG_LENGTH + mtu;
        if (needed > LONG_FRAME) {
            throw new IOException(
                    "MTU " + mtu + " is above what one AF_XDP frame holds; use af_packet");
        }
        return new XskSizes(frames, needed > SHORT_FRAME ? LONG_FRAME : SHORT_FRAME, spares);
    }

    /** {@return bytes of the memory of one queue} */
    long length() {
        return (long) frames * frameLength;
    }
}
