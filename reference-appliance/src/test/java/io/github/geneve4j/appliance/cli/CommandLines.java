package io.github.geneve4j.appliance.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.util.List;
import picocli.CommandLine;

/** Runs a command in this JVM and keeps what it says. */
final class CommandLines {
    private CommandLines() {}

    record Result(int status, String out, String err) {
        List<String> lines() {
            return out.lines().toList();
        }
    }

    static Result run(String... args) {
        return run(new StringWriter(), args);
    }

    /** The output goes to that writer, as it comes. */
    static Result run(Writer out, String... args) {
        StringWriter err = new StringWriter();
        CommandLine commandLine =
                Main.commandLine(args)
                        .setOut(new PrintWriter(out, true))
                        .setErr(new PrintWriter(err, true));
        int status = commandLine.execute(args);
        return new Result(status, out.toString(), err.toString());
    }
}
