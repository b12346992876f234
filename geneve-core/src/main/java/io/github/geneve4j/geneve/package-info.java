/**
 * Reading and writing Geneve headers (<a href="https://www.rfc-editor.org/rfc/rfc8926">RFC
 * 8926</a>).
 *
 * <p>Start at {@link io.github.geneve4j.geneve.GeneveDecoder} or {@link
 * io.github.geneve4j.geneve.GeneveEncoder}. Three kinds of type live here:
 *
 * <ul>
 *   <li><b>views</b> ({@code GeneveDecoder}, {@code OptionCursor}, {@code GeneveEncoder}): mutable,
 *       single-threaded, allocated once and pointed at one packet after another. They borrow the
 *       buffer: no index moves, nothing is retained or released, nothing is allocated;
 *   <li><b>values</b> ({@code GeneveHeader}, {@code GeneveOption}): immutable records for the cold
 *       path;
 *   <li><b>vocabulary</b> ({@code DecodeStatus}, {@code OptionClass}, {@code EtherType}, {@code
 *       OptionRegistry}): names for what the bytes mean.
 * </ul>
 *
 * <p>Integers on the wire are big-endian and unsigned; they are returned widened to the next Java
 * type that holds them. Lengths are bytes. Malformed bytes give a {@link
 * io.github.geneve4j.geneve.DecodeStatus}; a programmer's mistake gives an unchecked exception that
 * names the value.
 */
@NullMarked
package io.github.geneve4j.geneve;

import org.jspecify.annotations.NullMarked;
