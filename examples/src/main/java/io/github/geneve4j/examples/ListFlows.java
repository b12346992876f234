package io.github.geneve4j.examples;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowEnd;
import io.github.geneve4j.flow.FlowFormat;
import io.github.geneve4j.flow.FlowStatus;
import io.github.geneve4j.flow.FlowTable;
import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.GeneveDecoder;
import io.github.geneve4j.gwlb.EndpointId;
import io.github.geneve4j.gwlb.GwlbMetadata;
import io.github.geneve4j.io.pcap.DatagramStatus;
import io.github.geneve4j.io.pcap.PcapReader;
import io.github.geneve4j.io.pcap.UdpDatagram;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;

/** Lists the flows in a capture of a load balancer's packets, with what they carried. */
public final class ListFlows {
    // What is kept for each flow
    private static final int PACKETS = 0;
    private static final int BYTES = 8;
    private static final int VALUE_LENGTH = 16;

    private static final int GENEVE_PORT = 6081;
    private static final long NO_ENDPOINT = 0;
    private static final int CAPACITY = 100_000;
    private static final int LOOKS_AT_ONCE = 16;

    private final PrintStream out;
    private long nowNs; // does not go back, as the times in a capture may
    private final GeneveDecoder geneve = new GeneveDecoder();
    private final GwlbMetadata gwlb = new GwlbMetadata();
    private final FiveTuple tuple = new FiveTuple();
    private final FiveTuple shown = new FiveTuple();
    private final FlowTable table =
            FlowTable.builder(CAPACITY).valueLength(VALUE_LENGTH).listener(this::print).build();

    ListFlows(PrintStream out) {
        this.out = out;
    }

    /**
     * Prints each flow when it has ended, and at the end of the capture those that have not.
     *
     * @param args a capture file
     * @throws IOException if it cannot be read
     */
    public static void main(String[] args) throws IOException {
        if (args.length != 1) {
            System.err.println("which capture file?");
            return;
        }
        try (PcapReader capture = PcapReader.open(Path.of(args[0]))) {
            new ListFlows(System.out).list(capture);
        }
    }

    void list(PcapReader capture) throws IOException {
        UdpDatagram udp = new UdpDatagram();
        while (capture.next()) {
            DatagramStatus status =
                    udp.wrap(
                            capture.linkType(),
                            capture.buffer(),
                            capture.offset(),
                            capture.capturedLength());
            if (status == DatagramStatus.OK && udp.destinationPort() == GENEVE_PORT) {
                nowNs = Math.max(nowNs, capture.timestampNanos());
                count(udp);
            }
        }
        for (int flow = table.next(FlowTable.NONE);
                flow != FlowTable.NONE;
                flow = table.next(flow)) {
            table.remove(flow);
        }
    }

    private void count(UdpDatagram udp) {
        if (geneve.wrap(udp.buffer(), udp.payloadOffset(), udp.payloadLength()) != DecodeStatus.OK
                || tuple.wrap(udp.buffer(), geneve.payloadOffset(), geneve.payloadLength())
                        != FlowStatus.OK) {
            return;
        }
        // Networks behind different endpoints may use the same addresses
        long endpointId =
                gwlb.read(geneve) && gwlb.hasEndpointId() ? gwlb.endpointId() : NO_ENDPOINT;
        table.expire(nowNs, LOOKS_AT_ONCE);
        int flow = table.find(endpointId, tuple, nowNs);
        if (flow == FlowTable.NONE) {
            flow = table.insert(endpointId, tuple, nowNs);
        }
        if (flow != FlowTable.NONE) { // as for an ICMP error about no flow that is known
            table.setLong(flow, PACKETS, table.getLong(flow, PACKETS) + 1);
            table.setLong(flow, BYTES, table.getLong(flow, BYTES) + geneve.payloadLength());
        }
    }

    private void print(FlowTable table, int flow, FlowEnd end) {
        long endpointId = table.endpointId(flow);
        out.printf(
                "%s %s: %d packets, %d bytes%s%s%n",
                endpointId == NO_ENDPOINT ? "-" : new EndpointId(endpointId),
                FlowFormat.text(table.read(flow, shown)),
                table.getLong(flow, PACKETS),
                table.getLong(flow, BYTES),
                table.isEstablished(flow) ? ", established" : "",
                end == FlowEnd.REMOVED ? "" : ", " + end.label());
    }
}
