package io.github.geneve4j.io.sys;

/**
 * Commands of {@code bpf(2)} and where each has its arguments in {@code union bpf_attr} ({@code
 * linux/bpf.h}). The kernel takes fewer bytes than its own union has, and more if they are zero.
 */
public final class BpfHeader {
    /** Creates a map. */
    public static final int BPF_MAP_CREATE = 0;

    /** Reads an entry of a map. */
    public static final int BPF_MAP_LOOKUP_ELEM = 1;

    /** Writes an entry of a map. */
    public static final int BPF_MAP_UPDATE_ELEM = 2;

    /** Removes an entry of a map. */
    public static final int BPF_MAP_DELETE_ELEM = 3;

    /** Checks a program and makes it ready to run. */
    public static final int BPF_PROG_LOAD = 5;

    /** Gives a program, map or link a name in a file system of its own, which keeps it. */
    public static final int BPF_OBJ_PIN = 6;

    /** Opens what has such a name. */
    public static final int BPF_OBJ_GET = 7;

    /** Runs a program on bytes that the caller gives. */
    public static final int BPF_PROG_TEST_RUN = 10;

    /** Tells about a program, map or link. */
    public static final int BPF_OBJ_GET_INFO_BY_FD = 15;

    /** Attaches a program for as long as the descriptor is open. */
    public static final int BPF_LINK_CREATE = 28;

    /** Puts another program in the place of an attached one. */
    public static final int BPF_LINK_UPDATE = 29;

    /** {@link #BPF_MAP_UPDATE_ELEM}: whether the entry is there or not. */
    public static final long BPF_ANY = 0;

    /** Map of keys by hash. */
    public static final int BPF_MAP_TYPE_HASH = 1;

    /** Map of keys 0 to its size, all there from the start. */
    public static final int BPF_MAP_TYPE_ARRAY = 2;

    /** The same as the hash, with a value for each processor. */
    public static final int BPF_MAP_TYPE_PERCPU_HASH = 5;

    /** The same as the array, with a value for each processor. */
    public static final int BPF_MAP_TYPE_PERCPU_ARRAY = 6;

    /** Array of AF_XDP sockets. */
    public static final int BPF_MAP_TYPE_XSKMAP = 17;

    /** Program for a packet that a socket may receive. */
    public static final int BPF_PROG_TYPE_SOCKET_FILTER = 1;

    /** Program for a packet in the traffic control layer. */
    public static final int BPF_PROG_TYPE_SCHED_CLS = 3;

    /** Program for a packet as the driver has it. */
    public static final int BPF_PROG_TYPE_XDP = 6;

    /** {@link MapCreate#FLAGS}: the values can be mapped into memory; Linux 5.5. */
    public static final int BPF_F_MMAPABLE = 1 << 10;

    /** Before all of the stack. */
    public static final int BPF_XDP = 37;

    /** Before IP, on the way in; Linux 6.6. */
    public static final int BPF_TCX_INGRESS = 46;

    /** XDP in the stack, for interfaces whose driver has none ({@code linux/if_link.h}). */
    public static final int XDP_FLAGS_SKB_MODE = 2;

    /** XDP in the driver ({@code linux/if_link.h}). */
    public static final int XDP_FLAGS_DRV_MODE = 4;

    /** Bytes of a name, with the zero at its end. */
    public static final int BPF_OBJ_NAME_LEN = 16;

    /** Bytes of the union that are in use here. */
    public static final long ATTR_SIZE = 72;

    private BpfHeader() {}

    /**
     * Arguments of {@link #BPF_MAP_CREATE}.
     *
     * <pre>
     * __u32 map_type;
     * __u32 key_size;
     * __u32 value_size;
     * __u32 max_entries;
     * __u32 map_flags;
     * __u32 inner_map_fd;
     * __u32 numa_node;
     * char  map_name[BPF_OBJ_NAME_LEN];
     * </pre>
     */
    public static final class MapCreate {
        /** 32 bits: {@code BPF_MAP_TYPE_...}. */
        public static final long TYPE = 0;

        /** 32 bits. */
        public static final long KEY_SIZE = 4;

        /** 32 bits. */
        public static final long VALUE_SIZE = 8;

        /** 32 bits. */
        public static final long MAX_ENTRIES = 12;

        /** 32 bits: {@code BPF_F_...}. */
        public static final long FLAGS = 16;

        /** 15 characters and a zero. */
        public static final long NAME = 28;

        private MapCreate() {}
    }

    /**
     * Arguments of {@link #BPF_MAP_LOOKUP_ELEM} and its like.
     *
     * <pre>
     * __u32         map_fd;
     * __aligned_u64 key;    // address
     * __aligned_u64 value;  // address
     * __u64         flags;
     * </pre>
     */
    public static final class MapElement {
        /** 32 bits. */
        public static final long MAP_FD = 0;

        /** 64 bits. */
        public static final long KEY = 8;

        /** 64 bits. */
        public static final long VALUE = 16;

        /** 64 bits. */
        public static final long FLAGS = 24;

        private MapElement() {}
    }

    /**
     * Arguments of {@link #BPF_PROG_LOAD}.
     *
     * <pre>
     * __u32         prog_type;
     * __u32         insn_cnt;
     * __aligned_u64 insns;     // address
     * __aligned_u64 license;   // address of a string
     * __u32         log_level; // 1 to have the verifier explain itself
     * __u32         log_size;
     * __aligned_u64 log_buf;   // address
     * __u32         kern_version;
     * __u32         prog_flags;
     * char          prog_name[BPF_OBJ_NAME_LEN];
     * __u32         prog_ifindex;
     * __u32         expected_attach_type;
     * </pre>
     */
    public static final class ProgLoad {
        /** 32 bits: {@code BPF_PROG_TYPE_...}. */
        public static final long TYPE = 0;

        /** 32 bits. */
        public static final long INSN_CNT = 4;

        /** 64 bits. */
        public static final long INSNS = 8;

        /** 64 bits. */
        public static final long LICENSE = 16;

        /** 32 bits. */
        public static final long LOG_LEVEL = 24;

        /** 32 bits. */
        public static final long LOG_SIZE = 28;

        /** 64 bits. */
        public static final long LOG_BUF = 32;

        /** 15 characters and a zero. */
        public static final long NAME = 48;

        /** 32 bits: {@link #BPF_XDP}, .... */
        public static final long EXPECTED_ATTACH_TYPE = 68;

        private ProgLoad() {}
    }

    /**
     * Arguments of {@link #BPF_PROG_TEST_RUN}.
     *
     * <pre>
     * __u32         prog_fd;
     * __u32         retval;         // what the program returned
     * __u32         data_size_in;
     * __u32         data_size_out;  // room, then how much of it is used
     * __aligned_u64 data_in;        // address
     * __aligned_u64 data_out;       // address
     * __u32         repeat;
     * __u32         duration;       // nanoseconds of a run, on average
     * </pre>
     */
    public static final class ProgTestRun {
        /** 32 bits. */
        public static final long PROG_FD = 0;

        /** 32 bits. */
        public static final long RETVAL = 4;

        /** 32 bits. */
        public static final long DATA_SIZE_IN = 8;

        /** 32 bits. */
        public static final long DATA_SIZE_OUT = 12;

        /** 64 bits. */
        public static final long DATA_IN = 16;

        /** 64 bits. */
        public static final long DATA_OUT = 24;

        /** 32 bits: how often it runs; 0 is once. */
        public static final long REPEAT = 32;

        /** 32 bits. */
        public static final long DURATION = 36;

        private ProgTestRun() {}
    }

    /**
     * Arguments of {@link #BPF_OBJ_PIN} and {@link #BPF_OBJ_GET}.
     *
     * <pre>
     * __aligned_u64 pathname; // address of a string
     * __u32         bpf_fd;
     * __u32         file_flags;
     * </pre>
     */
    public static final class Obj {
        /** 64 bits. */
        public static final long PATHNAME = 0;

        /** 32 bits. */
        public static final long BPF_FD = 8;

        private Obj() {}
    }

    /**
     * Arguments of {@link #BPF_OBJ_GET_INFO_BY_FD}.
     *
     * <pre>
     * __u32         bpf_fd;
     * __u32         info_len;
     * __aligned_u64 info;     // address
     * </pre>
     */
    public static final class ObjectInfo {
        /** 32 bits. */
        public static final long BPF_FD = 0;

        /** 32 bits: room for it. */
        public static final long INFO_LEN = 4;

        /** 64 bits. */
        public static final long INFO = 8;

        private ObjectInfo() {}
    }

    /**
     * What {@link #BPF_OBJ_GET_INFO_BY_FD} tells about the link of an XDP program ({@code struct
     * bpf_link_info}); the kernel leaves out what there is no room for.
     *
     * <pre>
     * __u32 type;
     * __u32 id;
     * __u32 prog_id;
     * __u32 ifindex; // in a union of 64-bit alignment; 0 if the interface is gone
     * </pre>
     */
    public static final class LinkInfo {
        /** 32 bits. */
        public static final long XDP_IFINDEX = 16;

        /** Bytes of all this. */
        public static final int SIZE = 24;

        private LinkInfo() {}
    }

    /**
     * Arguments of {@link #BPF_LINK_UPDATE}.
     *
     * <pre>
     * __u32 link_fd;
     * __u32 new_prog_fd;
     * __u32 flags;
     * __u32 old_prog_fd;
     * </pre>
     */
    public static final class LinkUpdate {
        /** 32 bits. */
        public static final long LINK_FD = 0;

        /** 32 bits. */
        public static final long NEW_PROG_FD = 4;

        private LinkUpdate() {}
    }

    /**
     * Arguments of {@link #BPF_LINK_CREATE}.
     *
     * <pre>
     * __u32 prog_fd;
     * __u32 target_ifindex;
     * __u32 attach_type;     // BPF_XDP, ...
     * __u32 flags;           // XDP_FLAGS_...
     * </pre>
     */
    public static final class LinkCreate {
        /** 32 bits. */
        public static final long PROG_FD = 0;

        /** 32 bits. */
        public static final long TARGET_IFINDEX = 4;

        /** 32 bits. */
        public static final long ATTACH_TYPE = 8;

        /** 32 bits. */
        public static final long FLAGS = 12;

        private LinkCreate() {}
    }
}
