package io.github.geneve4j.simulator;

/**
 * One question whether a target is well, to be answered by {@link GwlbSimulator#healthResult}. An
 * answer after the timeout is too late and counts for nothing.
 *
 * @param target asked
 * @param node that asks; its address is the source
 * @param prober which of the probers, from 0
 * @param number of the probe; no other of the simulator has it
 */
public record HealthProbe(Target target, Node node, int prober, long number) {}
