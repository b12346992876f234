package io.github.geneve4j.testkit;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Protocols of which tests need no more than a valid beginning: SCTP, GRE, ESP. */
public final class OtherLayer extends Layer {
    private static final int GRE = 47;
    private static final int ESP = 50;
    private static final int SCTP = 132;

    private static final int SCTP_HEADER_LENGTH = 12;
    private static final int SCTP_CHECKSUM_OFFSET = 8;

    private final int protocol;
    private final byte[] header;

    private OtherLayer(int protocol, byte[] header) {
        this.protocol = protocol;
        this.header = header;
    }

    static OtherLayer sctp(int sourcePort, int destinationPort, int verificationTag) {
        byte[] header =
                ByteBuffer.allocate(SCTP_HEADER_LENGTH)
                        .putShort((short) sourcePort)
                        .putShort((short) destinationPort)
                        .putInt(verificationTag)
                        .array();
        return new OtherLayer(SCTP, header);
    }

    static OtherLayer gre() {
        return new OtherLayer(GRE, new byte[4]);
    }

    static OtherLayer esp(int securityParametersIndex, int sequence) {
        byte[] header =
                ByteBuffer.allocate(8).putInt(securityParametersIndex).putInt(sequence).array();
        return new OtherLayer(ESP, header);
    }

    @Override
    int ipProtocol() {
        return protocol;
    }

    @Override
    byte[] wrap(byte[] payload, Layer next, @Nullable Network network) {
        byte[] bytes = Packets.concat(header, payload);
        if (protocol == GRE) {
            Checksums.put(bytes, 2, next.etherType() != NONE ? next.etherType() : 0);
        } else if (protocol == SCTP) {
            CRC32C crc = new CRC32C();
            crc.update(bytes);
            ByteBuffer.wrap(bytes)
                    .order(ByteOrder.LITTLE_ENDIAN) // RFC 9260 Appendix A
                    .putInt(SCTP_CHECKSUM_OFFSET, (int) crc.getValue());
        }
        return bytes;
    }
}
