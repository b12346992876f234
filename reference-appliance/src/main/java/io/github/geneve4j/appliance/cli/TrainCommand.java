package io.github.geneve4j.appliance.cli;

import io.github.geneve4j.simulator.load.InnerKind;
import io.github.geneve4j.simulator.load.Load;
import io.github.geneve4j.simulator.load.LoadGenerator;
import io.github.geneve4j.simulator.load.LoadResult;
import io.github.geneve4j.simulator.load.ReplyRule;
import io.github.geneve4j.simulator.load.Wire;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;

/**
 * {@code train}: what the launcher has the JVM learn from, so that {@code run} is soon at its full
 * rate. Runs {@code run} itself, by AF_XDP and under load, on a cable in a network namespace that
 * has nothing else.
 */
@Command(
        name = "train",
        hidden = true,
        description =
                "Serves a load by AF_XDP for some seconds, for the JVM to learn from."
                        + " Needs root, and a network namespace of its own: unshare --net.")
final class TrainCommand implements Callable<Integer> {
    private static final String APPLIANCE = "appliance";
    private static final String NODE = "node";
    private static final String NODE_ADDRESS = "192.0.2.1";
    private static final String APPLIANCE_ADDRESS = "192.0.2.2";
    private static final Wire WIRE =
            new Wire(NODE, 0x0200_0000_0001L, 0x0200_0000_0002L, 0xc000_0201, 0xc000_0202);

    /** All IPv4 addresses and routes of the network namespace: none while it is new. */
    private static final Path ROUTES = Path.of("/proc/self/net/fib_trie");

    private static final Load LOAD = new Load(InnerKind.UDP4, 64, 512);
    private static final int WINDOW = 256;

    /** Until every method on the packets' way has been compiled at the highest level. */
    private static final long TRAINING_NANOS = TimeUnit.MILLISECONDS.toNanos(2500);

    private static final long TRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

    @Override
    public Integer call() throws IOException, InterruptedException {
        ProcessHandle own = ProcessHandle.current();
        if (own.parent().isEmpty()
                || namespace(own).equals(namespace(own.parent().get()))
                || Files.readAllBytes(ROUTES).length > 0) {
            throw new IOException("needs a network namespace of its own: unshare --net");
        }
        ip("link add " + NODE + " type veth peer name " + APPLIANCE);
        ip("link set " + APPLIANCE + " address 02:00:00:00:00:02");
        ip("address add " + APPLIANCE_ADDRESS + "/24 dev " + APPLIANCE);
        ip("link set " + APPLIANCE + " up");
        ip("link set " + NODE + " up");
        Thread.ofPlatform().name("load").start(TrainCommand::load);
        String run =
                "run --io af_xdp --listen %s --allow-from %s/32"
                        .formatted(APPLIANCE_ADDRESS, NODE_ADDRESS);
        String[] words = run.split(" ");
        return Main.commandLine(words).execute(words);
    }

    /** Ends the process, as a signal would, once the appliance has served the load. */
    private static void load() {
        int status = Main.FAILED;
        long start = System.nanoTime();
        try (LoadGenerator generator =
                LoadGenerator.open(WIRE, LOAD, ReplyRule.PORTS_KEPT, WINDOW)) {
            long right = 0;
            while (right == 0 && System.nanoTime() - start < PATIENCE_NANOS) {
                right = generator.closedLoop(1, TRY_NANOS).right();
            }
            LoadResult result = generator.closedLoop(WINDOW, TRAINING_NANOS);
            status = result.right() > 0 ? 0 : Main.FAILED;
        } catch (IOException e) {
            System.err.println("appliance: " + Main.reason(e));
        } finally {
            System.exit(status);
        }
    }

    private static Path namespace(ProcessHandle process) throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/" + process.pid() + "/ns/net"));
    }

    private static void ip(String arguments) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(("ip " + arguments).split(" ")).inheritIO().start();
        if (process.waitFor() != 0) {
            throw new IOException("ip " + arguments + ": failed");
        }
    }
}
