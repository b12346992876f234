package io.github.geneve4j.appliance.cli;

import io.github.geneve4j.appliance.demo.Demo;
import io.github.geneve4j.appliance.demo.DemoResult;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code demo}: shows the appliance at work on loopback. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description = {
            "Runs the appliance behind a simulated load balancer, on loopback, without" + " root.",
            "Exit status 0 only if every packet came out as it should."
        })
final class DemoCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "5",
            description = "How long to send, 1 to 3600. Default: ${DEFAULT-VALUE}")
    private int seconds;

    @Option(
            names = "--flows",
            paramLabel = "N",
            defaultValue = "64",
            description = "How many flows, 2 to 100000. Default: ${DEFAULT-VALUE}")
    private int flows;

    @Option(names = "--json", description = "Print one JSON object instead of a table.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        check("--seconds", seconds, 1, 3_600);
        check("--flows", flows, 2, 100_000);
        PrintWriter err = spec.commandLine().getErr();
        err.println(
                "a simulated load balancer on loopback, "
                        + flows
                        + " flows of two endpoints, in both directions; the appliance has closed"
                        + " TCP port 23, and some packets are to be dropped");
        DemoResult result = Demo.run(flows, Duration.ofSeconds(seconds), err::println);
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? result.json() + System.lineSeparator() : result.table());
        out.flush();
        return result.isGood() ? 0 : Main.FAILED;
    }

    private void check(String option, int value, int min, int max) {
        if (value < min || value > max) {
            throw new ParameterException(
                    spec.commandLine(), option + " " + value + ": not " + min + " to " + max);
        }
    }
}
