package io.github.geneve4j.simulator.topology;

/**
 * An endpoint service.
 *
 * @param name of no other
 * @param acceptanceRequired whether its endpoints wait until they are accepted
 */
public record ServiceSpec(String name, boolean acceptanceRequired) {}
