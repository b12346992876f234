/** Complete small programs: start with them. */
@org.jspecify.annotations.NullMarked
module io.github.geneve4j.examples {
    requires io.github.geneve4j.appliance;
    requires io.netty.common;
    requires io.netty.transport;
    requires static org.jspecify;
}
