package io.github.geneve4j.examples;

import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.EtherType;
import io.github.geneve4j.geneve.GeneveDecoder;
import io.github.geneve4j.geneve.OptionClass;
import io.github.geneve4j.geneve.OptionCursor;
import io.github.geneve4j.gwlb.EndpointId;
import io.github.geneve4j.gwlb.GwlbMetadata;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;

/** Reads one packet of a load balancer, given as hex, and says what is in it. */
public final class DecodeOnePacket {
    /** A header as captured behind a Gateway Load Balancer; the inner packet is left out. */
    private static final String CAPTURED =
            "0800080000000000"
                    + "010801022356de92d389839c"
                    + "010802020000000000000000"
                    + "0108030198ef1b00";

    private DecodeOnePacket() {}

    /**
     * Prints a packet.
     *
     * @param args the UDP payload as hex digits, or nothing for a captured header
     */
    public static void main(String[] args) {
        String hex = args.length == 0 ? CAPTURED : args[0];
        System.out.print(describe(Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(hex))));
    }

    static String describe(ByteBuf packet) {
        GeneveDecoder geneve = new GeneveDecoder();
        DecodeStatus status = geneve.wrap(packet, 0, packet.readableBytes());
        if (status != DecodeStatus.OK) {
            return "not a Geneve packet: " + status.label() + "\n";
        }
        StringBuilder out = new StringBuilder();
        out.append("vni ").append(geneve.vni());
        out.append(", ").append(EtherType.name(geneve.protocolType()));
        out.append(" of ").append(geneve.payloadLength()).append(" bytes\n");

        OptionCursor option = geneve.options(new OptionCursor());
        while (option.next()) {
            out.append("option of ").append(OptionClass.name(option.optionClass()));
            out.append(", type ").append(option.type());
            out.append(", ").append(option.dataLength()).append(" bytes\n");
        }

        GwlbMetadata gwlb = new GwlbMetadata();
        if (gwlb.read(geneve) && gwlb.hasEndpointId() && gwlb.hasFlowCookie()) {
            out.append("came in by ").append(new EndpointId(gwlb.endpointId()));
            out.append(", flow cookie ").append(Integer.toHexString(gwlb.flowCookie()));
            out.append('\n');
        }
        return out.toString();
    }
}
