/**
 * Whose packet it is: five-tuples, symmetric hashes, a flow table, target selection. Depends on
 * nothing else in this project.
 */
@org.jspecify.annotations.NullMarked
module io.github.geneve4j.flow {
    requires transitive io.netty.buffer;
    requires static org.jspecify;

    exports io.github.geneve4j.flow;
}
