package io.github.geneve4j.appliance.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.appliance.cli.CommandLines.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the command line refuses before it opens anything; the rest is shown by processes. */
class RunCommandTest {
    @TempDir Path folder;

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    --allow-from 10.0.0.0/8                                              | --listen
                    --listen 127.0.0.1                                                   | --allow-from
                    --listen 127.0.0.1 --allow-from 10.0.0.1/8                           | 10.0.0.1/8
                    --listen 127.0.0.1 --allow-from everyone                             | everyone
                    --listen localhost --allow-from 0.0.0.0/0                            | --listen
                    --listen ::1 --allow-from 0.0.0.0/0                                  | --listen
                    --listen 127.0.0.1:0x10 --allow-from 0.0.0.0/0                       | --listen
                    --listen 127.0.0.1:65536 --allow-from 0.0.0.0/0                      | 65536
                    --listen 127.0.0.1:0 --allow-from 0.0.0.0/0                          | --listen
                    --listen 127.0.0.1 --allow-from 0.0.0.0/0 --flow-log                 | --flow-log needs --policy
                    --listen 127.0.0.1 --allow-from 0.0.0.0/0 --health-port 0            | --health-port 0
                    --listen 127.0.0.1 --allow-from 0.0.0.0/0 --health-port 70000        | 70000
                    --listen 127.0.0.1 --allow-from 0.0.0.0/0 --drop-ports 23,70000      | 70000
                    --listen 127.0.0.1 --allow-from 0.0.0.0/0 --reply-port 6082          | --reply-port 6082
                    --listen 127.0.0.1 --allow-from 0.0.0.0/0 --io udp --busy-poll       | --busy-poll: only for --io af_xdp
                    --listen 127.0.0.1 --allow-from 0.0.0.0/0 --stats-interval 0         | --stats-interval 0
                    --listen 127.0.0.1 --allow-from 0.0.0.0/0 --admin 0                  | --admin 0
                    --listen 127.0.0.1 --allow-from 0.0.0.0/0 --admin localhost:9100     | localhost:9100
                    --listen 127.0.0.1 --allow-from 0.0.0.0/0 --admin 127.0.0.1:70000    | 70000
                    --listen 127.0.0.1 --allow-from 0.0.0.0/0 --admin 127.0.0.256:9100   | 127.0.0.256
                    --listen 127.0.0.1 --allow-from 0.0.0.0/0 --no-such-option           | --no-such-option
                    --listen 127.0.0.1 --allow-from 0.0.0.0/0 --io dpdk                  | dpdk
                    --listen 127.0.0.1 --allow-from 0.0.0.0/0 --idle sleep               | sleep
                    --listen 127.0.0.1 --allow-from 0.0.0.0/0 --on-overload bypass               | bypass
                    --listen 127.0.0.1 --allow-from 0.0.0.0/0 --on-overload                      | --on-overload
                    --listen 127.0.0.1 --allow-from 0.0.0.0/0 --workers 0                | --workers 0
                    --listen 127.0.0.1 --allow-from 0.0.0.0/0 --workers 65               | --workers 65
                    --listen 127.0.0.1 --allow-from 0.0.0.0/0 --cpus 1-                  | --cpus '1-'
                    --listen 127.0.0.1 --allow-from 0.0.0.0/0 --cpus 3-2                 | --cpus '3-2'
                    --listen 127.0.0.1 --allow-from 0.0.0.0/0 --cpus 9000                | --cpus '9000'
                    --listen 127.0.0.1 --allow-from 0.0.0.0/0 --workers 3 --cpus 0-1     | 2 for 3 workers
                    """)
    void refusesWhatItCannotUseAndNamesIt(String arguments, String named) {
        Result result = CommandLines.run(("run " + arguments).split(" "));

        assertThat(result.status()).isEqualTo(2);
        assertThat(result.err())
                .contains(named)
                .contains("See 'appliance run --help'.")
                .hasLineCount(2);
    }

    @ParameterizedTest
    @CsvSource({"af_xdp", "af_packet"})
    void saysThatRingsNeedAnEthernetInterface(String io) {
        Result result =
                CommandLines.run(
                        ("run --interface lo --allow-from 127.0.0.1 --io " + io).split(" "));

        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err()).startsWith("appliance: ").contains("lo").hasLineCount(1);
    }

    @Test
    void saysThatAPolicyIsNotThere() {
        Result result =
                CommandLines.run(
                        "run --listen 127.0.0.1 --io nio --allow-from 127.0.0.1 --policy missing.yaml"
                                .split(" "));

        assertThat(result.status()).isEqualTo(2);
        assertThat(result.err()).isEqualTo("missing.yaml: no such file\n");
    }

    @ParameterizedTest
    @CsvSource({
        "--flows,0",
        "--flows,2000000000",
        "--flows-per-endpoint,-1",
        "--flows-per-source,-2"
    })
    void namesALimitThatIsOutOfItsRange(String option, String value) throws IOException {
        String file = Files.writeString(folder.resolve("good.yaml"), "default: drop\n").toString();
        String arguments = "run --listen 127.0.0.1 --io nio --allow-from 127.0.0.1 --policy ";

        Result result =
                CommandLines.run((arguments + file + " " + option + "=" + value).split(" "));

        assertThat(result.status()).isEqualTo(2);
        assertThat(result.err()).startsWith("appliance run: " + option + " " + value + ": not ");
    }

    /** As {@code policy check} says it, with the same status. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    --policy missing.yaml                         | missing.yaml: no such file
                    --policy folder                               | folder: Is a directory
                    --policy latin.yaml                           | latin.yaml: not UTF-8
                    --policy bad.yaml                             | bad.yaml:1:10: default: expected
                    --geneve-proxy-config missing.yaml            | missing.yaml: no such file
                    --policy good.yaml --allow-domains missing    | missing: no such file
                    --policy good.yaml --allow-domains folder     | folder: Is a directory
                    --policy good.yaml --allow-domains latin.yaml | latin.yaml: not UTF-8
                    --policy good.yaml --allow-domains names      | names:3: name 'no name'
                    """)
    void namesAFileThatItCannotUse(String options, String message) throws IOException {
        Files.createDirectory(folder.resolve("folder"));
        Files.write(folder.resolve("latin.yaml"), new byte[] {'a', (byte) 0xe4});
        Files.writeString(folder.resolve("bad.yaml"), "default: permit\n");
        Files.writeString(folder.resolve("good.yaml"), "default: drop\n");
        Files.writeString(folder.resolve("names"), "# ours\na.example\nno name # b\n");
        String files = options.replaceAll(" (?!-)", " " + folder + "/");
        String arguments = "--listen 127.0.0.1 --io nio --allow-from 127.0.0.1 " + files;

        Result result = CommandLines.run(("run " + arguments).split(" "));

        assertThat(result.status()).isEqualTo(2);
        assertThat(result.err()).startsWith(folder + "/" + message).hasLineCount(1);
        assertThat(result.out()).isEmpty();
        if (options.startsWith("--policy") && !options.contains(" --allow-domains")) {
            Result checked = CommandLines.run("policy", "check", files.split(" ")[1]);
            assertThat(checked.status()).isEqualTo(2);
            assertThat(checked.err()).isEqualTo(result.err());
        }
    }

    /** A worker that cannot have its processor ends the appliance, and says why. */
    @Test
    void saysThatAProcessorIsNotThere() {
        Result result =
                CommandLines.run(
                        "run --listen 127.0.0.1:28082 --io nio --allow-from 127.0.0.1 --cpus 8191"
                                .split(" "));

        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err()).contains("8191").contains("EINVAL");
    }

    /** Not this host's address: the system refuses, which is a failure and no misuse. */
    @ParameterizedTest
    @CsvSource({"192.0.2.1"})
    void saysWhyAnAddressCannotBeListenedOn(String address) {
        Result result = CommandLines.run("run", "--listen", address, "--allow-from", "127.0.0.1");

        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err()).startsWith("appliance: ").contains(address);
    }
}
