/** What the parts of the firewall cost for each packet. */
@NullMarked
package io.github.geneve4j.benchmarks.firewall;

import org.jspecify.annotations.NullMarked;
