package io.github.geneve4j.appliance.firewall;

import io.github.geneve4j.appliance.policy.CompiledPolicy;
import io.github.geneve4j.appliance.policy.Policy;
import io.github.geneve4j.appliance.policy.Rule;
import io.github.geneve4j.appliance.track.ConnectionListener;
import io.github.geneve4j.appliance.track.ConnectionTracker;
import io.github.geneve4j.appliance.track.MidStream;
import io.github.geneve4j.appliance.track.PacketsElsewhere;
import io.github.geneve4j.appliance.track.TrackerBuilder;
import io.github.geneve4j.flow.FlowTimeouts;
import io.github.geneve4j.flow.WhenFull;
import io.github.geneve4j.io.FastPath;
import io.github.geneve4j.io.HugePages;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes the firewalls of an appliance's workers, gives them all a new policy at once, and adds up
 * what they count.
 *
 * {@snippet :
 * FirewallControl control = FirewallControl.builder(PolicyReader.read(file)).build();
 * Appliance.builder().inspector(control::newFirewall);
 * control.replace(PolicyReader.read(file)); // at any time
 * }
 *
 * <p><b>Threads:</b> any.
 */
public final class FirewallControl {
    private final Builder settings;
    private final List<Firewall> firewalls = new ArrayList<>();
    private Map<String, Long> decidedBefore = new HashMap<>(); // by policies long gone
    private List<Generation> before = List.of(); // a worker may still be counting there
    private final Object reading = new Object();
    private final RuleNames names = new RuleNames();
    private CompiledPolicy policy;
    private int generation = 1;

    private FirewallControl(Builder settings) {
        this.settings = settings;
        this.policy = CompiledPolicy.of(settings.policy);
        if (settings.fastPath != null) {
            settings.fastPath.generation(generation);
        }
    }

    /**
     * {@return settings, to be changed before the control is built}
     *
     * @param policy to begin with
     */
    public static Builder builder(Policy policy) {
        return new Builder(policy);
    }

    /** {@return a firewall for another worker; its memory is taken now} */
    public synchronized Firewall newFirewall() {
        Firewall firewall =
                new Firewall(settings, new Generation(generation, policy, names), names);
        firewalls.add(firewall);
        return firewall;
    }

    /**
     * Has all firewalls judge by another policy from their next packets on. It is compiled first;
     * meanwhile the old one holds, and it goes on to if this fails, as for want of memory.
     *
     * @param policy the new one
     */
    public void replace(Policy policy) {
        CompiledPolicy compiled = CompiledPolicy.of(policy);
        synchronized (this) {
            List<Generation> next = new ArrayList<>(); // all of them first, which may fail
            for (int i = 0; i < firewalls.size(); i++) {
                next.add(new Generation(generation + 1, compiled, names));
            }
            List<Generation> last = firewalls.stream().map(Firewall::current).toList();
            Map<String, Long> sums = new HashMap<>(decidedBefore);
            before.forEach(old -> addDecided(old, sums));
            decidedBefore = sums;
            before = last;
            generation++;
            this.policy = compiled;
            if (settings.fastPath != null) {
                settings.fastPath.generation(
                        generation); // all come up, until they are judged again
            }
            for (int i = 0; i < firewalls.size(); i++) {
                firewalls.get(i).replace(next.get(i));
            }
        }
    }

    /** {@return the flows that the kernel returns by itself, if there is a fast path} */
    public Optional<FastPath> fastPath() {
        return Optional.ofNullable(settings.fastPath);
    }

    /** {@return the policy that holds} */
    public synchronized Policy policy() {
        return policy.policy();
    }

    /** {@return how many policies there have been, this one included} */
    public synchronized int generation() {
        return generation;
    }

    /**
     * {@return how many new flows each rule of the policy that holds has decided about, by its name
     * and in its order, under earlier policies too; those that none matched as {@code "default"}}
     */
    public synchronized Map<String, Long> decided() {
        Map<String, Long> sums = new HashMap<>(decidedBefore);
        before.forEach(old -> addDecided(old, sums));
        firewalls.forEach(firewall -> addDecided(firewall.current(), sums));
        Map<String, Long> inOrder = new LinkedHashMap<>();
        for (Rule rule : policy.policy().rules()) {
            inOrder.put(rule.name(), sums.getOrDefault(rule.name(), 0L));
        }
        inOrder.put(Generation.DEFAULT, sums.getOrDefault(Generation.DEFAULT, 0L));
        return inOrder;
    }

    /** {@return what became of the packets of all workers so far} */
    public synchronized FirewallCounters counters() {
        FirewallCounters sum = new FirewallCounters();
        firewalls.forEach(firewall -> sum.add(firewall.counters()));
        return sum;
    }

    /**
     * Tells the decisions of rules that say {@code log: true}, made since the last time. Each
     * worker keeps the last 1,024 until then.
     *
     * @param listener called on this thread
     * @return how many decisions have been lost so far, as there was no room
     */
    public long drainLog(DecisionListener listener) {
        List<Firewall> all = all();
        synchronized (reading) { // whoever is slow to listen holds up nobody else
            long lost = 0;
            for (Firewall firewall : all) {
                firewall.log().drain(listener);
                lost += firewall.log().lost();
            }
            return lost;
        }
    }

    /**
     * Tells the flows that have ended since the last time, where the control is built to
     * {@linkplain Builder#logsFlows log} them. Each worker keeps 16,384 until then.
     *
     * @param listener called on this thread
     * @return how many flows have been lost so far, as there was no room
     */
    public long drainFlows(Consumer<? super FlowRecord> listener) {
        List<Firewall> all = all();
        synchronized (reading) {
            long lost = 0;
            for (Firewall firewall : all) {
                FlowLog log = firewall.flowLog();
                if (log != null) {
                    log.drain(listener);
                    lost += log.lost();
                }
            }
            return lost;
        }
    }

    /**
     * Tells the flows that are alive, where the control is built to {@linkplain Builder#logsFlows
     * log} them. They belong to the workers, which must have ended; a fast path must be open still.
     *
     * @param listener called on this thread
     */
    public void tellAlive(Consumer<? super FlowRecord> listener) {
        all().forEach(firewall -> firewall.tellAlive(listener));
    }

    private synchronized List<Firewall> all() {
        return List.copyOf(firewalls);
    }

    private static void addDecided(Generation generation, Map<String, Long> sums) {
        List<Rule> rules = generation.policy().policy().rules();
        for (int i = 0; i <= rules.size(); i++) {
            sums.merge(generation.ruleName(i), generation.decided(i), Long::sum);
        }
    }

    /** Settings of the firewalls; every one has a default. */
    public static final class Builder {
        /** Flows for each worker, unless said otherwise. */
        public static final int DEFAULT_FLOWS = 1 << 18;

        private final Policy policy;
        private int flows = DEFAULT_FLOWS;
        private FlowTimeouts timeouts = FlowTimeouts.DEFAULT;
        private WhenFull whenFull = WhenFull.EVICT_OLDEST_IDLE;
        private MidStream midStream = MidStream.ALLOW;
        private boolean checksWindows = true;
        private int flowsPerEndpoint;
        private int flowsPerSource;
        boolean rejudges = true;
        boolean tellsBothEnds;
        boolean logsFlows;
        @Nullable FastPath fastPath;
        private final List<Supplier<? extends FlowInspector>> inspectors = new ArrayList<>();

        private Builder(Policy policy) {
            this.policy = policy;
        }

        /**
         * Sets how many flows each worker has room for; {@value #DEFAULT_FLOWS} by default.
         *
         * @param flows 1 or more
         * @return this
         */
        public Builder flows(int flows) {
            this.flows = flows;
            return this;
        }

        /**
         * Sets what becomes of new flows when there is no room; the one that has been idle for
         * longest gives way by default.
         *
         * @param whenFull for all workers
         * @return this
         */
        public Builder whenFull(WhenFull whenFull) {
            this.whenFull = whenFull;
            return this;
        }

        /**
         * Sets for how long flows may be idle; by default as long as the load balancer lets them.
         *
         * @param timeouts of all flows
         * @return this
         */
        public Builder timeouts(FlowTimeouts timeouts) {
            this.timeouts = timeouts;
            return this;
        }

        /**
         * Sets what becomes of connections that are met in their middle; they are judged like new
         * ones by default, as the load balancer may bring them here.
         *
         * @param midStream for all of them
         * @return this
         */
        public Builder midStream(MidStream midStream) {
            this.midStream = midStream;
            return this;
        }

        /**
         * Sets whether numbers of TCP segments are held against the windows; they are by default.
         *
         * @param checksWindows for all connections
         * @return this
         */
        public Builder checksWindows(boolean checksWindows) {
            this.checksWindows = checksWindows;
            return this;
        }

        /**
         * Sets how many flows each endpoint may have at one worker; any number by default.
         *
         * @param flows 1 or more; 0 for any number
         * @return this
         */
        public Builder flowsPerEndpoint(int flows) {
            this.flowsPerEndpoint = flows;
            return this;
        }

        /**
         * Sets how many flows each address may begin at one worker; any number by default.
         *
         * @param flows 1 or more; 0 for any number
         * @return this
         */
        public Builder flowsPerSource(int flows) {
            this.flowsPerSource = flows;
            return this;
        }

        /**
         * Sets whether flows are judged again when the policy is replaced; they are by default.
         *
         * @param rejudges false: a flow that was allowed stays so, by the rule and the policy of
         *     then
         * @return this
         */
        public Builder rejudges(boolean rejudges) {
            this.rejudges = rejudges;
            return this;
        }

        /**
         * Sets whether the receiver of a rejected segment is told too; only its sender is by
         * default. Both are, in any case, where a connection had been allowed until then.
         *
         * @param tellsBothEnds by a reset in the sender's name
         * @return this
         */
        public Builder tellsBothEnds(boolean tellsBothEnds) {
            this.tellsBothEnds = tellsBothEnds;
            return this;
        }

        /**
         * Sets whether flows that have ended are kept for {@link FirewallControl#drainFlows}; they
         * are not by default. It takes some 4 MB for each worker, and nothing for a flow or a
         * packet.
         *
         * @param logsFlows of all workers
         * @return this
         */
        public Builder logsFlows(boolean logsFlows) {
            this.logsFlows = logsFlows;
            return this;
        }

        /**
         * Adds an inspector of the flows that the policy allows, behind those added before.
         *
         * @param inspector makes one for each worker
         * @return this
         * @throws IllegalArgumentException if there are {@value FlowInspectors#MAX} already
         */
        public Builder inspector(Supplier<? extends FlowInspector> inspector) {
            if (inspectors.size() == FlowInspectors.MAX) {
                throw new IllegalArgumentException(
                        "more than " + FlowInspectors.MAX + " inspectors of flows");
            }
            inspectors.add(Objects.requireNonNull(inspector, "inspector"));
            return this;
        }

        /**
         * Has the kernel return the packets of flows that need no more than to pass: TCP once it is
         * established, UDP from the fifth packet of a flow on, each direction for itself, while no
         * inspector sees its packets. Windows of TCP cannot be checked then. Inspectors around the
         * firewall, as those of an {@link io.github.geneve4j.appliance.InspectorChain}, do not see
         * these packets either.
         *
         * @param fastPath that the ports of the appliance have; its generations are this control's
         * @return this
         */
        public Builder fastPath(FastPath fastPath) {
            this.fastPath = fastPath;
            return this;
        }

        /**
         * {@return a control with these settings}
         *
         * @throws IllegalStateException if there is a fast path, and windows are to be checked
         */
        public FirewallControl build() {
            if (fastPath != null && checksWindows) {
                throw new IllegalStateException(
                        "a fast path shows no segments whose windows could be checked");
            }
            return new FirewallControl(this);
        }

        List<FlowInspector> newInspectors() {
            List<FlowInspector> made = new ArrayList<>();
            inspectors.forEach(inspector -> made.add(inspector.get()));
            return made;
        }

        ConnectionTracker tracker(
                int inspectorBytes,
                ConnectionListener listener,
                @Nullable PacketsElsewhere elsewhere) {
            TrackerBuilder tracker =
                    ConnectionTracker.builder(flows)
                            .timeouts(timeouts)
                            .whenFull(whenFull)
                            .midStream(midStream)
                            .checksWindows(checksWindows)
                            .flowsPerEndpoint(flowsPerEndpoint, TrackerBuilder.DEFAULT_ENDPOINTS)
                            .flowsPerSource(flowsPerSource)
                            .inspectorBytes(inspectorBytes)
                            .memory(HugePages::allocate)
                            .listener(listener);
            if (elsewhere != null) {
                tracker.elsewhere(elsewhere);
            }
            return tracker.build();
        }
    }
}
