package io.github.geneve4j.appliance.cli;

import io.github.geneve4j.appliance.firewall.FirewallControl;
import io.github.geneve4j.appliance.policy.Policy;
import io.github.geneve4j.config.ConfigException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Reads the policy's file again when it changes, or when it is told to. One that cannot be used is
 * told of, and changes nothing.
 */
final class PolicyReload implements AutoCloseable {
    private static final long LOOK_MILLIS = 500;

    private final FirewallOptions options;
    private final Path file;
    private final FirewallControl control;
    private final PrintWriter out;
    private final ScheduledExecutorService looker =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().name("policy-reload").daemon().factory());
    private Version seen;
    private Version candidate = Version.NONE; // seen once

    /** What tells one version of a file from another; a file that is not there is one, too. */
    record Version(long modified, long length, String key) {
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
     * Begins to look at the file.
     *
     * @param options read the file
     * @param file that the policy of now was read from
     * @param seen what the file was before that
     * @param control gets what is read
     * @param out is told
     */
    PolicyReload(
            FirewallOptions options,
            Path file,
            Version seen,
            FirewallControl control,
            PrintWriter out) {
        this.options = options;
        this.file = file;
        this.control = control;
        this.out = out;
        this.seen = seen;
        ScheduledFuture<?> _ =
                looker.scheduleWithFixedDelay(
                        this::look, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }

    private synchronized void look() {
        Version now = Version.of(file);
        if (now.equals(seen) || now.equals(Version.NONE)) { // an editor may be replacing it
            return;
        }
        if (!now.equals(candidate)) {
            candidate = now; // it may still be being written
            return;
        }
        reload();
    }

    /** Reads the file now. */
    synchronized void reload() {
        seen = Version.of(file);
        try {
            Policy policy = options.read(file);
            if (!Version.of(file).equals(seen)) {
                refuse("the file changed while it was read");
                return;
            }
            control.replace(policy);
            out.println("policy " + control.generation() + " holds: " + describe(file, policy));
        } catch (ConfigException e) {
            e.errors().forEach(out::println);
            refuse(e.errors().size() + (e.errors().size() == 1 ? " mistake" : " mistakes"));
        } catch (IOException | RuntimeException | StackOverflowError | OutOfMemoryError e) {
            refuse(Main.reason(e));
        } finally {
            out.flush();
        }
    }

    private void refuse(String reason) {
        out.println(
                "policy NOT REPLACED, number " + control.generation() + " still holds: " + reason);
    }

    /** {@return a policy in a few words} */
    static String describe(Path file, Policy policy) {
        return file
                + ", "
                + policy.rules().size()
                + " rules, default "
                + policy.byDefault().label();
    }

    @Override
    public void close() {
        looker.shutdownNow();
    }
}
