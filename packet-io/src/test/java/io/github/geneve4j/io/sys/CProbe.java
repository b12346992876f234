package io.github.geneve4j.io.sys;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Asks the C compiler of this machine for sizes, offsets and constants, and compares them with
 * ours.
 */
public final class CProbe {
    private final List<String> headers;
    private final List<String> lines = new ArrayList<>();
    private final List<String> names = new ArrayList<>();
    private final List<Long> ours = new ArrayList<>();

    /** Begins a program that includes the headers, {@code "linux/if_packet.h"}. */
    public CProbe(String... headers) {
        this.headers = List.of(headers);
    }

    /** The value of an expression; one that begins with {@code sizeof}, for instance. */
    public CProbe constant(String expression, long our) {
        return line(expression, our, "");
    }

    /** The value of a macro, if the headers are new enough to have it. */
    public CProbe macroIfDefined(String name, long our) {
        return line(name, our, name);
    }

    /** The length of a struct. */
    public CProbe size(String type, long our) {
        return constant("sizeof(" + type + ")", our);
    }

    /** Where a struct has a field. */
    public CProbe offset(String type, String field, long our) {
        return constant("offsetof(" + type + ", " + field + ")", our);
    }

    /** Compiles and runs the program, and fails for each difference. */
    public void check(Path folder) throws IOException, InterruptedException {
        Requirement.command("gcc");
        Path source = folder.resolve("probe.c");
        Path program = folder.resolve("probe");
        Files.writeString(source, source());
        run("gcc", "-o", program.toString(), source.toString());
        List<String> theirs = run(program.toString()).lines().toList();
        assertThat(theirs).hasSameSizeAs(names);
        List<String> wrong = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            String their = theirs.get(i);
            if (!their.equals("-") && Long.parseLong(their) != ours.get(i)) {
                wrong.add(names.get(i) + ": ours " + ours.get(i) + ", the compiler's " + their);
            }
        }
        assertThat(wrong).isEmpty();
    }

    private CProbe line(String expression, long our, String condition) {
        String print = "printf(\"%lld\\n\", (long long) (" + expression + "));";
        lines.add(
                condition.isEmpty()
                        ? print
                        : "\n#ifdef " + condition + "\n" + print + "\n#else\nputs(\"-\");\n#endif");
        names.add(expression);
        ours.add(our);
        return this;
    }

    private String source() {
        StringBuilder text = new StringBuilder("#define _GNU_SOURCE\n#include <stdio.h>\n");
        text.append("#include <stddef.h>\n");
        headers.forEach(header -> text.append("#include <").append(header).append(">\n"));
        text.append("int main(void) {\n");
        lines.forEach(line -> text.append(line).append('\n'));
        return text.append("return 0;\n}\n").toString();
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s: %s", List.of(command), output).isZero();
        return output;
    }
}
