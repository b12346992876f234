/** What it costs to know a packet's flow, and to keep state for it. */
@NullMarked
package io.github.geneve4j.benchmarks.policy;

import org.jspecify.annotations.NullMarked;
