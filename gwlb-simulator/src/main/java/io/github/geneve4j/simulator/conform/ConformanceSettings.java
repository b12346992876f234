package io.github.geneve4j.simulator.conform;

import io.github.geneve4j.geneve.Geneve;
import io.github.geneve4j.gwlb.EndpointId;
import java.net.Inet4Address;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which appliance to judge, from where, and how strictly. Immutable; made by {@link #builder}. */
public final class ConformanceSettings {
    /** Most packets of a load: each is remembered, with the times of its going and coming. */
    private static final int MAX_PACKETS = 10_000_000;

    private final Inet4Address target;
    private final int port;
    private final List<Inet4Address> nodes;
    private final @Nullable Inet4Address stranger;
    private final @Nullable HealthTarget health;
    private final EndpointId endpoint;
    private final int rate;
    private final Duration loadTime;
    private final double maxLoss;
    private final Duration maxLatency;
    private final Duration patience;
    private final Duration quietTime;
    private final Duration startTime;
    private final @Nullable String restartCommand;
    private final Duration restartTime;
    private final boolean rawSockets;
    private final List<String> checks;
    private final long seed;

    private ConformanceSettings(Builder builder) {
        target = builder.target;
        port = builder.port;
        nodes = List.copyOf(builder.nodes);
        stranger = builder.stranger;
        health = builder.health;
        endpoint = builder.endpoint;
        rate = builder.rate;
        loadTime = builder.loadTime;
        maxLoss = builder.maxLoss;
        maxLatency = builder.maxLatency;
        patience = builder.patience;
        quietTime = builder.quietTime;
        startTime = builder.startTime;
        restartCommand = builder.restartCommand;
        restartTime = builder.restartTime;
        rawSockets = builder.rawSockets;
        checks = List.copyOf(builder.checks);
        seed = builder.seed;
        require(port >= 1 && port <= 0xffff, "port " + port + ": not 1 to 65535");
        requireAddresses();
        require(rate >= 1, "rate " + rate + ": not 1 or more packets a second");
        require(
                loadTime.isPositive()
                        && (loadTime.getSeconds() + loadTime.getNano() / 1e9) * rate <= MAX_PACKETS,
                "a load of "
                        + rate
                        + " packets/s for "
                        + loadTime.toSeconds()
                        + " s: not 1 to 10,000,000 packets");
        require(maxLoss >= 0 && maxLoss <= 1, "maxLoss " + maxLoss + ": not 0 to 1");
        requirePositive("maxLatency", maxLatency);
        requirePositive("patience", patience);
        requirePositive("quietTime", quietTime);
        requirePositive("restartTime", restartTime);
        require(!startTime.isNegative(), "startTime " + startTime + ": less than zero");
        for (String check : checks) {
            require(
                    ConformanceSuite.checks().stream().anyMatch(c -> c.name().equals(check)),
                    "there is no check named '" + check + "'");
        }
    }

    private void requireAddresses() {
        require(!nodes.isEmpty(), "no node address");
        for (Inet4Address node : nodes) {
            require(
                    nodes.indexOf(node) == nodes.lastIndexOf(node),
                    "a node is named twice: " + node.getHostAddress());
        }
        require(
                !nodes.contains(target),
                "a node has the appliance's address: " + target.getHostAddress());
        if (stranger != null) {
            String text = stranger.getHostAddress();
            require(!nodes.contains(stranger), "the stranger is a node: " + text);
            require(!target.equals(stranger), "the stranger has the appliance's address: " + text);
        }
    }

    private static void requirePositive(String name, Duration value) {
        require(value.isPositive(), name + " " + value + ": not more than zero");
    }

    /**
     * {@return a builder with everything else as usual}
     *
     * @param target the appliance's address
     * @param nodes addresses of this host that play load balancer nodes
     */
    public static Builder builder(Inet4Address target, List<Inet4Address> nodes) {
        return new Builder(target, nodes);
    }

    /** {@return the appliance's address, as a target group would have it} */
    public Inet4Address target() {
        return target;
    }

    /** {@return the tunnel's UDP port} */
    public int port() {
        return port;
    }

    /** {@return addresses of this host that play load balancer nodes, at least one, none twice} */
    public List<Inet4Address> nodes() {
        return nodes;
    }

    /** {@return an address of this host that the appliance is not to serve, or null for none} */
    public @Nullable Inet4Address stranger() {
        return stranger;
    }

    /** {@return where health checks go, or null for nowhere} */
    public @Nullable HealthTarget health() {
        return health;
    }

    /** {@return the endpoint id in every request} */
    public EndpointId endpoint() {
        return endpoint;
    }

    /** {@return packets a second of the load} */
    public int rate() {
        return rate;
    }

    /** {@return how long the load lasts, for each check that needs one} */
    public Duration loadTime() {
        return loadTime;
    }

    /** {@return share of the load that may be lost, 0 to 1} */
    public double maxLoss() {
        return maxLoss;
    }

    /** {@return what 99 of 100 packets of the load have to keep} */
    public Duration maxLatency() {
        return maxLatency;
    }

    /** {@return how long to wait for one reply} */
    public Duration patience() {
        return patience;
    }

    /**
     * {@return how long to listen for packets that nobody asked for, and how long a restarted
     * appliance has to be answering without a break}
     */
    public Duration quietTime() {
        return quietTime;
    }

    /**
     * {@return how long to wait for the first answer before the first check; zero for not at all}
     */
    public Duration startTime() {
        return startTime;
    }

    /** {@return for a shell, restarts the appliance; null if it cannot be restarted} */
    public @Nullable String restartCommand() {
        return restartCommand;
    }

    /** {@return within which it has to answer again, from the command's begin} */
    public Duration restartTime() {
        return restartTime;
    }

    /** {@return whether to use CAP_NET_RAW where the process has it} */
    public boolean rawSockets() {
        return rawSockets;
    }

    /** {@return names of the checks to run, empty for all} */
    public List<String> checks() {
        return checks;
    }

    /** {@return the seed of all that is random} */
    public long seed() {
        return seed;
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }

    /** Collects settings; each method returns the builder. */
    public static final class Builder {
        private final Inet4Address target;
        private final List<Inet4Address> nodes;
        private int port = Geneve.UDP_PORT;
        private @Nullable Inet4Address stranger;
        private @Nullable HealthTarget health;
        private EndpointId endpoint = new EndpointId(0x0c0f_0b00_1e55_0001L);
        private int rate = 1000;
        private Duration loadTime = Duration.ofSeconds(3);
        private double maxLoss = 0.001;
        private Duration maxLatency = Duration.ofMillis(100);
        private Duration patience = Duration.ofMillis(700);
        private Duration quietTime = Duration.ofSeconds(2);
        private Duration startTime = Duration.ZERO;
        private @Nullable String restartCommand;
        private Duration restartTime = Duration.ofSeconds(60);
        private boolean rawSockets = true;
        private List<String> checks = List.of();
        private long seed = System.nanoTime();

        private Builder(Inet4Address target, List<Inet4Address> nodes) {
            this.target = target;
            this.nodes = nodes;
        }

        /**
         * Sets the tunnel's UDP port, 6081 at first.
         *
         * @param value 1 to 65535
         * @return this
         */
        public Builder port(int value) {
            port = value;
            return this;
        }

        /**
         * Names an address of this host that the appliance is not to serve.
         *
         * @param value null for none
         * @return this
         */
        public Builder stranger(@Nullable Inet4Address value) {
            stranger = value;
            return this;
        }

        /**
         * Says where health checks go.
         *
         * @param value null for nowhere
         * @return this
         */
        public Builder health(@Nullable HealthTarget value) {
            health = value;
            return this;
        }

        /**
         * Sets the endpoint id of every request, for appliances that serve known endpoints only.
         *
         * @param value the id
         * @return this
         */
        public Builder endpoint(EndpointId value) {
            endpoint = value;
            return this;
        }

        /**
         * Sets the load, 1000 packets a second at first.
         *
         * @param value packets a second, 1 or more
         * @return this
         */
        public Builder rate(int value) {
            rate = value;
            return this;
        }

        /**
         * Sets how long the load lasts, 3 s at first.
         *
         * @param value more than zero
         * @return this
         */
        public Builder loadTime(Duration value) {
            loadTime = value;
            return this;
        }

        /**
         * Sets what share of the load may be lost, 0.001 at first.
         *
         * @param value 0 to 1
         * @return this
         */
        public Builder maxLoss(double value) {
            maxLoss = value;
            return this;
        }

        /**
         * Sets the latency that 99 of 100 packets have to keep, 100 ms at first.
         *
         * @param value there and back, more than zero
         * @return this
         */
        public Builder maxLatency(Duration value) {
            maxLatency = value;
            return this;
        }

        /**
         * Sets how long to wait for one reply, 700 ms at first; each request is sent up to three
         * times.
         *
         * @param value more than zero
         * @return this
         */
        public Builder patience(Duration value) {
            patience = value;
            return this;
        }

        /**
         * Sets how long to listen for packets that nobody asked for, and how long a restarted
         * appliance has to be answering without a break, 2 s at first.
         *
         * @param value more than zero
         * @return this
         */
        public Builder quietTime(Duration value) {
            quietTime = value;
            return this;
        }

        /**
         * Sets how long to wait for the first answer before the first check, for an appliance that
         * has just been started; zero, not at all, at first.
         *
         * @param value zero or more
         * @return this
         */
        public Builder startTime(Duration value) {
            startTime = value;
            return this;
        }

        /**
         * Sets what restarts the appliance.
         *
         * @param value for {@code sh -c}; null if it cannot be restarted
         * @return this
         */
        public Builder restartCommand(@Nullable String value) {
            restartCommand = value;
            return this;
        }

        /**
         * Sets how soon a restarted appliance has to answer, 60 s at first.
         *
         * @param value from the command's begin, more than zero; the command has to end within it
         * @return this
         */
        public Builder restartTime(Duration value) {
            restartTime = value;
            return this;
        }

        /**
         * Sets whether to use raw sockets where the process may, true at first.
         *
         * @param value false for ordinary sockets only
         * @return this
         */
        public Builder rawSockets(boolean value) {
            rawSockets = value;
            return this;
        }

        /**
         * Picks checks.
         *
         * @param value names, empty for all
         * @return this
         */
        public Builder checks(List<String> value) {
            checks = value;
            return this;
        }

        /**
         * Sets the seed of addresses, ports, cookies and damage. Another one for each run is usual:
         * the appliance may remember flows of the last.
         *
         * @param value any number
         * @return this
         */
        public Builder seed(long value) {
            seed = value;
            return this;
        }

        /**
         * {@return the settings}
         *
         * @throws IllegalArgumentException naming the value that is not in its range
         */
        public ConformanceSettings build() {
            return new ConformanceSettings(this);
        }
    }
}
