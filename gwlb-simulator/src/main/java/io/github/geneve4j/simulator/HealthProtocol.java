package io.github.geneve4j.simulator;

/** How a target is asked whether it is well; Geneve and UDP are no health-check protocols. */
public enum HealthProtocol {
    /** A connection that is accepted. */
    TCP,
    /** A GET that is answered with a status from 200 to 399. */
    HTTP,
    /** The same over TLS, whatever the certificate. */
    HTTPS
}
