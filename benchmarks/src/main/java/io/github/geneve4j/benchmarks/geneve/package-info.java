/** What the codec and the load balancer's options cost. */
@NullMarked
package io.github.geneve4j.benchmarks.geneve;

import org.jspecify.annotations.NullMarked;
