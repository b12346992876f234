package io.github.geneve4j.examples;

import io.github.geneve4j.appliance.Appliance;
import io.github.geneve4j.appliance.InspectedPacket;
import io.github.geneve4j.appliance.Inspector;
import io.github.geneve4j.appliance.OriginFilter;
import io.github.geneve4j.appliance.Verdict;
import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowStatus;
import io.github.geneve4j.flow.IpProtocol;
import io.github.geneve4j.io.NioPort;
import java.net.InetAddress;

/** An inspector of one's own: name look-ups may go to one IPv4 resolver only, all else passes. */
public final class DnsGuard implements Inspector {
    private static final int DNS = 53;

    private final long resolver;

    /**
     * Creates an inspector.
     *
     * @param resolver the IPv4 address that may be asked, as a big-endian 32-bit number
     */
    public DnsGuard(int resolver) {
        this.resolver = Integer.toUnsignedLong(resolver);
    }

    @Override
    public Verdict inspect(InspectedPacket packet) {
        FiveTuple flow = packet.flow();
        if (packet.flowStatus() != FlowStatus.OK || flow.isFragment()) {
            return Verdict.DROP; // nobody can say whether it is a look-up
        }
        if (flow.protocol() != IpProtocol.UDP && flow.protocol() != IpProtocol.TCP) {
            return Verdict.PASS;
        }
        boolean asks = flow.destinationPort() == DNS;
        boolean answers = flow.sourcePort() == DNS;
        if (!asks && !answers) {
            return Verdict.PASS;
        }
        long server = asks ? flow.destinationLow() : flow.sourceLow();
        return !flow.isIpv6() && server == resolver ? Verdict.PASS : Verdict.DROP;
    }

    /**
     * Runs an appliance with this inspector until the process is ended.
     *
     * @param args the address to listen on, and the networks of the load balancer's nodes
     * @throws Exception if the address cannot be listened on
     */
    public static void main(String[] args) throws Exception {
        if (args.length != 2) {
            System.err.println("usage: DnsGuard ADDRESS CIDR[,CIDR]");
            System.exit(2);
        }
        InetAddress listen = InetAddress.getByName(args[0]);
        try (Appliance appliance =
                Appliance.builder()
                        .port(NioPort.builder(listen).open())
                        .allowFrom(OriginFilter.parse(args[1]))
                        .inspector(() -> new DnsGuard(0x0a00_0002)) // 10.0.0.2
                        .start()) {
            System.out.println("listening on " + args[0] + ", serving " + args[1]);
            appliance.join();
        }
    }
}
