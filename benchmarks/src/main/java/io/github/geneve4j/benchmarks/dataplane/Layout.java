package io.github.geneve4j.benchmarks.dataplane;

import java.util.Locale;

/** Which core does what. */
enum Layout {
    /** The appliance's core carries all that the appliance causes. */
    ONE_CORE(
            true,
            false,
            "one core for all that the appliance causes: its process, the receive softirq of its"
                    + " interface (RPS mask; where it receives by NAPI, a pinned thread), and the"
                    + " way of its replies to the other end of the cable, which veth charges to who"
                    + " sends. The other core has the generator alone"),
    /** The same, but the generator's core fetches the replies. */
    REPLIES_AWAY(
            true,
            true,
            "as one-core, but the receive softirq of the generator's interface is on the"
                    + " generator's core, so that every buffer is freed on another core than the"
                    + " one that it was made on"),
    /** As veth does by itself: each side's receive softirq runs where the frame was sent. */
    VETH_DEFAULT(
            false,
            false,
            "as veth does by itself, so the receive softirq of the appliance's interface runs on"
                    + " the generator's core, and that of the generator's interface on the"
                    + " appliance's core");

    private final boolean hasRequestsOnAppliance;
    private final boolean hasRepliesOnGenerator;
    private final String text;

    Layout(boolean hasRequestsOnAppliance, boolean hasRepliesOnGenerator, String text) {
        this.hasRequestsOnAppliance = hasRequestsOnAppliance;
        this.hasRepliesOnGenerator = hasRepliesOnGenerator;
        this.text = text;
    }

    /** {@return a layout by its {@link #label}} */
    static Layout labelled(String label) {
        for (Layout layout : values()) {
            if (layout.label().equals(label)) {
                return layout;
            }
        }
        throw new IllegalArgumentException(
                "layout '" + label + "': not one-core, replies-away or veth-default");
    }

    /** {@return whether requests are steered to the appliance's core to be received} */
    boolean hasRequestsOnAppliance() {
        return hasRequestsOnAppliance;
    }

    /** {@return whether replies are steered to the generator's core to be received} */
    boolean hasRepliesOnGenerator() {
        return hasRepliesOnGenerator;
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
