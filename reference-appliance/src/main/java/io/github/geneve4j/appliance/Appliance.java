package io.github.geneve4j.appliance;

import io.github.geneve4j.geneve.tunnel.EndpointPolicy;
import io.github.geneve4j.io.PacketPort;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An appliance behind a load balancer: ports in, verdicts by an inspector, packets back.
 *
 * <p>This is how a program embeds the loop:
 *
 * {@snippet :
 * try (Appliance appliance = Appliance.builder()
 *         .port(NioPort.builder(InetAddress.ofLiteral("10.0.1.10")).open())
 *         .allowFrom(OriginFilter.parse("10.0.1.0/24"))
 *         .inspector(MyInspector::new)
 *         .start()) {
 *     appliance.join();
 * }
 * }
 *
 * <p>Every port gets a worker: a platform thread and an inspector of its own. The methods here are
 * for any thread but a worker's.
 */
public final class Appliance implements AutoCloseable {
    private static final long JOIN_MILLIS = 5_000;
    private static final long LOOK_MILLIS = 100;

    private final List<Worker> workers;
    private final List<Thread> threads = new ArrayList<>();
    private boolean closed;

    private Appliance(List<Worker> workers) {
        this.workers = List.copyOf(workers);
        for (Worker worker : this.workers) {
            threads.add(
                    Thread.ofPlatform()
                            .name("appliance-worker-" + threads.size())
                            .daemon()
                            .unstarted(worker));
        }
    }

    /** {@return a builder; a port and an origin filter are required} */
    public static Builder builder() {
        return new Builder();
    }

    /** {@return the sums of all workers' counters, as of now} */
    public PacketCounters counters() {
        PacketCounters sum = new PacketCounters();
        for (Worker worker : workers) {
            sum.add(worker.counters());
        }
        return sum;
    }

    /** {@return the ports, for their own statistics, in the order in which they were added} */
    public List<PacketPort> ports() {
        return workers.stream().map(Worker::port).toList();
    }

    /**
     * {@return whether every worker's loop has turned lately; a stuck or dead worker makes it
     * false}
     *
     * @param within how late "lately" is; loops turn at least every 100 ms when all is well
     */
    public boolean isTurning(Duration within) {
        long now = System.nanoTime();
        for (Worker worker : workers) {
            if (worker.failure() != null || now - worker.lastTurn() > within.toNanos()) {
                return false;
            }
        }
        return isRunning();
    }

    /**
     * {@return the workers that more comes to than they can judge, and has for longer than a burst
     * takes} How often that began, {@link PacketCounters#overloads()} counts.
     */
    public int overloadedWorkers() {
        return (int) workers.stream().filter(Worker::isOverloaded).count();
    }

    /** {@return what ended a worker before its time, if anything did} */
    public Optional<Throwable> failure() {
        return workers.stream().flatMap(worker -> Stream.ofNullable(worker.failure())).findFirst();
    }

    /**
     * {@return the first exception that an inspector threw, if any did; the packets are counted as
     * {@link DropReason#INSPECTOR_FAILED} or, under {@link FailureMode#OPEN}, as {@link
     * PacketCounters#uninspected()}}
     */
    public Optional<Throwable> inspectorFailure() {
        return workers.stream()
                .flatMap(worker -> Stream.ofNullable(worker.inspectorFailure()))
                .findFirst();
    }

    /**
     * Waits until the appliance is closed or a worker has failed.
     *
     * @throws InterruptedException if the waiting thread is interrupted
     */
    public void join() throws InterruptedException {
        while (isRunning()) {
            threads.get(0).join(LOOK_MILLIS);
        }
    }

    /**
     * {@return whether all workers are at work} Allocates nothing, and the wait for it neither:
     * else whoever fills the heap, be it for a moment, would end the appliance by that.
     */
    private boolean isRunning() {
        for (int i = 0; i < threads.size(); i++) {
            if (workers.get(i).failure() != null || !threads.get(i).isAlive()) {
                return false;
            }
        }
        return true;
    }

    /**
     * Stops all workers after their current batch, then closes the ports. Does nothing the second
     * time.
     *
     * @throws IOException if a port does not close cleanly
     */
    @Override
    public synchronized void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        workers.forEach(Worker::stop);
        boolean interrupted = false;
        for (Thread thread : threads) {
            try {
                thread.join(JOIN_MILLIS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        closeAll(ports());
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void closeAll(List<PacketPort> ports) throws IOException {
        IOException failure = null;
        for (PacketPort port : ports) {
            try {
                port.close();
            } catch (IOException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** Collects what an appliance is made of. */
    public static final class Builder {
        private final List<PacketPort> ports = new ArrayList<>();
        private @Nullable OriginFilter origins;
        private EndpointPolicy policy = EndpointPolicy.builder().build();
        private @Nullable Supplier<? extends Inspector> inspectors;
        private IdleMode idle = IdleMode.ADAPTIVE;
        private FailureMode onFailure = FailureMode.CLOSED;
        private FailureMode onOverload = FailureMode.CLOSED;
        private int icmpErrorsPerSecond = Answers.DEFAULT_ICMP_RATE;
        private int[] cpus = {};

        private Builder() {}

        /**
         * Adds a port, and a worker for it; the appliance closes it.
         *
         * @param port not used by anyone else from now on
         * @return this
         */
        public Builder port(PacketPort port) {
            ports.add(port);
            return this;
        }

        /**
         * Says whose packets are served; required, since anyone who reaches the tunnel port could
         * inject packets otherwise.
         *
         * @param origins the load balancer's nodes
         * @return this
         */
        public Builder allowFrom(OriginFilter origins) {
            this.origins = origins;
            return this;
        }

        /**
         * Replaces the tunnel endpoint's policy. By default every critical option is unknown, since
         * no load balancer's option is critical.
         *
         * @param policy applied to every packet before the inspector
         * @return this
         */
        public Builder policy(EndpointPolicy policy) {
            this.policy = policy;
            return this;
        }

        /**
         * Says who judges the packets.
         *
         * @param inspectors asked once for each worker
         * @return this
         */
        public Builder inspector(Supplier<? extends Inspector> inspectors) {
            this.inspectors = inspectors;
            return this;
        }

        /**
         * Says what becomes of packets whose inspector fails; {@link FailureMode#CLOSED} if not
         * called.
         *
         * @param onFailure for all workers
         * @return this
         */
        public Builder onInspectorFailure(FailureMode onFailure) {
            this.onFailure = onFailure;
            return this;
        }

        /**
         * Says what becomes of packets when more come than can be judged; {@link
         * FailureMode#CLOSED} if not called. Then the kernel drops what it has no room for. With
         * {@code OPEN} whoever can send enough can have packets pass unjudged: as few as keeps the
         * backlog from standing, only valid ones of an allowed origin, counted as {@link
         * PacketCounters#unjudged()}, and told to the inspector by {@link Inspector#onUnjudged}.
         *
         * <p>A worker knows by polls of 256 packets that leave some waiting. A port whose memory
         * holds fewer, and does not fill while it is polled, never looks overloaded.
         *
         * @param onOverload for all workers, each of which decides by itself
         * @return this
         */
        public Builder onOverload(FailureMode onOverload) {
            this.onOverload = onOverload;
            return this;
        }

        /**
         * Limits the ICMP errors that each worker sends, as RFC 4443 §2.4 demands; 1,000 if not
         * called. A tenth of them may go out at once. TCP resets are not limited.
         *
         * @param most in a second, 0 to 1,000,000,000
         * @return this
         * @throws IllegalArgumentException if the number is out of its range
         */
        public Builder icmpErrorsPerSecond(int most) {
            RateLimit.check(most);
            this.icmpErrorsPerSecond = most;
            return this;
        }

        /**
         * Says what workers do while no packets come; {@link IdleMode#ADAPTIVE} if not called.
         *
         * @param idle for all of them
         * @return this
         */
        public Builder idle(IdleMode idle) {
            this.idle = idle;
            return this;
        }

        /**
         * Keeps each worker on a processor of its own, the first port's on the first, and so on;
         * none if not called. A worker whose processor is not there fails as it starts.
         *
         * @param cpus numbers as in {@code /proc/cpuinfo}, as many as ports or more; or none
         * @return this
         */
        public Builder cpus(int... cpus) {
            this.cpus = cpus.clone();
            return this;
        }

        /**
         * {@return a running appliance}
         *
         * <p>If this throws, the ports are closed.
         *
         * @throws IllegalStateException if the port, the origin filter or the inspector is missing,
         *     or processors are named but fewer than ports
         */
        public Appliance start() {
            Appliance appliance;
            try {
                appliance = new Appliance(workers());
            } catch (RuntimeException | Error e) {
                closeAfter(e);
                throw e;
            }
            appliance.threads.forEach(Thread::start);
            return appliance;
        }

        private List<Worker> workers() {
            if (ports.isEmpty() || origins == null || inspectors == null) {
                throw new IllegalStateException(
                        "an appliance needs a port, an origin filter and an inspector");
            }
            if (cpus.length > 0 && cpus.length < ports.size()) {
                throw new IllegalStateException(
                        cpus.length + " processors for " + ports.size() + " ports");
            }
            List<Worker> workers = new ArrayList<>();
            for (PacketPort port : ports) {
                int cpu = cpus.length == 0 ? Worker.ANY_CPU : cpus[workers.size()];
                workers.add(
                        new Worker(
                                port,
                                origins,
                                policy,
                                inspectors.get(),
                                onFailure,
                                onOverload,
                                icmpErrorsPerSecond,
                                idle,
                                cpu));
            }
            return workers;
        }

        private void closeAfter(Throwable failure) {
            try {
                closeAll(ports);
            } catch (IOException e) {
                failure.addSuppressed(e);
            }
        }
    }
}
