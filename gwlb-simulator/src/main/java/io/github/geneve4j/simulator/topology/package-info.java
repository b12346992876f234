/**
 * The file that describes a load balancer and what is around it, in YAML, as immutable records.
 *
 * <p>Start at {@link Topology#read}. Whatever is wrong with a file is told at once, each with its
 * line and column and what was expected there; keys that nobody knows are refused.
 */
@org.jspecify.annotations.NullMarked
package io.github.geneve4j.simulator.topology;
