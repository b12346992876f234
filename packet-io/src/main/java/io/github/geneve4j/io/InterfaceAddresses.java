package io.github.geneve4j.io;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The addresses of this host that requests can be sent to. */
final class InterfaceAddresses {
    private InterfaceAddresses() {}

    /**
     * {@return the IPv4 addresses that an interface has now, one or more}
     *
     * @param interfaceName of an interface in the network namespace of this thread
     * @throws IOException if it has none, or is not there
     */
    static List<Inet4Address> of(String interfaceName) throws IOException {
        NetworkInterface found = NetworkInterface.getByName(interfaceName);
        // The JDK finds none that has no address at all
        List<Inet4Address> ipv4 = found == null ? List.of() : ipv4(found.inetAddresses());
        if (ipv4.isEmpty()) {
            throw new IOException(
                    interfaceName + " has no IPv4 address that requests could be sent to");
        }
        return ipv4;
    }

    /** {@return the IPv4 addresses that all interfaces have now} */
    static List<Inet4Address> all() throws IOException {
        try (Stream<NetworkInterface> interfaces = NetworkInterface.networkInterfaces()) {
            return ipv4(interfaces.flatMap(NetworkInterface::inetAddresses));
        }
    }

    /** {@return addresses as people write them} */
    static String text(List<Inet4Address> addresses) {
        return addresses.stream()
                .map(Inet4Address::getHostAddress)
                .collect(Collectors.joining(", "));
    }

    private static List<Inet4Address> ipv4(Stream<InetAddress> addresses) {
        try (addresses) {
            return addresses
                    .filter(Inet4Address.class::isInstance)
                    .map(Inet4Address.class::cast)
                    .distinct()
                    .toList();
        }
    }
}
