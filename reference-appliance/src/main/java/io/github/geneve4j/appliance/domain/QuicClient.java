package io.github.geneve4j.appliance.domain;

import io.github.geneve4j.appliance.firewall.InspectedFlow;

/**
 * Remembers of a QUIC client what opens its next Initial packets: the Destination Connection ID
 * that its keys are made from, which it soon replaces by one of the server's (RFC 9001 §5.2), and
 * how far its packet numbers are, of which it sends the last bytes only (RFC 9000 §17.1).
 *
 * <p>Lies in {@value #STATE_LENGTH} bytes of a flow from one packet to the next. Bytes that are 0
 * are a client of whom nothing is known.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one.
 */
public final class QuicClient {
    /** How many bytes of a flow it takes. */
    public static final int STATE_LENGTH = 29;

    /** The longest connection id of versions 1 and 2, in bytes (RFC 9000 §17.2). */
    static final int MAX_ID_LENGTH = 20;

    // In a flow, numbers in the machine's byte order
    private static final int NUMBER_HIGH = 0;
    private static final int NUMBER_LOW = 4;
    private static final int ID_LENGTH = 8;
    private static final int ID = 9;

    private final byte[] id = new byte[MAX_ID_LENGTH];
    private int idLength;
    private long nextNumber;

    /** Creates one of whom nothing is known. */
    public QuicClient() {}

    /** Forgets all. */
    public void clear() {
        idLength = 0;
        nextNumber = 0;
    }

    /**
     * Becomes what a flow remembers.
     *
     * @param flow has it among an inspector's bytes
     * @param index of the first of {@value #STATE_LENGTH}
     */
    public void load(InspectedFlow flow, int index) {
        long high = flow.getInt(index + NUMBER_HIGH);
        nextNumber = high << Integer.SIZE | Integer.toUnsignedLong(flow.getInt(index + NUMBER_LOW));
        idLength = flow.getByte(index + ID_LENGTH);
        for (int i = 0; i < idLength; i++) {
            id[i] = flow.getByte(index + ID + i);
        }
    }

    /**
     * Lets a flow remember this.
     *
     * @param flow keeps it among an inspector's bytes
     * @param index of the first of {@value #STATE_LENGTH}
     */
    public void store(InspectedFlow flow, int index) {
        flow.setInt(index + NUMBER_HIGH, (int) (nextNumber >>> Integer.SIZE));
        flow.setInt(index + NUMBER_LOW, (int) nextNumber);
        flow.setByte(index + ID_LENGTH, (byte) idLength);
        for (int i = 0; i < idLength; i++) {
            flow.setByte(index + ID + i, id[i]);
        }
    }

    /** {@return whether there is an id that its keys were made from} */
    public boolean isKnown() {
        return idLength > 0;
    }

    byte[] id() {
        return id;
    }

    int idLength() {
        return idLength;
    }

    /** {@return the number that its next packet has if none is lost, 0 or more} */
    long nextNumber() {
        return nextNumber;
    }

    /** Remembers what has opened a packet. */
    void remember(byte[] newId, int length, long next) {
        System.arraycopy(newId, 0, id, 0, length);
        idLength = length;
        nextNumber = next;
    }
}
