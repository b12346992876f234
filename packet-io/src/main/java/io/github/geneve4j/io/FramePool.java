package io.github.geneve4j.io;

import java.lang.foreign.MemorySegment;

/** Where the frames lie that a {@link SendBatch} sends, and who gets each of them back. */
interface FramePool {
    /** {@return the memory that the frames are in} */
    MemorySegment memory();

    /** {@return bytes before each frame that are for the virtio header of a single one, or 0} */
    int frameHeaderLength();

    /**
     * {@return whether a frame is no reply, but one of our own}
     *
     * @param frame as it was {@linkplain SendBatch#add added}
     */
    boolean isOriginated(int frame);

    /**
     * Takes back a frame that was sent, or that is lost.
     *
     * @param frame as it was added
     */
    void release(int frame);
}
