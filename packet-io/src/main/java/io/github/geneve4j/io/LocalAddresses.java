package io.github.geneve4j.io;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.List;
import java.util.stream.Stream;

/** Looks up the IPv4 addresses that requests can be sent to. */
final class LocalAddresses {
    private LocalAddresses() {}

    /** {@return the addresses of one interface, one or more} */
    static List<Inet4Address> of(String interfaceName) throws IOException {
        NetworkInterface found = NetworkInterface.getByName(interfaceName);
        if (found == null) {
            throw new IOException("there is no interface " + interfaceName);
        }
        List<Inet4Address> addresses = ipv4(found.inetAddresses());
        if (addresses.isEmpty()) {
            throw new IOException(
                    interfaceName + " has no IPv4 address that requests could be sent to");
        }
        return addresses;
    }

    /** {@return the addresses of all interfaces} */
    static List<Inet4Address> all() throws IOException {
        try (Stream<NetworkInterface> interfaces = NetworkInterface.networkInterfaces()) {
            return ipv4(interfaces.flatMap(NetworkInterface::inetAddresses));
        }
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
