package io.github.geneve4j.simulator.health;

import io.github.geneve4j.flow.FlowFormat;
import io.github.geneve4j.simulator.HealthCheck;
import io.github.geneve4j.simulator.HealthProtocol;
import io.github.geneve4j.simulator.health.HealthAnswer.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Asks a target whether it is well, with a new connection from the node's address, as the load
 * balancer does: once, in so many seconds in all, and whatever the certificate.
 *
 * <p><b>Threads:</b> any. <b>Ownership:</b> has a timer of its own until it is closed.
 */
public final class HealthClient implements AutoCloseable {
    private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.[01] ([0-9]{3})(?: .*)?");
    private static final int MAX_LINE = 8192;

    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().name("health check timer").daemon().factory());

    /** Creates one, which has asked nobody yet. */
    public HealthClient() {}

    /**
     * {@return how one check ended}
     *
     * @param from the node's IPv4 address, big-endian
     * @param to the target's IPv4 address, big-endian
     * @param check protocol, port, path, timeout and good statuses; the rest is of no meaning here
     */
    public HealthAnswer ask(int from, int to, HealthCheck check) {
        long begin = System.nanoTime();
        Future<?> limit = null;
        try (Socket socket = new Socket()) {
            limit = endAfter(socket, check.timeoutSeconds());
            socket.bind(new InetSocketAddress(address(from), 0));
            socket.connect(new InetSocketAddress(address(to), check.port()));
            return check.protocol() == HealthProtocol.TCP
                    ? new HealthAnswer(Kind.PASSED, "accepted")
                    : askHttp(socket, to, check);
        } catch (IOException | RejectedExecutionException e) {
            // The timer closes the socket, and what is at it then fails in ways of its own
            if (System.nanoTime() - begin >= TimeUnit.SECONDS.toNanos(check.timeoutSeconds())) {
                return new HealthAnswer(
                        Kind.LATE, "no answer within " + check.timeoutSeconds() + " s");
            }
            String reason = e.getMessage() == null ? e.toString() : e.getMessage();
            return new HealthAnswer(Kind.BROKEN, reason);
        } finally {
            if (limit != null) {
                limit.cancel(false);
            }
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }

    /** Closing it from outside ends whatever it is at: connecting, shaking hands, reading. */
    private Future<?> endAfter(Socket socket, int seconds) {
        return timer.schedule(
                () -> {
                    socket.close();
                    return null;
                },
                seconds,
                TimeUnit.SECONDS);
    }

    private static HealthAnswer askHttp(Socket plain, int to, HealthCheck check)
            throws IOException {
        String host = address(to).getHostAddress();
        boolean secure = check.protocol() == HealthProtocol.HTTPS;
        try (Socket socket =
                secure ? Tls.FACTORY.createSocket(plain, host, check.port(), true) : plain) {
            String request =
                    "GET "
                            + check.path()
                            + " HTTP/1.1\r\nHost: "
                            + host
                            + ":"
                            + check.port()
                            + "\r\nUser-Agent: ELB-HealthChecker/2.0\r\nAccept: */*\r\n"
                            + "Connection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return judge(firstLine(socket.getInputStream()), check);
        }
    }

    private static HealthAnswer judge(String firstLine, HealthCheck check) {
        if (firstLine.isEmpty()) {
            return new HealthAnswer(Kind.BROKEN, "the connection ended without an answer");
        }
        Matcher line = STATUS_LINE.matcher(firstLine);
        if (!line.matches()) {
            return new HealthAnswer(Kind.UNWELL, "the answer is no HTTP/1.1");
        }
        int status = Integer.parseInt(line.group(1));
        boolean good = status >= check.leastStatus() && status <= check.greatestStatus();
        return new HealthAnswer(good ? Kind.PASSED : Kind.UNWELL, "HTTP status " + status);
    }

    private static String firstLine(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c >= 0 && c != '\n' && line.length() < MAX_LINE; c = in.read()) {
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    private static InetAddress address(int ipv4) {
        return InetAddress.ofLiteral(FlowFormat.ipv4(ipv4));
    }

    /** Made when the first HTTPS check is: that takes a while. */
    private static final class Tls {
        static final SSLSocketFactory FACTORY = trusting();

        private static SSLSocketFactory trusting() {
            try {
                SSLContext context = SSLContext.getInstance("TLS");
                context.init(null, new TrustManager[] {new TrustsAll()}, new SecureRandom());
                return context.getSocketFactory();
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("no TLS in this Java", e);
            }
        }
    }

    /** The load balancer takes any certificate of a target. */
    private static final class TrustsAll extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

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
