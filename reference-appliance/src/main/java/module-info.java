/** A firewall behind a load balancer: to run, to read, or to extend with an own inspector. */
@org.jspecify.annotations.NullMarked
module io.github.geneve4j.appliance {
    requires transitive io.github.geneve4j.config;
    requires transitive io.github.geneve4j.flow;
    requires transitive io.github.geneve4j.gwlb;
    requires transitive io.github.geneve4j.io;
    requires transitive io.github.geneve4j.packets;
    requires io.github.geneve4j.simulator;
    requires HdrHistogram;
    requires info.picocli;
    requires io.prometheus.metrics.model;
    requires io.prometheus.writer.text;
    requires jdk.httpserver;
    requires jdk.unsupported;
    requires static org.jspecify;

    exports io.github.geneve4j.appliance;
    exports io.github.geneve4j.appliance.domain;
    exports io.github.geneve4j.appliance.firewall;
    exports io.github.geneve4j.appliance.inspect;
    exports io.github.geneve4j.appliance.ops;
    exports io.github.geneve4j.appliance.policy;
    exports io.github.geneve4j.appliance.track;

    opens io.github.geneve4j.appliance.cli to
            info.picocli;
}
