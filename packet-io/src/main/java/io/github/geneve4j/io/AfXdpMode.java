package io.github.geneve4j.io;

/** Who runs the program that takes datagrams off an interface for an {@link AfXdpPort}. */
public enum AfXdpMode {
    /** The interface's driver, before the kernel makes a packet of what it received. */
    DRIVER,
    /** The kernel's network stack, for any interface. */
    GENERIC
}
