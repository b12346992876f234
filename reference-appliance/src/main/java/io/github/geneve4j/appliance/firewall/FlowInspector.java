package io.github.geneve4j.appliance.firewall;

import io.github.geneve4j.appliance.FailureMode;
import io.github.geneve4j.appliance.InspectedPacket;
import io.github.geneve4j.appliance.Verdict;
import io.github.geneve4j.appliance.track.ConnectionEnd;

/**
 * Inspects the flows that a policy allows, packet by packet, with bytes of its own for each flow:
 * the interface that an own intrusion detection, application filter or flow log implements.
 *
 * <p>Each worker has one and calls it from its one thread, so it needs no lock for its state. For a
 * flow it is called in this order: {@link #flowStarted} once, {@link #inspect} for each packet of
 * both directions, the first included, {@link #flowEnded} once. It is shown neither what the policy
 * does not allow nor packets that cannot be ({@link Judgement#INVALID}), nor ICMP errors about the
 * flow. Other ICMP messages belong to a flow by their addresses and identifier: one of another kind
 * than the first, which the policy has judged by itself, is a packet of it like any other.
 *
 * <p>What needs not be seen should not be shown: {@link InspectedFlow#stopInspecting} is for the
 * rest of a flow, {@link InspectedFlow#pause} for so many packets or bytes, or so long a time.
 * Flows that nobody looks at cost less, and may stay in the kernel.
 *
 * <p>It runs on the packet path: no method may allocate, block, log or lock. If {@code flowStarted}
 * or {@code inspect} throws, {@link FailureMode} says what becomes of the packet. A flow whose
 * start failed has ended, and its next packet may begin it again; a flow goes on whatever {@code
 * inspect} threw. What {@code flowEnded} throws is no packet's affair: the flow has ended, the
 * others are told, and {@link FirewallCounters#failedEnds} counts it.
 */
public interface FlowInspector {
    /**
     * {@return how many bytes it keeps for each flow, see {@link InspectedFlow}; always the same}
     */
    default int stateLength() {
        return 0;
    }

    /**
     * {@return whether it ever calls {@link InspectedFlow#pause} or its like; always the same} Its
     * limits take 48 bytes of each flow; where there is a fast path, 16 more for all inspectors
     * together. {@link InspectedFlow#stopInspecting} needs none.
     */
    default boolean pauses() {
        return false;
    }

    /**
     * A flow begins. Its bytes are zero.
     *
     * @param flow valid during this call only
     * @param packet the first one, which {@link #inspect} is shown next
     */
    default void flowStarted(InspectedFlow flow, InspectedPacket packet) {}

    /**
     * {@return what becomes of a packet} A flow whose packet is dropped or rejected goes on, and
     * its next packet is shown again. But a TCP connection that a segment's rejection resets is
     * over as after any reset: it ends soon, or when a SYN begins another on its ports, unless both
     * sides go on.
     *
     * @param flow valid during this call only
     * @param packet likewise
     */
    Verdict inspect(InspectedFlow flow, InspectedPacket packet);

    /**
     * A flow has ended; its statistics, its five-tuple and its bytes can be read for the last time.
     * Called for each flow that started, also if {@link InspectedFlow#stopInspecting} was called.
     *
     * @param flow valid during this call only
     * @param end why
     */
    default void flowEnded(InspectedFlow flow, ConnectionEnd end) {}

    /**
     * Called when no packet is waiting, and also otherwise some ten times a second.
     *
     * @param nowNs the time, as {@link InspectedPacket#nowNs()}
     */
    default void onIdle(long nowNs) {}
}
