package io.github.geneve4j.appliance.track;

/** Why a packet is {@link Outcome#INVALID}. */
public enum InvalidReason {
    /** It is not. */
    NONE("none"),
    /** The TCP header says that it is shorter than 20 bytes, or longer than the packet. */
    BAD_HEADER("bad_header"),
    /** No TCP sends these flags together: none, SYN with FIN, FIN without ACK, … */
    BAD_FLAGS("bad_flags"),
    /** The flags do not fit what was seen of the connection, such as data before an answer. */
    UNEXPECTED("unexpected"),
    /** The segment begins above what the receiver's window allows. */
    ABOVE_WINDOW("above_window"),
    /** The segment ends more than the receiver's window below what was sent already. */
    BELOW_WINDOW("below_window"),
    /** It acknowledges what was not sent. */
    ACKNOWLEDGES_UNSENT("acknowledges_unsent"),
    /** It acknowledges less than any sender still can. */
    ACKNOWLEDGES_OLD("acknowledges_old"),
    /** An ICMP error goes to another than the sender of the packet that it quotes. */
    MISDIRECTED("misdirected");

    private final String label;

    InvalidReason(String label) {
        this.label = label;
    }

    /** {@return the stable metric label; safe to persist, unlike {@link #ordinal()}} */
    public String label() {
        return label;
    }
}
