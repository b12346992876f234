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
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
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
            "Exit status 2 if the file is cut short, is no capture, or has frames of"
                    + " unknown link types, after all that was readable."
        })
final class DumpCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(
            paramLabel = "FILE",
            description = "A pcap or pcapng file, or - for standard input.")
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
            description =
                    "Seed of the flows' hashes in JSON. Default: ${DEFAULT-VALUE}. Equal"
                            + " seeds give equal hashes, so that files can be compared.")
    private long hashSeed;

    private final GeneveDecoder geneve = new GeneveDecoder();
    private final UdpDatagram datagram = new UdpDatagram();
    private final Map<Integer, Long> unknownLinkTypes = new TreeMap<>(); // frames of each
    private long frames;
    private long printed;

    @Override
    public Integer call() {
        if (port < 0 || port > 0xffff) {
            throw new ParameterException(spec.commandLine(), "--port " + port + ": not 0 to 65535");
        }
        DumpOutput out = new DumpOutput(spec.commandLine().getOut());
        try {
            return dump(out);
        } catch (DumpOutput.FailedException e) {
            say(Main.reason(e));
            return Main.FAILED;
        }
    }

    private int dump(DumpOutput out) throws DumpOutput.FailedException {
        String failure = null;
        try (InputStream in = out.flushedBeforeWaiting(open());
                PcapReader reader = PcapReader.open(in)) {
            FlowHash hash = FlowHash.seeded(hashSeed);
            while (reader.next()) {
                print(reader, out, hash);
            }
        } catch (DumpOutput.FailedException e) {
            throw e;
        } catch (NoSuchFileException e) {
            failure = "no such file";
        } catch (IOException e) {
            failure = Main.reason(e);
        }
        out.flush(); // what was readable comes before the messages
        return conclude(failure);
    }

    private InputStream open() throws IOException {
        return isStandardInput() ? System.in : Files.newInputStream(file);
    }

    private void print(PcapReader reader, DumpOutput out, FlowHash hash)
            throws DumpOutput.FailedException {
        frames++;
        DatagramStatus status =
                datagram.wrap(
                        reader.linkType(),
                        reader.buffer(),
                        reader.offset(),
                        reader.capturedLength());
        if (status == DatagramStatus.UNKNOWN_LINK_TYPE) {
            unknownLinkTypes.merge(reader.linkType(), 1L, Long::sum);
        }
        if (!datagram.hasPorts() || datagram.destinationPort() != port) {
            return;
        }
        printed++;
        if (json) {
            int uncaptured = (int) (reader.originalLength() - reader.capturedLength());
            appendJson(out.line(), reader.frameNumber(), status, uncaptured, hash);
        } else {
            appendText(out.line(), reader.frameNumber(), status);
        }
        out.endLine();
    }

    /** Says what was not read, so that silence is never taken for "no Geneve here". */
    private int conclude(@Nullable String failure) {
        unknownLinkTypes.forEach(
                (type, count) -> say(frames(count) + " of link type " + type + ": not read"));
        if (failure != null) {
            say(failure);
        } else if (printed == 0 && unknownLinkTypes.isEmpty()) {
            say(frames(frames) + ", none of them UDP to port " + port);
        }
        return failure == null && unknownLinkTypes.isEmpty() ? 0 : Main.UNUSABLE_INPUT;
    }

    private void say(String message) {
        String name = isStandardInput() ? "standard input" : file.toString();
        spec.commandLine().getErr().println("appliance: " + name + ": " + message);
    }

    private boolean isStandardInput() {
        return file.toString().equals("-");
    }

    private static String frames(long count) {
        return count + (count == 1 ? " frame" : " frames");
    }

    private void appendJson(
            StringBuilder line, long frame, DatagramStatus status, int uncaptured, FlowHash hash) {
        line.append("{\"frame\":").append(frame).append(',');
        if (status != DatagramStatus.OK) {
            line.append("\"status\":\"").append(status.label()).append("\"}");
            return;
        }
        ByteBuf buffer = datagram.buffer();
        int offset = datagram.payloadOffset();
        int length = datagram.payloadLength();
        GeneveFormat.appendJsonMembers(line, buffer, offset, length);
        GwlbFormat.appendJsonMembers(line, buffer, offset, length);
        if (carriesIp()) {
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

    private void appendText(StringBuilder line, long frame, DatagramStatus status) {
        line.append(frame).append(' ');
        appendEnd(line, datagram.sourceAddress(), datagram.sourcePort());
        line.append(" > ");
        appendEnd(line, datagram.destinationAddress(), datagram.destinationPort());
        if (status != DatagramStatus.OK) {
            line.append(" malformed (").append(status.label()).append(')');
            return;
        }
        ByteBuf buffer = datagram.buffer();
        int offset = datagram.payloadOffset();
        int length = datagram.payloadLength();
        line.append(' ').append(GeneveFormat.text(buffer, offset, length));
        GwlbFormat.appendText(line, buffer, offset, length);
        if (carriesIp()) {
            FiveTuple flow = new FiveTuple();
            FlowStatus inner = flow.wrap(buffer, geneve.payloadOffset(), geneve.payloadLength());
            line.append(" flow ");
            line.append(
                    inner == FlowStatus.OK
                            ? FlowFormat.text(flow)
                            : "malformed (" + inner.label() + ")");
        }
    }

    /**
     * {@return whether this is a Geneve packet with bare IP inside, which {@link #geneve} reads}
     */
    private boolean carriesIp() {
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
