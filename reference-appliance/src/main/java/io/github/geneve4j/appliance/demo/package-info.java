/**
 * The simulated load balancer and the appliance in one process, on loopback, so that both can be
 * seen at work without AWS and without root.
 */
@NullMarked
package io.github.geneve4j.appliance.demo;

import org.jspecify.annotations.NullMarked;
