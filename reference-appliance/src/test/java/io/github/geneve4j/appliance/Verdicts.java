package io.github.geneve4j.appliance;

import io.github.geneve4j.geneve.EtherType;
import io.github.geneve4j.testkit.KnownPackets;
import io.github.geneve4j.testkit.Packets;
import io.netty.buffer.Unpooled;

/** Shows one inner packet to an inspector, under a load balancer's header. */
public final class Verdicts {
    private Verdicts() {}

    /** {@return what the inspector says} */
    public static Verdict on(Inspector inspector, byte[] inner) {
        return on(inspector, inner, System.nanoTime());
    }

    /** {@return what the inspector says at a time} */
    public static Verdict on(Inspector inspector, byte[] inner, long nowNs) {
        byte[] header = KnownPackets.awsHeader();
        boolean ipv6 = inner.length > 0 && inner[0] >>> 4 == 6;
        header[2] = (byte) ((ipv6 ? EtherType.IPV6 : EtherType.IPV4) >> 8);
        header[3] = (byte) (ipv6 ? EtherType.IPV6 : EtherType.IPV4);
        byte[] datagram = Packets.concat(header, inner);
        InspectedPacket packet =
                InspectedPacket.of(Unpooled.wrappedBuffer(datagram), 0, datagram.length);
        packet.at(nowNs);
        return inspector.inspect(packet);
    }
}
