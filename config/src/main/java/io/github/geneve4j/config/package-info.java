/** Configuration files: YAML, read so that every mistake in it has a place and an explanation. */
@NullMarked
package io.github.geneve4j.config;

import org.jspecify.annotations.NullMarked;
