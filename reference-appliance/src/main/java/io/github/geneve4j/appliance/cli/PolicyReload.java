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
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Reads the policy's file, and the list of servers if there is one, again when one of them changes,
 * or when it is told to. If one cannot be used, that is told, and nothing changes.
 *
 * <p>A thread of its own reads, and nobody waits for it without an end: a file system may not
 * answer.
 */
final class PolicyReload implements PolicyAdmin, AutoCloseable {
    private static final long LOOK_MILLIS = 500;

    /** For how long somebody waits for a reading, if nothing else is said. */
    private static final Duration WAIT = Duration.ofSeconds(30);

    private static final long MEGABYTE = 1 << 20;
    private static final long NOT_READING = Long.MIN_VALUE;

    /** Looks for which a file may be gone, 10 s, before that is told. */
    static final int PATIENCE = 20;

    private final FirewallOptions options;
    private final Path file;
    private final PrintWriter out;
    private final FirewallControl control;
    private final ScheduledExecutorService looker =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().name("policy-reload").daemon().factory());
    private final ExecutorService reader =
            Executors.newSingleThreadExecutor(
                    Thread.ofPlatform().name("policy-reader").daemon().factory());
    private final Duration wait;
    private final LongSupplier free;
    private volatile String held; // not asked of the control piece by piece, while it changes
    private volatile Readings readings;
    private volatile long began = NOT_READING; // by System.nanoTime
    private final AtomicLong asked = new AtomicLong(); // readings, by whoever
    private long answered; // of these, with the last one; the reader's
    private Reload last = new Reload(Outcome.REPLACED, List.of()); // the reader's
    private volatile List<Version> seen;
    private List<Version> candidate = List.of(); // seen once
    private int missing; // looks for which a file has been gone

    /** What tells one version of a file from another; a file that is not there is one, too. */
    private record Version(long modified, long length, String key) {
        static final Version NONE = new Version(0, -1, "");

        /** Neither a file nor a folder: a pipe or a device, whose reading may never end. */
        static final Version OTHER = new Version(0, -1, "other");

        static Version of(Path file) {
            try {
                BasicFileAttributes attributes =
                        Files.readAttributes(file, BasicFileAttributes.class);
                if (attributes.isOther()) {
                    return OTHER;
                }
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
        this(options, file, out, WAIT, PolicyReload::free);
    }

    /**
     * Reads the first policy.
     *
     * @param wait for which somebody waits at most for a later one
     * @param free tells how many bytes of heap a later one may take
     */
    PolicyReload(
            FirewallOptions options, Path file, PrintWriter out, Duration wait, LongSupplier free)
            throws IOException, ConfigException {
        this.options = options;
        this.file = file;
        this.out = out;
        this.wait = wait;
        this.free = free;
        this.seen = versions(); // before they are read
        options.allow(options.readDomains());
        this.control = options.control(options.readPolicy());
        this.held = held();
        this.readings = new Readings(Instant.now(), Instant.EPOCH, 0, Duration.ZERO);
    }

    /** {@return what has the policy} */
    FirewallControl control() {
        return control;
    }

    /** Begins to look at the file. */
    void start() {
        try {
            checkMemory();
        } catch (IOException e) {
            out.println("the policy will not be read again: " + e.getMessage());
        }
        ScheduledFuture<?> _ =
                looker.scheduleWithFixedDelay(
                        new Lasting(this::look), LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Reads the file if it has changed and come to rest. */
    synchronized void look() {
        List<Version> now = versions();
        if (now.equals(seen)) {
            missing = 0;
            return;
        }
        if (lasting().compareTo(wait) > 0) { // which has been told
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
        if (lasting().compareTo(wait) > 0) {
            return unfinished();
        }
        long number = asked.incrementAndGet();
        try {
            Future<Reload> answer = reader.submit(() -> answer(number));
            return answer.get(wait.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return unfinished();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return unfinished();
        } catch (ExecutionException e) {
            return refused(List.of(), Main.reason(Objects.requireNonNullElse(e.getCause(), e)));
        } catch (RejectedExecutionException e) {
            return new Reload(Outcome.UNFINISHED, List.of("the appliance ends"));
        }
    }

    /** {@return how often a reading has been asked for} */
    long asked() {
        return asked.get();
    }

    /** By the reader only. */
    private Reload answer(long number) {
        if (answered < number) {
            began = System.nanoTime();
            try {
                answered = asked.get(); // all who have asked until now
                last = read();
            } catch (Throwable e) { // else they would get the answer of the reading before
                last = refused(List.of(), Main.reason(e));
            } finally {
                began = NOT_READING;
            }
            tell(last);
        }
        return last;
    }

    private Reload read() {
        seen = versions();
        try {
            checkRegular();
            checkMemory();
            Policy policy = options.readPolicy();
            DomainList domains = options.readDomains();
            if (!versions().equals(seen)) {
                return refused(List.of(), "the file changed while it was read");
            }
            control.replace(policy); // compiles it, which may fail
            options.allow(domains);
            held = held();
            readings =
                    new Readings(
                            Instant.now(), readings.refused(), readings.refusals(), Duration.ZERO);
            return new Reload(Outcome.REPLACED, List.of(held));
        } catch (ConfigException e) {
            return refused(e.errors().stream().map(Object::toString).toList(), e.count());
        } catch (OutOfMemoryError e) {
            return refused(List.of(), "out of memory: start with a greater -Xmx");
        } catch (IOException | RuntimeException | StackOverflowError e) {
            return refused(List.of(), Main.reason(e));
        }
    }

    /**
     * Refuses what could fill the heap: the collector would keep the processors from all others for
     * a minute, and whoever else needs memory by then would meet the error too. What rules and sets
     * become together may still, though the file was small.
     */
    private void checkMemory() throws IOException {
        long needed = options.heapToRead();
        if (needed > free.getAsLong()) {
            System.gc(); // what is free includes no garbage; it stops all for some milliseconds
        }
        long left = free.getAsLong();
        if (needed > left) {
            long most = Runtime.getRuntime().maxMemory() - left + needed;
            throw new IOException(
                    "it needs more memory, "
                            + megabytes(needed)
                            + " MB, and "
                            + left / MEGABYTE
                            + " MB are free: start with -Xmx"
                            + megabytes(most + most / 4)
                            + "m");
        }
    }

    private static long megabytes(long bytes) {
        return bytes / MEGABYTE + 1;
    }

    /** {@return the bytes of heap that nobody uses, but for garbage} */
    private static long free() {
        Runtime runtime = Runtime.getRuntime();
        return runtime.maxMemory() - runtime.totalMemory() + runtime.freeMemory();
    }

    /**
     * A pipe has its bytes once, so it does for the start only; to open one to which nobody writes
     * never ends.
     */
    private void checkRegular() throws UnusableFileException {
        for (Path each : options.files()) {
            if (Version.of(each).equals(Version.OTHER)) {
                throw new UnusableFileException(each, new IOException("not a regular file"));
            }
        }
    }

    /** {@return for how long the reading that goes on has lasted, zero if there is none} */
    private Duration lasting() {
        long since = began;
        return since == NOT_READING ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - since);
    }

    private Reload unfinished() {
        Reload none =
                new Reload(
                        Outcome.UNFINISHED,
                        List.of(
                                "policy not read again: a reading has lasted for "
                                        + lasting().toSeconds()
                                        + " s",
                                held));
        tell(none);
        return none;
    }

    private void tell(Reload reload) {
        out.println(String.join(System.lineSeparator(), reload.lines()));
        out.flush();
    }

    private List<Version> versions() {
        return options.files().stream().map(Version::of).toList();
    }

    private Reload refused(List<String> mistakes, String reason) {
        readings =
                new Readings(
                        readings.replaced(), Instant.now(), readings.refusals() + 1, Duration.ZERO);
        List<String> lines = new ArrayList<>(mistakes);
        lines.add(
                "policy NOT REPLACED, number " + control.generation() + " still holds: " + reason);
        return new Reload(Outcome.REFUSED, lines);
    }

    @Override
    public String describe() {
        return held;
    }

    @Override
    public Readings readings() {
        Readings ended = readings;
        return new Readings(ended.replaced(), ended.refused(), ended.refusals(), lasting());
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
        reader.shutdownNow();
    }
}
