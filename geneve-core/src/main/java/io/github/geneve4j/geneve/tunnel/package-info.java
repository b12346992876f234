/** A complete tunnel endpoint. */
@NullMarked
package io.github.geneve4j.geneve.tunnel;

import org.jspecify.annotations.NullMarked;
