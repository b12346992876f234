package io.github.geneve4j.appliance.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.appliance.cli.CommandLines.Result;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the command line refuses before it opens anything; the rest is shown by processes. */
class RunCommandTest {
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

        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err()).isEqualTo("appliance: missing.yaml: no such file\n");
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
