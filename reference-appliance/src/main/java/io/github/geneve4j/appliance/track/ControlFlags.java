package io.github.geneve4j.appliance.track;

import io.github.geneve4j.flow.TcpFlags;

/** Which flags of a TCP header matter here, and go together. */
final class ControlFlags {
    private ControlFlags() {}

    /** {@return the flags that matter for the state of a connection} */
    static int control(int flags) {
        return flags & TcpFlags.CONTROL;
    }

    /** {@return whether some TCP sends these together; only control flags} */
    static boolean areValid(int control) {
        return switch (control) {
            case TcpFlags.SYN,
                    TcpFlags.SYN | TcpFlags.ACK,
                    TcpFlags.RST,
                    TcpFlags.RST | TcpFlags.ACK,
                    TcpFlags.FIN | TcpFlags.ACK,
                    TcpFlags.ACK ->
                    true;
            default -> false;
        };
    }
}
