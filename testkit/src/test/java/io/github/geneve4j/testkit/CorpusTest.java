package io.github.geneve4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CorpusTest {
    @TempDir Path folder;

    @Test
    void findsFilesOnlyWhereTheyAre() throws IOException {
        String before = System.getProperty("geneve4j.corpus");
        try {
            System.setProperty("geneve4j.corpus", folder.toString());
            Files.writeString(folder.resolve("there.txt"), "");

            assertThat(Corpus.file("there.txt")).contains(folder.resolve("there.txt"));
            assertThat(Corpus.file("missing.txt")).isEmpty();
            System.clearProperty("geneve4j.corpus");
            assertThat(Corpus.file("there.txt")).isEmpty();
        } finally {
            if (before != null) {
                System.setProperty("geneve4j.corpus", before);
            }
        }
    }

    @Test
    void readsNamedCases() throws IOException {
        Path file = folder.resolve("edge.txt");
        Files.writeString(file, "1\tok: bare\t00000800\n2\tnothing at all\t\n");

        assertThat(Corpus.cases(file))
                .containsExactly(
                        new Corpus.Case(1, "ok: bare", "00000800"),
                        new Corpus.Case(2, "nothing at all", ""));
        assertThat(Corpus.cases(file).get(0).bytes()).containsExactly(0, 0, 8, 0);
    }

    @Test
    void readsCapturesOfBothByteOrders() throws IOException {
        Path little = folder.resolve("little.pcap");
        Path big = folder.resolve("big.pcap");
        Files.write(
                little,
                Hex.bytes(
                        """
                        d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000
                        00000000 00000000 02000000 05000000 cafe
                        00000000 00000000 01000000 01000000 01
                        """));
        Files.write(
                big,
                Hex.bytes(
                        """
                        a1b2c3d4 0002 0004 00000000 00000000 00040000 00000001
                        00000000 00000000 00000002 00000005 cafe
                        """));

        assertThat(Corpus.frames(little)).containsExactly(Hex.bytes("cafe"), Hex.bytes("01"));
        assertThat(Corpus.frames(big)).containsExactly(Hex.bytes("cafe"));
    }

    @Test
    void refusesOtherFilesAndLinkTypes() throws IOException {
        Path text = folder.resolve("text.pcap");
        Path rawIp = folder.resolve("raw-ip.pcap");
        Files.writeString(text, "no capture, but long enough for one");
        Files.write(rawIp, Hex.bytes("a1b2c3d4 0002 0004 00000000 00000000 00040000 00000065"));

        assertThatThrownBy(() -> Corpus.frames(text)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Corpus.frames(rawIp)).isInstanceOf(IllegalArgumentException.class);
    }
}
