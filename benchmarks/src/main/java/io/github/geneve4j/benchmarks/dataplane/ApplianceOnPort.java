package io.github.geneve4j.benchmarks.dataplane;

import io.github.geneve4j.appliance.Appliance;
import io.github.geneve4j.appliance.IdleMode;
import io.github.geneve4j.appliance.OriginFilter;
import io.github.geneve4j.appliance.inspect.AllowAll;
import io.github.geneve4j.io.AfPacketPort;
import io.github.geneve4j.io.AfXdpMode;
import io.github.geneve4j.io.AfXdpPort;
import io.github.geneve4j.io.NioPort;
import io.github.geneve4j.io.PacketPort;
import java.io.IOException;
import java.net.Inet4Address;

/** The appliance on a port of one's choice, passing everything. */
public final class ApplianceOnPort {
    /** Printed once packets are returned. */
    static final String READY = "serving";

    private ApplianceOnPort() {}

    /**
     * Serves until the process is ended.
     *
     * @param args port (as in {@link Programs}), interface, own address, origins
     * @throws IOException if the port does not open, or fails
     * @throws InterruptedException never
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        try (Appliance appliance =
                Appliance.builder()
                        .port(open(args[0], args[1], Inet4Address.ofLiteral(args[2])))
                        .allowFrom(OriginFilter.parse(args[3]))
                        .inspector(AllowAll::new)
                        .idle(IdleMode.SPIN)
                        .start()) {
            System.out.println(READY);
            appliance.join();
            if (appliance.failure().isPresent()) {
                throw new IOException("the packet loop ended", appliance.failure().get());
            }
        }
    }

    private static PacketPort open(String io, String device, Inet4Address own) throws IOException {
        return switch (io) {
            case Programs.AF_XDP_DRIVER ->
                    AfXdpPort.builder(device).address(own).mode(AfXdpMode.DRIVER).open();
            case Programs.AF_XDP_GENERIC ->
                    AfXdpPort.builder(device).address(own).mode(AfXdpMode.GENERIC).open();
            case Programs.AF_PACKET -> AfPacketPort.builder(device).address(own).open();
            case Programs.AF_PACKET_PLAIN ->
                    AfPacketPort.builder(device).address(own).understandOffloads(false).open();
            case Programs.NIO -> NioPort.builder(own).open();
            default -> throw new IllegalArgumentException("port '" + io + "'");
        };
    }
}
