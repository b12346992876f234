package io.github.geneve4j.appliance.cli;

import io.github.geneve4j.config.ConfigException;
import io.github.geneve4j.simulator.topology.Topology;
import io.github.geneve4j.simulator.wire.EventLog;
import io.github.geneve4j.simulator.wire.Simulation;
import io.github.geneve4j.simulator.wire.SimulationReport;
import java.io.BufferedReader;
import java.io.Closeable;
import java.io.Console;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code simulate}: plays a load balancer between real networks and real appliances. */
@Command(
        name = "simulate",
        mixinStandardHelpOptions = true,
        description = {
            "Plays a Gateway Load Balancer between real networks and real appliances.",
            "Lines on standard input are orders, such as 'deregister fw-1': see 'help'.",
            "Ends by Ctrl-C, SIGTERM or SIGHUP, with what CloudWatch would say."
        })
final class SimulateCommand implements Callable<Integer> {
    private static final int FLOWS_SHOWN = 10;
    private static final String CLEAR = "\u001b[H\u001b[J"; // ECMA-48: cursor home, erase below

    @Spec private CommandSpec spec;

    @Parameters(
            paramLabel = "TOPOLOGY",
            description = "A YAML file: nodes, targets, endpoints, target group, faults.")
    private Path file;

    @Option(names = "--duration", paramLabel = "SECONDS", description = "End after this time.")
    private @Nullable Integer duration;

    @Option(
            names = "--interval",
            paramLabel = "SECONDS",
            description =
                    "How often to tell how things are. Default: 1 on a terminal, 10 elsewhere.")
    private @Nullable Integer interval;

    @Option(names = "--events", paramLabel = "FILE", description = "Write a line for each event.")
    private @Nullable Path eventFile;

    @Option(names = "--json", description = "Tell how things are by one JSON object a line.")
    private boolean json;

    @Override
    @SuppressWarnings("try") // the resources are there to be closed
    public Integer call() throws IOException, InterruptedException {
        atLeastOne("--duration", duration);
        atLeastOne("--interval", interval);
        Topology topology = topology();
        if (topology == null) {
            return Main.UNUSABLE_INPUT;
        }
        EventLog log = eventLog(topology);
        // What there is to say is said before the log is closed, which may fail
        try (Closeable _ = () -> close(log)) {
            simulate(
                    topology,
                    log == null ? Simulation.open(topology) : Simulation.open(topology, log));
        }
        return 0;
    }

    private void simulate(Topology topology, Simulation simulation)
            throws IOException, InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        try (simulation) {
            for (String signal : new String[] {"INT", "TERM", "HUP"}) {
                boolean _ = Signals.on(signal, simulation::close);
            }
            Thread.ofPlatform().name("orders").daemon().start(() -> readOrders(simulation));
            say(
                    String.format(
                            Locale.ROOT,
                            "ready, nodes=%d targets=%d endpoints=%d",
                            topology.nodes().size(),
                            topology.targets().size(),
                            topology.endpoints().size()));
            tell(simulation, out);
        }
        out.println(
                json
                        ? SimulationReport.json(simulation.snapshot(0))
                        : SimulationReport.summary(simulation.snapshot(0)));
        out.flush();
        if (simulation.failure().isPresent()) {
            throw new IOException(
                    "the simulation failed: " + Main.reason(simulation.failure().get()),
                    simulation.failure().get());
        }
    }

    private @Nullable Topology topology() {
        try {
            return Topology.read(file);
        } catch (NoSuchFileException e) {
            say(file + ": no such file");
        } catch (ConfigException e) {
            e.errors().forEach(error -> spec.commandLine().getErr().println(error));
        } catch (CharacterCodingException e) {
            say(file + ": not UTF-8");
        } catch (IOException e) {
            say(file + ": " + Main.reason(e));
        }
        return null;
    }

    private @Nullable EventLog eventLog(Topology topology) throws IOException {
        if (eventFile == null) {
            return null;
        }
        try {
            return new EventLog(Files.newBufferedWriter(eventFile), topology.flowCapacity());
        } catch (NoSuchFileException e) {
            throw new IOException("--events " + eventFile + ": no such folder", e);
        } catch (IOException e) {
            throw new IOException("--events " + eventFile + ": " + Main.reason(e), e);
        }
    }

    private void close(@Nullable EventLog log) throws IOException {
        if (log == null) {
            return;
        }
        try {
            log.close();
        } catch (IOException e) {
            throw new IOException("--events " + eventFile + ": " + Main.reason(e), e);
        }
    }

    /** Until it ends, by itself, by a signal, or as its time is over. */
    private void tell(Simulation simulation, PrintWriter out) throws InterruptedException {
        boolean redraw = isTerminal() && !json;
        long every = TimeUnit.SECONDS.toNanos(interval == null ? redraw ? 1 : 10 : interval);
        long begin = System.nanoTime();
        long end = duration == null ? Long.MAX_VALUE : TimeUnit.SECONDS.toNanos(duration);
        while (true) {
            long left = end - (System.nanoTime() - begin);
            if (left <= 0 || simulation.join(Math.min(every, left))) {
                return;
            }
            if (redraw) {
                out.print(CLEAR + SimulationReport.table(simulation.snapshot(FLOWS_SHOWN)));
                out.println();
            } else {
                out.println(
                        json
                                ? SimulationReport.json(simulation.snapshot(0))
                                : SimulationReport.line(simulation.snapshot(0)));
            }
            out.flush();
        }
    }

    private void readOrders(Simulation simulation) {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (!line.isBlank()) {
                    obey(simulation, line);
                }
            }
        } catch (IOException e) {
            say("standard input: " + Main.reason(e));
        }
    }

    private void obey(Simulation simulation, String line) {
        try {
            say(simulation.execute(line));
        } catch (IllegalArgumentException | IllegalStateException | IOException e) {
            say(Main.reason(e));
        }
    }

    /** On standard error: standard output is for tables. */
    private void say(String message) {
        PrintWriter err = spec.commandLine().getErr();
        err.println("simulate: " + message);
        err.flush();
    }

    @SuppressWarnings("SystemConsoleNull") // in JDK 25 it may be null again
    private static boolean isTerminal() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    private void atLeastOne(String option, @Nullable Integer seconds) {
        if (seconds != null && seconds < 1) {
            throw new ParameterException(
                    spec.commandLine(), option + " " + seconds + ": not 1 or more seconds");
        }
    }
}
