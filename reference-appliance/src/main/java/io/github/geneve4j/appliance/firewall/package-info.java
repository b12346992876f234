/** A stateful firewall: a policy about flows, what is known of them, and names of servers. */
@NullMarked
package io.github.geneve4j.appliance.firewall;

import org.jspecify.annotations.NullMarked;
