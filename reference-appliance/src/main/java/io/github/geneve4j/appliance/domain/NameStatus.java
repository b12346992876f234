package io.github.geneve4j.appliance.domain;

/** What the first bytes of a connection say about the server that it asks for. */
public enum NameStatus {
    /** They name one. */
    FOUND,
    /** So far they fit, and do not name one yet; more bytes are needed. */
    INCOMPLETE,
    /** They are complete and name none. */
    ABSENT,
    /** They are of another protocol, or break the rules of this one. */
    MALFORMED
}
