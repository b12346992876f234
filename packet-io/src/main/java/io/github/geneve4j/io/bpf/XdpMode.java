package io.github.geneve4j.io.bpf;

import io.github.geneve4j.io.sys.BpfHeader;

/** Who runs an XDP program. */
public enum XdpMode {
    /** The interface's driver, on its own buffers. */
    DRIVER(BpfHeader.XDP_FLAGS_DRV_MODE),
    /** The kernel's stack, for any interface, once it has made a packet of the buffer. */
    GENERIC(BpfHeader.XDP_FLAGS_SKB_MODE);

    final int flag;

    XdpMode(int flag) {
        this.flag = flag;
    }
}
