package io.github.geneve4j.geneve.tunnel;

import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.Geneve;
import io.github.geneve4j.geneve.GeneveDecoder;
import io.github.geneve4j.geneve.OptionCursor;
import io.github.geneve4j.geneve.OptionRegistry;

/**
 * What a decapsulating endpoint accepts, and what it does to a packet that leaves the tunnel.
 *
 * <p>The codec reports, this decides. {@link #check(OuterDecoder)} judges the outer headers, {@link
 * #check(GeneveDecoder, OptionCursor)} the Geneve header alone, for those who receive from a UDP
 * socket and never see the outer headers; {@link TunnelReceiver} asks both.
 *
 * <p>The defaults are those of RFC 8926: port 6081, no option known, options of any length, UDP
 * checksum optional over IPv4 and required over IPv6, DSCP and TTL of inner packets untouched.
 *
 * <p>Immutable and safe to share between threads. <b>Allocation:</b> none in both checks.
 */
public final class EndpointPolicy {
    private static final int MAX_PORT = 65535;

    private final int udpPort;
    private final boolean zeroChecksumOverIpv4;
    private final ZeroChecksumTunnels zeroChecksumTunnels;
    private final OptionRegistry knownOptions;
    private final int maxOptionsLength;
    private final DscpModel dscp;
    private final TtlModel ttl;

    private EndpointPolicy(Builder builder) {
        this.udpPort = builder.udpPort;
        this.zeroChecksumOverIpv4 = builder.zeroChecksumOverIpv4;
        this.zeroChecksumTunnels = builder.zeroChecksumTunnels;
        this.knownOptions = builder.knownOptions;
        this.maxOptionsLength = builder.maxOptionsLength;
        this.dscp = builder.dscp;
        this.ttl = builder.ttl;
    }

    /** {@return a builder that holds the defaults} */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Judges the outer headers: port, then UDP checksum (RFC 8926 §3.3, §4.3.1).
     *
     * @param outer after an {@link DecodeStatus#OK}
     * @return {@link DecodeStatus#OK}, {@link DecodeStatus#WRONG_UDP_PORT}, {@link
     *     DecodeStatus#ZERO_UDP_CHECKSUM} or {@link DecodeStatus#BAD_UDP_CHECKSUM}
     */
    public DecodeStatus check(OuterDecoder outer) {
        if (outer.destinationPort() != udpPort) {
            return DecodeStatus.WRONG_UDP_PORT;
        }
        if (outer.udpChecksum() == 0) {
            return acceptsZeroChecksum(outer) ? DecodeStatus.OK : DecodeStatus.ZERO_UDP_CHECKSUM;
        }
        return outer.isUdpChecksumValid() ? DecodeStatus.OK : DecodeStatus.BAD_UDP_CHECKSUM;
    }

    /**
     * Judges the Geneve header: what must be dropped first, what must not be forwarded last.
     *
     * <ol>
     *   <li>{@link DecodeStatus#OPTIONS_TOO_LONG}: options that this endpoint cannot all process
     *       must not be guessed at (RFC 8926 §3.5.1);
     *   <li>{@link DecodeStatus#UNKNOWN_CRITICAL_OPTION}: also on a control packet, as its sender
     *       said that it cannot be understood without that option (RFC 8926 §3.5);
     *   <li>{@link DecodeStatus#CONTROL_PACKET}: for the control plane; its payload must not be
     *       forwarded (RFC 8926 §3.4).
     * </ol>
     *
     * <p>Critical options count whatever the C bit says: the bit is there to tell quickly that
     * there is none, and a sender that forgot to set it has not made its option less critical.
     *
     * @param geneve after an {@link DecodeStatus#OK}
     * @param scratch any cursor; when the answer is {@code UNKNOWN_CRITICAL_OPTION} it stands on
     *     that option, else its position means nothing
     * @return {@link DecodeStatus#OK} or the first of the above that holds
     */
    public DecodeStatus check(GeneveDecoder geneve, OptionCursor scratch) {
        if (geneve.optionsLength() > maxOptionsLength) {
            return DecodeStatus.OPTIONS_TOO_LONG;
        }
        if (geneve.hasCriticalOption()
                && knownOptions.nextUnknownCritical(geneve.options(scratch))) {
            return DecodeStatus.UNKNOWN_CRITICAL_OPTION;
        }
        return geneve.isControl() ? DecodeStatus.CONTROL_PACKET : DecodeStatus.OK;
    }

    /** {@return the UDP destination port of the tunnel} */
    public int udpPort() {
        return udpPort;
    }

    /** {@return what happens to the DSCP of a packet that leaves the tunnel} */
    public DscpModel dscp() {
        return dscp;
    }

    /** {@return what happens to the TTL of a packet that leaves the tunnel} */
    public TtlModel ttl() {
        return ttl;
    }

    private boolean acceptsZeroChecksum(OuterDecoder outer) {
        return outer.isIpv6()
                ? zeroChecksumTunnels.allows(outer.buffer(), outer.sourceAddressOffset())
                : zeroChecksumOverIpv4;
    }

    /** Collects what differs from the defaults. */
    public static final class Builder {
        private int udpPort = Geneve.UDP_PORT;
        private boolean zeroChecksumOverIpv4 = true;
        private ZeroChecksumTunnels zeroChecksumTunnels = ZeroChecksumTunnels.NONE;
        private OptionRegistry knownOptions = OptionRegistry.EMPTY;
        private int maxOptionsLength = Geneve.MAX_OPTIONS_LENGTH;
        private DscpModel dscp = DscpModel.pipe(0);
        private TtlModel ttl = TtlModel.pipe(TtlModel.DEFAULT_TTL);

        private Builder() {}

        /**
         * Sets the UDP destination port of the tunnel (RFC 8926 §3.3).
         *
         * @param port 1 to 65535, {@value Geneve#UDP_PORT} unless set
         * @return this
         * @throws IllegalArgumentException if the port is out of its range
         */
        public Builder udpPort(int port) {
            if (port < 1 || port > MAX_PORT) {
                throw new IllegalArgumentException("UDP port " + port + ": not 1 to " + MAX_PORT);
            }
            this.udpPort = port;
            return this;
        }

        /**
         * Says whether packets over IPv4 may come without a UDP checksum (RFC 8926 §3.3).
         *
         * @param accept true unless set
         * @return this
         */
        public Builder acceptZeroChecksumOverIpv4(boolean accept) {
            this.zeroChecksumOverIpv4 = accept;
            return this;
        }

        /**
         * Sets which tunnels over IPv6 may run without a UDP checksum (RFC 8926 §4.3.1).
         *
         * @param tunnels none unless set
         * @return this
         */
        public Builder zeroChecksumTunnels(ZeroChecksumTunnels tunnels) {
            this.zeroChecksumTunnels = tunnels;
            return this;
        }

        /**
         * Sets the options that this endpoint knows: a packet with another critical one is dropped
         * (RFC 8926 §3.5).
         *
         * @param options none unless set
         * @return this
         */
        public Builder knownOptions(OptionRegistry options) {
            this.knownOptions = options;
            return this;
        }

        /**
         * Sets how many bytes of options this endpoint can process: a packet with more is dropped
         * (RFC 8926 §3.5.1).
         *
         * @param length 0 to 252, 252 unless set
         * @return this
         * @throws IllegalArgumentException if the length is out of its range
         */
        public Builder maxOptionsLength(int length) {
            if (length < 0 || length > Geneve.MAX_OPTIONS_LENGTH) {
                throw new IllegalArgumentException(
                        "options length " + length + ": not 0 to " + Geneve.MAX_OPTIONS_LENGTH);
            }
            this.maxOptionsLength = length;
            return this;
        }

        /**
         * Sets what happens to the DSCP of a packet that leaves the tunnel (RFC 2983).
         *
         * @param model a pipe unless set
         * @return this
         */
        public Builder dscp(DscpModel model) {
            this.dscp = model;
            return this;
        }

        /**
         * Sets what happens to the TTL of a packet that leaves the tunnel (RFC 2003).
         *
         * @param model a pipe unless set
         * @return this
         */
        public Builder ttl(TtlModel model) {
            this.ttl = model;
            return this;
        }

        /** {@return an immutable policy} */
        public EndpointPolicy build() {
            return new EndpointPolicy(this);
        }
    }
}
