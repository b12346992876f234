package io.github.geneve4j.io.bpf;

import io.github.geneve4j.io.sys.BpfHeader;

/** What a map of the kernel holds and how it is looked up. */
public enum MapType {
    /** Any keys. */
    HASH(BpfHeader.BPF_MAP_TYPE_HASH),
    /** Keys from 0, {@code u32}, all of them there from the start with a value of zeros. */
    ARRAY(BpfHeader.BPF_MAP_TYPE_ARRAY),
    /** As {@link #HASH}; each processor has a value of its own. */
    PERCPU_HASH(BpfHeader.BPF_MAP_TYPE_PERCPU_HASH),
    /** As {@link #ARRAY}; each processor has a value of its own. */
    PERCPU_ARRAY(BpfHeader.BPF_MAP_TYPE_PERCPU_ARRAY),
    /** Keys from 0, {@code u32}; the values are AF_XDP sockets, put in by descriptor. */
    XSKMAP(BpfHeader.BPF_MAP_TYPE_XSKMAP);

    final int code;

    MapType(int code) {
        this.code = code;
    }
}
