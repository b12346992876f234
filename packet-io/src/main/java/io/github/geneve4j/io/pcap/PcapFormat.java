package io.github.geneve4j.io.pcap;

/** The capture formats that {@link PcapWriter} writes; {@link PcapReader} finds out by itself. */
public enum PcapFormat {
    /** Classic pcap with microseconds: every tool reads it. */
    PCAP("pcap"),
    /** Classic pcap with nanoseconds. */
    PCAP_NANOS("pcap_nanos"),
    /** pcapng with nanoseconds, and with comments on frames. */
    PCAPNG("pcapng");

    private final String label;

    PcapFormat(String label) {
        this.label = label;
    }

    /** {@return the stable name for command lines and configuration} */
    public String label() {
        return label;
    }
}
