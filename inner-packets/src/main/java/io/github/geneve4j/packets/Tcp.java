package io.github.geneve4j.packets;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.IpProtocol;
import io.netty.buffer.ByteBuf;

/** Where the fields of TCP headers stand (RFC 9293 §3.1). */
final class Tcp {
    static final int PORTS_OFFSET = 0; // two of 16 bits
    static final int SEQUENCE_OFFSET = 4; // 32 bits
    static final int ACKNOWLEDGMENT_OFFSET = 8; // 32 bits
    static final int DATA_OFFSET_OFFSET = 12; // upper 4 bits, in words; flags in the next byte
    static final int CHECKSUM_OFFSET = 16; // 16 bits
    static final int HEADER_LENGTH = 20;
    static final int HEADER_WORDS = 5;

    private static final int WORDS_SHIFT = 4;

    private Tcp() {}

    /** {@return whether the packet is TCP and no fragment, so that its header can be read} */
    static boolean hasHeader(FiveTuple packet) {
        return packet.transportProtocol() == IpProtocol.TCP && !packet.isFragment();
    }

    /** {@return the bytes of the header with its options, as it states them: 0 to 60} */
    static int headerLength(FiveTuple packet, ByteBuf buffer) {
        int words = buffer.getUnsignedByte(packet.transportOffset() + DATA_OFFSET_OFFSET);
        return (words >>> WORDS_SHIFT) * Integer.BYTES;
    }

    /** {@return whether the stated length of the header is one that it can have} */
    static boolean isWellFormed(FiveTuple packet, ByteBuf buffer) {
        int length = headerLength(packet, buffer);
        return length >= HEADER_LENGTH && length <= packet.transportLength();
    }
}
