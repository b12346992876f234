package io.github.geneve4j.io.bpf;

import io.github.geneve4j.io.sys.BpfHeader;

/** What a program is run for, and so what it is given and may do. */
public enum ProgramType {
    /** A frame before the stack has seen it; see {@link XdpContext}. */
    XDP(BpfHeader.BPF_PROG_TYPE_XDP, BpfHeader.BPF_XDP),
    /** A packet in the traffic control layer; its context is {@code struct __sk_buff}. */
    TRAFFIC_CONTROL(BpfHeader.BPF_PROG_TYPE_SCHED_CLS, BpfHeader.BPF_TCX_INGRESS),
    /** A packet that a socket may receive; see {@link SocketContext}. Attached to the socket. */
    SOCKET_FILTER(BpfHeader.BPF_PROG_TYPE_SOCKET_FILTER, 0);

    final int code;
    final int attachType;

    ProgramType(int code, int attachType) {
        this.code = code;
        this.attachType = attachType;
    }
}
