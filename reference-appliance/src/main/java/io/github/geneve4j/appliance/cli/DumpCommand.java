package io.github.geneve4j.appliance.cli;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowFormat;
import io.github.geneve4j.flow.FlowHash;
import io.github.geneve4j.flow.FlowStatus;
import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.EtherType;
import io.github.geneve4j.geneve.Geneve;
import io.github.geneve4j.geneve.GeneveDecoder;
import io.github.geneve4j.geneve.GeneveFormat;
import io.github.geneve4j.gwlb.GwlbFormat;
import io.github.geneve4j.io.pcap.DatagramStatus;
import io.github.geneve4j.io.pcap.PcapReader;
import io.github.geneve4j.io.pcap.UdpDatagram;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code dump}: prints the Geneve packets of a capture file. */
@Command(
        name = "dump",
        mixinStandardHelpOptions = true,
        description = {
            "Prints one line for each Geneve packet in a pcap or pcapng file.",
            "Exit status 2 if the file is cut short or is no capture, after all that was readable."
        })
final class DumpCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "A pcap or pcapng file.")
    private Path file;

    @Option(
            names = "--port",
            paramLabel = "N",
            defaultValue = "" + Geneve.UDP_PORT,
            description = "UDP destination port of the tunnel. Default: ${DEFAULT-VALUE}")
    private int port;

    @Option(
            names = "--json",
            description = "Print one JSON object a line, for every UDP datagram to the port.")
    private boolean json;

    @Option(
            names = "--hash-seed",
            paramLabel = "N",
            defaultValue = "" + FlowFormat.HASH_SEED,
            description = {
                "Seed of the flows' hashes in JSON. Default: ${DEFAULT-VALUE}",
                "Equal seeds give equal hashes, so that files can be compared."
            })
    private long hashSeed;

    private final GeneveDecoder geneve = new GeneveDecoder();

    @Override
    public Integer call() {
        if (port < 0 || port > 0xffff) {
            throw new ParameterException(spec.commandLine(), "--port " + port + ": not 0 to 65535");
        }
        PrintWriter out = new PrintWriter(spec.commandLine().getOut()); // flushed once, at the end
        try (PcapReader reader = PcapReader.open(file)) {
            FlowHash hash = FlowHash.seeded(hashSeed);
            UdpDatagram datagram = new UdpDatagram();
            StringBuilder line = new StringBuilder();
            while (reader.next()) {
                DatagramStatus status =
                        datagram.wrap(
                                reader.linkType(),
                                reader.buffer(),
                                reader.offset(),
                                reader.capturedLength());
                if (status == DatagramStatus.OK && datagram.destinationPort() == port) {
                    line.setLength(0);
                    int uncaptured = (int) (reader.originalLength() - reader.capturedLength());
                    if (json) {
                        appendJson(line, reader.frameNumber(), datagram, uncaptured, hash);
                    } else {
                        appendText(line, reader.frameNumber(), datagram);
                    }
                    out.println(line);
                }
            }
            return 0;
        } catch (NoSuchFileException e) {
            return unusable(out, "no such file");
        } catch (IOException e) {
            return unusable(out, Main.reason(e));
        } finally {
            out.flush();
        }
    }

    private int unusable(PrintWriter out, String reason) {
        out.flush(); // what was readable comes before the message
        spec.commandLine().getErr().println("appliance: " + file + ": " + reason);
        return Main.UNUSABLE_INPUT;
    }

    private void appendJson(
            StringBuilder line, long frame, UdpDatagram datagram, int uncaptured, FlowHash hash) {
        ByteBuf buffer = datagram.buffer();
        int offset = datagram.payloadOffset();
        int length = datagram.payloadLength();
        line.append("{\"frame\":").append(frame).append(',');
        GeneveFormat.appendJsonMembers(line, buffer, offset, length);
        GwlbFormat.appendJsonMembers(line, buffer, offset, length);
        if (carriesIp(datagram)) {
            line.append(",\"flow\":");
            FlowFormat.appendJson(
                    line,
                    buffer,
                    geneve.payloadOffset(),
                    geneve.payloadLength(),
                    geneve.payloadLength() + (datagram.isTruncated() ? uncaptured : 0),
                    hash);
        }
        line.append('}');
    }

    private void appendText(StringBuilder line, long frame, UdpDatagram datagram) {
        ByteBuf buffer = datagram.buffer();
        int offset = datagram.payloadOffset();
        int length = datagram.payloadLength();
        line.append(frame).append(' ');
        appendEnd(line, datagram.sourceAddress(), datagram.sourcePort());
        line.append(" > ");
        appendEnd(line, datagram.destinationAddress(), datagram.destinationPort());
        line.append(' ').append(GeneveFormat.text(buffer, offset, length));
        GwlbFormat.appendText(line, buffer, offset, length);
        if (carriesIp(datagram)) {
            FiveTuple flow = new FiveTuple();
            FlowStatus status = flow.wrap(buffer, geneve.payloadOffset(), geneve.payloadLength());
            line.append(" flow ");
            line.append(
                    status == FlowStatus.OK
                            ? FlowFormat.text(flow)
                            : "malformed (" + status.label() + ")");
        }
    }

    /**
     * {@return whether this is a Geneve packet with bare IP inside, which {@link #geneve} reads}
     */
    private boolean carriesIp(UdpDatagram datagram) {
        DecodeStatus status =
                geneve.wrap(datagram.buffer(), datagram.payloadOffset(), datagram.payloadLength());
        return status == DecodeStatus.OK
                && (geneve.protocolType() == EtherType.IPV4
                        || geneve.protocolType() == EtherType.IPV6);
    }

    private static void appendEnd(StringBuilder line, String address, int port) {
        boolean ipv6 = address.indexOf(':') >= 0;
        line.append(ipv6 ? "[" : "").append(address).append(ipv6 ? "]" : "");
        line.append(':').append(port);
    }
}
