/** Packets for tests. Depends on no other module of this project. */
@org.jspecify.annotations.NullMarked
module io.github.geneve4j.testkit {
    requires transitive io.netty.buffer;
    requires transitive net.jqwik.api;
    requires jdk.management;
    requires static org.jspecify;

    exports io.github.geneve4j.testkit;
}
