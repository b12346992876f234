/** Complete small programs, each a class to run and to read. */
@NullMarked
package io.github.geneve4j.examples;

import org.jspecify.annotations.NullMarked;
