package io.github.geneve4j.appliance.domain;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.Cipher;
import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** Makes what a QUIC client sends, by the JDK's own HKDF. */
final class QuicPackets {
    static final int V1 = 1;
    static final int V2 = 0x6b3343cf;
    static final int INITIAL = 0;
    static final int ZERO_RTT = 1;
    static final int HANDSHAKE = 2;
    static final int RETRY = 3;

    private static final int TAG_LENGTH = 16;
    private static final int SAMPLE_OFFSET = 4;

    private QuicPackets() {}

    /** An Initial packet to be; all that is not said is what a client's first packet has. */
    static final class Builder {
        private final byte[] frames;
        private int version = V1;
        private byte[] destination = HexFormat.of().parseHex("8394c8f03e515708");
        private byte[] keys = destination;
        private byte[] source = {};
        private byte[] token = {};
        private long number;
        private int numberLength = 4;
        private int firstBits = 0xc0;
        private int lengthError;

        private Builder(byte[] frames) {
            this.frames = frames;
        }

        Builder version(int value) {
            version = value;
            return this;
        }

        /** Also that of the keys, unless {@link #keys} says otherwise after it. */
        Builder destination(byte[] id) {
            destination = id;
            keys = id;
            return this;
        }

        Builder keys(byte[] id) {
            keys = id;
            return this;
        }

        Builder source(byte[] id) {
            source = id;
            return this;
        }

        Builder token(byte[] value) {
            token = value;
            return this;
        }

        Builder number(long value, int length) {
            number = value;
            numberLength = length;
            return this;
        }

        Builder firstBits(int value) {
            firstBits = value;
            return this;
        }

        Builder lengthError(int more) {
            lengthError = more;
            return this;
        }

        byte[] build() {
            ByteBuf header = Unpooled.buffer();
            header.writeByte(firstBits | (type(version, INITIAL) << 4) | (numberLength - 1));
            header.writeInt(version);
            header.writeByte(destination.length).writeBytes(destination);
            header.writeByte(source.length).writeBytes(source);
            varint(header, token.length, 0);
            header.writeBytes(token);
            int length = numberLength + frames.length + TAG_LENGTH + lengthError;
            varint(header, length, 1);
            int numberOffset = header.writerIndex();
            for (int i = numberLength - 1; i >= 0; i--) {
                header.writeByte((int) (number >>> (i * 8)));
            }
            try {
                return protect(ByteBufUtil.getBytes(header), numberOffset);
            } catch (GeneralSecurityException e) {
                throw new AssertionError(e);
            }
        }

        private byte[] protect(byte[] header, int numberOffset) throws GeneralSecurityException {
            Keys secrets = Keys.of(version, keys);
            byte[] nonce = secrets.nonce();
            for (int i = 0; i < 8; i++) {
                nonce[11 - i] ^= (byte) (number >>> (i * 8));
            }
            Cipher gcm = Cipher.getInstance("AES/GCM/NoPadding");
            gcm.init(
                    Cipher.ENCRYPT_MODE,
                    new SecretKeySpec(secrets.key(), "AES"),
                    new GCMParameterSpec(128, nonce));
            gcm.updateAAD(header);
            byte[] packet = concat(header, gcm.doFinal(frames));
            if (packet.length < numberOffset + SAMPLE_OFFSET + 16) {
                return packet; // nothing to make a mask of
            }
            Cipher ecb = Cipher.getInstance("AES/ECB/NoPadding");
            ecb.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(secrets.mask(), "AES"));
            byte[] bits = ecb.doFinal(packet, numberOffset + SAMPLE_OFFSET, 16);
            packet[0] ^= (byte) (bits[0] & 0x0f);
            for (int i = 0; i < numberLength; i++) {
                packet[numberOffset + i] ^= bits[1 + i];
            }
            return packet;
        }
    }

    /** What protects a client's Initial packets. */
    record Keys(byte[] key, byte[] nonce, byte[] mask) {
        static Keys of(int version, byte[] id) throws GeneralSecurityException {
            boolean first = version != V2;
            String salt =
                    first
                            ? "38762cf7f55934b34d179ae6a4c80cadccbb7f0a"
                            : "0dede3def700a6db819381be6e269dcbf9bd2ed9";
            KDF hkdf = KDF.getInstance("HKDF-SHA256");
            SecretKey secret =
                    hkdf.deriveKey(
                            "Generic",
                            HKDFParameterSpec.ofExtract()
                                    .addSalt(HexFormat.of().parseHex(salt))
                                    .addIKM(id)
                                    .thenExpand(info("client in", 32), 32));
            String prefix = first ? "quic " : "quicv2 ";
            return new Keys(
                    expand(hkdf, secret, prefix + "key", 16),
                    expand(hkdf, secret, prefix + "iv", 12),
                    expand(hkdf, secret, prefix + "hp", 16));
        }
    }

    static Builder initial(byte[]... frames) {
        return new Builder(concat(frames));
    }

    /** A packet with a long header of another type, whose content nobody looks at. */
    static byte[] other(int version, int type, byte[] destination, int length) {
        ByteBuf out = Unpooled.buffer();
        out.writeByte(0xc0 | (type(version, type) << 4)).writeInt(version);
        out.writeByte(destination.length).writeBytes(destination).writeByte(0);
        varint(out, length, 1);
        out.writeBytes(new byte[length]);
        return ByteBufUtil.getBytes(out);
    }

    static byte[] crypto(int position, byte[] bytes) {
        ByteBuf out = Unpooled.buffer().writeByte(0x06);
        varint(out, position, 0);
        varint(out, bytes.length, 0);
        return ByteBufUtil.getBytes(out.writeBytes(bytes));
    }

    /** A ClientHello with a name, and an extension of that many bytes before and after it. */
    static byte[] hello(String name, int filling) {
        byte[] host = name.getBytes(StandardCharsets.US_ASCII);
        ByteBuf extensions = Unpooled.buffer();
        extensions.writeShort(0x33).writeShort(filling).writeBytes(new byte[filling]);
        extensions.writeShort(0).writeShort(host.length + 5).writeShort(host.length + 3);
        extensions.writeByte(0).writeShort(host.length).writeBytes(host);
        extensions.writeShort(0x2d).writeShort(filling).writeBytes(new byte[filling]);
        ByteBuf out = Unpooled.buffer();
        out.writeByte(1).writeMedium(2 + 32 + 1 + 4 + 2 + 2 + extensions.readableBytes());
        out.writeShort(0x303).writeBytes(new byte[32]).writeByte(0);
        out.writeShort(2).writeShort(0x1301).writeShort(0x100);
        out.writeShort(extensions.readableBytes()).writeBytes(extensions);
        return ByteBufUtil.getBytes(out);
    }

    static byte[] padding(int length) {
        return new byte[Math.max(0, length)];
    }

    static byte[] concat(byte[]... parts) {
        return ByteBufUtil.getBytes(Unpooled.wrappedBuffer(parts));
    }

    /** At the end of a datagram: what no packet is, as some clients send it. */
    static byte[] padded(byte[] datagram) {
        return Arrays.copyOf(datagram, Math.max(datagram.length, 1200));
    }

    private static int type(int version, int type) {
        return version == V2 ? (type + 1) & 3 : type;
    }

    /** At least 2^least bytes long. */
    private static void varint(ByteBuf out, int value, int least) {
        if (value < 64 && least == 0) {
            out.writeByte(value);
        } else if (value < 1 << 14) {
            out.writeShort(0x4000 | value);
        } else {
            out.writeInt(0x8000_0000 | value);
        }
    }

    private static byte[] expand(KDF hkdf, SecretKey secret, String label, int length)
            throws GeneralSecurityException {
        return hkdf.deriveData(HKDFParameterSpec.expandOnly(secret, info(label, length), length));
    }

    private static byte[] info(String label, int length) {
        byte[] text = ("tls13 " + label).getBytes(StandardCharsets.US_ASCII);
        ByteBuf out = Unpooled.buffer().writeShort(length).writeByte(text.length);
        return ByteBufUtil.getBytes(out.writeBytes(text).writeByte(0));
    }
}
