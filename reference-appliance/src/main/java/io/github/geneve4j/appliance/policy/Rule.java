package io.github.geneve4j.appliance.policy;

/**
 * What becomes of some flows.
 *
 * @param name unlike that of any other rule
 * @param match which flows
 * @param action what becomes of them
 * @param log whether each such flow is told of
 * @param line where it stands in its file, from 1; 0 if in none
 */
public record Rule(String name, Match match, Action action, boolean log, int line) {}
