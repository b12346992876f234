package io.github.geneve4j.testkit;

import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.echoRequest;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.udp;

/** Packets that many tests share. Each call gives fresh bytes. */
public final class KnownPackets {
    /** A header as AWS Gateway Load Balancer sent it: endpoint, attachment, cookie. */
    public static final String AWS_HEADER =
            """
            08 00 08 00  00 00 00 00
            01 08 01 02  23 56 de 92 d3 89 83 9c
            01 08 02 02  00 00 00 00 00 00 00 00
            01 08 03 01  98 ef 1b 00
            """;

    /** A header as AWS Gateway Load Balancer sent it for another endpoint and flow. */
    public static final String AWS_OTHER_HEADER =
            """
            08 00 08 00  00 00 00 00
            01 08 01 02  f5 83 21 5d 2e 66 b3 9c
            01 08 02 02  00 00 00 00 00 00 00 00
            01 08 03 01  67 42 cc 6d
            """;

    /** The two words of the smallest valid header: IPv4 inside, VNI 0, no options. */
    public static final String BARE_HEADER = "00 00 08 00  00 00 00 00";

    private static final String LOAD_BALANCER = "10.254.11.60";
    private static final String APPLIANCE = "10.254.11.101";
    private static final String CLIENT = "10.1.21.101";
    private static final String SERVER = "54.230.62.60";

    private KnownPackets() {}

    /** {@return {@link #AWS_HEADER}, 40 bytes} */
    public static byte[] awsHeader() {
        return Hex.bytes(AWS_HEADER);
    }

    /** {@return {@link #AWS_OTHER_HEADER}, 40 bytes} */
    public static byte[] awsOtherHeader() {
        return Hex.bytes(AWS_OTHER_HEADER);
    }

    /** {@return a client's ping of a server, 84 bytes} */
    public static byte[] innerEchoRequest() {
        return packet(
                ipv4(CLIENT, SERVER).dontFragment(), echoRequest(0x1234, 1), payload(counting(56)));
    }

    /** {@return {@link #AWS_HEADER} and {@link #innerEchoRequest()}: what a UDP socket receives} */
    public static byte[] awsDatagram() {
        return Packets.concat(awsHeader(), innerEchoRequest());
    }

    /** {@return the whole outer IPv4 packet around {@link #awsDatagram()}, 152 bytes} */
    public static byte[] awsRequest() {
        return packet(
                ipv4(LOAD_BALANCER, APPLIANCE).ttl(255), udp(60001, 6081), payload(awsDatagram()));
    }
}
