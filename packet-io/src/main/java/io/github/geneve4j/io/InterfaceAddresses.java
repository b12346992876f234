package io.github.geneve4j.io;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.List;
import java.util.stream.Stream;

/** The addresses of a network interface that requests can be sent to. */
final class InterfaceAddresses {
    private InterfaceAddresses() {}

    /**
     * {@return the IPv4 addresses that the interface has now, one or more}
     *
     * @param interfaceName of an interface in the network namespace of this thread
     * @throws IOException if it has none
     */
    static List<Inet4Address> of(String interfaceName) throws IOException {
        NetworkInterface found = NetworkInterface.getByName(interfaceName);
        try (Stream<InetAddress> all = found == null ? Stream.empty() : found.inetAddresses()) {
            List<Inet4Address> ipv4 =
                    all.filter(Inet4Address.class::isInstance)
                            .map(Inet4Address.class::cast)
                            .toList();
            if (ipv4.isEmpty()) {
                throw new IOException(
                        interfaceName + " has no IPv4 address that requests could be sent to");
            }
            return ipv4;
        }
    }
}
