package io.github.geneve4j.io.bpf;

import java.util.Locale;

/**
 * The kernel's functions that programs call: arguments in {@link Register#R1} and after, result in
 * {@link Register#R0}. Their documentation is in {@code linux/bpf.h}; what each takes and gives is
 * said here in the words of C.
 */
public enum Helper {
    /** {@code void *map_lookup_elem(map, const void *key)}: the value in the map, or null. */
    MAP_LOOKUP_ELEM(1),
    /** {@code long map_update_elem(map, const void *key, const void *value, u64 flags)}. */
    MAP_UPDATE_ELEM(2),
    /** {@code long map_delete_elem(map, const void *key)}. */
    MAP_DELETE_ELEM(3),
    /** {@code u64 ktime_get_ns(void)}: nanoseconds since boot, without those asleep. */
    KTIME_GET_NS(5),
    /** {@code u32 get_smp_processor_id(void)}. */
    GET_SMP_PROCESSOR_ID(8),
    /** {@code long redirect(u32 ifindex, u64 flags)}. */
    REDIRECT(23),
    /** {@code s64 csum_diff(be32 *from, u32 from_size, be32 *to, u32 to_size, u32 seed)}. */
    CSUM_DIFF(28),
    /** {@code long skb_pull_data(sk_buff, u32 length)}: makes the first bytes readable at once. */
    SKB_PULL_DATA(39),
    /** {@code long xdp_adjust_head(xdp_md, int delta)}: moves the start of the packet. */
    XDP_ADJUST_HEAD(44),
    /**
     * {@code long redirect_map(map, u64 key, u64 flags)}: the action that sends the packet there,
     * or the one in the low bits of the flags where the map has no such entry.
     */
    REDIRECT_MAP(51),
    /** {@code long xdp_adjust_tail(xdp_md, int delta)}: moves the end of the packet. */
    XDP_ADJUST_TAIL(65),
    /** {@code u64 ktime_get_coarse_ns(void)}: as of the last tick, and cheaper for that. */
    KTIME_GET_COARSE_NS(160),
    /** {@code u64 xdp_get_buff_len(xdp_md)}: bytes of the packet, all its parts; Linux 5.18. */
    XDP_GET_BUFF_LEN(188);

    final int id;

    Helper(int id) {
        this.id = id;
    }

    static String text(int id) {
        for (Helper helper : values()) {
            if (helper.id == id) {
                return helper.toString();
            }
        }
        return "helper#" + id;
    }

    /** {@return the name as in C: {@code bpf_redirect_map}} */
    @Override
    public String toString() {
        return "bpf_" + name().toLowerCase(Locale.ROOT);
    }
}
