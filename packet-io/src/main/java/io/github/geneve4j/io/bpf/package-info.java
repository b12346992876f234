/**
 * Programs that run inside the kernel: an assembler for eBPF, and what loads its output, gives it
 * maps and attaches it to an interface. Not exported: ports use it, their users need not.
 *
 * <p>A program is a class with a method that takes its parameters and maps and returns {@link
 * io.github.geneve4j.io.bpf.Bytecode}; it is written one instruction a line, with what the line
 * means in C beside it. {@link io.github.geneve4j.io.bpf.Bytecode#listing()} prints what came of
 * it, in the notation of the kernel's verifier.
 *
 * <p>Instructions, and numbers that programs read from packets, are laid out for little-endian
 * machines: x86-64 and aarch64 are both.
 */
@NullMarked
package io.github.geneve4j.io.bpf;

import org.jspecify.annotations.NullMarked;
