package io.github.geneve4j.io;

/**
 * How an AF_XDP socket is to be bound and tuned.
 *
 * @param copy whether the kernel is to copy frames though the interface could do without
 * @param busyPollMicros microseconds of busy polling in a call, 0 for none
 * @param busyPollBudget packets of one round of busy polling
 * @param maxDatagramLength most bytes of UDP payload that a datagram may have
 */
record XskOptions(boolean copy, int busyPollMicros, int busyPollBudget, int maxDatagramLength) {}
