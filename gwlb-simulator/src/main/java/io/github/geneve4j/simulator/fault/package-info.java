/**
 * What goes wrong on the wire between nodes and targets, on purpose: loss, duplication, reordering,
 * corruption, delay, silent targets. Seeded and reproducible; nothing here reads a clock.
 */
@org.jspecify.annotations.NullMarked
package io.github.geneve4j.simulator.fault;
