/** What it costs to be the load balancer. */
@NullMarked
package io.github.geneve4j.benchmarks.simulator;

import org.jspecify.annotations.NullMarked;
