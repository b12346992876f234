package io.github.geneve4j.geneve;

/** Numbers of the Geneve protocol that hold for every packet (RFC 8926 §3). */
public final class Geneve {
    /** UDP destination port assigned by IANA (RFC 8926 §3.3). */
    public static final int UDP_PORT = 6081;

    /** Length of the fixed header in bytes, options excluded (RFC 8926 §3.4). */
    public static final int HEADER_LENGTH = 8;

    /** Largest sum of all options in bytes: Opt Len counts up to 63 words (RFC 8926 §3.4). */
    public static final int MAX_OPTIONS_LENGTH = 63 * 4;

    /** Largest header in bytes, options included (RFC 8926 §3.4). */
    public static final int MAX_HEADER_LENGTH = HEADER_LENGTH + MAX_OPTIONS_LENGTH;

    /** Length in bytes of what precedes an option's data (RFC 8926 §3.5). */
    public static final int OPTION_HEADER_LENGTH = 4;

    /** Largest data of one option in bytes: Length counts up to 31 words (RFC 8926 §3.5). */
    public static final int MAX_OPTION_DATA_LENGTH = 31 * 4;

    /** Largest VNI, 24 bits (RFC 8926 §3.4). */
    public static final int MAX_VNI = 0xff_ffff;

    /** The bit of an option's type that makes the option critical (RFC 8926 §3.5). */
    public static final int CRITICAL_TYPE_BIT = 0x80;

    private Geneve() {}
}
