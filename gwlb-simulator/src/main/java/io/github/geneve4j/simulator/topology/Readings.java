package io.github.geneve4j.simulator.topology;

import io.github.geneve4j.config.IpPrefix;
import io.github.geneve4j.config.Reading;
import io.github.geneve4j.gwlb.EndpointId;
import java.net.Inet4Address;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The scalars that only a topology file has. */
final class Readings {
    private static final Pattern DEVICE = Pattern.compile("[^\\s/%:]+");
    private static final int DEVICE_MAX_BYTES = 15; // IFNAMSIZ less its zero byte
    private static final Pattern PORTS = Pattern.compile("([0-9]{1,5})-([0-9]{1,5})");
    private static final Pattern STATUSES = Pattern.compile("([0-9]{3})(?:-([0-9]{3}))?");
    private static final int MAX_PORT = 0xffff;
    private static final int MAX_PORTS = 256; // each is a socket of each node

    private static final Inet4Address BROADCAST = Inet4Address.ofLiteral("255.255.255.255");
    private static final IpPrefix ALL = new IpPrefix(Inet4Address.ofLiteral("0.0.0.0"), 0);

    /** Two numbers with a dash between them. */
    record Span(int first, int last) {}

    private Readings() {}

    static Reading<String> device() {
        return new Reading<>(
                "a name of 1 to 15 bytes for a network device",
                text ->
                        DEVICE.matcher(text).matches()
                                        && text.getBytes(StandardCharsets.UTF_8).length
                                                <= DEVICE_MAX_BYTES
                                ? text
                                : null);
    }

    /** One of a host: no group, and not everybody. */
    static Reading<Inet4Address> ipv4() {
        return new Reading<>(
                "an IPv4 address of one host, such as 10.0.1.5",
                text -> {
                    IpPrefix prefix = text.indexOf('/') < 0 ? IpPrefix.parse(text) : null;
                    return prefix != null
                                    && prefix.address() instanceof Inet4Address address
                                    && !address.isAnyLocalAddress()
                                    && !address.isMulticastAddress()
                                    && !address.equals(BROADCAST)
                            ? address
                            : null;
                });
    }

    static Reading<IpPrefix> interfaceAddress() {
        return new Reading<>(
                "an address with its prefix length, such as 10.1.0.1/24 or fd00:1::1/64",
                text -> text.indexOf('/') < 0 ? null : IpPrefix.parse(text));
    }

    /** {@code default} is all of IPv4; all of IPv6 is {@code ::/0}. */
    static Reading<IpPrefix> route() {
        return new Reading<>(
                "a network, such as 10.2.0.0/16 or ::/0, or default",
                text -> text.equals("default") ? ALL : IpPrefix.parse(text));
    }

    static Reading<EndpointId> endpointId() {
        return new Reading<>(
                "vpce- and 17 lower-case hex digits of which the first is 0, or 8 of them",
                text -> {
                    try {
                        return EndpointId.parse(text);
                    } catch (IllegalArgumentException e) {
                        return null;
                    }
                });
    }

    static Reading<Span> ports() {
        return new Reading<>(
                "ports from 1 to 65535, at most 256 of them, such as 60000-60015",
                text -> {
                    Matcher ends = PORTS.matcher(text);
                    Span span =
                            ends.matches() ? span(ends.group(1), ends.group(2), 1, MAX_PORT) : null;
                    return span != null && span.last - span.first < MAX_PORTS ? span : null;
                });
    }

    static Reading<Span> statuses() {
        return new Reading<>(
                "HTTP status codes from 200 to 399, such as 200 or 200-399",
                text -> {
                    Matcher ends = STATUSES.matcher(text);
                    if (!ends.matches()) {
                        return null;
                    }
                    String last = ends.group(2) == null ? ends.group(1) : ends.group(2);
                    return span(ends.group(1), last, 200, 399);
                });
    }

    static Reading<String> urlPath() {
        return new Reading<>(
                "a path that begins with a slash, without spaces",
                text ->
                        text.startsWith("/") && text.chars().allMatch(c -> c > ' ' && c < 0x7f)
                                ? text
                                : null);
    }

    static Reading<Path> file(Path folder) {
        return new Reading<>(
                "the name of a file",
                text -> {
                    try {
                        return text.isEmpty() ? null : folder.resolve(text);
                    } catch (InvalidPathException e) {
                        return null;
                    }
                });
    }

    private static @Nullable Span span(String first, String last, int min, int max) {
        Span span = new Span(Integer.parseInt(first), Integer.parseInt(last));
        return span.first >= min && span.first <= span.last && span.last <= max ? span : null;
    }
}
