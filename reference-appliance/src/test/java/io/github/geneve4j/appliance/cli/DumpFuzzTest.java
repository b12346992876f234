package io.github.geneve4j.appliance.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.geneve4j.appliance.cli.CommandLines.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever the file: an exit status that is documented, whole lines, and no exception. */
class DumpFuzzTest {
    @TempDir static Path folder;

    static Stream<byte[]> seeds() {
        return Stream.concat(DumpSeeds.whole(), DumpSeeds.broken());
    }

    /** The seeds reach what is to be fuzzed. */
    @ParameterizedTest
    @MethodSource("io.github.geneve4j.appliance.cli.DumpSeeds#whole")
    void readsItsSeeds(byte[] file) throws IOException {
        Path path = Files.write(folder.resolve("capture"), file);

        Result result = CommandLines.run("dump", "--json", path.toString());

        assertThat(result.status()).as(result.err()).isZero();
        assertThat(result.out()).contains("\"status\":\"ok\"");
    }

    @MethodSource("seeds")
    @FuzzTest(maxDuration = "5m")
    void dumpsAnything(byte[] file) throws IOException {
        Path path = Files.write(folder.resolve("capture"), file);

        for (String[] arguments :
                new String[][] {{"dump", path.toString()}, {"dump", "--json", path.toString()}}) {
            Result result = CommandLines.run(arguments);

            assertThat(result.status()).isIn(0, Main.UNUSABLE_INPUT);
            assertThat(result.err().isEmpty())
                    .isEqualTo(result.status() == 0 && !result.out().isEmpty());
            assertThat(result.err()).doesNotContain("Exception");
            if (arguments.length == 3) {
                assertThat(result.lines()).allMatch(DumpFuzzTest::isAnObject);
            }
        }
    }

    private static boolean isAnObject(String line) {
        return line.matches(
                "\\{\"frame\":[1-9][0-9]*,\"status\":\"[a-z_]+\"(,\"[a-zA-Z]+\":[^\\n]+)?\\}");
    }
}
