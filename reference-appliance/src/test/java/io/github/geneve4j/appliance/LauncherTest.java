package io.github.geneve4j.appliance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The launcher, in a checkout and with JDKs that only pretend. */
class LauncherTest {
    @TempDir Path folder;
    private Path checkout;
    private Path jdk;
    private Path tools; // in front of the system's

    private record Result(int status, String out, String err) {}

    @BeforeEach
    void makeCheckout() throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "needs a POSIX shell");
        checkout = Files.createDirectories(folder.resolve("a checkout"));
        Files.copy(
                Path.of(System.getProperty("geneve4j.root"), "appliance"),
                checkout.resolve("appliance"));
        makeExecutable(checkout.resolve("appliance"));
        Files.createDirectories(checkout.resolve("geneve-core/src/main/java"));
        Files.writeString(checkout.resolve("geneve-core/src/main/java/A.java"), "class A {}");
        Files.writeString(checkout.resolve("pom.xml"), "<project/>");
        Files.writeString(checkout.resolve("geneve-core/pom.xml"), "<project/>");
        script(
                checkout.resolve("mvnw"),
                "echo \"built with $JAVA_HOME in $(pwd): $*\" >> \"$0.log\"; echo maven says hello;"
                        + " test ! -e \"$0.fails\"");
        jdk = jdk("jdk-25", "25.0.1");
        tools = Files.createDirectories(folder.resolve("tools"));
        script(tools.resolve("id"), "echo 0");
        script(tools.resolve("ip"), "exit 1");
        script(tools.resolve("unshare"), "echo \"$1\" >> \"${0}.log\"; shift; exec \"$@\"");
    }

    @Test
    void buildsOnFirstUseAndBecomesTheJvm() throws Exception {
        Result result = launch(checkout.resolve("appliance"), "run", "--listen", "two words");

        assertThat(result.status).isEqualTo(7); // the JVM's own
        assertThat(result.out)
                .contains("--enable-native-access=io.github.geneve4j.io")
                .contains("io.github.geneve4j.appliance/io.github.geneve4j.appliance.cli.Main")
                .endsWith("<run> <--listen> <two words>\n")
                .doesNotContain("maven says hello");
        assertThat(result.err).contains("building").contains("maven says hello");
        assertThat(builds()).singleElement().asString().contains("built with " + jdk);
    }

    @Test
    void buildsAgainOnlyWhenASourceIsNewer() throws Exception {
        launch(checkout.resolve("appliance"));
        launch(checkout.resolve("appliance"));
        assertThat(builds()).hasSize(1);

        touch(checkout.resolve("geneve-core/src/main/java/A.java"));
        launch(checkout.resolve("appliance"));
        assertThat(builds()).hasSize(2);

        touch(checkout.resolve("geneve-core/pom.xml"));
        launch(checkout.resolve("appliance"));
        assertThat(builds()).hasSize(3);
    }

    @Test
    void keepsWhatTheJvmLearnedUntilTheNextBuild() throws Exception {
        Path cache = checkout.toRealPath().resolve("reference-appliance/target/appliance.aot");
        String use = "<-XX:AOTCache=" + cache + ">";

        Result first = launch(checkout.resolve("appliance"), "run");
        Result second = launch(checkout.resolve("appliance"), "run");
        assertThat(first.out).contains(use).endsWith("<run>\n").doesNotContain("trains");
        assertThat(second.out).isEqualTo(first.out);
        assertThat(trainings())
                .singleElement()
                .asString()
                .contains("<-XX:AOTCacheOutput=" + cache + ">")
                .endsWith("<train>");

        touch(checkout.resolve("geneve-core/src/main/java/A.java"));
        launch(checkout.resolve("appliance"));
        assertThat(trainings()).hasSize(2);
    }

    @Test
    void learnsInANetworkNamespaceOfItsOwn() throws Exception {
        launch(checkout.resolve("appliance"), "run");

        assertThat(Files.readAllLines(tools.resolve("unshare.log"))).containsExactly("--net");
    }

    @ParameterizedTest
    @CsvSource({"id, echo 1000", "unshare, exit 1"})
    void learnsFromTheDemoWithoutPrivileges(String tool, String body) throws Exception {
        script(tools.resolve(tool), body);

        Result result = launch(checkout.resolve("appliance"), "run");

        assertThat(trainings()).singleElement().asString().endsWith("<demo> <--seconds> <2>");
        assertThat(result.out).contains("<-XX:AOTCache=").endsWith("<run>\n");
    }

    @Test
    void learnsAnewFromAnotherJdkWithoutABuild() throws Exception {
        launch(checkout.resolve("appliance"), "run");
        Path other = jdk("jdk-26", "26.0.1");

        Result first = launch(checkout.resolve("appliance"), other, "run");
        Result second = launch(checkout.resolve("appliance"), other, "run");

        assertThat(Files.readAllLines(other.resolve("bin/java.log"))).hasSize(1);
        assertThat(first.out).contains("<-XX:AOTCache=");
        assertThat(second.out).isEqualTo(first.out);
        assertThat(builds()).hasSize(1);
    }

    @Test
    void learnsAnewWhenMavenHasMadeOtherJars() throws Exception {
        launch(checkout.resolve("appliance"), "run");
        Path target = checkout.resolve("reference-appliance/target");
        Files.setLastModifiedTime(
                target.resolve("appliance.aot.jdk"), FileTime.from(Instant.now().minusSeconds(9)));
        Files.createFile(Files.createDirectories(target.resolve("modules")).resolve("a.jar"));

        launch(checkout.resolve("appliance"), "run");
        launch(checkout.resolve("appliance"), "run");

        assertThat(trainings()).hasSize(2);
        assertThat(builds()).hasSize(1);
    }

    @Test
    void worksWithoutTheCache() throws Exception {
        launch(checkout.resolve("appliance"), "run");
        Files.delete(checkout.resolve("reference-appliance/target/appliance.aot"));

        Result result = launch(checkout.resolve("appliance"), "run");

        assertThat(result.status).isEqualTo(7);
        assertThat(result.out).endsWith("<run>\n").doesNotContain("AOT");
        assertThat(trainings()).hasSize(1);
    }

    @Test
    void learnsNothingOfTheEnvironmentsJvm() throws Exception {
        Map<String, String> environment =
                Map.of(
                        "JDK_JAVA_OPTIONS", "-agentlib:jdwp=suspend=y",
                        "JAVA_TOOL_OPTIONS", "-javaagent:a.jar",
                        "_JAVA_OPTIONS", "-XX:+UseZGC",
                        "apart", "echo");

        Result result = launch(checkout.resolve("appliance"), environment, "run");

        assertThat(result.status).isEqualTo(7);
        assertThat(result.out).startsWith("-agentlib:jdwp=suspend=y-javaagent:a.jar-XX:+UseZGC <");
        assertThat(trainings()).singleElement().asString().startsWith("<").endsWith("<train>");
    }

    @Test
    void learnsOnceAlsoWithoutCmp() throws Exception {
        script(tools.resolve("cmp"), "exit 127");

        launch(checkout.resolve("appliance"), "run");
        launch(checkout.resolve("appliance"), "run");

        assertThat(trainings()).hasSize(1);
    }

    /** As where root has started it in a user's checkout. */
    @Test
    void startsWhereItMayNotLearn() throws Exception {
        launch(checkout.resolve("appliance"), "run");
        Path lock = checkout.resolve("reference-appliance/target/appliance.lock");
        Files.deleteIfExists(lock);
        Files.createDirectory(lock); // which root cannot write to either
        Path other = jdk("jdk-26", "26.0.1");

        Result result = launch(checkout.resolve("appliance"), other, "run");

        assertThat(result.status).isEqualTo(7);
        assertThat(result.err).isEmpty();
        assertThat(other.resolve("bin/java.log")).doesNotExist();
    }

    @Test
    void startsWhereItCannotNoteThatItHasLearned() throws Exception {
        script(tools.resolve("cp"), "echo 'No space left on device' >&2; exit 1");

        Result result = launch(checkout.resolve("appliance"), "run");

        assertThat(result.status).isEqualTo(7);
        assertThat(result.err).contains("No space left", "learn again");
    }

    @ParameterizedTest
    @CsvSource({"0, true", "1000, false"})
    void asksForCompilersFirstWhereItMay(String user, boolean first) throws Exception {
        script(tools.resolve("id"), "echo " + user);

        String out = launch(checkout.resolve("appliance"), "run").out;

        // The JVM warns of it otherwise
        assertThat(out.contains("<-XX:ThreadPriorityPolicy=1>")).isEqualTo(first);
        assertThat(out)
                .contains("<-XX:CompileCommand=exclude,jdk.internal.classfile.impl.*::*>")
                .contains("<-Djdk.reflect.useNativeAccessorOnly=true>");
    }

    @Test
    void doesWithoutWhatTheJvmCouldNotLearn() throws Exception {
        Files.createFile(jdk.resolve("bin/java.fails"));

        Result result = launch(checkout.resolve("appliance"), "run");

        assertThat(result.status).isEqualTo(7);
        assertThat(result.out).endsWith("<run>\n").doesNotContain("AOT");
        assertThat(result.err).doesNotContain("trains").doesNotContain("failed");
        assertThat(builds()).hasSize(1);
        launch(checkout.resolve("appliance"));
        assertThat(trainings()).hasSize(2); // as root and without, and not at each start
    }

    @Test
    void letsTheUsersOptionsHaveTheLastWord() throws Exception {
        Result result =
                launch(
                        checkout.resolve("appliance"),
                        Map.of("APPLIANCE_JAVA_OPTS", "-Xmx64m -Xlog:aot"),
                        "run");

        assertThat(result.out).containsSubsequence("<-Xlog:aot*=off>", "<-Xmx64m> <-Xlog:aot>");
    }

    @Test
    void failsWhenTheBuildFailsAndTriesAgain() throws Exception {
        Files.createFile(checkout.resolve("mvnw.fails"));
        Result failed = launch(checkout.resolve("appliance"));
        assertThat(failed.status).isEqualTo(1);
        assertThat(failed.err).contains("the build failed");

        Files.delete(checkout.resolve("mvnw.fails"));
        assertThat(launch(checkout.resolve("appliance")).status).isEqualTo(7);
    }

    @Test
    void buildsOnceWhenStartedTwiceAtOnce() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/flock")), "needs flock");
        script(checkout.resolve("mvnw"), "sleep 1; echo \"built with $JAVA_HOME\" >> \"$0.log\"");
        List<Process> both = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            ProcessBuilder builder =
                    new ProcessBuilder(checkout.resolve("appliance").toString())
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
            builder.environment().put("JAVA_HOME", jdk.toString());
            builder.environment().merge("PATH", tools + ":", (path, first) -> first + path);
            both.add(builder.start());
        }
        for (Process process : both) {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(7);
        }
        assertThat(builds()).hasSize(1);
    }

    @Test
    void leavesNoOldModulesBehind() throws Exception {
        Path modules = checkout.resolve("reference-appliance/target/modules");
        Files.createDirectories(modules);
        Files.createFile(modules.resolve("netty-buffer-0.jar"));

        launch(checkout.resolve("appliance"));

        assertThat(modules.resolve("netty-buffer-0.jar")).doesNotExist();
    }

    @Test
    void worksThroughALinkFromAnyFolder() throws Exception {
        Path link = folder.resolve("linked");
        Files.createSymbolicLink(link, Path.of("a checkout/appliance"));

        assertThat(launch(link, "--version").out).endsWith("<--version>\n");
        assertThat(builds()).singleElement().asString().contains("in " + checkout.toRealPath());
    }

    @Test
    void saysHowToGetAJdkWhenThereIsNone() throws Exception {
        Path old = jdk("jdk-17", "17.0.15");
        Result result = launch(checkout.resolve("appliance"), old, "run");

        // This machine may have a JDK 25 in one of the usual places: then that one is found.
        if (result.err.contains("needs a JDK 25")) {
            assertThat(result.status).isEqualTo(1);
            assertThat(result.err).contains("JAVA_HOME").contains("adoptium");
            assertThat(checkout.resolve("mvnw.log")).doesNotExist();
        } else {
            assertThat(builds()).singleElement().asString().doesNotContain(old.toString());
        }
    }

    @Test
    void printsTheJdkWithoutABuild() throws Exception {
        Result result = launch(checkout.resolve("appliance"), "--print-jdk");

        assertThat(result.out).isEqualTo(jdk + "\n");
        assertThat(checkout.resolve("mvnw.log")).doesNotExist();
    }

    private List<String> builds() throws IOException {
        return Files.readAllLines(checkout.resolve("mvnw.log"));
    }

    private List<String> trainings() throws IOException {
        return Files.readAllLines(jdk.resolve("bin/java.log"));
    }

    private Path jdk(String name, String version) throws IOException {
        Path home = Files.createDirectories(folder.resolve(name));
        Files.createDirectories(home.resolve("bin"));
        Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
        script(home.resolve("bin/javac"), "exit 0");
        script(
                home.resolve("bin/java"),
                "line=${JDK_JAVA_OPTIONS-}${JAVA_TOOL_OPTIONS-}${_JAVA_OPTIONS-}; cache=;"
                        + " for word in \"$@\"; do line=\"$line <$word>\";"
                        + " case $word in -XX:AOTCacheOutput=*) cache=${word#*=} ;; esac; done;"
                        + " test -z \"$cache\" || { echo \"${line# }\" >> \"$0.log\";"
                        + " echo trains; touch \"$cache\"; test ! -e \"$0.fails\"; exit; };"
                        + " echo \"${line# }\"; exit 7");
        return home;
    }

    private Result launch(Path launcher, String... args) throws Exception {
        return launch(launcher, jdk, args);
    }

    private Result launch(Path launcher, Map<String, String> variables, String... args)
            throws Exception {
        return launch(launcher, jdk, variables, args);
    }

    private Result launch(Path launcher, Path javaHome, String... args) throws Exception {
        return launch(launcher, javaHome, Map.of(), args);
    }

    private Result launch(
            Path launcher, Path javaHome, Map<String, String> variables, String... args)
            throws Exception {
        List<String> command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
        Map<String, String> environment = builder.environment();
        environment.put("JAVA_HOME", javaHome.toString());
        environment.put("PATH", tools + ":" + environment.get("PATH"));
        List.of("APPLIANCE_JAVA_OPTS", "JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS")
                .forEach(environment::remove);
        environment.putAll(variables);
        Path out = folder.resolve("out.txt");
        Path err = folder.resolve("err.txt");
        Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    private static void script(Path file, String body) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        makeExecutable(file);
    }

    private static void makeExecutable(Path file) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** Makes a file newer than the last build, and the last build older than now. */
    private void touch(Path file) throws IOException {
        Path stamp = checkout.resolve("reference-appliance/target/appliance.built");
        Files.setLastModifiedTime(stamp, FileTime.from(Instant.now().minusSeconds(100)));
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(50)));
    }
}
