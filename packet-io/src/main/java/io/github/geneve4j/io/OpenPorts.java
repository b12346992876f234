package io.github.geneve4j.io;

import java.net.Inet4Address;
import java.util.List;

/**
 * Ports that were opened together, one for each thread.
 *
 * @param kind of all of them
 * @param ports now the caller's to close
 * @param addresses that they receive for
 * @param refusals why better kinds did not open, each as {@code kind: reason}, and why the driver
 *     does not run the program of {@link AfXdpPort}s
 */
public record OpenPorts(
        PortKind kind,
        List<PacketPort> ports,
        List<Inet4Address> addresses,
        List<String> refusals) {
    /** Copies the lists. */
    public OpenPorts {
        ports = List.copyOf(ports);
        addresses = List.copyOf(addresses);
        refusals = List.copyOf(refusals);
    }
}
