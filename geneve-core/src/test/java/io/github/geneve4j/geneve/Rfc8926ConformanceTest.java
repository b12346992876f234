package io.github.geneve4j.geneve;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keeps {@code docs/rfc8926-conformance.md} complete and true. */
class Rfc8926ConformanceTest {
    private static final int REQUIREMENTS = 75;

    /** What speaks to encapsulating or decapsulating endpoints, or to all who handle packets. */
    private static final Set<String> ENDPOINT =
            ids(
                    3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 20, 22, 24, 25, 26, 28, 29,
                    30, 31, 32, 33, 34, 36, 37, 38, 39, 42, 45, 50, 51, 52, 53, 54, 56, 57, 58, 59,
                    60, 61, 62, 63, 69, 71, 72, 73);

    private static final String GOOD_ROW =
            "| R3 | 2.2.1 | MUST | this | so | `Rfc8926ConformanceTest#everyRowIsShown` |";

    private final Path checkout = Path.of(System.getProperty("geneve4j.root", ".."));
    private final ConformanceTable table = ConformanceTable.over(checkout);

    Rfc8926ConformanceTest() throws IOException {}

    @Test
    void everyRowIsShown() throws IOException {
        assertThat(table.problems(document(), ENDPOINT)).isEmpty();
    }

    @Test
    void everyOtherRequirementIsListed() throws IOException {
        Set<String> others = ids(IntStream.rangeClosed(1, REQUIREMENTS).toArray());
        others.removeAll(ENDPOINT);
        assertThat(ConformanceTable.idsInLists(document())).isEqualTo(others);
    }

    @Test
    void acceptsAGoodRow() {
        assertThat(table.problems(GOOD_ROW, ids(3))).isEmpty();
        assertThat(
                        table.problems(
                                "| R3 | 1 | MUST | this | | not applicable, because so |", ids(3)))
                .isEmpty();
    }

    @ParameterizedTest(name = "{1}")
    @CsvSource(
            delimiter = ';',
            textBlock =
                    """
                    x                                                                ; R3: no row
                    | R4 | 1 | MUST | this | so | `Rfc8926ConformanceTest#everyRowIsShown` | ; R4: twice
                    | R3 | 1 | MUST | this | so |                                  | ; R3: neither
                    | R3 | 1 | MUST | this | so | not yet                          | ; R3: neither
                    | R3 | 1 | MUST | this |    | `Rfc8926ConformanceTest#everyRowIsShown` | ; R3: neither
                    | R3 | 1 | MUST | this | so | `Rfc8926ConformanceTest#nobody`  | ; R3: no test
                    | R3 | 1 | MUST | this | so | `NobodyTest#everyRowIsShown`     | ; R3: no test
                    | R3 | 1 | MUST | this | so | `Rfc8926ConformanceTest#notATest` | ; R3: no test
                    | R3 | 1 | MUST | this |    | not applicable, because          | ; R3: neither
                    | R3 | 1 | MUST | this | so | not applicable, because so       | ; R3: not applicable
                    | R3 | 1 |      | this | so | `Rfc8926ConformanceTest#everyRowIsShown` | ; R3: an empty cell
                    | R3 | 1 | this | so                                           | ; R3: 4 cells
                    """)
    void seesABadRow(String row, String problem) {
        assertThat(table.problems(row, ids(3))).anyMatch(found -> found.startsWith(problem));
    }

    @Test
    void seesARowTwice() {
        assertThat(table.problems(GOOD_ROW + "\n" + GOOD_ROW, ids(3)))
                .anyMatch(found -> found.startsWith("R3: twice"));
    }

    /** For the row that names it: a method like a test, but nobody runs it. */
    void notATest() {
        throw new AssertionError("not a test");
    }

    private String document() throws IOException {
        return Files.readString(checkout.resolve("docs/rfc8926-conformance.md"));
    }

    private static Set<String> ids(int... numbers) {
        return IntStream.of(numbers)
                .mapToObj(number -> "R" + number)
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
