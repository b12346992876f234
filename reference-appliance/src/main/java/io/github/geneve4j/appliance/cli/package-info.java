/** The command line: one class for each subcommand. */
@NullMarked
package io.github.geneve4j.appliance.cli;

import org.jspecify.annotations.NullMarked;
