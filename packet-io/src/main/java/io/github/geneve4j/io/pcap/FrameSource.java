package io.github.geneve4j.io.pcap;

import java.io.IOException;

/** One of the two file formats, as {@link PcapReader} sees it. */
sealed interface FrameSource permits ClassicSource, PcapngSource {
    /**
     * Reads the next frame and hands it to the reader.
     *
     * @return false at the end of the file
     */
    boolean next(PcapReader reader) throws IOException;
}
