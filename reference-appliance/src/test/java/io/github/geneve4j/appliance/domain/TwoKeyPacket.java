package io.github.geneve4j.appliance.domain;

import io.github.geneve4j.appliance.domain.QuicPackets.Keys;
import io.github.geneve4j.testkit.Hex;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Random;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;

/**
 * Makes an Initial packet of QUIC version 1 that the keys of two ids open, each to another payload:
 * AES-GCM does not commit to a key. Its tag is linear in each block of the ciphertext, so one block
 * that nobody reads can be chosen such that the tags of both keys are the same (Dodis, Grubbs,
 * Ristenpart, Woodage: Fast Message Franking, 2018).
 */
final class TwoKeyPacket {
    private static final int BLOCK = 16;
    private static final int BLOCKS = 75; // of the payload
    private static final int FREE = 40; // the block that is chosen
    private static final int NUMBER_LENGTH = 4;
    private static final int CLOSE_LENGTH = 5;

    /** An element of GCM's field, the first bit of the packet highest. */
    private record Element(long high, long low) {
        static final Element ZERO = new Element(0, 0);
        static final Element ONE = new Element(Long.MIN_VALUE, 0);

        static Element of(byte[] bytes, int offset) {
            ByteBuffer block = ByteBuffer.wrap(Arrays.copyOfRange(bytes, offset, offset + BLOCK));
            return new Element(block.getLong(), block.getLong());
        }

        byte[] bytes() {
            return ByteBuffer.allocate(BLOCK).putLong(high).putLong(low).array();
        }

        Element plus(Element other) {
            return new Element(high ^ other.high, low ^ other.low);
        }

        Element times(Element other) {
            Element sum = ZERO;
            Element next = other;
            for (int i = 0; i < 128; i++) {
                long word = i < 64 ? high : low;
                if ((word << i) < 0) {
                    sum = sum.plus(next);
                }
                long carry = (next.low & 1) == 0 ? 0 : 0xe1L << 56;
                next = new Element(next.high >>> 1 ^ carry, next.low >>> 1 | next.high << 63);
            }
            return sum;
        }

        Element power(int exponent) {
            Element product = ONE;
            for (int i = 0; i < exponent; i++) {
                product = product.times(this);
            }
            return product;
        }

        /** Its power to 2^128 - 2. */
        Element inverse() {
            Element square = this;
            Element product = ONE;
            for (int i = 1; i < 128; i++) {
                square = square.times(square);
                product = product.times(square);
            }
            return product;
        }
    }

    /** One reading of the packet. */
    private static final class Reading {
        private final Cipher mask;
        private final Cipher cipher;
        private final byte[] nonce;
        private final byte[] header;

        Reading(byte[] id, byte[] header) throws GeneralSecurityException {
            Keys keys = Keys.of(QuicPackets.V1, id);
            this.mask = aes(keys.mask());
            this.cipher = aes(keys.key());
            this.nonce = keys.nonce();
            this.header = header.clone();
        }

        private static Cipher aes(byte[] key) throws GeneralSecurityException {
            Cipher aes = Cipher.getInstance("AES/ECB/NoPadding");
            aes.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"));
            return aes;
        }

        byte[] mask(byte[] sealed) throws GeneralSecurityException {
            return mask.doFinal(sealed, 0, BLOCK);
        }

        /** Puts protection on the header, or takes it off. */
        void turn(byte[] sealed) throws GeneralSecurityException {
            byte[] bits = mask(sealed);
            header[0] ^= (byte) (bits[0] & 0x0f);
            for (int i = 0; i < NUMBER_LENGTH; i++) {
                header[header.length - NUMBER_LENGTH + i] ^= bits[1 + i];
            }
        }

        private byte[] block(int counter) throws GeneralSecurityException {
            byte[] block = Arrays.copyOf(nonce, BLOCK);
            for (int i = 0; i < NUMBER_LENGTH; i++) {
                block[nonce.length - NUMBER_LENGTH + i] ^=
                        header[header.length - NUMBER_LENGTH + i];
            }
            block[BLOCK - 1] = (byte) counter;
            return cipher.doFinal(block);
        }

        void turnBlock(byte[] bytes, int index) throws GeneralSecurityException {
            byte[] stream = block(index + 2);
            for (int i = 0; i < BLOCK; i++) {
                bytes[index * BLOCK + i] ^= stream[i];
            }
        }

        Element hashKey() throws GeneralSecurityException {
            return Element.of(cipher.doFinal(new byte[BLOCK]), 0);
        }

        Element tag(byte[] sealed) throws GeneralSecurityException {
            Element key = hashKey();
            Element hash = Element.ZERO;
            byte[] known = Arrays.copyOf(header, (header.length + BLOCK - 1) / BLOCK * BLOCK);
            for (int i = 0; i < known.length; i += BLOCK) {
                hash = hash.plus(Element.of(known, i)).times(key);
            }
            for (int i = 0; i < sealed.length; i += BLOCK) {
                hash = hash.plus(Element.of(sealed, i)).times(key);
            }
            Element lengths = new Element(header.length * 8L, sealed.length * 8L);
            return hash.plus(lengths).times(key).plus(Element.of(block(1), 0));
        }
    }

    private TwoKeyPacket() {}

    /**
     * {@return a datagram}
     *
     * @param id by whose keys it closes a connection, for a reason that is long and no text
     * @param to of the packet; by its keys it is something else
     * @param number by the keys of the first one
     */
    static byte[] to(byte[] id, byte[] to, int number) throws GeneralSecurityException {
        byte[] plain = new byte[BLOCKS * BLOCK];
        Random random = new Random(1);
        int reason = plain.length - CLOSE_LENGTH;
        byte[] header =
                QuicPackets.concat(
                        Hex.bytes("c3 00000001"),
                        new byte[] {(byte) to.length},
                        to,
                        Hex.bytes("00 00"),
                        shorts(NUMBER_LENGTH + plain.length + BLOCK),
                        ByteBuffer.allocate(NUMBER_LENGTH).putInt(number).array());
        while (true) {
            random.nextBytes(plain);
            byte[] close = QuicPackets.concat(Hex.bytes("1c 00 00"), shorts(reason));
            System.arraycopy(close, 0, plain, 0, CLOSE_LENGTH);
            Reading one = new Reading(id, header);
            for (int i = 0; i < BLOCKS; i++) {
                one.turnBlock(plain, i);
            }
            byte[] sealed = plain.clone();
            one.turn(sealed);
            Reading other = new Reading(to, one.header);
            other.turn(sealed);
            one.turn(sealed);
            if (other.header[0] != one.header[0]) {
                continue; // the number would be of another length
            }
            int exponent = BLOCKS - FREE + 1; // of the free block in the tag
            Element factor = one.hashKey().power(exponent).plus(other.hashKey().power(exponent));
            Element difference = one.tag(sealed).plus(other.tag(sealed));
            byte[] change = difference.times(factor.inverse()).bytes();
            for (int i = 0; i < BLOCK; i++) {
                sealed[FREE * BLOCK + i] ^= change[i];
            }
            byte[] tag = one.tag(sealed).bytes();
            if (!Arrays.equals(tag, other.tag(sealed).bytes())) {
                throw new AssertionError("two tags");
            }
            one.turn(sealed);
            return QuicPackets.concat(one.header, sealed, tag);
        }
    }

    private static byte[] shorts(int value) {
        return ByteBuffer.allocate(Short.BYTES).putShort((short) (0x4000 | value)).array();
    }
}
