/**
 * A Gateway Load Balancer on your desk: the simulator, the suite that judges appliances, and the
 * load that measures them. Talks to appliances over the wire only.
 */
@org.jspecify.annotations.NullMarked
module io.github.geneve4j.simulator {
    requires transitive io.github.geneve4j.config;
    requires transitive io.github.geneve4j.flow;
    requires transitive io.github.geneve4j.gwlb;
    requires transitive io.github.geneve4j.io;
    requires io.github.geneve4j.packets;
    requires HdrHistogram;
    requires jdk.net;
    requires static org.jspecify;

    exports io.github.geneve4j.simulator;
    exports io.github.geneve4j.simulator.conform;
    exports io.github.geneve4j.simulator.fault;
    exports io.github.geneve4j.simulator.load;
    exports io.github.geneve4j.simulator.topology;
    exports io.github.geneve4j.simulator.wire;
}
