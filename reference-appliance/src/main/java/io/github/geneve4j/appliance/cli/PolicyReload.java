package io.github.geneve4j.appliance.cli;

import io.github.geneve4j.appliance.domain.DomainList;
import io.github.geneve4j.appliance.firewall.FirewallControl;
import io.github.geneve4j.appliance.ops.PolicyAdmin;
import io.github.geneve4j.appliance.policy.Policy;
import io.github.geneve4j.config.ConfigException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Reads the policy's file, and the list of servers if there is one, again when one of them changes,
 * or when it is told to. If one cannot be used, that is told, and nothing changes.
 */
final class PolicyReload implements PolicyAdmin, AutoCloseable {
    private static final long LOOK_MILLIS = 500;

    /** Looks for which a file may be gone, 10 s, before that is told. */
    static final int PATIENCE = 20;

    private final FirewallOptions options;
    private final Path file;
    private final PrintWriter out;
    private final FirewallControl control;
    private final ScheduledExecutorService looker =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().name("policy-reload").daemon().factory());
    private volatile String held; // not asked of the control piece by piece, while it changes
    private volatile Readings readings;
    private final AtomicLong asked = new AtomicLong(); // readings, by whoever
    private long answered; // of these, with the last one
    private Reload last = new Reload(true, List.of());
    private List<Version> seen;
    private List<Version> candidate = List.of(); // seen once
    private int missing; // looks for which a file has been gone

    /** What tells one version of a file from another; a file that is not there is one, too. */
    private record Version(long modified, long length, String key) {
        static final Version NONE = new Version(0, -1, "");

        static Version of(Path file) {
            try {
                BasicFileAttributes attributes =
                        Files.readAttributes(file, BasicFileAttributes.class);
                return new Version(
                        attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS),
                        attributes.size(),
                        String.valueOf(attributes.fileKey()));
            } catch (IOException e) {
                return NONE;
            }
        }
    }

    /**
     * Reads the first policy.
     *
     * @param options tell what to read, and what the firewalls are like
     * @param file of the policy
     * @param out is told
     * @throws ConfigException if the file cannot be used
     * @throws IOException if it cannot be read
     */
    PolicyReload(FirewallOptions options, Path file, PrintWriter out)
            throws IOException, ConfigException {
        this.options = options;
        this.file = file;
        this.out = out;
        this.seen = versions(); // before they are read
        options.allow(options.readDomains());
        this.control = options.control(options.readPolicy());
        this.held = held();
        this.readings = new Readings(Instant.now(), Instant.EPOCH, 0);
    }

    /** {@return what has the policy} */
    FirewallControl control() {
        return control;
    }

    /** Begins to look at the file. */
    void start() {
        ScheduledFuture<?> _ =
                looker.scheduleWithFixedDelay(
                        this::look, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Reads the file if it has changed and come to rest. */
    synchronized void look() {
        List<Version> now = versions();
        if (now.equals(seen)) {
            missing = 0;
            return;
        }
        if (now.contains(Version.NONE)) { // an editor may be replacing it
            if (++missing == PATIENCE) {
                Reload _ = reload(); // which tells of it
            }
            return;
        }
        missing = 0;
        if (now.equals(candidate)) {
            Reload _ = reload();
        } else {
            candidate = now; // it may still be being written
        }
    }

    /**
     * {@inheritDoc} It is printed too. Those who ask while the file is read wait for one more
     * reading, which is the same for all of them.
     */
    @Override
    public Reload reload() {
        long number = asked.incrementAndGet();
        synchronized (this) {
            if (answered < number) {
                answered = asked.get(); // all who have asked until now
                last = read();
                last.lines().forEach(out::println);
                out.flush();
            }
            return last;
        }
    }

    private Reload read() {
        seen = versions();
        try {
            Policy policy = options.readPolicy();
            DomainList domains = options.readDomains();
            if (!versions().equals(seen)) {
                return refused(List.of(), "the file changed while it was read");
            }
            control.replace(policy); // compiles it, which may fail
            options.allow(domains);
            held = held();
            readings = new Readings(Instant.now(), readings.refused(), readings.refusals());
            return new Reload(true, List.of(held));
        } catch (ConfigException e) {
            int mistakes = e.errors().size();
            return refused(
                    e.errors().stream().map(Object::toString).toList(),
                    mistakes + (mistakes == 1 ? " mistake" : " mistakes"));
        } catch (IOException | RuntimeException | StackOverflowError | OutOfMemoryError e) {
            return refused(List.of(), Main.reason(e));
        }
    }

    private List<Version> versions() {
        return options.files().stream().map(Version::of).toList();
    }

    private Reload refused(List<String> mistakes, String reason) {
        readings = new Readings(readings.replaced(), Instant.now(), readings.refusals() + 1);
        List<String> lines = new ArrayList<>(mistakes);
        lines.add(
                "policy NOT REPLACED, number " + control.generation() + " still holds: " + reason);
        return new Reload(false, lines);
    }

    @Override
    public String describe() {
        return held;
    }

    @Override
    public Readings readings() {
        return readings;
    }

    private String held() {
        return "policy " + control.generation() + " holds: " + describe(file, control.policy());
    }

    /** {@return a policy in a few words} */
    static String describe(Path file, Policy policy) {
        int rules = policy.rules().size();
        String counted = rules == 1 ? "1 rule" : rules + " rules";
        return file + ", " + counted + ", default " + policy.byDefault().label();
    }

    @Override
    public void close() {
        looker.shutdownNow();
    }
}
