package io.github.geneve4j.appliance.track;

/** Flags of a TCP header (RFC 9293 §3.1), and which of them go together. */
final class TcpFlags {
    static final int FIN = 0x01;
    static final int SYN = 0x02;
    static final int RST = 0x04;
    static final int ACK = 0x10;

    /** Those that open, close and carry a connection. PSH, URG, ECE and CWR do not matter here. */
    private static final int CONTROL = FIN | SYN | RST | ACK;

    private TcpFlags() {}

    /** {@return the flags that matter for the state of a connection} */
    static int control(int flags) {
        return flags & CONTROL;
    }

    /** {@return whether some TCP sends these together; only control flags} */
    static boolean areValid(int control) {
        return switch (control) {
            case SYN, SYN | ACK, RST, RST | ACK, FIN | ACK, ACK -> true;
            default -> false;
        };
    }
}
