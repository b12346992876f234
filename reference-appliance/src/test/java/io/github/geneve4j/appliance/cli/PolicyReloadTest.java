package io.github.geneve4j.appliance.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.appliance.ops.PolicyAdmin.Outcome;
import io.github.geneve4j.appliance.ops.PolicyAdmin.Reload;
import io.github.geneve4j.config.ConfigException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The policy's file as editors, tools and mistakes leave it. */
class PolicyReloadTest {
    private static final int MANY = 2_000;

    @TempDir private Path folder;
    private Path file;
    private final StringWriter told = new StringWriter();
    private final AtomicLong free = new AtomicLong(Long.MAX_VALUE); // bytes of heap

    @BeforeEach
    void write() throws Exception {
        file = folder.resolve("policy.yaml");
        Files.writeString(file, "default: drop\n");
    }

    @Test
    void aFileThatDoesNotChangeIsReadOnce() throws Exception {
        try (PolicyReload reload = open()) {
            reload.look();
            reload.look();
            assertThat(reload.describe())
                    .isEqualTo("policy 1 holds: " + file + ", 0 rules, default drop");
            assertThat(told.toString()).isEmpty();
        }
    }

    @Test
    void aChangeIsReadOnceItHasComeToRest() throws Exception {
        try (PolicyReload reload = open()) {
            Files.writeString(file, "default: al"); // half of it
            reload.look();
            Files.writeString(file, "default: allow\n");
            reload.look();
            assertThat(told.toString()).as("it may still be being written").isEmpty();
            reload.look();
            assertThat(told.toString())
                    .isEqualTo("policy 2 holds: " + file + ", 0 rules, default allow\n");
            reload.look();
            reload.look();
            assertThat(reload.control().generation()).isEqualTo(2);
        }
    }

    @Test
    void aMistakeKeepsTheOldPolicyAndIsToldOnce() throws Exception {
        try (PolicyReload reload = open()) {
            Files.writeString(file, "default: permit\nrules: 7\n");
            for (int i = 0; i < 4; i++) {
                reload.look();
            }
            assertThat(told.toString())
                    .containsOnlyOnce(file + ":1:10: ")
                    .containsOnlyOnce(file + ":2:")
                    .containsOnlyOnce("policy NOT REPLACED, number 1 still holds: 2 mistakes\n");
            assertThat(reload.describe()).endsWith("default drop");
        }
    }

    @Test
    void aFileThatVanishesIsWaitedFor() throws Exception {
        try (PolicyReload reload = open()) {
            Files.delete(file);
            reload.look();
            reload.look();
            assertThat(told.toString()).isEmpty();
            Path next = Files.writeString(folder.resolve("next"), "default: reject\n");
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
            reload.look();
            reload.look();
            assertThat(reload.describe()).startsWith("policy 2 ").endsWith("default reject");
        }
    }

    @Test
    void aFileThatStaysAwayIsToldOfOnce() throws Exception {
        try (PolicyReload reload = open()) {
            Files.delete(file);
            for (int i = 0; i < 3 * PolicyReload.PATIENCE; i++) {
                reload.look();
            }
            assertThat(told.toString())
                    .isEqualTo(
                            "policy NOT REPLACED, number 1 still holds: "
                                    + (file + ": no such file\n"));
            Files.writeString(file, "default: reject\n");
            reload.look();
            reload.look();
            assertThat(reload.describe()).startsWith("policy 2 ");
        }
    }

    /** Who asks during a reading shares the next one with all others who do. */
    @Test
    void manyWhoWaitGetOneReading() throws Exception {
        try (PolicyReload reload = open();
                ExecutorService clients = Executors.newFixedThreadPool(20)) {
            Files.writeString(file, "default: allow\n");
            List<Future<Reload>> answers = new ArrayList<>();
            synchronized (reload.control()) { // so that the first one's does not end
                answers.add(clients.submit(reload::reload));
                while (reload.readings().lasting().isZero()) {
                    Thread.onSpinWait();
                }
                for (int i = 1; i < 20; i++) {
                    answers.add(clients.submit(reload::reload));
                }
                while (reload.asked() < 20) {
                    Thread.onSpinWait();
                }
            }
            assertThat(answers.get(0).get().lines())
                    .containsExactly("policy 2 holds: " + file + ", 0 rules, default allow");
            for (Future<Reload> answer : answers.subList(1, 20)) {
                assertThat(answer.get().lines())
                        .containsExactly("policy 3 holds: " + file + ", 0 rules, default allow");
            }
            assertThat(told.toString()).hasLineCount(2).endsWith(reload.describe() + "\n");
            assertThat(reload.reload().lines()).as("later").first().asString().contains("policy 4");
        }
    }

    /** As of a file system that does not answer. */
    @Test
    void nobodyWaitsForAReadingThatDoesNotEnd() throws Exception {
        try (PolicyReload reload = openPatiently(Duration.ofMillis(1_200))) {
            Files.writeString(file, "default: allow\n");
            List<String> unfinished =
                    List.of(
                            "policy not read again: a reading has lasted for 1 s",
                            "policy 1 holds: " + file + ", 0 rules, default drop");
            synchronized (reload.control()) { // so that it does not end
                reload.look();
                reload.look();
                assertThat(told.toString().lines()).containsExactlyElementsOf(unfinished);
                reload.look();
                Files.writeString(file, "default: reject\n");
                reload.look();
                reload.look();
                assertThat(told.toString()).as("once").hasLineCount(2);

                Instant asked = Instant.now();
                Reload none = reload.reload();
                assertThat(none.outcome()).isEqualTo(Outcome.UNFINISHED);
                assertThat(none.lines()).isEqualTo(unfinished);
                assertThat(Instant.now()).as("at once").isBefore(asked.plusMillis(600));
                assertThat(reload.readings().lasting()).isGreaterThan(Duration.ofMillis(1_200));
            }
            while (!reload.readings().lasting().isZero()) {
                Thread.onSpinWait();
            }
            reload.look();
            reload.look();
            assertThat(reload.describe()).startsWith("policy 3 ").endsWith("default reject");
        }
    }

    /** Who fills the heap harms others too. */
    @Test
    void whatNeedsMoreMemoryThanThereIsIsNotRead() throws Exception {
        Path servers = Files.writeString(folder.resolve("servers"), "a.example\n");
        try (PolicyReload reload = open("--allow-domains", servers.toString())) {
            free.set(3 << 20);
            Files.writeString(file, "default: allow # " + "x".repeat(20_000));
            assertThat(reload.reload().lines())
                    .singleElement()
                    .asString()
                    .startsWith(
                            "policy NOT REPLACED, number 1 still holds: it needs more memory, "
                                    + "4 MB, and 3 MB are free: start with -Xmx");
            free.set(5 << 20);
            assertThat(reload.reload().replaced()).isTrue();
            Files.writeString(servers, "a.example # " + "x".repeat(200_000));
            assertThat(reload.reload().lines()).singleElement().asString().contains("10 MB");
        }
    }

    /** An executor drops work that ends of an error. */
    @Test
    @Timeout(60)
    void looksOnAfterMemoryRanOut() throws Exception {
        AtomicInteger looks = new AtomicInteger();
        Lasting look =
                new Lasting(
                        () -> {
                            looks.incrementAndGet();
                            throw new OutOfMemoryError("which this test makes up");
                        });
        try (ScheduledExecutorService looker = Executors.newSingleThreadScheduledExecutor()) {
            ScheduledFuture<?> _ = looker.scheduleWithFixedDelay(look, 0, 1, TimeUnit.MILLISECONDS);
            while (looks.get() < 3) {
                Thread.onSpinWait();
            }
        }
    }

    /** Tools of Windows begin texts with one; policies may, too. */
    @Test
    void aListOfServersMayBeginWithAByteOrderMark() throws Exception {
        Path servers = Files.writeString(folder.resolve("servers"), "\ufeffa.example\n");
        try (PolicyReload reload = open("--allow-domains", servers.toString())) {
            Files.writeString(servers, "\ufeff# ours\r\nb.example\r\n");
            assertThat(reload.reload().replaced()).isTrue();
            Files.writeString(servers, "b.example\n\ufeffc.example\n");
            assertThat(reload.reload().replaced()).as("not at the beginning").isFalse();
        }
    }

    /** To open a pipe would last until somebody writes to it. */
    @Test
    @Timeout(60)
    void aPipeInPlaceOfTheFileIsNotRead() throws Exception {
        try (PolicyReload reload = open()) {
            Path pipe = folder.resolve("pipe");
            assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
            Files.move(pipe, file, StandardCopyOption.ATOMIC_MOVE);
            for (int i = 0; i < 4; i++) {
                reload.look();
            }
            assertThat(told.toString())
                    .isEqualTo(
                            "policy NOT REPLACED, number 1 still holds: "
                                    + (file + ": not a regular file\n"));
            assertThat(reload.reload().replaced()).isFalse();

            Path next = Files.writeString(folder.resolve("next"), "default: allow\n");
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
            reload.look();
            reload.look();
            assertThat(reload.describe()).startsWith("policy 2 ").endsWith("default allow");
        }
    }

    /** As {@code --policy /dev/stdin} and {@code --policy <(...)} have it. */
    @Test
    @Timeout(60)
    void aPipeWillDoForTheStart() throws Exception {
        Files.delete(file);
        assertThat(new ProcessBuilder("mkfifo", file.toString()).start().waitFor()).isZero();
        Thread writer =
                Thread.ofVirtual()
                        .start(
                                () -> {
                                    try {
                                        Files.writeString(file, "default: allow\n");
                                    } catch (IOException e) {
                                        throw new UncheckedIOException(e);
                                    }
                                });
        try (PolicyReload reload = open()) {
            writer.join();
            assertThat(reload.describe()).endsWith("default allow");
            for (int i = 0; i < 4; i++) {
                reload.look();
            }
            assertThat(told.toString()).isEmpty();
            assertThat(reload.reload().lines())
                    .containsExactly(
                            "policy NOT REPLACED, number 1 still holds: "
                                    + (file + ": not a regular file"));
        }
    }

    @Test
    void whoAsksGetsItAtOnce() throws Exception {
        try (PolicyReload reload = open()) {
            Files.writeString(file, "default: allow\n");
            Reload good = reload.reload();
            assertThat(good.replaced()).isTrue();
            assertThat(good.lines()).containsExactly(reload.describe());

            Files.writeString(file, "default: [\n");
            Reload bad = reload.reload();
            assertThat(bad.replaced()).isFalse();
            assertThat(bad.lines()).hasSizeGreaterThan(1);
            assertThat(bad.lines().get(0)).startsWith(file + ":");
            assertThat(bad.lines().getLast())
                    .isEqualTo("policy NOT REPLACED, number 2 still holds: 1 mistake");

            Files.delete(file);
            Reload none = reload.reload();
            assertThat(none.replaced()).isFalse();
            assertThat(none.lines()).hasSize(1);
            reload.look();
            reload.look();
            assertThat(reload.control().generation()).isEqualTo(2);
        }
    }

    /** The list of servers is read with the policy, and like it. */
    @Test
    void theListOfServersIsReadToo() throws Exception {
        Path servers = Files.writeString(folder.resolve("servers"), "a.example\n");
        try (PolicyReload reload = open("--allow-domains", servers.toString())) {
            Files.writeString(servers, "b.example\n");
            reload.look();
            reload.look();
            assertThat(reload.control().generation()).isEqualTo(2);

            Files.writeString(servers, "no name\n");
            assertThat(reload.reload().replaced()).isFalse();
            assertThat(told.toString()).contains("number 2 still holds: ").contains("no name");
        }
    }

    @Test
    void tellsWhenItWasRead() throws Exception {
        Instant start = Instant.now();
        try (PolicyReload reload = open()) {
            Instant first = reload.readings().replaced();
            assertThat(first).isBetween(start, Instant.now());
            assertThat(reload.readings().refused()).isEqualTo(Instant.EPOCH);
            assertThat(reload.readings().refusals()).isZero();

            Files.writeString(file, "default: permit\n");
            Instant bad = Instant.now();
            assertThat(reload.reload().replaced()).isFalse();
            assertThat(reload.reload().replaced()).isFalse();
            assertThat(reload.readings().replaced()).isEqualTo(first);
            assertThat(reload.readings().refused()).isBetween(bad, Instant.now());
            assertThat(reload.readings().refusals()).isEqualTo(2);

            Files.writeString(file, "default: allow\n");
            Instant good = Instant.now();
            assertThat(reload.reload().replaced()).isTrue();
            assertThat(reload.readings().replaced()).isBetween(good, Instant.now());
            assertThat(reload.readings().refusals()).isEqualTo(2);
        }
    }

    /** Operators, signals and the look at the file may come together. */
    @Test
    void manyMayReadItAtOnce() throws Exception {
        try (PolicyReload reload = open();
                ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Future<Reload>> all = new ArrayList<>();
            for (int i = 0; i < MANY; i++) {
                all.add(threads.submit(reload::reload));
                threads.execute(reload::look);
            }
            List<String> lines = new ArrayList<>();
            for (Future<Reload> one : all) {
                assertThat(one.get().replaced()).isTrue();
                lines.addAll(one.get().lines());
            }
            int readings = reload.control().generation() - 1;
            assertThat(readings).isBetween(1, MANY);
            assertThat(lines).hasSize(MANY);
            assertThat(told.toString().lines())
                    .as("each has a number of its own")
                    .hasSize(readings)
                    .doesNotHaveDuplicates()
                    .containsAll(lines);
            assertThat(reload.describe()).startsWith("policy " + (readings + 1) + " holds: ");
        }
    }

    @Test
    void withoutAFirstPolicyThereIsNone() throws Exception {
        Files.writeString(file, "default: permit\n");
        assertThatThrownBy(this::open).isInstanceOf(ConfigException.class);
    }

    private PolicyReload open(String... more) throws Exception {
        return openPatiently(Duration.ofSeconds(30), more);
    }

    private PolicyReload openPatiently(Duration wait, String... more) throws Exception {
        FirewallOptions options = new FirewallOptions();
        new CommandLine(options)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .parseArgs(
                        Stream.concat(
                                        Stream.of("--flows", "10", "--policy", file.toString()),
                                        Stream.of(more))
                                .toArray(String[]::new));
        return new PolicyReload(options, file, new PrintWriter(told, true), wait, free::get);
    }
}
