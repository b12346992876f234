package io.github.geneve4j.simulator;

/**
 * Something that happened in the load balancer, as a value and as one line of text. Under the same
 * seed the same calls give the same lines.
 */
public sealed interface SimulatorEvent {
    /** {@return when it happened, by the simulator's clock} */
    long nowNanos();

    /** {@return what happened, in one line without the time; its form is stable} */
    String text();

    /**
     * {@return time and text, such as {@code 12.000000001 target fw-1 healthy -> unhealthy}}
     *
     * @param startNanos from which the seconds count
     */
    default String line(long startNanos) {
        long time = nowNanos() - startNanos;
        String fraction = Long.toString(time % 1_000_000_000L);
        return time / 1_000_000_000L
                + "."
                + "0".repeat(9 - fraction.length())
                + fraction
                + " "
                + text();
    }

    /**
     * A target's state changed.
     *
     * @param nowNanos when
     * @param target whose
     * @param from before
     * @param to now
     */
    record TargetChanged(long nowNanos, Target target, TargetState from, TargetState to)
            implements SimulatorEvent {
        @Override
        public String text() {
            return "target " + target.name() + " " + from.label() + " -> " + to.label();
        }
    }

    /**
     * An endpoint was created, accepted, rejected or deleted.
     *
     * @param nowNanos when
     * @param endpoint which
     * @param to its state now
     */
    record EndpointChanged(long nowNanos, Endpoint endpoint, EndpointState to)
            implements SimulatorEvent {
        @Override
        public String text() {
            return "endpoint " + endpoint + " " + to.label();
        }
    }

    /**
     * A node has another address.
     *
     * @param nowNanos when
     * @param node which
     * @param from the address before
     * @param to the address now
     */
    record NodeMoved(long nowNanos, Node node, int from, int to) implements SimulatorEvent {
        @Override
        public String text() {
            return "node "
                    + node.zone()
                    + " "
                    + io.github.geneve4j.flow.FlowFormat.ipv4(from)
                    + " -> "
                    + io.github.geneve4j.flow.FlowFormat.ipv4(to);
        }
    }

    /**
     * A flow began.
     *
     * @param nowNanos when
     * @param flow as it was then
     */
    record FlowStarted(long nowNanos, FlowSnapshot flow) implements SimulatorEvent {
        @Override
        public String text() {
            return "flow-start "
                    + flow.text()
                    + " port "
                    + flow.sourcePort()
                    + " target "
                    + flow.target().name();
        }
    }

    /**
     * A flow is known no longer.
     *
     * @param nowNanos when
     * @param flow as it was at last
     * @param reason why
     */
    record FlowEnded(long nowNanos, FlowSnapshot flow, FlowEndReason reason)
            implements SimulatorEvent {
        @Override
        public String text() {
            return "flow-end "
                    + flow.text()
                    + " "
                    + reason.label()
                    + " sent "
                    + flow.packetsSent()
                    + " returned "
                    + flow.packetsReturned();
        }
    }

    /**
     * A flow was given to another target.
     *
     * @param nowNanos when
     * @param flow as it is now
     * @param from the target before
     */
    record FlowMoved(long nowNanos, FlowSnapshot flow, Target from) implements SimulatorEvent {
        @Override
        public String text() {
            return "flow-move " + flow.text() + " " + from.name() + " -> " + flow.target().name();
        }
    }

    /**
     * A packet from an endpoint, or a datagram from a target, went no further.
     *
     * @param nowNanos when
     * @param reason why
     * @param origin where it came from
     * @param detail what was wrong with it, or empty
     */
    record PacketDropped(long nowNanos, DropReason reason, String origin, String detail)
            implements SimulatorEvent {
        @Override
        public String text() {
            CloudWatchMetric metric = reason.metric();
            return "drop "
                    + reason.label()
                    + " from "
                    + origin
                    + (metric == null ? "" : " " + metric.metricName())
                    + (detail.isEmpty() ? "" : " " + detail);
        }
    }

    /**
     * A reply was taken that is not as it should be, the first one of its flow.
     *
     * @param nowNanos when
     * @param objection what is wrong
     * @param flow that it belongs to
     */
    record ReplyNoted(long nowNanos, Objection objection, FlowSnapshot flow)
            implements SimulatorEvent {
        @Override
        public String text() {
            return "note "
                    + objection.label()
                    + " from "
                    + flow.target().name()
                    + " "
                    + flow.text();
        }
    }

    /**
     * A sender was told by a reset that its packet led nowhere.
     *
     * @param nowNanos when
     * @param endpoint that the packet entered by
     * @param side that it entered, and the reset left, by
     * @param connection the packet's addresses and ports
     */
    record ResetSent(long nowNanos, Endpoint endpoint, Side side, String connection)
            implements SimulatorEvent {
        @Override
        public String text() {
            return "reset " + endpoint + " " + side.label() + " " + connection;
        }
    }
}
