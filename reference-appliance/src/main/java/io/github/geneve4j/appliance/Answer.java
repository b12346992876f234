package io.github.geneve4j.appliance;

/**
 * What a sender was told about a packet that was rejected or had become too long; each constant is
 * a counter, named by its {@link #label()}, and each such packet has exactly one.
 */
public enum Answer {
    /** A TCP reset (RFC 9293 §3.10.7.1). */
    TCP_RESET("tcp_reset"),
    /** ICMP type 3, code 13, or ICMPv6 type 1, code 1: administratively prohibited. */
    ICMP_PROHIBITED("icmp_prohibited"),
    /** ICMP type 3, code 4, or ICMPv6 type 2: too big, with the MTU. */
    ICMP_TOO_BIG("icmp_too_big"),
    /**
     * Nothing, as the packet is one that nobody may answer: a reset, an ICMP error, a fragment
     * other than the first, one that is not between two hosts, a malformed or damaged one (RFC 1122
     * §3.2.2, RFC 1812 §4.3.2.7, RFC 4443 §2.4).
     */
    NOT_ALLOWED("unanswerable"),
    /** Nothing, as there were too many ICMP errors already (RFC 4443 §2.4). */
    LIMITED("answer_limited"),
    /** Nothing, as the answer is longer than what the port can send. */
    NO_ROOM("answer_too_long");

    private final String label;

    Answer(String label) {
        this.label = label;
    }

    /** {@return the stable metric label; safe to persist, unlike {@link #ordinal()}} */
    public String label() {
        return label;
    }

    /** {@return whether a packet goes back to the sender} */
    public boolean isSent() {
        return this == TCP_RESET || this == ICMP_PROHIBITED || this == ICMP_TOO_BIG;
    }
}
