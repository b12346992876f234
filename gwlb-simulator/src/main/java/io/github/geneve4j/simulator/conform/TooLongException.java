package io.github.geneve4j.simulator.conform;

import java.io.IOException;

/** A request does not fit the way to the appliance in one piece. */
final class TooLongException extends IOException {
    private static final long serialVersionUID = 1;

    TooLongException(int length) {
        super("the path MTU is below " + length + " bytes");
    }
}
