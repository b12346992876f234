package io.github.geneve4j.simulator.wire;

import io.github.geneve4j.config.IpPrefix;
import io.github.geneve4j.simulator.topology.SideSpec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Gives a device its addresses and routes, by {@code ip(8)}. */
final class IpCommand {
    private static final int SECONDS = 10;
    private static final String QUEUE = "2000"; // packets of a burst that may wait

    private IpCommand() {}

    /** Sets up a device, as its side wants it. */
    static void setUp(SideSpec.Tun side) throws IOException {
        String device = side.device();
        boolean hasIpv6 = side.addresses().stream().anyMatch(IpPrefix::isIpv6);
        try {
            // No link-local address, hence no router solicitations of the kernel's own
            run(side.namespace(), "link", "set", "dev", device, "addrgenmode", "none");
        } catch (IOException e) {
            if (hasIpv6) {
                throw e;
            }
            // A kernel without IPv6 makes none
        }
        for (IpPrefix address : side.addresses()) {
            List<String> words = new ArrayList<>(List.of("address", "add", address.toString()));
            words.addAll(List.of("dev", device));
            if (address.isIpv6()) {
                words.add("nodad");
            }
            run(side.namespace(), words.toArray(String[]::new));
        }
        run(
                side.namespace(),
                "link",
                "set",
                "dev",
                device,
                "txqueuelen",
                QUEUE,
                "mtu",
                "" + side.mtu(),
                "up");
        for (IpPrefix route : side.routes()) {
            run(
                    side.namespace(),
                    route.isIpv6() ? "-6" : "-4",
                    "route",
                    "add",
                    route.toString(),
                    "dev",
                    device);
        }
    }

    private static void run(@Nullable String namespace, String... words) throws IOException {
        List<String> command = new ArrayList<>(List.of("ip"));
        if (namespace != null) {
            command.addAll(List.of("-n", namespace));
        }
        command.addAll(List.of(words));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            process.getOutputStream().close();
            // What ip says is shorter than what a pipe holds: it does not wait for us
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                throw new IOException(
                        String.join(" ", command) + ": not done after " + SECONDS + " s");
            }
            if (process.exitValue() != 0) {
                String output =
                        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                throw new IOException(String.join(" ", command) + ": " + output.strip());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(String.join(" ", command) + ": interrupted", e);
        } finally {
            process.destroy();
        }
    }
}
