package io.github.geneve4j.geneve.tunnel;

/** Turns the hash of a flow into the fields that routers balance by. */
final class FlowEntropy {
    private FlowEntropy() {}

    /**
     * {@return a hash all of whose bits depend on all bits of the given one}
     *
     * <p>The caller's hash may be a sign-extended {@code int}, a port or a counter: its high bits
     * alone would then choose among two ports. The steps are MurmurHash3's 64-bit finalizer.
     */
    static long mix(long flowHash) {
        long mixed = (flowHash ^ flowHash >>> 33) * 0xff51_afd7_ed55_8ccdL;
        mixed = (mixed ^ mixed >>> 33) * 0xc4ce_b9fe_1a85_ec53L;
        return mixed ^ mixed >>> 33;
    }

    /** {@return an IPv6 flow label for the flow; never 0, which means "none" (RFC 6437 §3)} */
    static int flowLabel(long flowHash) {
        int label = (int) mix(flowHash) & Ip.V6_FLOW_LABEL_MASK;
        return label == 0 ? 1 : label;
    }
}
