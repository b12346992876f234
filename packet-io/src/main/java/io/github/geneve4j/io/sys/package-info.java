/**
 * The system calls that ports are made of, through {@code java.lang.foreign}: no native code of our
 * own. Exported to the simulator only.
 *
 * <p>{@link io.github.geneve4j.io.sys.Libc} has the functions; one class for each kernel header has
 * its constants and the offsets of its structs, named as in C. Structs are plain memory segments,
 * read and written at those offsets in the byte order of the host, which is little-endian on both
 * supported {@linkplain io.github.geneve4j.io.sys.Architecture architectures}.
 */
@NullMarked
package io.github.geneve4j.io.sys;

import org.jspecify.annotations.NullMarked;
