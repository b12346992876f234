package io.github.geneve4j.geneve;

/**
 * Names of option classes, from IANA's registry "Geneve Option Class".
 *
 * <p>The class is an open number, so it stays an {@code int} everywhere; this type only names it.
 */
public final class OptionClass {
    /** First of the Linux, Open vSwitch and other early assignments. */
    public static final int LINUX = 0x0100;

    /** AWS Gateway Load Balancer's class, the first of Amazon's range 0x0108 to 0x0110. */
    public static final int AMAZON_GWLB = 0x0108;

    /** Google's class, the first of its range 0x0132 to 0x0135. */
    public static final int GOOGLE = 0x0132;

    /** Cilium. */
    public static final int CILIUM = 0x014b;

    /** The class of Tencent's gateway load balancer, the last of its range 0x0165 to 0x0167. */
    public static final int TENCENT_GWLB = 0x0167;

    /** First class for experiments, up to 0xffff. */
    public static final int EXPERIMENTAL = 0xff00;

    // Each row holds from its first class to the next row's.
    private static final Object[][] ASSIGNED = {
        {0x0000, "unassigned"}, // IETF Review
        {0x0100, "Linux"},
        {0x0101, "Open vSwitch"},
        {0x0102, "OVN"},
        {0x0103, "INT"},
        {0x0104, "VMware"},
        {0x0105, "Amazon"},
        {0x0106, "Cisco"},
        {0x0107, "Oracle"},
        {0x0108, "Amazon"},
        {0x0111, "IBM"},
        {0x0119, "Ericsson"},
        {0x0129, "Oxide"},
        {0x012a, "unassigned"},
        {0x0130, "Cisco"},
        {0x0132, "Google"},
        {0x0136, "InfoQuick"},
        {0x0137, "Alibaba"},
        {0x0141, "Palo Alto Networks"},
        {0x0145, "Huawei"},
        {0x014a, "EMnify"},
        {0x014b, "Cilium"},
        {0x014c, "Corelight"},
        {0x014d, "1NCE"},
        {0x014e, "CTYUN"},
        {0x0158, "Volcengine"},
        {0x0162, "nat64.net"},
        {0x0163, "Multi Segment SD-WAN"},
        {0x0164, "cPacket"},
        {0x0165, "Tencent"},
        {0x0168, "ExtraHop"},
        {0x0169, "Soosan INT"},
        {0x016a, "Spacelink"},
        {0x016d, "617A"},
        {0x016e, "Zscaler"},
        {0x016f, "7Generation"},
        {0x0171, "unassigned"},
        {EXPERIMENTAL, "experimental"},
    };

    private OptionClass() {}

    /**
     * {@return who the class is assigned to, {@code unassigned} or {@code experimental}}
     *
     * @param optionClass 0 to 65535
     * @throws IllegalArgumentException if the number is out of its range
     */
    public static String name(int optionClass) {
        if (optionClass < 0 || optionClass > 0xffff) {
            throw new IllegalArgumentException("option class " + optionClass + ": not 0 to 65535");
        }
        int row = 0;
        while (row + 1 < ASSIGNED.length && (int) ASSIGNED[row + 1][0] <= optionClass) {
            row++;
        }
        return (String) ASSIGNED[row][1];
    }
}
