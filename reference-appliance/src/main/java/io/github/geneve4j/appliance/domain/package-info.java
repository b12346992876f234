/** Names of servers: which one a connection asks for in its first bytes, and which are allowed. */
@NullMarked
package io.github.geneve4j.appliance.domain;

import org.jspecify.annotations.NullMarked;
