package io.github.geneve4j.simulator.conform;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URISyntaxException;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Locale;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Where health checks go: a TCP port that has to accept, or a URL that has to answer with a status
 * from 200 to 399, as the load balancer asks by default.
 *
 * @param tcp what to connect to, or null
 * @param url what to get, or null
 */
public record HealthTarget(@Nullable InetSocketAddress tcp, @Nullable URI url) {
    private static final String TCP = "tcp:";
    private static final int FIRST_GOOD_STATUS = 200;
    private static final int LAST_GOOD_STATUS = 399;

    /** Refuses a target with neither, or both. */
    public HealthTarget {
        if ((tcp == null) == (url == null)) {
            throw new IllegalArgumentException("either a TCP port or a URL: " + tcp + ", " + url);
        }
    }

    /**
     * {@return what a text names}
     *
     * @param text {@code tcp:PORT}, {@code http://…} or {@code https://…}
     * @param target the appliance's address, for a port alone
     * @throws IllegalArgumentException if it is anything else
     */
    public static HealthTarget parse(String text, Inet4Address target) {
        if (text.startsWith(TCP)) {
            String digits = text.substring(TCP.length());
            if (digits.matches("[0-9]{1,5}")) {
                int port = Integer.parseInt(digits);
                if (port >= 1 && port <= 0xffff) {
                    return new HealthTarget(new InetSocketAddress(target, port), null);
                }
            }
            throw unusable(text);
        }
        try {
            URI uri = new URI(text);
            String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
            if ((scheme.equals("http") || scheme.equals("https")) && uri.getHost() != null) {
                return new HealthTarget(null, uri);
            }
        } catch (URISyntaxException e) {
            // said below
        }
        throw unusable(text);
    }

    private static IllegalArgumentException unusable(String text) {
        return new IllegalArgumentException(
                "'" + text + "': not tcp:PORT, nor an http:// or https:// URL");
    }

    /**
     * Makes one health check.
     *
     * @return null if it passed, or else why not
     */
    @Nullable String failure(Duration timeout) {
        try {
            return url == null ? connect(timeout) : get(url, timeout);
        } catch (IOException e) {
            return e.getMessage() == null ? e.toString() : e.getMessage();
        }
    }

    private @Nullable String connect(Duration timeout) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(tcp, (int) timeout.toMillis());
            return null;
        }
    }

    private static @Nullable String get(URI url, Duration timeout) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) url.toURL().openConnection();
        if (connection instanceof HttpsURLConnection https) {
            acceptAnyCertificate(https); // so does the load balancer
        }
        connection.setInstanceFollowRedirects(false);
        connection.setConnectTimeout((int) timeout.toMillis());
        connection.setReadTimeout((int) timeout.toMillis());
        connection.setUseCaches(false);
        connection.setRequestProperty("Connection", "close");
        try {
            int status = connection.getResponseCode();
            boolean good = status >= FIRST_GOOD_STATUS && status <= LAST_GOOD_STATUS;
            return good ? null : "HTTP status " + status;
        } finally {
            connection.disconnect();
        }
    }

    private static void acceptAnyCertificate(HttpsURLConnection connection) throws IOException {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new AnyCertificate()}, new SecureRandom());
            connection.setSSLSocketFactory(context.getSocketFactory());
            connection.setHostnameVerifier((host, session) -> true);
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }

    /** {@return where it goes, for people} */
    public String text() {
        return tcp == null ? String.valueOf(url) : TCP + tcp.getPort();
    }

    private static final class AnyCertificate implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
