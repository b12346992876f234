package io.github.geneve4j.examples;

import io.github.geneve4j.appliance.Appliance;
import io.github.geneve4j.appliance.InspectedPacket;
import io.github.geneve4j.appliance.OriginFilter;
import io.github.geneve4j.appliance.Verdict;
import io.github.geneve4j.appliance.firewall.FirewallControl;
import io.github.geneve4j.appliance.firewall.FlowInspector;
import io.github.geneve4j.appliance.firewall.InspectedFlow;
import io.github.geneve4j.appliance.policy.PolicyReader;
import io.github.geneve4j.appliance.track.ConnectionEnd;
import io.github.geneve4j.io.NioPort;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.concurrent.atomic.LongAdder;

/**
 * Inspects flows: whoever begins one may send so many bytes in it, then it is reset. What comes
 * before does not have to be looked at.
 */
public final class UploadLimit implements FlowInspector {
    private static final int CUT_OFF = 0; // byte: whether the limit was reached
    private static final int STATE_LENGTH = 1;

    private final long most;
    private final LongAdder cutOff;

    /**
     * Creates an inspector.
     *
     * @param most bytes of IP packets that a flow's beginner may send
     * @param cutOff counts the flows that ended with more, of all workers
     */
    public UploadLimit(long most, LongAdder cutOff) {
        this.most = most;
        this.cutOff = cutOff;
    }

    @Override
    public int stateLength() {
        return STATE_LENGTH;
    }

    @Override
    public boolean pauses() {
        return true;
    }

    @Override
    public void flowStarted(InspectedFlow flow, InspectedPacket packet) {
        flow.pauseBytes(true, most);
        flow.stopInspecting(false);
    }

    /** Called for what comes after {@code most} bytes alone. */
    @Override
    public Verdict inspect(InspectedFlow flow, InspectedPacket packet) {
        flow.setByte(CUT_OFF, (byte) 1);
        flow.resumeInspecting(false);
        return Verdict.REJECT_BOTH_ENDS;
    }

    @Override
    public void flowEnded(InspectedFlow flow, ConnectionEnd end) {
        if (flow.getByte(CUT_OFF) != 0) {
            cutOff.increment();
        }
    }

    /**
     * Runs a firewall with this inspector until the process is ended.
     *
     * @param args the address to listen on, the networks of the load balancer's nodes, a policy
     * @throws Exception if one of them cannot be used
     */
    public static void main(String[] args) throws Exception {
        if (args.length != 3) {
            System.err.println("usage: UploadLimit ADDRESS CIDR[,CIDR] POLICY");
            System.exit(2);
        }
        LongAdder cutOff = new LongAdder();
        FirewallControl control =
                FirewallControl.builder(PolicyReader.read(Path.of(args[2])))
                        .inspector(() -> new UploadLimit(1_000_000, cutOff))
                        .build();
        try (Appliance appliance =
                Appliance.builder()
                        .port(NioPort.builder(InetAddress.getByName(args[0])).open())
                        .allowFrom(OriginFilter.parse(args[1]))
                        .inspector(control::newFirewall)
                        .start()) {
            System.out.println("listening on " + args[0] + ", serving " + args[1]);
            appliance.join();
        }
        System.out.println(cutOff + " flows were cut off");
    }
}
