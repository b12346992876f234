/**
 * Packets for tests: hex text, builders, generators, and a slow decoder to compare with. It knows
 * bytes only.
 */
@NullMarked
package io.github.geneve4j.testkit;

import org.jspecify.annotations.NullMarked;
