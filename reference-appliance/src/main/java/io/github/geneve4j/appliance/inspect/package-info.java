/** Inspectors that ship with the appliance. */
@NullMarked
package io.github.geneve4j.appliance.inspect;

import org.jspecify.annotations.NullMarked;
