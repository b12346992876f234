package io.github.geneve4j.appliance.domain;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Opens a client's Initial packets with keys that everybody can make, from the connection id that
 * the client chose (RFC 9001 §5.2, RFC 9369 §3.3): they are no secret, and say that nobody changed
 * the packet by accident.
 *
 * <p>The keys of the last id are kept.
 *
 * <p><b>Allocation:</b> the JDK's, for new keys and for each packet; {@link QuicInitial} says how
 * much. <b>Threads:</b> one.
 */
final class InitialKeys {
    /** What {@link #open} returns if the packet is not of these keys. */
    static final int NOT_AUTHENTIC = -1;

    /** Bytes of the authentication tag at a packet's end. */
    static final int TAG_LENGTH = 16;

    /** How many bytes lie between where the packet number begins and what the mask is made of. */
    static final int SAMPLE_OFFSET = 4;

    /** Bytes that the mask is made of (RFC 9001 §5.4.2). */
    static final int SAMPLE_LENGTH = 16;

    private static final String HASH = "HmacSHA256";
    private static final int HASH_LENGTH = 32;
    private static final int KEY_LENGTH = 16;
    private static final int NONCE_LENGTH = 12;
    private static final int TAG_BITS = TAG_LENGTH * Byte.SIZE;

    private static final int NUMBER_LENGTH_MASK = 0x03; // of the first byte: one less
    private static final int PROTECTED_MASK = 0x0f; // of a long header's first byte

    private static final SecretKeySpec SALT_1 = salt("38762cf7f55934b34d179ae6a4c80cadccbb7f0a");
    private static final SecretKeySpec SALT_2 = salt("0dede3def700a6db819381be6e269dcbf9bd2ed9");
    private static final byte[] CLIENT = label("client in", HASH_LENGTH);
    private static final byte[] KEY_1 = label("quic key", KEY_LENGTH);
    private static final byte[] NONCE_1 = label("quic iv", NONCE_LENGTH);
    private static final byte[] MASK_1 = label("quic hp", KEY_LENGTH);
    private static final byte[] KEY_2 = label("quicv2 key", KEY_LENGTH);
    private static final byte[] NONCE_2 = label("quicv2 iv", NONCE_LENGTH);
    private static final byte[] MASK_2 = label("quicv2 hp", KEY_LENGTH);

    private final Mac hash;
    private final Cipher masks;
    private final Cipher cipher;
    private final byte[] secret = new byte[HASH_LENGTH];
    private final byte[] nonceBase = new byte[NONCE_LENGTH];
    private final byte[] nonce = new byte[NONCE_LENGTH];
    private final byte[] mask = new byte[SAMPLE_LENGTH];
    private final byte[] id = new byte[QuicClient.MAX_ID_LENGTH];
    private SecretKeySpec key = SALT_1; // of version 0, which no packet has
    private int idLength;
    private int version;
    private long number;

    InitialKeys() {
        try {
            this.hash = Mac.getInstance(HASH);
            this.masks = Cipher.getInstance("AES/ECB/NoPadding");
            this.cipher = Cipher.getInstance("AES/GCM/NoPadding");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a Java without AES-GCM or HMAC-SHA-256", e);
        }
    }

    /**
     * Makes the keys, unless they are those of the last call.
     *
     * @param newVersion 1, or that of QUIC version 2
     * @param from holds the connection id from its first byte on
     * @param length of the connection id, 0 to 20
     */
    void use(int newVersion, byte[] from, int length) {
        if (newVersion == version && Arrays.equals(id, 0, idLength, from, 0, length)) {
            return;
        }
        boolean first = newVersion == QuicInitial.VERSION_1;
        version = 0; // until all are made
        try {
            hash.init(first ? SALT_1 : SALT_2);
            hash.update(from, 0, length);
            hash.doFinal(secret, 0);
            expand(CLIENT);
            hash.doFinal(secret, 0);
            expand(first ? NONCE_1 : NONCE_2);
            System.arraycopy(hash.doFinal(), 0, nonceBase, 0, NONCE_LENGTH);
            expand(first ? MASK_1 : MASK_2);
            masks.init(Cipher.ENCRYPT_MODE, aes(hash.doFinal()));
            expand(first ? KEY_1 : KEY_2);
            key = aes(hash.doFinal());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("keys of the right length were refused", e);
        }
        System.arraycopy(from, 0, id, 0, length);
        idLength = length;
        version = newVersion;
    }

    /**
     * Gives the hash what it makes the first block of HKDF-Expand-Label from: none needs a second.
     */
    private void expand(byte[] label) throws GeneralSecurityException {
        hash.init(new SecretKeySpec(secret, HASH));
        hash.update(label);
    }

    /**
     * Opens a packet.
     *
     * @param packet begins with it; its header is left without protection
     * @param numberOffset where its packet number begins
     * @param length bytes from its first to its last, at least 20 from the packet number on
     * @param next number that the packet has if none was lost, 0 or more
     * @param plain takes the payload; as much room as the packet has
     * @param plainOffset where
     * @return the payload's length, or {@link #NOT_AUTHENTIC}
     */
    int open(
            byte[] packet, int numberOffset, int length, long next, byte[] plain, int plainOffset) {
        try {
            masks.update(packet, numberOffset + SAMPLE_OFFSET, SAMPLE_LENGTH, mask, 0);
            packet[0] ^= (byte) (mask[0] & PROTECTED_MASK);
            int numberLength = 1 + (packet[0] & NUMBER_LENGTH_MASK);
            long sent = 0;
            for (int i = 0; i < numberLength; i++) {
                packet[numberOffset + i] ^= mask[1 + i];
                sent = sent << Byte.SIZE | (packet[numberOffset + i] & 0xff);
            }
            number = whole(sent, numberLength * Byte.SIZE, next);
            System.arraycopy(nonceBase, 0, nonce, 0, NONCE_LENGTH);
            for (int i = 0; i < Long.BYTES; i++) {
                nonce[NONCE_LENGTH - 1 - i] ^= (byte) (number >>> (i * Byte.SIZE));
            }
            int payload = numberOffset + numberLength;
            cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, nonce));
            cipher.updateAAD(packet, 0, payload);
            return cipher.doFinal(packet, payload, length - payload, plain, plainOffset);
        } catch (AEADBadTagException e) {
            return NOT_AUTHENTIC;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a packet of " + length + " bytes was refused", e);
        }
    }

    /** {@return the whole number that is nearest to the next one (RFC 9000 §A.3)} */
    private static long whole(long sent, int bits, long next) {
        long window = 1L << bits;
        long candidate = (next & -window) | sent;
        if (candidate <= next - window / 2) {
            return candidate + window;
        }
        return candidate > next + window / 2 && candidate >= window
                ? candidate - window
                : candidate;
    }

    /** {@return the number of the packet that was opened last} */
    long number() {
        return number;
    }

    private static SecretKeySpec aes(byte[] bytes) {
        return new SecretKeySpec(bytes, 0, KEY_LENGTH, "AES");
    }

    private static SecretKeySpec salt(String hex) {
        return new SecretKeySpec(HexFormat.of().parseHex(hex), HASH);
    }

    /** {@return HkdfLabel without a context (RFC 8446 §7.1), and the number of the first block} */
    private static byte[] label(String name, int length) {
        byte[] text = ("tls13 " + name).getBytes(StandardCharsets.US_ASCII);
        byte[] label = new byte[text.length + 5];
        label[1] = (byte) length;
        label[2] = (byte) text.length;
        System.arraycopy(text, 0, label, 3, text.length);
        label[label.length - 1] = 1;
        return label;
    }
}
