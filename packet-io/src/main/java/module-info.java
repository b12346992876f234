/**
 * How packets get in and out: ports that take Geneve datagrams and return them, and capture files.
 * Depends on nothing else in this project.
 */
@org.jspecify.annotations.NullMarked
@SuppressWarnings("module") // the one module that may see system calls is built after this one
module io.github.geneve4j.io {
    requires transitive io.netty.buffer;
    requires jdk.net;
    requires static org.jspecify;

    exports io.github.geneve4j.io;
    exports io.github.geneve4j.io.pcap;
    exports io.github.geneve4j.io.sys to
            io.github.geneve4j.simulator;
}
