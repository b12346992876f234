package io.github.geneve4j.appliance.cli;

import io.github.geneve4j.appliance.policy.CompiledPolicy;
import io.github.geneve4j.appliance.policy.Explanation;
import io.github.geneve4j.appliance.policy.Policy;
import io.github.geneve4j.appliance.policy.Rule;
import io.github.geneve4j.appliance.policy.SamplePacket;
import io.github.geneve4j.appliance.policy.ShadowedRules;
import io.github.geneve4j.appliance.policy.ShadowedRules.Shadowed;
import io.github.geneve4j.config.ConfigException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code policy}: asks a policy before an appliance judges by it. */
@Command(
        name = "policy",
        mixinStandardHelpOptions = true,
        description = "Checks a policy, or says what it does to a packet; nothing is sent.",
        synopsisSubcommandLabel = "COMMAND")
final class PolicyCommand {
    /** Which file, and of which kind. */
    static final class Source {
        @Spec(Spec.Target.MIXEE)
        private CommandSpec command;

        @Parameters(arity = "0..1", paramLabel = "FILE", description = "A policy.")
        private @Nullable Path policy;

        @Option(
                names = "--geneve-proxy-config",
                paramLabel = "FILE",
                description = "GeneveProxy's config.yaml instead.")
        private @Nullable Path geneveProxy;

        /** {@return the file} */
        Path file() {
            if (policy != null && geneveProxy == null) {
                return policy;
            }
            if (geneveProxy != null && policy == null) {
                return geneveProxy;
            }
            throw new ParameterException(
                    command.commandLine(), "expected one of FILE and --geneve-proxy-config FILE");
        }

        /** {@return the policy} */
        Policy read() throws UnusableFileException, ConfigException {
            Path file = file();
            return FirewallOptions.readPolicy(file, geneveProxy != null);
        }
    }

    @Command(
            name = "check",
            mixinStandardHelpOptions = true,
            description = {
                "Tells what is wrong with a policy, and which rules never decide.",
                "Of some rules it would take too long to find out; that is told, and no failure.",
                "Exit status 0 if all is well, 1 if a rule never decides, 2 if the file"
                        + " cannot be used."
            })
    int check(@Mixin Source source) throws UnusableFileException, ConfigException {
        Policy policy = source.read();
        Path file = source.file();
        PrintWriter out = source.command.commandLine().getOut();
        compile(file, policy);
        // The rules that a file of GeneveProxy becomes are not its author's
        boolean warned = source.geneveProxy == null && warn(file, policy, out);
        out.println(PolicyReload.describe(file, policy));
        return warned ? Main.FAILED : 0;
    }

    @Command(
            name = "explain",
            mixinStandardHelpOptions = true,
            description = {
                "Tells which rule decides about a packet, and why none before it does.",
                "The packet is the first of its flow. Exit status 0, or 2 if file or"
                        + " packet cannot be used."
            })
    int explain(
            @Mixin Source source,
            @Option(
                            names = "--packet",
                            required = true,
                            paramLabel = "PACKET",
                            description =
                                    "Such as 'tcp 10.1.2.3:40000 > 198.51.100.7:443',"
                                            + " 'icmp 10.1.2.3 > 10.9.9.9 icmp=8', and with"
                                            + " endpoint=vpce-... or fragment.")
                    String text)
            throws UnusableFileException, ConfigException {
        SamplePacket packet;
        try {
            packet = SamplePacket.parse(text);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(
                    source.command.commandLine(), "--packet: " + Main.reason(e), e);
        }
        Policy policy = source.read();
        Explanation.of(policy, packet).forEach(source.command.commandLine().getOut()::println);
        return 0;
    }

    /** What is read, but too large to judge by, is not to pass here and fail where it is used. */
    private static void compile(Path file, Policy policy) throws UnusableFileException {
        try {
            CompiledPolicy _ = CompiledPolicy.of(policy);
        } catch (OutOfMemoryError e) {
            throw new UnusableFileException(
                    file, new IOException("too large a policy: " + Main.reason(e), e));
        }
    }

    /** {@return whether there was something to warn of} */
    private static boolean warn(Path file, Policy policy, PrintWriter out) {
        ShadowedRules found = ShadowedRules.of(policy);
        for (Shadowed shadowed : found.shadowed()) {
            out.println(place(file, policy, shadowed.rule()) + never(policy, shadowed));
        }
        for (int rule : found.undecided()) {
            out.println(
                    place(file, policy, rule)
                            + "it would take too long to find out whether it ever decides");
        }
        return !found.shadowed().isEmpty();
    }

    private static String place(Path file, Policy policy, int index) {
        Rule rule = policy.rules().get(index);
        return file + ":" + rule.line() + ": rule '" + rule.name() + "': ";
    }

    private static String never(Policy policy, Shadowed shadowed) {
        List<Integer> by = shadowed.by();
        if (by.isEmpty()) {
            return "never decides: no packet is like that";
        }
        return "never decides: what it matches is decided by "
                + by.stream()
                        .map(policy.rules()::get)
                        .map(rule -> "'" + rule.name() + "' (line " + rule.line() + ")")
                        .collect(Collectors.joining(", "));
    }
}
