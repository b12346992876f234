/**
 * AWS Gateway Load Balancer, and its relatives, over {@code io.github.geneve4j.geneve}: typed
 * options, endpoint ids, and the rule that turns a request into its reply.
 */
@org.jspecify.annotations.NullMarked
module io.github.geneve4j.gwlb {
    requires transitive io.github.geneve4j.geneve;
    requires static org.jspecify;

    exports io.github.geneve4j.gwlb;
}
