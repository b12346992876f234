package io.github.geneve4j.io.sys;

/** Constants of {@code linux/if_tun.h}: network interfaces whose other end is a program. */
public final class IfTun {
    /** Where such interfaces are made. */
    public static final String CLONE_DEVICE = "/dev/net/tun";

    /** Request: attaches a descriptor to an interface, made now if there is none. */
    public static final long TUNSETIFF = 0x4004_54caL;

    /** Flag: IP packets, without an Ethernet header. */
    public static final int IFF_TUN = 0x0001;

    /** Flag: several descriptors, a queue each. */
    public static final int IFF_MULTI_QUEUE = 0x0100;

    /** Flag: nothing before the packet. */
    public static final int IFF_NO_PI = 0x1000;

    /** Most bytes of a name, its zero byte included ({@code linux/if.h}). */
    public static final int NAME_LENGTH = NetworkDevice.NAME_LENGTH;

    /** Bytes of {@code struct ifreq}. */
    public static final long IFREQ_SIZE = NetworkDevice.IFREQ_SIZE;

    /** Offset of the flags in it, 16 bits. */
    public static final long IFREQ_FLAGS = NetworkDevice.VALUE;

    private IfTun() {}
}
