package io.github.geneve4j.geneve;

import static java.util.Map.entry;
import static java.util.Objects.requireNonNull;

import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

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

    // Who holds the classes from a number up to the next one here.
    private static final NavigableMap<Integer, String> HOLDERS =
            new TreeMap<>(
                    Map.ofEntries(
                            entry(0x0000, "unassigned"),
                            entry(0x0100, "Linux"),
                            entry(0x0101, "Open vSwitch"),
                            entry(0x0102, "OVN"),
                            entry(0x0103, "INT"),
                            entry(0x0104, "VMware"),
                            entry(0x0105, "Amazon"),
                            entry(0x0106, "Cisco"),
                            entry(0x0107, "Oracle"),
                            entry(0x0108, "Amazon"),
                            entry(0x0111, "IBM"),
                            entry(0x0119, "Ericsson"),
                            entry(0x0129, "Oxide"),
                            entry(0x012a, "unassigned"),
                            entry(0x0130, "Cisco"),
                            entry(0x0132, "Google"),
                            entry(0x0136, "InfoQuick"),
                            entry(0x0137, "Alibaba"),
                            entry(0x0141, "Palo Alto Networks"),
                            entry(0x0145, "Huawei"),
                            entry(0x014a, "EMnify"),
                            entry(0x014b, "Cilium"),
                            entry(0x014c, "Corelight"),
                            entry(0x014d, "1NCE"),
                            entry(0x014e, "CTYUN"),
                            entry(0x0158, "Volcengine"),
                            entry(0x0162, "nat64.net"),
                            entry(0x0163, "Multi Segment SD-WAN"),
                            entry(0x0164, "cPacket"),
                            entry(0x0165, "Tencent"),
                            entry(0x0168, "ExtraHop"),
                            entry(0x0169, "Soosan INT"),
                            entry(0x016a, "Spacelink"),
                            entry(0x016d, "617A"),
                            entry(0x016e, "Zscaler"),
                            entry(0x016f, "7Generation"),
                            entry(0x0171, "unassigned"),
                            entry(EXPERIMENTAL, "experimental")));

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
        return requireNonNull(HOLDERS.floorEntry(optionClass)).getValue(); // 0 is a key
    }
}
