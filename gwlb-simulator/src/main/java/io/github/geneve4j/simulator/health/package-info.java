/** Health checks over the wire, as the simulation and the conformance suite both make them. */
@NullMarked
package io.github.geneve4j.simulator.health;

import org.jspecify.annotations.NullMarked;
