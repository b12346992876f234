package io.github.geneve4j.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;

/** Packets as views, for tests that do not care where the bytes lie. */
final class Wrapped {
    private Wrapped() {}

    /** The flow of a packet that must be valid. */
    static FiveTuple flow(byte[] packet) {
        return flow(FlowScope.FIVE_TUPLE, packet);
    }

    static FiveTuple flow(FlowScope scope, byte[] packet) {
        FiveTuple tuple = new FiveTuple(scope);
        assertThat(tuple.wrap(Unpooled.wrappedBuffer(packet), 0, packet.length))
                .isEqualTo(FlowStatus.OK);
        return tuple;
    }

    static FlowStatus status(byte[] packet) {
        return new FiveTuple().wrap(Unpooled.wrappedBuffer(packet), 0, packet.length);
    }

    /** Addresses as literals in the form of the JDK, for comparison with what a test wrote. */
    static String source(FiveTuple tuple) {
        return literal(tuple.isIpv6(), tuple.sourceHigh(), tuple.sourceLow());
    }

    static String destination(FiveTuple tuple) {
        return literal(tuple.isIpv6(), tuple.destinationHigh(), tuple.destinationLow());
    }

    /** One line such as {@code 6 10.0.0.1:1 > 10.0.0.2:2}, without ports where there are none. */
    static String line(FiveTuple tuple) {
        String source = source(tuple) + (tuple.hasPorts() ? " " + tuple.sourcePort() : "");
        String destination =
                destination(tuple) + (tuple.hasPorts() ? " " + tuple.destinationPort() : "");
        return tuple.protocol() + ": " + source + " > " + destination;
    }

    private static String literal(boolean ipv6, long high, long low) {
        StringBuilder out = new StringBuilder();
        if (!ipv6) {
            assertThat(high).isZero();
            for (int shift = 24; shift >= 0; shift -= 8) {
                out.append(low >>> shift & 0xff).append(shift > 0 ? "." : "");
            }
            assertThat(low >>> 32).isZero();
            return out.toString();
        }
        for (int i = 0; i < 8; i++) {
            long half = i < 4 ? high : low;
            out.append(Long.toHexString(half >>> 48 - i % 4 * 16 & 0xffff))
                    .append(i < 7 ? ":" : "");
        }
        return out.toString();
    }
}
