package io.github.geneve4j.testkit;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** IP addresses as bytes. */
public final class Addresses {
    private Addresses() {}

    /**
     * {@return the 4 or 16 bytes of an address}
     *
     * @param literal such as {@code 10.0.0.1} or {@code 2001:db8::1}; never looked up by name
     * @throws IllegalArgumentException if it is not a literal
     */
    public static byte[] bytes(String literal) {
        if (!literal.matches("[0-9a-fA-F:]*[:.][0-9a-fA-F:.]*")) {
            throw new IllegalArgumentException("not an address: " + literal);
        }
        try {
            return InetAddress.getByName(literal).getAddress();
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("not an address: " + literal, e);
        }
    }

    /** {@return the literal of an IPv4 address, such as {@code 10.0.0.1} for 0x0a000001} */
    public static String ipv4(int address) {
        return (address >>> 24)
                + "."
                + ((address >>> 16) & 0xff)
                + "."
                + ((address >>> 8) & 0xff)
                + "."
                + (address & 0xff);
    }

    static byte[] bytes(String literal, int length) {
        byte[] address = bytes(literal);
        if (address.length != length) {
            throw new IllegalArgumentException(
                    literal + ": not an address of " + length + " bytes");
        }
        return address;
    }
}
