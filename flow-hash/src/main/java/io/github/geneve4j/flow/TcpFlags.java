package io.github.geneve4j.flow;

/** Flags of a TCP header (RFC 9293 §3.1), as {@link FiveTuple#tcpFlags()} has them. */
public final class TcpFlags {
    /** The sender has nothing more to send. */
    public static final int FIN = 0x01;

    /** The sequence number is the one before the first byte. */
    public static final int SYN = 0x02;

    /** The connection is over, or there is none. */
    public static final int RST = 0x04;

    /** There is an acknowledgment number. */
    public static final int ACK = 0x10;

    /** There is an urgent pointer. */
    public static final int URG = 0x20;

    /** Those that open, carry and end connections. */
    public static final int CONTROL = FIN | SYN | RST | ACK;

    private TcpFlags() {}
}
