package io.github.geneve4j.appliance.cli;

import io.github.geneve4j.appliance.IdleMode;
import io.github.geneve4j.geneve.Geneve;
import io.github.geneve4j.io.AfXdpPort;
import io.github.geneve4j.io.FastPath;
import io.github.geneve4j.io.OpenPorts;
import io.github.geneve4j.io.PortKind;
import io.github.geneve4j.io.PortOpener;
import java.io.IOException;
import java.net.Inet4Address;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Options that say where packets come from, and which threads serve them. */
final class PortOptions {
    private static final int MAX_PORT = 0xffff;
    private static final int MAX_WORKERS = 64;
    private static final int MAX_CPU = 8191;
    private static final String AUTO = "auto";

    private static final Pattern ADDRESS_AND_PORT =
            Pattern.compile("([0-9]+(?:\\.[0-9]+){3})(?::([0-9]{1,5}))?");
    private static final Pattern CPUS = Pattern.compile("([0-9]{1,4})(?:-([0-9]{1,4}))?");

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--listen",
            paramLabel = "ADDRESS[:PORT]",
            description =
                    "IPv4 address that the load balancer sends to; port 6081 if left"
                            + " out. Without it, whatever addresses --interface has at the start."
                            + " 0.0.0.0 without --interface listens on every address that this"
                            + " host has at the start.")
    private @Nullable String listen;

    @Option(
            names = "--interface",
            paramLabel = "NAME",
            description =
                    "Network interface that the packets come in by; by default the one that has the"
                            + " address of --listen.")
    private @Nullable String interfaceName;

    @Option(
            names = "--io",
            paramLabel = "auto|af_xdp|af_packet|udp|nio",
            hideParamSyntax = true,
            defaultValue = AUTO,
            description =
                    "How packets are taken from the network. af_xdp and af_packet are fast and"
                            + " need privileges; udp needs none, and Linux; nio is for any system."
                            + " auto takes the first that opens, and says why the others did not.")
    private String io;

    @Option(
            names = "--workers",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "Threads that serve packets; every flow stays with one of them. af_xdp needs a"
                            + " receive queue of the interface for each.")
    private int workers;

    @Option(
            names = "--cpus",
            paramLabel = "LIST",
            description = "Keep each worker on a processor of its own, such as 2,3 or 4-7.")
    private @Nullable String cpus;

    @Option(
            names = "--idle",
            paramLabel = "spin|adaptive|block",
            hideParamSyntax = true,
            defaultValue = "adaptive",
            description =
                    "What a worker does while no packets come: keeps asking, which is"
                            + " fastest and takes a whole processor; keeps asking for 100"
                            + " microseconds, then waits; waits at once.")
    private String idle;

    @Option(
            names = "--busy-poll",
            description =
                    "With af_xdp, have workers that find nothing make the interface receive,"
                            + " instead of being interrupted by it. The interface has to be told,"
                            + " see docs/appliance.md.")
    private boolean busyPoll;

    @Option(
            names = "--reply-port",
            paramLabel = "PORT",
            description =
                    "With udp or nio, send all replies from this port, the one that is listened"
                            + " on, instead of from each request's source port. Was seen to work"
                            + " with AWS, which promises nothing of the kind. Without this, a"
                            + " socket is opened for each source port.")
    private @Nullable Integer replyPort;

    /** Refuses what cannot be used, before anything is opened. */
    void check() {
        if (listen == null && interfaceName == null) {
            throw unusable("--listen or --interface is needed");
        }
        int port = port();
        address();
        kind();
        idleMode();
        if (workers < 1 || workers > MAX_WORKERS) {
            throw unusable("--workers " + workers + ": not 1 to " + MAX_WORKERS);
        }
        int named = cpuNumbers().length;
        if (cpus != null && named < workers) {
            throw unusable("--cpus " + cpus + ": " + named + " for " + workers + " workers");
        }
        if (busyPoll && kind() != null && kind() != PortKind.AF_XDP) {
            throw unusable("--busy-poll: only for --io af_xdp");
        }
        if (replyPort != null && replyPort != port) {
            throw unusable(
                    "--reply-port " + replyPort + ": only the port that is listened on will do");
        }
    }

    /**
     * {@return ports, one for each worker}
     *
     * @param fastPath that they get, or null
     */
    OpenPorts open(@Nullable FastPath fastPath) throws IOException {
        PortOpener opener = opener().port(port()).count(workers);
        opener.replyFromListeningPort(replyPort != null);
        if (fastPath != null) {
            opener.fastPath(fastPath);
        }
        if (busyPoll) {
            opener.busyPoll(AfXdpPort.Builder.BUSY_POLL_MICROS, AfXdpPort.Builder.BUSY_POLL_BUDGET);
        }
        PortKind kind = kind();
        return kind == null ? opener.openBest() : opener.open(kind);
    }

    private PortOpener opener() {
        Inet4Address address = address();
        if (interfaceName == null) {
            return PortOpener.at(address);
        }
        return PortOpener.on(interfaceName, address);
    }

    /** {@return the UDP port that is listened on} */
    int port() {
        Matcher parts = listenParts();
        if (parts == null || parts.group(2) == null) {
            return Geneve.UDP_PORT;
        }
        int port = Integer.parseInt(parts.group(2));
        if (port < 1 || port > MAX_PORT) {
            throw unusable("--listen '" + listen + "': port " + port + " is not 1 to 65535");
        }
        return port;
    }

    /** {@return the address that is listened on, 0.0.0.0 for several} */
    Inet4Address address() {
        Matcher parts = listenParts();
        if (parts == null) {
            return Inet4Address.ofLiteral("0.0.0.0");
        }
        try {
            return Inet4Address.ofLiteral(parts.group(1));
        } catch (IllegalArgumentException e) {
            throw unusable("--listen " + Main.reason(e));
        }
    }

    /** {@return processors for the workers, none for any} */
    int[] cpuNumbers() {
        return cpus == null
                ? new int[0]
                : Arrays.stream(cpus.split(",", -1)).flatMapToInt(this::cpuRange).toArray();
    }

    private IntStream cpuRange(String text) {
        Matcher range = CPUS.matcher(text);
        if (range.matches()) {
            int first = Integer.parseInt(range.group(1));
            int last = range.group(2) == null ? first : Integer.parseInt(range.group(2));
            if (first <= last && last <= MAX_CPU) {
                return IntStream.rangeClosed(first, last);
            }
        }
        throw unusable("--cpus '" + cpus + "': not numbers or ranges such as 2,3 or 4-7");
    }

    /** {@return what idle workers do} */
    IdleMode idleMode() {
        for (IdleMode mode : IdleMode.values()) {
            if (mode.label().equals(idle.toLowerCase(Locale.ROOT))) {
                return mode;
            }
        }
        throw unusable("--idle '" + idle + "': not spin, adaptive or block");
    }

    /** {@return the kind of port that is wanted, or null for the best} */
    private @Nullable PortKind kind() {
        List<String> known = new ArrayList<>(List.of(AUTO));
        for (PortKind kind : PortKind.values()) {
            if (kind.label().equals(io.toLowerCase(Locale.ROOT))) {
                return kind;
            }
            known.add(kind.label());
        }
        if (AUTO.equals(io)) {
            return null;
        }
        throw unusable("--io '" + io + "': not one of " + String.join(", ", known));
    }

    private @Nullable Matcher listenParts() {
        if (listen == null) {
            return null;
        }
        Matcher parts = ADDRESS_AND_PORT.matcher(listen);
        if (!parts.matches()) {
            throw unusable("--listen '" + listen + "': not an IPv4 address, or one with :PORT");
        }
        return parts;
    }

    /** {@return whether workers are to poll the interface, if the kind of port can} */
    boolean isToBusyPoll() {
        return busyPoll;
    }

    /** {@return how replies leave, for people} */
    String replies(PortKind kind) {
        return replyPort == null || (kind != PortKind.UDP && kind != PortKind.NIO)
                ? "replies leave from each request's source port"
                : "replies leave from port " + replyPort + ", not from the request's port";
    }

    private ParameterException unusable(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
