package io.github.geneve4j.simulator;

/**
 * How often a target is asked whether it is well, and how many answers in a row convince.
 *
 * <p>The load balancer's checks are distributed: several probers ask in each interval, each counts
 * for itself, and the majority decides. {@code probers} is how many; their probes are spread over
 * the interval.
 *
 * @param protocol of the probe
 * @param port asked, 1 to 65535
 * @param path of HTTP and HTTPS, from its slash on; of no meaning to TCP
 * @param intervalSeconds between two probes of one prober, 5 to 300
 * @param timeoutSeconds after which a probe without an answer has failed, 2 to 120, not above the
 *     interval
 * @param healthyThreshold passes in a row that make an unhealthy target healthy, 2 to 10; a target
 *     that has just been registered needs one
 * @param unhealthyThreshold failures in a row that make a target unhealthy, 2 to 10
 * @param leastStatus of HTTP that passes, 200 to 399
 * @param greatestStatus of HTTP that passes, {@code leastStatus} to 399
 * @param probers 1 to {@value #MAX_PROBERS}
 */
public record HealthCheck(
        HealthProtocol protocol,
        int port,
        String path,
        int intervalSeconds,
        int timeoutSeconds,
        int healthyThreshold,
        int unhealthyThreshold,
        int leastStatus,
        int greatestStatus,
        int probers) {

    /** The most probers. */
    public static final int MAX_PROBERS = 16;

    /**
     * TCP to port 80 every 10 s with a timeout of 5 s, thresholds of 5 and 2, one prober. AWS's own
     * texts contradict each other about the thresholds (5 and 2, or 3 and 3): set them.
     */
    public static final HealthCheck DEFAULT =
            new HealthCheck(HealthProtocol.TCP, 80, "/", 10, 5, 5, 2, 200, 399, 1);

    private static final int MAX_PORT = 0xffff;

    /** Checks the ranges. */
    public HealthCheck {
        Ranges.within("port", port, 1, MAX_PORT);
        Ranges.within("intervalSeconds", intervalSeconds, 5, 300);
        Ranges.within("timeoutSeconds", timeoutSeconds, 2, Math.min(120, intervalSeconds));
        Ranges.within("healthyThreshold", healthyThreshold, 2, 10);
        Ranges.within("unhealthyThreshold", unhealthyThreshold, 2, 10);
        Ranges.within("leastStatus", leastStatus, 200, 399);
        Ranges.within("greatestStatus", greatestStatus, leastStatus, 399);
        Ranges.within("probers", probers, 1, MAX_PROBERS);
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException("path '" + path + "': does not begin with a slash");
        }
    }

    /**
     * {@return these settings for another protocol, port and path}
     *
     * @param protocol of the probe
     * @param port asked, 1 to 65535
     * @param path of HTTP and HTTPS
     */
    public HealthCheck asking(HealthProtocol protocol, int port, String path) {
        return new HealthCheck(
                protocol,
                port,
                path,
                intervalSeconds,
                timeoutSeconds,
                healthyThreshold,
                unhealthyThreshold,
                leastStatus,
                greatestStatus,
                probers);
    }

    /**
     * {@return these settings with another rhythm}
     *
     * @param interval seconds between two probes of one prober, 5 to 300
     * @param timeout seconds, 2 to 120, not above the interval
     */
    public HealthCheck every(int interval, int timeout) {
        return new HealthCheck(
                protocol,
                port,
                path,
                interval,
                timeout,
                healthyThreshold,
                unhealthyThreshold,
                leastStatus,
                greatestStatus,
                probers);
    }

    /**
     * {@return these settings with other thresholds}
     *
     * @param healthy passes in a row, 2 to 10
     * @param unhealthy failures in a row, 2 to 10
     */
    public HealthCheck thresholds(int healthy, int unhealthy) {
        return new HealthCheck(
                protocol,
                port,
                path,
                intervalSeconds,
                timeoutSeconds,
                healthy,
                unhealthy,
                leastStatus,
                greatestStatus,
                probers);
    }

    /**
     * {@return these settings with other success codes}
     *
     * @param least HTTP status that passes, 200 to 399
     * @param greatest HTTP status that passes, {@code least} to 399
     */
    public HealthCheck passing(int least, int greatest) {
        return new HealthCheck(
                protocol,
                port,
                path,
                intervalSeconds,
                timeoutSeconds,
                healthyThreshold,
                unhealthyThreshold,
                least,
                greatest,
                probers);
    }

    /**
     * {@return these settings with another number of probers}
     *
     * @param count 1 to {@value #MAX_PROBERS}
     */
    public HealthCheck probers(int count) {
        return new HealthCheck(
                protocol,
                port,
                path,
                intervalSeconds,
                timeoutSeconds,
                healthyThreshold,
                unhealthyThreshold,
                leastStatus,
                greatestStatus,
                count);
    }
}
