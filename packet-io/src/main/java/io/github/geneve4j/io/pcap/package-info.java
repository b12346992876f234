/**
 * Capture files, and the UDP datagrams in their frames.
 *
 * <p>{@link io.github.geneve4j.io.pcap.PcapReader} walks the frames of a file, {@link
 * io.github.geneve4j.io.pcap.PcapWriter} makes such a file, and {@link
 * io.github.geneve4j.io.pcap.UdpDatagram} finds the datagram in a frame of any common {@link
 * io.github.geneve4j.io.pcap.LinkType}:
 *
 * {@snippet :
 * UdpDatagram datagram = new UdpDatagram();
 * try (PcapReader capture = PcapReader.open(file)) {
 *     while (capture.next()) {
 *         DatagramStatus status =
 *                 datagram.wrap(
 *                         capture.linkType(),
 *                         capture.buffer(),
 *                         capture.offset(),
 *                         capture.capturedLength());
 *         if (status == DatagramStatus.OK && datagram.destinationPort() == 6081) {
 *             decode(datagram.buffer(), datagram.payloadOffset(), datagram.payloadLength());
 *         }
 *     }
 * }
 * }
 *
 * <p>Lengths are bytes, timestamps are nanoseconds since 1970 in UTC. The formats are described in
 * <a href="https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcap/">draft-ietf-opsawg-pcap</a> and
 * <a
 * href="https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcapng/">draft-ietf-opsawg-pcapng</a>,
 * the link types in the <a href="https://www.tcpdump.org/linktypes.html">LINKTYPE_ list</a>.
 */
@NullMarked
package io.github.geneve4j.io.pcap;

import org.jspecify.annotations.NullMarked;
