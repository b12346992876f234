package io.github.geneve4j.appliance.domain;

/** What a datagram from a QUIC client is, to who looks for the beginning of a connection in it. */
public enum InitialStatus {
    /** It has Initial packets, and all of them were opened. */
    OPENED,
    /**
     * No connection begins with it: it has a short header, or only packets of later stages, or it
     * is empty.
     */
    NOT_INITIAL,
    /** It is of a version other than 1 and 2, whose keys are not known. */
    OTHER_VERSION,
    /**
     * It ends before a packet in it does; or it has an Initial packet and fewer than 1,200 bytes,
     * so that a server discards it (RFC 9000 §14.1).
     */
    TOO_SHORT,
    /** An Initial packet in it is not of the keys that it should be of; a server discards it. */
    NOT_AUTHENTIC,
    /** It breaks the rules of RFC 9000. */
    MALFORMED
}
