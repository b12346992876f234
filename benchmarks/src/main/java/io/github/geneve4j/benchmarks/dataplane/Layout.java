package io.github.geneve4j.benchmarks.dataplane;

import java.util.Locale;

/** Which core does what. */
enum Layout {
    /** The appliance's core carries all that the appliance causes. */
    ONE_CORE(
            "one core for all that the appliance causes: its process and the receive softirq of its"
                    + " interface (RPS mask; driver-mode XDP: a pinned NAPI thread). The other core"
                    + " has the generator and the receive softirq of the generator's interface"),
    /** As veth does by itself: each side's receive softirq runs where the frame was sent. */
    VETH_DEFAULT(
            "as veth does by itself, so the receive softirq of the appliance's interface runs on"
                    + " the generator's core, and that of the generator's interface on the"
                    + " appliance's core");

    private final String text;

    Layout(String text) {
        this.text = text;
    }

    /** {@return a layout by its {@link #label}} */
    static Layout labelled(String label) {
        for (Layout layout : values()) {
            if (layout.label().equals(label)) {
                return layout;
            }
        }
        throw new IllegalArgumentException("layout '" + label + "': not one-core or veth-default");
    }

    /** {@return what it is, for people} */
    String text() {
        return text;
    }

    /** {@return its name in tables and files} */
    String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
