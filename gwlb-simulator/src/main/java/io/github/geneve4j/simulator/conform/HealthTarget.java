package io.github.geneve4j.simulator.conform;

import io.github.geneve4j.simulator.HealthCheck;
import io.github.geneve4j.simulator.HealthProtocol;
import java.net.Inet4Address;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/**
 * Where health checks go: a TCP port that has to accept, or a path that has to be answered with a
 * status from 200 to 399, as the load balancer asks by default. It asks targets themselves, so the
 * address is always the appliance's.
 *
 * @param protocol that is spoken
 * @param port asked, 1 to 65535
 * @param path of HTTP and HTTPS, from its slash on; {@code /} for TCP
 */
public record HealthTarget(HealthProtocol protocol, int port, String path) {
    private static final String TCP = "tcp:";
    private static final int HTTP_PORT = 80;
    private static final int HTTPS_PORT = 443;

    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException naming the value that is not in its range
     */
    public HealthTarget {
        HealthCheck.DEFAULT.asking(protocol, port, path);
    }

    /**
     * {@return what a text names}
     *
     * @param text {@code tcp:PORT}, {@code http://…} or {@code https://…}
     * @param target the appliance's address, the only one that a URL may have
     * @throws IllegalArgumentException if it is anything else
     */
    public static HealthTarget parse(String text, Inet4Address target) {
        if (text.startsWith(TCP)) {
            String digits = text.substring(TCP.length());
            if (!digits.matches("[0-9]{1,5}")) {
                throw unusable(text);
            }
            return of(text, HealthProtocol.TCP, Integer.parseInt(digits), "/");
        }
        URI uri = uri(text);
        HealthProtocol protocol =
                switch (String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT)) {
                    case "http" -> HealthProtocol.HTTP;
                    case "https" -> HealthProtocol.HTTPS;
                    default -> throw unusable(text);
                };
        if (uri.getHost() == null || uri.getRawUserInfo() != null) {
            throw unusable(text);
        }
        if (!uri.getHost().equals(target.getHostAddress())) {
            throw new IllegalArgumentException(
                    "'"
                            + text
                            + "': not at "
                            + target.getHostAddress()
                            + ": health checks go to the target alone");
        }
        String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        if (uri.getRawQuery() != null) {
            path += "?" + uri.getRawQuery();
        }
        int usual = protocol == HealthProtocol.HTTP ? HTTP_PORT : HTTPS_PORT;
        return of(text, protocol, uri.getPort() == -1 ? usual : uri.getPort(), path);
    }

    private static HealthTarget of(String text, HealthProtocol protocol, int port, String path) {
        try {
            return new HealthTarget(protocol, port, path);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("'" + text + "': " + e.getMessage(), e);
        }
    }

    /** A URI of ASCII characters only, as a request line has them. */
    private static URI uri(String text) {
        try {
            return new URI(new URI(text).toASCIIString());
        } catch (URISyntaxException e) {
            throw unusable(text);
        }
    }

    private static IllegalArgumentException unusable(String text) {
        return new IllegalArgumentException(
                "'" + text + "': not tcp:PORT, nor an http:// or https:// URL");
    }

    /** {@return the check, with the load balancer's usual timeout} */
    HealthCheck check() {
        return HealthCheck.DEFAULT.asking(protocol, port, path);
    }

    /** {@return where it goes, for people} */
    public String text() {
        return protocol == HealthProtocol.TCP
                ? TCP + port
                : protocol + " port " + port + ", " + path;
    }
}
