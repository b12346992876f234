package io.github.geneve4j.simulator.wire;

import io.github.geneve4j.simulator.HealthCheck;
import io.github.geneve4j.simulator.HealthProbe;
import io.github.geneve4j.simulator.HealthProtocol;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Asks targets whether they are well, each on a virtual thread, with a new connection from the
 * node's address, as the load balancer does. Certificates are not looked at, as there.
 *
 * <p><b>Threads:</b> any.
 */
final class Prober implements AutoCloseable {
    private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.[01] ([0-9]{3})(?: .*)?");
    private static final int MAX_LINE = 8192;

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().name("probe timer").daemon().factory());
    private final SSLSocketFactory tls = trusting();

    /**
     * Asks, and returns at once.
     *
     * @param probe whom
     * @param check what
     * @param answer gets the probe back, and whether it passed; on another thread
     */
    void ask(HealthProbe probe, HealthCheck check, BiConsumer<HealthProbe, Boolean> answer) {
        int from = probe.node().address(); // now: a node may move
        try {
            Future<?> _ =
                    threads.submit(
                            () ->
                                    answer.accept(
                                            probe, passes(from, probe.target().address(), check)));
        } catch (RejectedExecutionException e) {
            // Closed: nobody waits for the answer
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
        threads.shutdownNow();
    }

    /** {@return whether the target answers as it should, in time} */
    boolean passes(int from, int to, HealthCheck check) {
        Future<?> limit = null;
        try (Socket socket = new Socket()) {
            limit = endAfter(socket, check.timeoutSeconds());
            socket.bind(new InetSocketAddress(address(from), 0));
            socket.connect(new InetSocketAddress(address(to), check.port()));
            return check.protocol() == HealthProtocol.TCP || answersHttp(socket, to, check);
        } catch (IOException | RejectedExecutionException e) {
            return false;
        } finally {
            if (limit != null) {
                limit.cancel(false);
            }
        }
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

    private boolean answersHttp(Socket plain, int to, HealthCheck check) throws IOException {
        String host = address(to).getHostAddress();
        boolean secure = check.protocol() == HealthProtocol.HTTPS;
        try (Socket socket = secure ? tls.createSocket(plain, host, check.port(), true) : plain) {
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
            Matcher line = STATUS_LINE.matcher(firstLine(socket.getInputStream()));
            if (!line.matches()) {
                return false;
            }
            int status = Integer.parseInt(line.group(1));
            return status >= check.leastStatus() && status <= check.greatestStatus();
        }
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

    private static InetAddress address(int ipv4) throws UnknownHostException {
        return InetAddress.getByAddress(ByteBuffer.allocate(Integer.BYTES).putInt(ipv4).array());
    }

    private static SSLSocketFactory trusting() {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new TrustsAll()}, new SecureRandom());
            return context.getSocketFactory();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("no TLS in this Java", e);
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
