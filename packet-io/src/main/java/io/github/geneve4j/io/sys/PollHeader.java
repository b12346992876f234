package io.github.geneve4j.io.sys;

/** Constants and structs of {@code poll.h}, and the time that {@link Libc#ppoll} takes. */
public final class PollHeader {
    /** There is something to read. */
    public static final int POLLIN = 1;

    /** There is room to write. */
    public static final int POLLOUT = 4;

    /** An error is pending; always reported. */
    public static final int POLLERR = 8;

    private PollHeader() {}

    /**
     * {@code struct pollfd}.
     *
     * <pre>
     * int   fd;
     * short events;
     * short revents;
     * </pre>
     */
    public static final class Pollfd {
        /** 32 bits. */
        public static final long FD = 0;

        /** 16 bits: what to wait for. */
        public static final long EVENTS = 4;

        /** 16 bits: what there is. */
        public static final long REVENTS = 6;

        /** Bytes of it. */
        public static final long SIZE = 8;

        private Pollfd() {}
    }

    /**
     * {@code struct timespec}.
     *
     * <pre>
     * time_t tv_sec;
     * long   tv_nsec;  // below 1,000,000,000
     * </pre>
     */
    public static final class Timespec {
        /** 64 bits. */
        public static final long SECONDS = 0;

        /** 64 bits. */
        public static final long NANOS = 8;

        /** Bytes of it. */
        public static final long SIZE = 16;

        private Timespec() {}
    }
}
