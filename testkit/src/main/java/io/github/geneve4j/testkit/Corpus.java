package io.github.geneve4j.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Captures of other projects, in the folder that system property {@code geneve4j.corpus} names.
 *
 * <p>They are not part of this project: a test that reads them is skipped where they are absent.
 */
public final class Corpus {
    private static final int PCAP_MAGIC = 0xa1b2c3d4;
    private static final int PCAP_HEADER_LENGTH = 24;
    private static final int ETHERNET = 1;

    private Corpus() {}

    /**
     * {@return a file of the corpus, if it is there}
     *
     * @param name relative to the corpus folder, such as {@code edge.txt}
     */
    public static Optional<Path> file(String name) {
        return Optional.ofNullable(System.getProperty("geneve4j.corpus"))
                .map(folder -> Path.of(folder).resolve(name))
                .filter(Files::isRegularFile);
    }

    /**
     * {@return the named cases of {@code edge.txt}: number, name and hex text, tabs in between}
     *
     * @param file as {@link #file} found it
     */
    public static List<Case> cases(Path file) {
        return read(file, Files::readString)
                .lines()
                .map(line -> line.split("\t", -1))
                .map(cell -> new Case(Integer.parseInt(cell[0]), cell[1], cell[2]))
                .toList();
    }

    /**
     * {@return the frames of a classic Ethernet capture, each as far as it was captured}
     *
     * @param file as {@link #file} found it
     */
    public static List<byte[]> frames(Path file) {
        ByteBuffer capture = ByteBuffer.wrap(read(file, Files::readAllBytes));
        if (capture.getInt(0) != PCAP_MAGIC) {
            capture.order(ByteOrder.LITTLE_ENDIAN);
        }
        if (capture.getInt(0) != PCAP_MAGIC || capture.getInt(20) != ETHERNET) {
            throw new IllegalArgumentException(file + ": not an Ethernet capture");
        }
        capture.position(PCAP_HEADER_LENGTH);
        List<byte[]> frames = new ArrayList<>();
        while (capture.hasRemaining()) {
            capture.getLong(); // time
            byte[] frame = new byte[capture.getInt()];
            capture.getInt(); // length on the wire
            capture.get(frame);
            frames.add(frame);
        }
        return frames;
    }

    private static <T> T read(Path file, Reader<T> reader) {
        try {
            return reader.read(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private interface Reader<T> {
        T read(Path file) throws IOException;
    }

    /**
     * One named packet.
     *
     * @param number its line, and its frame in the capture of the same name
     * @param name what it shows
     * @param hex the packet from the first Geneve byte on; may be empty
     */
    public record Case(int number, String name, String hex) {
        /** {@return the packet} */
        public byte[] bytes() {
            return Hex.bytes(hex);
        }
    }
}
