/** What surrounds the packet loop for those who operate it: health answers and statistics. */
@NullMarked
package io.github.geneve4j.appliance.ops;

import org.jspecify.annotations.NullMarked;
