package io.github.geneve4j.appliance.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;

class HelpTest {
    /** Each string is wrapped by itself, so that a text in several of them is ragged. */
    @Test
    void tellsAboutEachOptionInOneText() {
        for (CommandSpec command : commands(Main.commandLine())) {
            for (ArgSpec argument : command.args()) {
                assertThat(argument.description())
                        .as("%s %s", command.qualifiedName(), argument)
                        .hasSizeLessThanOrEqualTo(1);
            }
        }
    }

    @Test
    void breaksNoSentenceAboutACommand() {
        for (CommandSpec command : commands(Main.commandLine())) {
            assertThat(Stream.of(command.usageMessage().description()))
                    .as(command.qualifiedName())
                    .isNotEmpty()
                    .allMatch(text -> text.endsWith("."));
        }
    }

    @Test
    void isThereForAPersonWhoAsksByAWord() {
        assertThat(CommandLines.run("help").out()).isEqualTo(CommandLines.run("--help").out());
        assertThat(CommandLines.run("help", "policy").out())
                .isEqualTo(CommandLines.run("policy", "--help").out())
                .startsWith("Usage: appliance policy ");
    }

    private static List<CommandSpec> commands(CommandLine line) {
        List<CommandSpec> all = new ArrayList<>(List.of(line.getCommandSpec()));
        line.getSubcommands().values().stream()
                .filter(command -> !(command.getCommand() instanceof HelpCommand)) // picocli's
                .forEach(command -> all.addAll(commands(command)));
        return all;
    }
}
