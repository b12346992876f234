package io.github.geneve4j.geneve;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Reads a table of requirements from Markdown and finds what is wrong with it. */
final class ConformanceTable {
    private static final String NOT_APPLICABLE = "not applicable, because ";
    private static final int CELLS = 6;
    private static final Pattern ID = Pattern.compile("\\bR[1-9][0-9]*\\b");
    private static final Pattern TEST = Pattern.compile("`(\\w+)#(\\w+)`");
    private static final Pattern TEST_ANNOTATION =
            Pattern.compile("@(Test|ParameterizedTest|Property|FuzzTest)\\b");

    private final Map<String, List<String>> sources;

    private ConformanceTable(Map<String, List<String>> sources) {
        this.sources = sources;
    }

    /** {@return a table that looks tests up in all modules of a checkout} */
    static ConformanceTable over(Path checkout) throws IOException {
        Map<String, List<String>> sources = new HashMap<>();
        try (Stream<Path> modules = Files.list(checkout)) {
            for (Path module : modules.toList()) {
                Path tests = module.resolve("src/test/java");
                if (Files.isDirectory(tests)) {
                    addSources(tests, sources);
                }
            }
        }
        return new ConformanceTable(sources);
    }

    /**
     * {@return what is wrong, one line each}
     *
     * @param markdown the document
     * @param expected the ids that its table must hold, each once
     */
    List<String> problems(String markdown, Set<String> expected) {
        List<String> problems = new ArrayList<>();
        Set<String> missing = new TreeSet<>(expected);
        markdown.lines()
                .filter(line -> line.startsWith("| R"))
                .map(line -> line.substring(1).split("\\|", -1))
                .forEach(
                        cells -> {
                            String id = cells[0].strip();
                            if (!missing.remove(id)) {
                                problems.add(id + ": twice, or not a row for this table");
                            }
                            problems.addAll(problems(id, cells));
                        });
        missing.forEach(id -> problems.add(id + ": no row"));
        return problems;
    }

    /** {@return the ids in the document's text, outside its table} */
    static Set<String> idsInLists(String markdown) {
        Set<String> ids = new TreeSet<>();
        markdown.lines()
                .filter(line -> line.startsWith("* "))
                .forEach(line -> ID.matcher(line).results().forEach(id -> ids.add(id.group())));
        return ids;
    }

    private List<String> problems(String id, String[] cells) {
        List<String> problems = new ArrayList<>();
        if (cells.length != CELLS + 1) { // and nothing behind the last bar
            problems.add(id + ": " + (cells.length - 1) + " cells");
            return problems;
        }
        for (int cell = 0; cell < CELLS - 2; cell++) {
            if (cells[cell].isBlank()) {
                problems.add(id + ": an empty cell");
            }
        }
        String met = cells[CELLS - 2].strip();
        String shown = cells[CELLS - 1].strip();
        if (shown.startsWith(NOT_APPLICABLE)) {
            if (shown.length() == NOT_APPLICABLE.length() || !met.isEmpty()) {
                problems.add(id + ": not applicable, without a reason or yet met");
            }
            return problems;
        }
        Matcher test = TEST.matcher(shown);
        int tests = 0;
        for (; test.find(); tests++) {
            if (!isTest(test.group(1), test.group(2))) {
                problems.add(id + ": no test " + test.group());
            }
        }
        if (tests == 0 || met.isEmpty()) {
            problems.add(id + ": neither met and shown nor not applicable");
        }
        if (!shown.replaceAll(TEST.pattern(), "").replaceAll("[, ]", "").isEmpty()) {
            problems.add(id + ": other words among the tests");
        }
        return problems;
    }

    /** {@return whether a class of that name has a method of that name with a test annotation} */
    private boolean isTest(String className, String method) {
        for (String source : sources.getOrDefault(className, List.of())) {
            Matcher declaration =
                    Pattern.compile("\\bvoid\\s+" + method + "\\s*\\(").matcher(source);
            if (declaration.find()) {
                int memberBefore = source.lastIndexOf("\n    }\n", declaration.start());
                int from = Math.max(memberBefore, source.indexOf("class " + className));
                if (TEST_ANNOTATION.matcher(source.substring(from, declaration.start())).find()) {
                    return true;
                }
            }
        }
        return false;
    }

    private static void addSources(Path folder, Map<String, List<String>> sources)
            throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            files.filter(file -> file.toString().endsWith("Test.java"))
                    .forEach(
                            file -> {
                                String name = file.getFileName().toString().replace(".java", "");
                                sources.computeIfAbsent(name, unused -> new ArrayList<>())
                                        .add(read(file));
                            });
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
