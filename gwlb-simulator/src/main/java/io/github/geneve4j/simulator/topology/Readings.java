package io.github.geneve4j.simulator.topology;

import io.github.geneve4j.gwlb.EndpointId;
import java.net.Inet4Address;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The scalars that a topology file has. */
final class Readings {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
    private static final Pattern DEVICE = Pattern.compile("[^\\s/%:]+");
    private static final int DEVICE_MAX_BYTES = 15; // IFNAMSIZ less its zero byte
    private static final Pattern INTEGER = Pattern.compile("-?[0-9]{1,19}");
    private static final Pattern PORTS = Pattern.compile("([0-9]{1,5})-([0-9]{1,5})");
    private static final Pattern STATUSES = Pattern.compile("([0-9]{3})(?:-([0-9]{3}))?");
    private static final Pattern HEX = Pattern.compile("0x[0-9a-fA-F]{1,16}");
    private static final int MAX_PORT = 0xffff;
    private static final int MAX_PORTS = 256; // each is a socket of each node

    private static final IpPrefix ALL = new IpPrefix(Inet4Address.ofLiteral("0.0.0.0"), 0);

    /** Two numbers with a dash between them. */
    record Span(int first, int last) {}

    private Readings() {}

    static Reading<String> name() {
        return new Reading<>(
                "a name of 1 to 63 letters, digits, dots, dashes and underscores",
                text -> NAME.matcher(text).matches() ? text : null);
    }

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

    static Reading<Long> integer(long min, long max) {
        return new Reading<>(
                "a number from " + min + " to " + max,
                text -> {
                    Long value = parse(text);
                    return value != null && value >= min && value <= max ? value : null;
                });
    }

    /** 64 bits, in either notation. */
    static Reading<Long> bits() {
        return new Reading<>(
                "64 bits, such as 42 or 0x2a",
                text ->
                        HEX.matcher(text).matches()
                                ? Long.valueOf(Long.parseUnsignedLong(text.substring(2), 16))
                                : parse(text));
    }

    static Reading<Boolean> flag() {
        return choice(Map.of("true", true, "false", false));
    }

    /** One of a few words. */
    static <T> Reading<T> choice(Map<String, T> words) {
        return new Reading<>(
                String.join(" or ", words.keySet().stream().sorted().toList()), words::get);
    }

    static Reading<Integer> seconds(int min, int max) {
        return new Reading<>(
                "a time in whole seconds, from " + min + "s to " + max + "s",
                text -> {
                    long nanos = Quantity.nanos(text);
                    long second = TimeUnit.SECONDS.toNanos(1);
                    boolean fits =
                            nanos >= 0
                                    && nanos % second == 0
                                    && nanos / second >= min
                                    && nanos / second <= max;
                    return fits ? (int) (nanos / second) : null;
                });
    }

    static Reading<Long> nanos(long max) {
        return new Reading<>(
                "a time up to " + TimeUnit.NANOSECONDS.toSeconds(max) + "s, such as 20ms or 1s",
                text -> {
                    long nanos = Quantity.nanos(text);
                    return nanos < 0 || nanos > max ? null : nanos;
                });
    }

    static Reading<Double> chance() {
        return new Reading<>(
                "a chance from 0% to 100%, or from 0 to 1",
                text -> {
                    double chance = Quantity.chance(text);
                    return Double.isNaN(chance) ? null : chance;
                });
    }

    static Reading<Inet4Address> ipv4() {
        return new Reading<>(
                "an IPv4 address, such as 10.0.1.5",
                text -> {
                    IpPrefix prefix = text.indexOf('/') < 0 ? IpPrefix.parse(text) : null;
                    return prefix != null
                                    && prefix.address() instanceof Inet4Address address
                                    && !address.isAnyLocalAddress()
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

    private static @Nullable Long parse(String text) {
        try {
            return INTEGER.matcher(text).matches() ? Long.valueOf(text) : null;
        } catch (NumberFormatException e) {
            return null; // 19 digits, and too many for 64 bits
        }
    }

    private static @Nullable Span span(String first, String last, int min, int max) {
        Span span = new Span(Integer.parseInt(first), Integer.parseInt(last));
        return span.first >= min && span.first <= span.last && span.last <= max ? span : null;
    }
}
