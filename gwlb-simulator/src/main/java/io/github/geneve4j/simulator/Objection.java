package io.github.geneve4j.simulator;

/**
 * What is not as it was sent in a reply that AWS, as far as is known, takes nevertheless. {@link
 * Strictness} says what becomes of it.
 */
public enum Objection {
    /** The UDP source port is not the flow's, as when an appliance replies from port 6081. */
    SOURCE_PORT_CHANGED("source_port_changed"),
    /** The attachment id is another, or missing, which changes the options, too. */
    ATTACHMENT_ID_CHANGED("attachment_id_changed"),
    /** The protocol type does not fit the inner packet's version. */
    PROTOCOL_TYPE_CHANGED("protocol_type_changed"),
    /** The VNI is not 0. */
    VNI_CHANGED("vni_changed"),
    /** The O or C bit is set, or a reserved bit of header or option. */
    FLAGS_CHANGED("flags_changed"),
    /** The options stand in another order, or there are others. */
    OPTIONS_CHANGED("options_changed");

    private final String label;

    Objection(String label) {
        this.label = label;
    }

    /** {@return its bit in a set of objections} */
    int bit() {
        return 1 << ordinal();
    }

    /** {@return the stable name; safe to persist, unlike {@link #ordinal()}} */
    public String label() {
        return label;
    }
}
