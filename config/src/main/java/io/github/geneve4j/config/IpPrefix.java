package io.github.geneve4j.config;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An address with the length of its network's prefix, such as {@code 10.1.0.1/24}.
 *
 * @param address IPv4 or IPv6
 * @param length in bits, 0 to 32 or 128
 */
public record IpPrefix(InetAddress address, int length) {
    private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F:.]+");
    private static final Pattern LENGTH = Pattern.compile("0|[1-9][0-9]{0,2}");

    /** Checks the range. */
    public IpPrefix {
        int most = address.getAddress().length * Byte.SIZE;
        if (length < 0 || length > most) {
            throw new IllegalArgumentException("prefix length " + length + ": not 0 to " + most);
        }
    }

    /**
     * {@return the prefix that the text says, or {@code null} if it says none; without a length it
     * is one address}
     *
     * @param text {@code ADDRESS} or {@code ADDRESS/LENGTH}, addresses as literals
     */
    public static @Nullable IpPrefix parse(String text) {
        int slash = text.indexOf('/');
        String literal = slash < 0 ? text : text.substring(0, slash);
        try {
            InetAddress address = InetAddress.ofLiteral(literal);
            int most = address.getAddress().length * Byte.SIZE;
            String digits = slash < 0 ? Integer.toString(most) : text.substring(slash + 1);
            boolean isOther = // the JDK takes 10.1 for 10.0.0.1, and IPv6 with zones, in brackets
                    address instanceof Inet4Address
                            ? !address.getHostAddress().equals(literal)
                            : !IPV6.matcher(literal).matches();
            return isOther || !LENGTH.matcher(digits).matches()
                    ? null
                    : new IpPrefix(address, Integer.parseInt(digits));
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** {@return whether it is IPv6} */
    public boolean isIpv6() {
        return address instanceof Inet6Address;
    }

    /** {@return as it is written} */
    @Override
    public String toString() {
        return address.getHostAddress() + "/" + length;
    }
}
