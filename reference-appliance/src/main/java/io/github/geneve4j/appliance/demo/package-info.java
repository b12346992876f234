/**
 * A load balancer's node in miniature, on loopback, so that the appliance can be seen at work
 * without AWS and without root.
 */
@NullMarked
package io.github.geneve4j.appliance.demo;

import org.jspecify.annotations.NullMarked;
