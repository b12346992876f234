package io.github.geneve4j.appliance;

import io.github.geneve4j.appliance.firewall.FlowInspector;
import io.github.geneve4j.appliance.firewall.InspectedFlow;
import io.github.geneve4j.appliance.track.ConnectionEnd;
import io.github.geneve4j.flow.FlowFormat;
import java.util.List;

/**
 * Looks at no packet, and writes down what passed of each flow that ends; times are not in there.
 */
record FastPathWitness(List<String> ended) implements FlowInspector {
    @Override
    public void flowStarted(InspectedFlow flow, InspectedPacket packet) {
        flow.stopInspecting();
    }

    @Override
    public Verdict inspect(InspectedFlow flow, InspectedPacket packet) {
        return Verdict.PASS;
    }

    @Override
    public void flowEnded(InspectedFlow flow, ConnectionEnd end) {
        ended.add(
                flow.endpointId()
                        + " "
                        + FlowFormat.text(flow.fiveTuple())
                        + " packets "
                        + flow.packets(true)
                        + "/"
                        + flow.packets(false)
                        + " bytes "
                        + flow.bytes(true)
                        + "/"
                        + flow.bytes(false)
                        + " cookie "
                        + flow.cookie()
                        + " rule "
                        + flow.rule()
                        + " policy "
                        + flow.policyNumber()
                        + " state "
                        + flow.tcpState());
    }
}
