package io.github.geneve4j.simulator;

import static io.github.geneve4j.simulator.Flows.NONE;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowFormat;
import io.github.geneve4j.flow.FlowStatus;
import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.Geneve;
import io.github.geneve4j.geneve.GeneveDecoder;
import io.github.geneve4j.gwlb.EndpointId;
import io.github.geneve4j.gwlb.GwlbDialect;
import io.github.geneve4j.gwlb.GwlbMetadata;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Judges what targets return, as the load balancer does: first whether it is a reply at all, then
 * whose, then whether anything in it is not as it was sent.
 *
 * <p>What the last {@link #judge} found is readable until the next one.
 */
final class ReplyJudge {
    private static final Objection[] OBJECTIONS = Objection.values();

    private final int mtu;
    private final Strictness[] strictness = new Strictness[OBJECTIONS.length];
    private final TargetGroup group;
    private final Endpoints endpoints;
    private final Flows flows;
    private final SimulatorCounters counters;
    private final SimulatorOutput output;

    private final GeneveDecoder geneve = new GeneveDecoder();
    private final GwlbMetadata metadata = new GwlbMetadata();
    private final InnerFlow inner;
    private int flow = NONE;
    private String detail = ""; // what is wrong
    private long now;

    ReplyJudge(
            GwlbSimulatorBuilder settings,
            InnerFlow inner,
            TargetGroup group,
            Endpoints endpoints,
            Flows flows,
            SimulatorCounters counters,
            SimulatorOutput output) {
        this.mtu = settings.mtu;
        for (Objection objection : OBJECTIONS) {
            strictness[objection.ordinal()] =
                    settings.strictness.getOrDefault(objection, Strictness.NOTE);
        }
        this.inner = inner;
        this.group = group;
        this.endpoints = endpoints;
        this.flows = flows;
        this.counters = counters;
        this.output = output;
    }

    /**
     * Judges a datagram; objections are counted, and told of, here.
     *
     * @return why it is to be dropped, or {@code null} if it is a good reply
     */
    @Nullable DropReason judge(
            Node node,
            int sourceAddress,
            int sourcePort,
            int destinationPort,
            ByteBuf buffer,
            int offset,
            int length,
            long nowNanos) {
        flow = NONE;
        detail = "";
        now = nowNanos;
        DropReason reason = ofTunnel(sourceAddress, destinationPort, buffer, offset, length);
        if (reason == null) {
            reason = ofOptions();
        }
        if (reason == null) {
            reason = ofFlow(node, sourceAddress, buffer);
        }
        return reason == null ? ofObjections(sourcePort) : reason;
    }

    /** {@return the reply's flow, if it is a good reply} */
    int flow() {
        return flow;
    }

    /** {@return what names the reply's flow, in the reply's direction, if it is a good reply} */
    FiveTuple key() {
        return inner.key();
    }

    /** {@return where its inner packet begins, if it is a good reply} */
    int payloadOffset() {
        return geneve.payloadOffset();
    }

    /** {@return the bytes of its inner packet, if it is a good reply} */
    int payloadLength() {
        return geneve.payloadLength();
    }

    /** {@return more about the reason, for people; may be empty} */
    String detail() {
        return detail;
    }

    /** {@return what becomes of replies with an objection} */
    Strictness strictness(Objection objection) {
        return strictness[objection.ordinal()];
    }

    private @Nullable DropReason ofTunnel(
            int sourceAddress, int destinationPort, ByteBuf buffer, int offset, int length) {
        if (destinationPort != Geneve.UDP_PORT) {
            detail = "to port " + destinationPort;
            return DropReason.WRONG_DESTINATION_PORT;
        }
        DecodeStatus status = geneve.wrap(buffer, offset, length);
        if (status != DecodeStatus.OK) {
            detail = status.label();
            return DropReason.MALFORMED_GENEVE;
        }
        return group.hasAddress(sourceAddress) ? null : DropReason.SOURCE_IS_NO_TARGET;
    }

    private @Nullable DropReason ofOptions() {
        boolean aws = metadata.read(geneve) && metadata.dialect() == GwlbDialect.AWS;
        if (!aws || !metadata.hasEndpointId()) {
            return DropReason.NO_ENDPOINT_ID;
        }
        if (endpoints.withId(metadata.endpointId()) == null) {
            detail = new EndpointId(metadata.endpointId()).toString();
            return DropReason.WRONG_ENDPOINT_ID;
        }
        return metadata.hasFlowCookie() ? null : DropReason.NO_FLOW_COOKIE;
    }

    private @Nullable DropReason ofFlow(Node node, int sourceAddress, ByteBuf buffer) {
        int payload = geneve.payloadOffset();
        int length = geneve.payloadLength();
        if (length > mtu) {
            detail = length + " bytes";
            return DropReason.REPLY_ABOVE_MTU;
        }
        long endpointId = metadata.endpointId();
        FlowStatus status = inner.read(endpointId, buffer, payload, length, now);
        if (status != FlowStatus.OK) {
            detail = status.label();
            return DropReason.MALFORMED_REPLY;
        }
        int cookie = metadata.flowCookie();
        flow = find(endpointId, cookie, buffer, payload, length);
        if (flow == NONE) {
            return missing(endpointId, cookie);
        }
        if (flows.cookie(flow) != cookie) {
            detail = wrongCookie(cookie);
            return DropReason.WRONG_FLOW_COOKIE;
        }
        if (flows.target(flow).address() != sourceAddress) {
            detail = "flow is of " + flows.target(flow);
            return DropReason.WRONG_TARGET;
        }
        if (flows.endpoint(flow).node != node) {
            detail = "at node " + node.zone();
            return DropReason.WRONG_NODE;
        }
        return null;
    }

    private int find(long endpointId, int cookie, ByteBuf buffer, int payload, int length) {
        int found = flows.peek(endpointId, inner.key(), now);
        if ((found == NONE || flows.cookie(found) != cookie)
                && inner.readApart(buffer, payload, length)) {
            int apart = flows.peek(endpointId, inner.key(), now);
            return apart != NONE ? apart : found;
        }
        return found;
    }

    private DropReason missing(long endpointId, int cookie) {
        detail = output.isListening() ? FlowFormat.text(inner.packet()) : "";
        int named = flows.flowOfCookie(cookie);
        if (named != NONE && flows.endpoint(named).id().value() != endpointId) {
            detail += " cookie of " + flows.endpoint(named);
            return DropReason.WRONG_ENDPOINT_ID;
        }
        return DropReason.REPLY_WITHOUT_FLOW;
    }

    private String wrongCookie(int cookie) {
        if (!output.isListening()) {
            return "";
        }
        String what =
                flows.flowOfCookie(cookie) != NONE
                        ? "of another flow"
                        : flows.isOldCookie(cookie, flow) ? "of an earlier flow" : "of no flow";
        return flows.snapshot(flow).text() + " got 0x" + hex(cookie) + " " + what;
    }

    /** What is not as it was sent, although AWS is believed to take it. */
    private @Nullable DropReason ofObjections(int sourcePort) {
        int objections =
                ReplyHeader.differences(
                        geneve, metadata, flows.endpoint(flow).attachmentId(), inner.packet());
        if (sourcePort != flows.sourcePort(flow)) {
            objections |= Objection.SOURCE_PORT_CHANGED.bit();
        }
        return objections != 0 && object(objections) ? DropReason.OBJECTION : null;
    }

    /** {@return whether the reply is to be dropped for one of a set of objections} */
    private boolean object(int objections) {
        boolean dropped = false;
        for (Objection objection : OBJECTIONS) {
            if ((objections & objection.bit()) != 0) {
                counters.count(objection);
                if (strictness(objection) == Strictness.DROP) {
                    detail += (dropped ? " " : "") + objection.label();
                    dropped = true;
                }
            }
        }
        if (dropped) {
            return true;
        }
        for (Objection objection : OBJECTIONS) {
            if ((objections & objection.bit()) != 0
                    && strictness(objection) == Strictness.NOTE
                    && flows.note(flow, objection)
                    && output.isListening()) {
                output.event(new SimulatorEvent.ReplyNoted(now, objection, flows.snapshot(flow)));
            }
        }
        return false;
    }

    private static String hex(int cookie) {
        String digits = Integer.toHexString(cookie);
        return "0".repeat(Integer.SIZE / 4 - digits.length()) + digits;
    }
}
