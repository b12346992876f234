package io.github.geneve4j.geneve.tunnel;

import io.github.geneve4j.testkit.Addresses;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** Addresses for tests. */
final class Endpoints {
    private Endpoints() {}

    /** {@return the address that a literal shows} */
    static InetAddress address(String literal) {
        try {
            return InetAddress.getByAddress(Addresses.bytes(literal));
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(literal, e);
        }
    }
}
