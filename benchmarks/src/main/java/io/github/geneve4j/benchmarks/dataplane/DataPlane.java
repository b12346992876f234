package io.github.geneve4j.benchmarks.dataplane;

import static java.util.stream.Collectors.joining;

import io.github.geneve4j.io.CpuAffinity;
import io.github.geneve4j.simulator.load.InnerKind;
import io.github.geneve4j.simulator.load.Load;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Compares programs that return Geneve datagrams; {@code benchmarks/dataplane} starts it. */
@Command(
        name = "benchmarks/dataplane",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        showDefaultValues = true,
        description = {
            "Compares what returns Geneve datagrams to a load balancer: rates and latencies, every",
            "reply checked, programs in turn in each round. Needs root on Linux: makes two network",
            "namespaces with a veth cable for each program, and takes them away.",
            "Exit status 1: the appliance did not run or returned something wrong, or no sample of a",
            "layout counts."
        })
public final class DataPlane implements Callable<Integer> {
    private static final long CLEAN_UP_MILLIS = 20_000;

    private static volatile boolean hasEnded;

    @Option(names = "--rounds", description = "How often each program is measured.")
    private int rounds = 24;

    @Option(
            names = "--programs",
            split = ",",
            paramLabel = "NAME",
            description = "Which to measure; all if left out.")
    private @Nullable List<String> programNames;

    @Option(names = "--layouts", split = ",", description = "one-core, replies-away, veth-default.")
    private List<String> layoutNames = List.of("one-core", "replies-away", "veth-default");

    @Option(names = "--lengths", split = ",", description = "Bytes of the inner packets.")
    private List<Integer> lengths = List.of(64, 1400);

    @Option(names = "--inner", description = "${COMPLETION-CANDIDATES}.")
    private InnerKind inner = InnerKind.UDP4;

    @Option(
            names = "--flows",
            split = ",",
            description = "Flows to send in turn; several numbers, to compare rates.")
    private List<Integer> flows = List.of(512);

    @Option(names = "--window", description = "Packets under way.")
    private int window = 256;

    @Option(
            names = "--together",
            description =
                    "Most packets that the generator hands to its kernel as one, which cuts it; 1"
                            + " for each alone.")
    private int together = 32;

    @Option(
            names = "--rate",
            description = "Also measure an open loop of so many packets a second; 0 for none.")
    private double rate;

    @Option(names = "--mtu", description = "MTU of the cable.")
    private int mtu = 1500;

    @Option(
            names = "--gro",
            description = {
                "GRO on at the appliance's interface, which then receives by NAPI: a pinned thread",
                "instead of an RPS mask, for all programs."
            })
    private boolean gro;

    @Option(names = "--millis", description = "Length of a measurement.")
    private long millis = 300;

    @Option(names = "--warm-up", description = "Milliseconds before the first one of a program.")
    private long warmUpMillis = 4000;

    @Option(
            names = "--apart",
            paramLabel = "NANOS",
            description = {
                "Samples only count while a cache line takes no longer from core to core, one way; 0",
                "if all are to count."
            })
    private double apart = 100;

    @Option(
            names = "--soak",
            paramLabel = "PACKETS",
            description = {
                "Instead of comparing, send so many packets through each port of the appliance that",
                "--programs names, and watch its memory and its collector."
            })
    private long soak;

    @Option(
            names = "--starts",
            paramLabel = "COUNT",
            description = {
                "Instead of comparing, start the appliance so many times on each of its ports that",
                "--programs names (af_xdp-driver, af_packet, udp, nio), by its launcher, with and without",
                "the launcher's cache, and see how soon it is at its full rate."
            })
    private int starts;

    @Option(names = "--generator-core", description = "Core that plays the load balancer.")
    private int generatorCore;

    @Option(names = "--appliance-core", description = "Core that is measured.")
    private int applianceCore = 1;

    @Option(
            names = "--time-limit",
            description = "Seconds after which no round begins, shared among the layouts.")
    private long timeLimit = 900;

    @Option(names = "--out", description = "Folder for samples.csv, tables.md and dataplane.svg.")
    private Path out = Path.of("benchmarks/target/dataplane");

    @Option(names = "--name", hidden = true, description = "Part of the names of namespaces.")
    private String name = "g" + ProcessHandle.current().pid();

    private final Map<Program, String> impossible = new LinkedHashMap<>();
    private final List<String> failures = new ArrayList<>();
    private boolean hasOursFailed;

    private DataPlane() {}

    /**
     * Runs the comparison.
     *
     * @param args see {@code --help}
     */
    public static void main(String[] args) {
        CommandLine commandLine = new CommandLine(new DataPlane());
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        commandLine.setExecutionExceptionHandler(
                (e, line, parsed) -> {
                    boolean isAsked = e instanceof InterruptedException;
                    line.getErr()
                            .println(
                                    "benchmarks/dataplane: "
                                            + (isAsked ? "interrupted" : e.getMessage()));
                    return 1;
                });
        cleanUpWhenAsked();
        int status = commandLine.execute(args);
        hasEnded = true;
        System.exit(status);
    }

    /** On a signal, this thread is made to leave its blocks, and so to take away what it made. */
    private static void cleanUpWhenAsked() {
        Thread main = Thread.currentThread();
        Runtime.getRuntime()
                .addShutdownHook(
                        new Thread(
                                () -> {
                                    if (hasEnded) {
                                        return;
                                    }
                                    main.interrupt();
                                    try {
                                        main.join(CLEAN_UP_MILLIS);
                                    } catch (InterruptedException e) {
                                        Thread.currentThread().interrupt();
                                    }
                                }));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        List<Layout> layouts = layouts();
        List<Program> programs = programs();
        double mostApart = apart > 0 ? apart : Double.MAX_VALUE;
        Settings settings =
                new Settings(
                        name,
                        new Cores(generatorCore, applianceCore),
                        mtu,
                        gro,
                        window,
                        TimeUnit.MILLISECONDS.toNanos(warmUpMillis),
                        TimeUnit.MILLISECONDS.toNanos(millis),
                        mostApart,
                        measures());
        announce(settings, layouts);
        if (soak > 0) {
            return soakAll(settings, programs) ? 0 : 1;
        }
        if (starts > 0) {
            startAll(settings, programs);
            return 0;
        }
        long start = System.nanoTime();
        long limit = TimeUnit.SECONDS.toNanos(timeLimit);
        Comparison samples = new Comparison(mostApart);
        try {
            for (int i = 0; i < layouts.size(); i++) {
                Layout layout = layouts.get(i);
                long deadline = start + limit * (i + 1) / layouts.size(); // a share for each
                onGeneratorThread(() -> compare(settings, layout, programs, samples, deadline));
            }
        } finally {
            write(samples, layouts, programs); // also what there is of a run that was ended
        }
        return isGood(samples, layouts) ? 0 : 1;
    }

    /** Sets all programs up, and measures them in turn. */
    private void compare(
            Settings settings,
            Layout layout,
            List<Program> programs,
            Comparison samples,
            long deadline)
            throws IOException, InterruptedException {
        List<Stand> stands = new ArrayList<>();
        try (Handoff handoff = new Handoff(settings.cores().appliance())) {
            setUp(settings, layout, programs, stands);
            for (int round = 1; round <= rounds; round++) {
                if (System.nanoTime() - deadline > 0) {
                    System.out.println("time is over before round " + round);
                    return;
                }
                System.out.println("round " + round + ", " + layout.label());
                Collections.rotate(stands, 1); // each begins now and then
                for (Stand stand : List.copyOf(stands)) {
                    try {
                        for (Sample sample : stand.measure(round, handoff)) {
                            samples.add(sample);
                            System.out.println(sample.text());
                        }
                    } catch (IOException e) {
                        fail(layout, stand.program(), e);
                        stands.remove(stand);
                        stand.close();
                    }
                }
            }
        } finally {
            closeAll(stands);
        }
    }

    private void setUp(Settings settings, Layout layout, List<Program> programs, List<Stand> stands)
            throws InterruptedException {
        for (Program program : programs) {
            System.out.println("warming up " + program.label());
            try {
                // One letter more for each, since all are there at the same time.
                char letter = (char) ('a' + programs.indexOf(program));
                Stand stand = new Stand(settings, layout, program, settings.name() + letter);
                stands.add(stand);
                stand.warmUp();
            } catch (IOException e) {
                fail(layout, program, e);
                closeFailed(stands, program);
            }
        }
    }

    private static void closeFailed(List<Stand> stands, Program program) {
        for (Stand stand : List.copyOf(stands)) {
            if (stand.program().equals(program)) {
                stands.remove(stand);
                try {
                    stand.close();
                } catch (IOException e) {
                    System.out.println("  " + e.getMessage());
                }
            }
        }
    }

    private static void closeAll(List<Stand> stands) throws IOException {
        IOException failure = null;
        for (Stand stand : stands) {
            try {
                stand.close();
            } catch (IOException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** On a thread of its own, since it leaves the namespace and the cores of all others. */
    private void onGeneratorThread(GeneratorTask task) throws IOException, InterruptedException {
        FutureTask<Void> future =
                new FutureTask<>(
                        () -> {
                            CpuAffinity.pin(generatorCore);
                            task.run();
                            return null;
                        });
        Thread generator = Thread.ofPlatform().name("generator").start(future);
        try {
            future.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException known -> throw known;
                case InterruptedException known -> throw known;
                case null, default -> throw new IllegalStateException(e.getCause());
            }
        } catch (InterruptedException e) {
            generator.interrupt(); // it takes away what it made
            generator.join();
            throw e;
        }
    }

    /** What the generator's thread does. */
    @FunctionalInterface
    private interface GeneratorTask {
        void run() throws IOException, InterruptedException;
    }

    private boolean soakAll(Settings settings, List<Program> programs)
            throws IOException, InterruptedException {
        List<Program> bad = new ArrayList<>();
        for (Program program : programs) {
            Soak each = new Soak(settings, program, inner, lengths.get(0), flows.get(0), soak);
            if (program.isOurs()) {
                onGeneratorThread(
                        () -> {
                            if (!each.run()) {
                                bad.add(program);
                            }
                        });
            }
        }
        return bad.isEmpty();
    }

    private void startAll(Settings settings, List<Program> programs)
            throws IOException, InterruptedException {
        for (Program program : programs) {
            switch (program.id()) {
                case Programs.AF_XDP_DRIVER -> start(settings, "af_xdp");
                case Programs.AF_PACKET, Programs.NIO -> start(settings, program.id());
                default -> System.out.println(program.label() + ": not by the launcher");
            }
        }
    }

    private void start(Settings settings, String io) throws IOException, InterruptedException {
        Load load = new Load(inner, lengths.get(0), flows.get(0));
        onGeneratorThread(() -> new Starts(settings, io, load).run(starts));
    }

    private void fail(Layout layout, Program program, IOException why) {
        String text =
                program.label() + ", " + layout.label() + ", ended early: " + why.getMessage();
        failures.add(text);
        hasOursFailed |= program.isOurs();
        System.out.println("  " + text);
    }

    private void write(Comparison comparison, List<Layout> layouts, List<Program> programs)
            throws IOException {
        List<String> csv = new ArrayList<>(List.of(Sample.CSV_HEADER));
        comparison.samples().forEach(sample -> csv.add(sample.csv()));
        StringBuilder text = new StringBuilder();
        text.append(MarkdownTables.write(comparison, layouts, programs, measures()));
        impossible.forEach(
                (program, why) ->
                        text.append("* " + program.label() + " was not measured: " + why + '\n'));
        failures.forEach(failure -> text.append("* " + failure + '\n'));
        Files.createDirectories(out);
        Files.write(out.resolve("samples.csv"), csv);
        Files.writeString(out.resolve("tables.md"), text);
        Files.writeString(
                out.resolve("dataplane.svg"),
                Picture.draw(comparison, layouts.get(0), programs, measures()));
        System.out.println();
        System.out.println(text);
        System.out.println("samples, tables and picture are in " + out);
    }

    private boolean isGood(Comparison comparison, List<Layout> layouts) {
        return !hasOursFailed
                && layouts.stream().allMatch(layout -> comparison.counting(layout) > 0)
                && comparison.samples().stream()
                        .filter(sample -> sample.program().isOurs())
                        .noneMatch(sample -> sample.result().corrupt() > 0);
    }

    private void announce(Settings settings, List<Layout> layouts) throws IOException {
        System.out.println(
                System.getProperty("os.name")
                        + " "
                        + System.getProperty("os.version")
                        + ", "
                        + Runtime.getRuntime().availableProcessors()
                        + " core(s) for this process, JDK "
                        + Runtime.version());
        System.out.println(
                "generator on core "
                        + settings.cores().generator()
                        + ", programs on core "
                        + settings.cores().appliance()
                        + ", MTU "
                        + mtu
                        + ", "
                        + inner.name().toLowerCase(Locale.ROOT)
                        + " inside, "
                        + flows.stream().map(String::valueOf).collect(joining(" or "))
                        + " flows, "
                        + window
                        + " packets under way");
        for (Layout layout : layouts) {
            System.out.println("layout " + layout.label() + ": " + layout.text());
        }
    }

    private List<Measure> measures() {
        List<Measure> measures = new ArrayList<>();
        for (int length : lengths) {
            for (int each : flows) {
                int joined = Math.min(together, Load.mostTogether(length, each));
                Load load = new Load(inner, length, each, joined);
                measures.add(new Measure(Measure.Kind.WINDOW, load, 0, flows.size() > 1));
            }
        }
        Load first = new Load(inner, lengths.get(0), flows.get(0));
        measures.add(new Measure(Measure.Kind.ONE_IN_FLIGHT, first, 0, false));
        if (rate > 0) {
            measures.add(new Measure(Measure.Kind.RATE, first, rate, false));
        }
        return measures;
    }

    private List<Layout> layouts() {
        List<Layout> layouts = new ArrayList<>();
        for (String label : layoutNames) {
            layouts.add(Layout.labelled(label));
        }
        return layouts;
    }

    private List<Program> programs() {
        List<Program> wanted =
                programNames == null
                        ? Programs.all()
                        : programNames.stream().map(Programs::named).toList();
        List<Program> possible = new ArrayList<>();
        for (Program program : wanted) {
            String obstacle = Programs.whyNot(program);
            if (obstacle.isEmpty()) {
                possible.add(program);
            } else {
                impossible.put(program, obstacle);
            }
        }
        return possible;
    }
}
