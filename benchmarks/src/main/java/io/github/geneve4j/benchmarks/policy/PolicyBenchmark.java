package io.github.geneve4j.benchmarks.policy;

import io.github.geneve4j.appliance.policy.CompiledPolicy;
import io.github.geneve4j.appliance.policy.FirstMatch;
import io.github.geneve4j.appliance.policy.Policy;
import io.github.geneve4j.appliance.policy.ShadowedRules;
import io.github.geneve4j.flow.FiveTuple;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What it costs to decide about a new flow, by the number of rules, and to make a policy ready for
 * it. Each operation takes the next of 65,536 flows, so that neither the branch predictor nor the
 * caches can know what is asked; the baseline reads the same flow's fields.
 *
 * {@snippet lang = shell :
 * java -jar benchmarks/target/benchmarks.jar PolicyBenchmark -prof gc -rf csv
 * }
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 2,
        jvmArgsAppend = {"-Xms1g", "-Xmx1g"})
@Warmup(iterations = 10, time = 100, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 10, time = 100, timeUnit = TimeUnit.MILLISECONDS)
public class PolicyBenchmark {
    private static final int FLOWS = 1 << 16;

    /** What the rules are like: see {@link SamplePolicies}. */
    @Param({"firewall", "ports", "nested"})
    String kind = "firewall";

    /** How many rules the policy has. */
    @Param({"10", "100", "1000", "10000"})
    int rules;

    private final FiveTuple[] flows = new FiveTuple[FLOWS];
    private final long[] endpoints = new long[FLOWS];
    private Policy policy = new SamplePolicies("firewall", 1).policy(1);
    private CompiledPolicy compiled = CompiledPolicy.of(policy);
    private FirstMatch interpreter = new FirstMatch(policy);
    private int next;

    /** Makes policy and flows, and says what share of them the default decides. */
    @Setup
    public void prepare() {
        SamplePolicies samples = new SamplePolicies(kind, 20261129);
        policy = samples.policy(rules);
        compiled = CompiledPolicy.of(policy);
        interpreter = new FirstMatch(policy);
        System.arraycopy(samples.flows(policy, FLOWS), 0, flows, 0, FLOWS);
        int byDefault = 0;
        long ruleSum = 0;
        for (int i = 0; i < FLOWS; i++) {
            endpoints[i] = samples.endpoint();
            int decision = compiled.decide(endpoints[i], flows[i], -1);
            byDefault += decision == rules ? 1 : 0;
            ruleSum += decision;
        }
        System.out.printf(
                "# %s: %d rules, %,d bytes, default decides %d %%, mean decision %d%n",
                kind, rules, compiled.memoryLength(), byDefault * 100L / FLOWS, ruleSum / FLOWS);
    }

    /** {@return fields of the flow: the baseline} */
    @Benchmark
    public long touch() {
        FiveTuple flow = flows[advance()];
        return flow.sourceLow()
                + flow.destinationLow()
                + flow.protocol()
                + flow.destinationPort()
                + endpoints[next];
    }

    /** {@return the deciding rule} */
    @Benchmark
    public int decide() {
        FiveTuple flow = flows[advance()];
        return compiled.decide(endpoints[next], flow, -1);
    }

    /** {@return the deciding rule, found by looking at one after another} */
    @Benchmark
    public int interpret() {
        FiveTuple flow = flows[advance()];
        return interpreter.decide(endpoints[next], flow, -1);
    }

    /** {@return a policy ready to judge} */
    @Benchmark
    @BenchmarkMode(Mode.SingleShotTime)
    @OutputTimeUnit(TimeUnit.MILLISECONDS)
    @Warmup(iterations = 5)
    @Measurement(iterations = 5)
    public CompiledPolicy compile() {
        return CompiledPolicy.of(policy);
    }

    /** {@return what an operator is told about rules that never decide} */
    @Benchmark
    @BenchmarkMode(Mode.SingleShotTime)
    @OutputTimeUnit(TimeUnit.MILLISECONDS)
    @Warmup(iterations = 2)
    @Measurement(iterations = 3)
    public ShadowedRules shadowed() {
        return ShadowedRules.of(policy);
    }

    private int advance() {
        next = next + 1 & FLOWS - 1;
        return next;
    }
}
