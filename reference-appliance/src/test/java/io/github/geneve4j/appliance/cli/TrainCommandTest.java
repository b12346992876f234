package io.github.geneve4j.appliance.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.appliance.cli.CommandLines.Result;
import org.junit.jupiter.api.Test;

class TrainCommandTest {
    @Test
    void makesNoInterfacesWhereOthersAre() {
        Result result = CommandLines.run("train");

        assertThat(result.status()).isEqualTo(Main.FAILED);
        assertThat(result.err()).contains("a network namespace of its own");
    }

    @Test
    void isForTheLauncherOnly() {
        assertThat(CommandLines.run("--help").out()).contains("simulate").doesNotContain("train");
    }
}
